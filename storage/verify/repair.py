"""The one repair that is always safe: cutting off a record that a killed run never finished."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from storage.archive import FILE_NAME, ArchiveMissing
from storage.lock import WriterLock
from storage.verify.database import connect
from storage.verify.tails import torn_from
from storage.verify.warcs import Counted, counted_files, is_plain
from storage.warc import FOLDER
from storage.warc.healing import cut_off

_LAST = """
SELECT warc_file_id, max(max(warc_offset + warc_length, coalesce(request_offset + request_length, 0)))
FROM capture GROUP BY warc_file_id
"""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was cut off a file."""

    file: str
    """Its path in the archive's folder."""
    length: int
    """Its length now, in bytes."""
    cut: int
    """Number of bytes that are gone."""


def repair(directory: Path) -> list[Repaired]:
    """Cut torn ends off unfinished WARC files, behind what the database counts and behind every whole record.

    Nothing else is touched, the database neither; a second time there is nothing to do. Raises
    `ArchiveMissing`, `ArchiveBusy` while a run is at work, `ArchiveUnwritable`, OSError. Where a
    database can't be asked what counts, nothing would be safe, and nothing is done.
    """
    if not (directory / FILE_NAME).is_file():
        raise ArchiveMissing(f"no archive in {directory}")
    lock = WriterLock(directory)
    lock.acquire()
    try:
        try:
            files, last = _unfinished(directory)
        except (sqlite3.Error, UnicodeDecodeError):  # the latter where SQLite quotes a damaged schema
            return []
        return [done for file in files if (done := _cut(directory, file, last.get(file.id, 0)))]
    finally:
        lock.release()


def _unfinished(directory: Path) -> tuple[list[Counted], dict[int, int]]:
    """The files that no run has finished, and where the last capture's records end in each."""
    with closing(connect(directory / FILE_NAME)) as connection:
        files = [file for file in counted_files(connection) if file.sha256 is None]
        return files, dict(connection.execute(_LAST).fetchall())


def _cut(directory: Path, file: Counted, last: int) -> Repaired | None:
    path = directory / FOLDER / file.name
    length = path.stat().st_size if is_plain(file.name) and path.is_file() else 0
    # Both of the database's words count: one row that is damaged must not make good records look torn.
    torn = torn_from(path, max(file.size, last), length) if length > file.size else None
    if torn is None:
        return None
    cut_off(path, torn)
    return Repaired(file.label, torn, length - torn)
