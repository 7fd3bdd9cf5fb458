"""Runs that were skipped, because another held the archive: noted beside the database, then taken into it.

Whoever comes second must not touch the database: its holder may be in the middle of one long transaction (a
reread), of reshaping it, or of taking its checksum. So a skipped run is a line in `.skipped.jsonl`, behind a
lock of its own that is held for a moment only. The next writer to open or close the archive makes rows of the
table `run` of them; until then `storage.runs` reads both.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from filelock import FileLock
from sqlalchemy import Engine, text

FILE_NAME = ".skipped.jsonl"
_LOCK_NAME = ".skipped.lock"
_LOCK_TIMEOUT_S = 60.0


@dataclass(frozen=True, slots=True)
class SkippedRun:
    """A run that did not begin."""

    site: str
    kind: str
    """crawl, import, demo or reread."""
    at: str
    """When (UTC text)."""
    reason: str
    """One line: who held the archive."""
    exit_code: int
    pid: int
    host: str
    program_version: str
    reader_version: str
    profile_digest: str
    settings: str
    """The settings it would have run with, as a JSON object."""


def note(directory: Path, run: SkippedRun) -> None:
    """Write that a run was skipped. Raises `OSError` (`filelock.Timeout` is one) when it can't be done."""
    line = json.dumps(asdict(run)).encode() + b"\n"
    with _lock(directory):
        path = directory / FILE_NAME
        torn = path.exists() and not path.read_bytes().endswith(b"\n")
        with path.open("ab") as file:
            file.write(b"\n" + line if torn else line)
            file.flush()
            os.fsync(file.fileno())


def noted(directory: Path) -> list[SkippedRun]:
    """The skipped runs that no writer has taken into the database yet, in the order in which they were."""
    try:
        lines = (directory / FILE_NAME).read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
    return [run for run in map(_read, lines) if run is not None]


def take_in(directory: Path, engine: Engine) -> None:
    """Make rows of the table `run` of what is noted, on a writer's engine and outside its transactions.

    Killed in between, it is done the next time, and no row comes twice. Raises `sqlalchemy.exc.DatabaseError`
    or `OSError`; what is noted stays noted then.
    """
    if not (directory / FILE_NAME).exists():
        return
    with _lock(directory):
        runs = noted(directory)
        with engine.begin() as connection:
            for run in runs:
                connection.execute(_TAKE_IN, asdict(run))
        (directory / FILE_NAME).unlink(missing_ok=True)


_TAKE_IN = text("""
INSERT INTO run (site, kind, started_at, ended_at, outcome, reason, exit_code, pid, host, program_version,
    reader_version, profile_digest, settings, counts)
SELECT :site, :kind, :at, :at, 'skipped', :reason, :exit_code, :pid, :host, :program_version,
    :reader_version, :profile_digest, :settings, '{}'
WHERE NOT EXISTS (SELECT 1 FROM run WHERE outcome = 'skipped' AND started_at = :at AND pid = :pid
    AND host = :host AND kind = :kind)
""")


def _lock(directory: Path) -> FileLock:
    return FileLock(directory / _LOCK_NAME, timeout=_LOCK_TIMEOUT_S, is_singleton=False)


def _read(line: str) -> SkippedRun | None:
    """A line as what it says; None for one that a power cut tore."""
    with contextlib.suppress(ValueError, TypeError):
        told = json.loads(line)
        numbers = {"exit_code", "pid"}
        if told.keys() == {one.name for one in fields(SkippedRun)} and all(
            isinstance(value, int if name in numbers else str) for name, value in told.items()
        ):
            return SkippedRun(**told)
    return None
