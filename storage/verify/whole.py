"""All checks of an archive, in order, none of them able to stop the others."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from storage import dialects
from storage.archive import FILE_NAME, Archive, ArchiveDamaged, ArchiveError, ArchiveMissing, open_archive
from storage.at_work import at_work
from storage.db import Db
from storage.lock import NOTE
from storage.verify import rows, sqlite
from storage.verify.asked import Asked, one
from storage.verify.findings import Finding, Report
from storage.verify.warcs import check_files, counted_files
from storage.warc import FOLDER

Progress = Callable[[int, int], None]
"""Told the number of bytes looked at and of all bytes; called from several threads."""


@dataclass(slots=True)
class _Verification:
    directory: Path
    file: str | None
    """Name of the file that the database is; None when it is PostgreSQL's."""
    workers: int
    progress: Progress | None
    found: list[Finding] = field(default_factory=list)
    captures: int = 0
    files: int = 0
    bytes: int = 0
    revisions: int = 0
    seen: int = 0

    def take(self, what: str, findings: Iterator[Finding]) -> None:
        """Collect what a generator finds; whatever it raises is a finding too."""
        try:
            self.found += findings
        except Exception as error:  # a damaged database can make anything raise
            self.tell(what, error)

    def take_within(self, connection: Connection, what: str, findings: Iterator[Finding]) -> None:
        """The same in PostgreSQL, where an error ends what was begun: a part of the transaction here. What
        says nothing of the data, but of the server or this role, is raised."""
        try:
            with connection.begin_nested():
                self.found += findings
        except Exception as error:
            if not dialects.is_from_server(error):
                self.tell(what, error)
                return
            from storage.postgresql import connecting

            if connection.invalidated or not connecting.is_damage(error):
                raise
            self.tell(what, error)

    def tell(self, what: str, error: Exception) -> None:
        """A check that could not be made is a finding."""
        said = " ".join(str(getattr(error, "orig", None) or error).split()) or type(error).__name__
        self.found.append(Finding("database-damaged", f"{what} can't be checked: {said}", self.file))

    def counted_revision(self) -> None:
        self.revisions += 1


def verify(
    directory: Path,
    *,
    database: str | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Report:
    """Look at everything in the archive in `directory`: the database, the WARC files, every record. With
    `database` (see `open_archive`) the rows are there.

    Changes nothing and works beside a run; it then leaves out what that run may just be writing. `workers`:
    number of threads, one for each processor when None. Damage of whatever kind is reported, never raised.
    Raises `ArchiveMissing`, and `ArchiveNewer`, `ArchiveOlder` or `ArchiveUnwritable` for a database whose
    checksum is right, or that has none; for one in PostgreSQL `ArchiveError` and what its driver raises when
    the server does not answer, has no room for the question or does not let this role ask.
    """
    threads = workers or min(os.cpu_count() or 1, 16)
    if database is not None:
        check = _Verification(Path(directory), None, threads, progress)
        with open_archive(check.directory, read_only=True, database=database) as archive:
            return _in_postgresql(check, archive)
    check = _Verification(Path(directory), FILE_NAME, threads, progress)
    path = check.directory / FILE_NAME
    writer = str(at_work(check.directory)) or None
    if path.is_file():
        check.take("the checksum", sqlite.checksum(path, writing=writer is not None))
    try:
        archive = open_archive(check.directory, read_only=True)
    except ArchiveDamaged as error:
        check.found.append(Finding("database-unreadable", str(error), FILE_NAME))
        return _report(check)
    except ArchiveError as error:
        if not check.found or not path.is_file():
            raise
        check.found.append(Finding("database-unreadable", str(error), FILE_NAME))
        return _report(check)
    with archive, archive.engine.connect() as opened:
        for what, findings in _rows(check, Db(opened)):
            check.take(what, findings)
    try:
        connection = sqlite.connect(path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        check.found.append(Finding("database-unreadable", " ".join(str(error).split()), FILE_NAME))
        return _report(check)
    with closing(connection):
        _look(check, connection, writer)
    return _report(check)


def _rows(check: _Verification, db: Db) -> Iterator[tuple[str, Iterator[Finding]]]:
    yield "revisions", rows.revisions(db, check.counted_revision)
    yield "histories", rows.histories(db)
    yield "the quarantine", rows.quarantine(db)
    yield "revisits", rows.revisits(db)
    yield "paragraphs and card lists", rows.stored_once(db)


def _look(check: _Verification, connection: sqlite3.Connection, writer: str | None) -> None:
    check.take("pages", sqlite.structure(connection, FILE_NAME))
    check.take("constraints", rows.constraints(connection, FILE_NAME))
    check.take("tables", sqlite.schema(connection, FILE_NAME))
    check.take("foreign keys", sqlite.foreign_keys(connection, FILE_NAME))
    check.take("the search index", sqlite.search_index(connection, FILE_NAME))
    check.take("WARC files", _warcs(check, connection, writer is not None))
    _tell_writer(check, writer)


def _in_postgresql(check: _Verification, archive: Archive) -> Report:
    """The same checks in PostgreSQL, all of one snapshot."""
    from storage.verify import server

    with archive.engine.connect() as connection:
        _check_folder(check.directory, connection)
        writer = str(at_work(check.directory, archive)) or None
        connection.rollback()  # what it has committed by now is to be seen
        db = Db(connection)
        for what, findings in (
            *_rows(check, db),
            ("pages", server.pages(connection)),
            ("constraints", rows.constraints(db.cursor, None)),
            ("tables", server.schema(connection)),
            ("foreign keys", server.foreign_keys(connection)),
            ("the search index", server.search_index(connection)),
            ("WARC files", _warcs(check, db.cursor, writer is not None)),
        ):
            check.take_within(connection, what, findings)
    _tell_writer(check, writer)
    return _report(check)


def _check_folder(directory: Path, connection: Connection) -> None:
    """Raise `ArchiveMissing` where a folder was not named: that it holds nothing would be no damage."""
    if not directory.is_dir() and one(Db(connection).cursor, "SELECT count(*) FROM warc_file")[0]:
        raise ArchiveMissing(f"no folder {directory}: --archive names the one that has the WARC files")


def _tell_writer(check: _Verification, writer: str | None) -> None:
    if writer is not None:
        check.found.append(Finding("writer-at-work", f"{writer}; what it is just writing is left out"))
    elif (check.directory / NOTE).exists():
        said = "the run that it names is no more; the next one takes it over"
        check.found.append(Finding("lock-stale", said, NOTE))


def _warcs(check: _Verification, connection: Asked, writing: bool) -> Iterator[Finding]:
    folder = check.directory / FOLDER
    files = counted_files(connection)
    check.files, check.bytes = len(files), sum(file.size for file in files)
    (check.captures,) = one(connection, "SELECT count(*) FROM capture")
    total = sum(file.size * (2 if file.sha256 else 1) for file in files)

    def seen(more: int) -> None:
        check.seen += more
        if check.progress is not None:
            check.progress(check.seen, total)

    yield from check_files(connection, folder, files, workers=check.workers, writing=writing, progress=seen)
    if not writing:
        yield from _strangers(folder, {file.name for file in files})


def _strangers(folder: Path, known: set[str]) -> Iterator[Finding]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding("warc-missing", error.strerror or "the folder can't be read", FOLDER)
        return
    for name in names:
        if name not in known:
            yield Finding("warc-unnamed", "the database does not name it", f"{FOLDER}/{name}")


def _report(check: _Verification) -> Report:
    return Report(tuple(check.found), check.captures, check.files, check.bytes, check.revisions)
