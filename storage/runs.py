"""Runs as the archive tells them: how each ended, what was asked of the site, and what came of it. Read-only.

A run without an end is at work when its process holds the archive's lock, and was killed when it does not. A
run that was skipped may not be in the database yet (`storage.skipped`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, text

from storage import skipped
from storage.archive import Archive
from storage.at_work import AtWork, at_work
from storage.dialects import NO_LIMIT

RUNNING = "running"
KILLED = "killed"
SUCCESSES = ("complete", "incomplete")
"""Outcomes of a crawl that went through its round to the end."""
_COLUMNS = (
    "id, site, kind, started_at, ended_at, outcome, reason, exit_code, pid, host, program_version, "
    "reader_version, profile_digest, settings, counts"
)
# From what failed, which is little, not from all addresses to the last that each run said of them.
_FAILED = """
SELECT u.url, h.reason FROM url_history h CROSS JOIN url u
WHERE h.state = 'failed' AND h.run_id <= :id AND u.id = h.url_id AND u.site = :site AND NOT EXISTS (
    SELECT 1 FROM url_history l WHERE l.url_id = h.url_id AND l.run_id > h.run_id AND l.run_id <= :id)
ORDER BY u.url
"""
_KILLED_REASON = "ended without a word: killed, or the machine went down; the next crawl goes on from there"


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run."""

    id: int | None
    """None for a skipped one that no writer has taken into the database yet."""
    site: str
    kind: str
    """crawl, import, demo or reread."""
    started_at: str
    ended_at: str | None
    """None while it runs; of a killed one its last sign of life."""
    outcome: str | None
    """As the table `run` has it, or as `told` makes it: `running` or `killed`. None: it has no end in the
    table."""
    reason: str | None
    exit_code: int | None
    """None while it runs, when it was killed, and for imports and rereads."""
    pid: int | None
    host: str | None
    program_version: str
    reader_version: str
    profile_digest: str
    settings: dict[str, Any]
    counts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a run asked of the site. Of one that has no end yet, or was killed, what its captures tell."""

    requests: int | None
    """None when it never came to say."""
    answers: int
    bytes: int
    """What the answers took on the wire; of a run without an end, the length of their entities."""
    not_modified: int
    """Answers that were 304."""
    unanswered: int | None
    """Requests that brought no answer; None when it never came to say."""
    refused: int | None
    """Addresses that robots.txt forbade; None when it never came to say."""
    smallest_gap_ms: int | None
    """Least time between the beginnings of two requests; None when it was not measured."""

    @property
    def share_not_modified(self) -> float | None:
        """Share of 304 among the answers, 0 to 1; None without an answer."""
        return self.not_modified / self.answers if self.answers else None


@dataclass(frozen=True, slots=True)
class RunStory:
    """One run, and what came of it."""

    run: RunRow
    asked: Asked
    captures: dict[str, int]
    """Kind -> number of captures that it made."""
    new_articles: int | None
    """None when it never came to say."""
    changed_articles: int | None
    """Articles known before that have a new revision; None when it never came to say."""
    new_urls: int
    """Addresses first heard of in it."""
    failed: tuple[tuple[str, str], ...]
    """Addresses that it left without a usable answer, and why."""


def last_run(connection: Connection) -> RunRow | None:
    """The run that began last and was not skipped, as the table has it; None in an archive without any."""
    rows = _rows(connection, "WHERE outcome IS NULL OR outcome <> 'skipped' ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else None


def last_crawl(connection: Connection) -> RunRow | None:
    """The crawl that began last and was not skipped, as the table has it; None without any."""
    wanted = "kind IN ('crawl', 'demo') AND (outcome IS NULL OR outcome <> 'skipped')"
    rows = _rows(connection, f"WHERE {wanted} ORDER BY id DESC LIMIT 1")
    return rows[0] if rows else None


def last_success(connection: Connection) -> RunRow | None:
    """The crawl that last went through its round to the end; None without any."""
    listed = ", ".join(f"'{outcome}'" for outcome in SUCCESSES)
    rows = _rows(
        connection, f"WHERE kind IN ('crawl', 'demo') AND outcome IN ({listed}) ORDER BY id DESC LIMIT 1"
    )
    return rows[0] if rows else None


def runs(archive: Archive, limit: int | None = None) -> list[RunRow]:
    """The last `limit` runs (None: all), newest first, as they really ended."""
    # Before the snapshot: a run that has ended since is found with its end.
    before, waiting = at_work(archive.directory, archive), skipped.noted(archive.directory)
    with archive.engine.connect() as connection:
        rows = _rows(
            connection,
            "ORDER BY started_at DESC, id DESC LIMIT :limit",
            limit=NO_LIMIT if limit is None else limit,
        )
    known = {(row.kind, row.started_at, row.pid, row.host) for row in rows if row.outcome == "skipped"}
    rows += [_not_begun(run) for run in waiting if (run.kind, run.at, run.pid, run.host) not in known]
    rows.sort(key=lambda row: (row.started_at, row.id or 0), reverse=True)
    return [told(row, before, archive) for row in rows[:limit]]


def told(row: RunRow, before: AtWork, archive: Archive) -> RunRow:
    """The row as things are: one without an end is `running` or `killed`.

    `before` is who was at work before the row was read.
    """
    if row.outcome is not None:
        return row
    for found in (before, at_work(archive.directory, archive)):
        who = found.at_run(row.id, row.pid, row.host)
        if who is not None:
            return replace(row, outcome=RUNNING, reason=f"at work: process {who}", ended_at=None)
    return replace(row, outcome=KILLED, reason=_KILLED_REASON)


def story(archive: Archive, number: int) -> RunStory | None:
    """All about run `number`; None when there is none."""
    before = at_work(archive.directory, archive)
    with archive.engine.connect() as connection:
        rows = _rows(connection, "WHERE id = :id", id=number)
        return _story(connection, told(rows[0], before, archive)) if rows else None


def _story(connection: Connection, run: RunRow) -> RunStory:
    captures = {
        str(kind): int(many)
        for kind, many in connection.execute(
            text("SELECT kind, count(*) FROM capture WHERE run_id = :id GROUP BY kind ORDER BY 2 DESC, 1"),
            {"id": run.id},
        )
    }
    counts = run.counts
    failed = connection.execute(text(_FAILED), {"id": run.id, "site": run.site})
    return RunStory(
        run=run,
        asked=_asked(connection, run, captures),
        captures=captures,
        new_articles=counts.get("new_articles", 0) if counts else None,
        changed_articles=_changed(counts) if counts else None,
        new_urls=_number(connection, "SELECT count(*) FROM url WHERE first_heard_run = :id", run),
        failed=tuple((str(url), str(reason)) for url, reason in failed),
    )


def _asked(connection: Connection, run: RunRow, captures: dict[str, int]) -> Asked:
    counts, said = run.counts, bool(run.counts)
    of_run = "FROM capture WHERE run_id = :id AND origin = 'crawl'"
    size = counts.get("bytes_on_the_wire")
    if size is None:
        size = _number(connection, f"SELECT coalesce(sum(size), 0) {of_run} AND kind <> 'unchanged'", run)
    return Asked(
        requests=counts.get("requests", 0) if said else None,
        answers=_number(connection, f"SELECT count(*) {of_run}", run),
        bytes=int(size),
        not_modified=captures.get("unchanged", 0),
        unanswered=counts.get("unanswered", 0) if said else None,
        refused=counts.get("refused", 0) if said else None,
        smallest_gap_ms=counts.get("smallest_gap_ms"),
    )


def _changed(counts: dict[str, Any]) -> int:
    return max(0, int(counts.get("new_revisions", 0)) - int(counts.get("new_articles", 0)))


def _number(connection: Connection, sql: str, run: RunRow) -> int:
    return int(connection.execute(text(sql), {"id": run.id}).scalar() or 0)


def _not_begun(run: skipped.SkippedRun) -> RunRow:
    return RunRow(
        None, run.site, run.kind, run.at, run.at, "skipped", run.reason, run.exit_code, run.pid, run.host,
        run.program_version, run.reader_version, run.profile_digest, json.loads(run.settings), {},
    )  # fmt: skip


def _rows(connection: Connection, rest: str, **values: Any) -> list[RunRow]:
    """Runs; one without an end has its last sign of life as `ended_at`."""
    sign = (
        "coalesce(ended_at, (SELECT max(c.captured_at) FROM capture c WHERE c.run_id = runs.id "
        "AND c.origin = 'crawl'), started_at) AS ended_at"
    )
    columns = _COLUMNS.replace("ended_at", sign, 1)
    rows = connection.execute(text(f"SELECT {columns} FROM runs {rest}"), values).mappings()
    return [
        RunRow(**{**row, "settings": json.loads(row["settings"]), "counts": json.loads(row["counts"])})
        for row in rows
    ]
