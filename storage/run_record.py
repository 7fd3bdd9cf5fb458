"""The row of the run that is under way: its beginning, its end, and what it means to join one."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from storage.db import Db
from storage.warc.healing import heal

if TYPE_CHECKING:
    from storage.postgresql.sharing import Sharing

RunKind = Literal["crawl", "import", "demo", "reread"]
RunOutcome = Literal["complete", "incomplete", "stopped", "limit", "failed", "blocked", "changed"]
FINISHED = ("complete", "incomplete", "changed")
"""Outcomes of a crawl that went through its round."""
KILLED = "ended without a word: killed, or the machine went down"
# Of what a site's page says of its own time nothing counts here: what was imported bears that of long ago.
_CLOSE_KILLED = """
UPDATE run SET outcome = 'killed', reason = ?, ended_at = max(started_at, coalesce((
    SELECT max(c.captured_at) FROM capture c WHERE c.run_id = run.id AND c.origin = 'crawl'), started_at))
WHERE id = ?
"""


@dataclass(frozen=True, slots=True)
class MadeBy:
    """What a run is made by."""

    program_version: str
    reader_version: str
    profile_digest: str


def begin(
    db: Db, site: str, kind: RunKind, made_by: MadeBy, settings: Mapping[str, Any], folder: Path,
    sharing: Sharing | None,
) -> tuple[int, bool]:  # fmt: skip
    """Begin a run, or join the one in which other workers crawl the site; its number, and whether it was
    joined. Runs that a crash left without an end are closed as `killed`, and their WARC files in `folder`
    finished. Raises `ArchiveBusy` when that run can't be joined."""
    if sharing is not None:
        joined = sharing.run_to_join(
            site, made_by.program_version, made_by.reader_version, made_by.profile_digest
        )
        if joined is not None:
            sharing.began(joined, site, joined=True)
            return joined, True
    live = [] if sharing is None else sharing.live_runs()
    heal(db, folder, spare=live)
    with db.transaction():
        for (run,) in db.all("SELECT id FROM run WHERE ended_at IS NULL"):
            if run not in live:
                db.run(_CLOSE_KILLED, KILLED, run)
        run = db.insert(
            "INSERT INTO run (site, kind, started_at, pid, host, program_version, reader_version, "
            "profile_digest, settings, counts) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '{}')",
            site, kind, now(), os.getpid(), socket.gethostname(), made_by.program_version,
            made_by.reader_version, made_by.profile_digest,
            json.dumps(settings, ensure_ascii=False, sort_keys=True, default=str),
        )  # fmt: skip
    if sharing is not None:
        sharing.began(run, site, joined=False)
    return run, False


def just_over(db: Db, site: str, made_by: MadeBy, within_s: float) -> int | None:
    """The run in which workers have ended a round of the site no more than so many seconds ago; None when the
    last one was one writer's, or another version's, or cut short, or longer ago.

    By the workers' clocks: one that lies in the future by as much has ended just now, too.
    """
    last = db.one(
        "SELECT id, outcome, ended_at, counts, program_version, reader_version, profile_digest FROM run "
        "WHERE site = ? AND kind = 'crawl' AND outcome IS NOT 'skipped' ORDER BY id DESC LIMIT 1",
        site,
    )
    if last is None or last[1] not in FINISHED or "workers" not in json.loads(last[3]):
        return None
    age = datetime.now(UTC) - datetime.fromisoformat(last[2])
    return int(last[0]) if MadeBy(*last[4:]) == made_by and abs(age.total_seconds()) <= within_s else None


def end(
    db: Db, run: int, outcome: RunOutcome, reason: str, counts: Mapping[str, int], exit_code: int | None
) -> None:
    """End a run."""
    with db.transaction():
        db.run(
            "UPDATE run SET ended_at = ?, outcome = ?, reason = ?, exit_code = ?, counts = ? WHERE id = ?",
            now(), outcome, reason, None if exit_code is None else int(exit_code),
            json.dumps(dict(counts), sort_keys=True), run,
        )  # fmt: skip


def now() -> str:
    """This moment, as runs are dated."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
