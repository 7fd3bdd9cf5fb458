"""All checks of an archive, in order, none of them able to stop the others."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from storage.archive import FILE_NAME, ArchiveDamaged, ArchiveError, open_archive
from storage.db import Db
from storage.overview import writer_at_work
from storage.verify import database, rows
from storage.verify.findings import Finding, Report
from storage.verify.warcs import check_files, counted_files
from storage.warc import FOLDER

Progress = Callable[[int, int], None]
"""Told the number of bytes looked at and of all bytes; called from several threads."""


@dataclass(slots=True)
class _Verification:
    directory: Path
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
            said = " ".join(str(getattr(error, "orig", None) or error).split()) or type(error).__name__
            self.found.append(Finding("database-damaged", f"{what} can't be checked: {said}", FILE_NAME))

    def counted_revision(self) -> None:
        self.revisions += 1


def verify(directory: Path, *, workers: int | None = None, progress: Progress | None = None) -> Report:
    """Look at everything in the archive in `directory`: the database, the WARC files, every record.

    Changes nothing and works beside a run; it then leaves out what that run may just be writing. `workers`:
    number of threads, one for each processor when None. Damage of whatever kind is reported, never raised.
    Raises `ArchiveMissing`, and `ArchiveNewer`, `ArchiveOlder` or `ArchiveUnwritable` for a database whose
    checksum is right, or that has none.
    """
    check = _Verification(Path(directory), workers or min(os.cpu_count() or 1, 16), progress)
    path = check.directory / FILE_NAME
    writer = writer_at_work(check.directory)
    if path.is_file():
        check.take("the checksum", database.checksum(path, writing=writer is not None))
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
        db = Db(opened)
        check.take("revisions", rows.revisions(db, check.counted_revision))
        check.take("histories", rows.histories(db))
        check.take("the quarantine", rows.quarantine(db))
        check.take("revisits", rows.revisits(db))
        check.take("paragraphs and card lists", rows.stored_once(db))
    try:
        connection = database.connect(path)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        check.found.append(Finding("database-unreadable", " ".join(str(error).split()), FILE_NAME))
        return _report(check)
    try:
        _look(check, connection, writer)
    finally:
        connection.close()
    return _report(check)


def _look(check: _Verification, connection: sqlite3.Connection, writer: str | None) -> None:
    check.take("pages", database.structure(connection, FILE_NAME))
    check.take("constraints", database.constraints(connection, FILE_NAME))
    check.take("tables", database.schema(connection, FILE_NAME))
    check.take("foreign keys", database.foreign_keys(connection, FILE_NAME))
    check.take("the search index", database.search_index(connection, FILE_NAME))
    check.take("WARC files", _warcs(check, connection, writer is not None))
    if writer is not None:
        check.found.append(Finding("writer-at-work", f"{writer}; what it is just writing is left out"))
    elif (check.directory / ".lock.json").exists():
        check.found.append(
            Finding(
                "lock-stale", "the run that it names is no more; the next one takes it over", ".lock.json"
            )
        )


def _warcs(check: _Verification, connection: sqlite3.Connection, writing: bool) -> Iterator[Finding]:
    folder = check.directory / FOLDER
    files = counted_files(connection)
    check.files, check.bytes = len(files), sum(file.size for file in files)
    check.captures = connection.execute("SELECT count(*) FROM capture").fetchone()[0]
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
