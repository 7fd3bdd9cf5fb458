"""The one repair that is always safe: cutting off a record that a killed run never finished."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from storage.archive import FILE_NAME, ArchiveMissing, open_archive
from storage.db import Db
from storage.lock import WriterLock
from storage.verify.asked import Asked
from storage.verify.sqlite import connect
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


def repair(directory: Path, *, database: str | None = None) -> list[Repaired]:
    """Cut torn ends off unfinished WARC files, behind what the database counts and behind every whole record.
    With `database` (see `open_archive`) it is that one which counts.

    Nothing else is touched, the database neither; a second time there is nothing to do. Raises
    `ArchiveMissing`, `ArchiveBusy` while a run is at work, `ArchiveUnwritable`, OSError, and what
    `open_archive` raises for a database. Where `archive.db` can't be asked what counts, nothing would be
    safe, and nothing is done.
    """
    if not (directory if database is not None else directory / FILE_NAME).exists():
        raise ArchiveMissing(f"no archive in {directory}")
    lock = WriterLock(directory)
    lock.acquire()
    try:
        try:
            with _asking(directory, database) as asked:
                files, last = _unfinished(asked)
                return [done for file in files if (done := _cut(directory, file, last.get(file.id, 0)))]
        except (sqlite3.Error, UnicodeDecodeError):  # the latter where SQLite quotes a damaged schema
            return []
    finally:
        lock.release()


@contextmanager
def _asking(directory: Path, database: str | None) -> Iterator[Asked]:
    """The database, which nobody writes to as long as it is asked."""
    if database is None:
        with closing(connect(directory / FILE_NAME)) as connection:
            yield connection
        return
    from storage.postgresql import lock

    with (
        open_archive(directory, read_only=True, database=database) as archive,
        archive.engine.connect() as opened,
    ):
        lock.take(opened, archive.name)
        opened.rollback()  # to see all that was committed until then; the lock is the session's
        yield Db(opened).cursor


def _unfinished(asked: Asked) -> tuple[list[Counted], dict[int, int]]:
    """The files that no run has finished, and where the last capture's records end in each."""
    files = [file for file in counted_files(asked) if file.sha256 is None]
    return files, dict(asked.execute(_LAST).fetchall())


def _cut(directory: Path, file: Counted, last: int) -> Repaired | None:
    path = directory / FOLDER / file.name
    length = path.stat().st_size if is_plain(file.name) and path.is_file() else 0
    # Both of the database's words count: one row that is damaged must not make good records look torn.
    torn = torn_from(path, max(file.size, last), length) if length > file.size else None
    if torn is None:
        return None
    cut_off(path, torn)
    return Repaired(file.label, torn, length - torn)
