"""Reading an archive's captures again: in parallel, offline, all or nothing."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from time import monotonic

from crawler.collecting import rare_collections
from crawler.exits import UserError
from crawler.min_free import min_free
from crawler.pool import Pool
from crawler.reading_source import Progress, ReadingSource
from crawler.reread_sites import sites_of
from crawler.workers import WAIT_S, begun
from spiders.reading.model import READER_VERSION
from spiders.reading.profile import SiteProfile
from storage.archive import FILE_NAME, Archive, open_archive
from storage.corrections import Comparing, RereadReport
from storage.db import Db
from storage.readings import NewReading
from storage.record_json import shape
from storage.reread_scope import Wanted
from storage.rereading import Reader, Rereading
from storage.room import Room
from storage.spool import FOLDER, Spool


@dataclass(frozen=True, slots=True)
class RereadOptions:
    """What `msarchive reread` can be told."""

    archive: Path
    database: str | None = None
    """`postgresql://…` in the place of the folder's `archive.db`; None: that file."""
    site: str | None = None
    """Profile to read with, a bundled one or a file; None: that of each site in the archive."""
    since: str | None = None
    """Only what was captured at this time (UTC text) or later, and what belongs to the same articles."""
    article: str | None = None
    """Only this article (its key)."""
    all: bool = False
    """Also captures that this reader has read with this profile."""
    dry_run: bool = False
    accept_losses: bool = False
    rebuild: bool = False
    """Also make anew what reads as before; implies `all`."""
    workers: int | None = None
    """Processes that read; None: one for each core."""
    dask: str | None = None
    """Address of a Dask scheduler whose workers read; None: processes of this machine do."""
    dask_wait: float = WAIT_S
    """Seconds after which a cluster without any worker is given up."""


@dataclass(frozen=True, slots=True)
class SiteReread:
    """What rereading one site came to."""

    site: str
    run_id: int | None
    """None when nothing was written."""
    report: RereadReport | None
    """None when there was nothing to do."""
    refused: bool = False
    """Whether it was given up because values would be lost."""
    seconds: float = 0.0
    """How long it took."""
    damaged: tuple[int, ...] = ()
    """Captures whose records can't be read: they, and what else shows the same articles, stay as they are."""


def reread(
    options: RereadOptions, *, program_version: str, progress: Progress = lambda done, total: None
) -> tuple[SiteReread, ...]:
    """Read captures again with today's reader, site by site, and put what it reads in the place of what was
    read before.

    A site whose values would be lost is left as it is, unless `accept_losses`. `dry_run` works on a copy and
    writes nothing. Raises `UserError` or `ProfileError` for a site without a profile, `ArchiveError`, and
    `sqlalchemy.exc.DBAPIError`, `sqlite3.Error` or `OSError` when the archive can't be used. `UserError` also
    when the Dask cluster can't be used, or any more: then nothing is written, and what was read is kept for
    the next one.
    """
    many = partial(_captures, options)
    with (
        begun(options.workers, many, dask=options.dask, dask_wait=options.dask_wait) as workers,
        _to_work_on(options) as archive,
        rare_collections(),
    ):
        Room(archive.directory, min_free()).check()
        _check_article(archive, options.article)
        task = _Task(options, archive, workers, program_version, progress)
        sites = sites_of(archive, options.site)
        results = tuple(_reread_site(task, site, profile) for site, profile in sites)
        if not any(one.refused for one in results):
            Spool.forget(archive.directory / FOLDER)  # of one that was killed when all was done
        return results


def _captures(options: RereadOptions) -> int:
    """About how many captures an archive has; 0 where that can't be told."""
    if options.database is not None:
        with (
            open_archive(options.archive, read_only=True, database=options.database) as archive,
            archive.engine.connect() as connection,
        ):
            return int(Db(connection).value("SELECT max(id) FROM capture") or 0)
    try:
        path = (options.archive / FILE_NAME).resolve(strict=True)
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT max(id) FROM capture").fetchone()[0] or 0)
    except (OSError, sqlite3.Error):
        return 0  # whoever opens the archive says what is wrong with it


def _check_article(archive: Archive, key: str | None) -> None:
    with archive.engine.begin() as connection:
        if key is not None and not Db(connection).value("SELECT count(*) FROM article WHERE key = ?", key):
            raise UserError(f"no article {key!r} in the archive ('msarchive list' shows them all)")


@contextmanager
def _to_work_on(options: RereadOptions) -> Iterator[Archive]:
    """The archive, or for a dry run a copy of its database in a place of its own: of SQLite's, that is. In
    PostgreSQL a dry run is a transaction that is rolled back."""
    if not options.dry_run or options.database is not None:
        with open_archive(options.archive, database=options.database) as archive:
            yield archive
        return
    with tempfile.TemporaryDirectory(prefix="msarchive-reread-") as folder:
        with open_archive(options.archive, read_only=True) as original:
            source = original.engine.raw_connection()
            copy = sqlite3.connect(Path(folder) / original.path.name)
            try:
                source.driver_connection.backup(copy)  # type: ignore[union-attr]
            finally:
                copy.close()
                source.close()
        with open_archive(Path(folder)) as archive:
            yield archive


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for all sites of a reread."""

    options: RereadOptions
    archive: Archive
    workers: Pool
    program_version: str
    progress: Progress


def _reread_site(task: _Task, site: str, profile: SiteProfile) -> SiteReread:
    begin, options, archive = monotonic(), task.options, task.archive
    work = Rereading(archive, site, Reader(READER_VERSION, profile.digest))
    wanted = Wanted(
        options.since, options.article, options.all or options.rebuild, options.accept_losses, options.rebuild
    )
    if not work.choose(wanted):
        return SiteReread(site, None, None)
    with (
        Spool(archive.directory / FOLDER, _key(site, profile, task.program_version)) as spool,
        ReadingSource(
            options.archive, profile, options.database, spool, task.progress, task.workers
        ) as source,
    ):
        damaged = _narrowed(work, source)
        result = _rebuilt(task, site, work, source)
        if result.run_id is not None:
            spool.close(discard=True)
    return replace(result, damaged=damaged, seconds=monotonic() - begin)


def _rebuilt(task: _Task, site: str, work: Rereading, source: ReadingSource) -> SiteReread:
    """Everything in the scope made anew, in one transaction; rolled back when it is not to be kept."""
    options = task.options
    settings = {"since": options.since, "article": options.article, "all": options.all}
    with task.archive.engine.connect() as before, _undone_unless_kept(work.db) as kept:
        run = work.begin_run(task.program_version, settings)
        source.begin(work.scope.count())
        work.rebuild(lambda: source.readings(work.scope.captures()), run, source.done)
        report = Comparing(work.db, Db(before), site).write(run, READER_VERSION)
        report.new_urls = work.new_urls
        refused = bool(report.lost) and not options.accept_losses
        if not refused and not options.dry_run:
            work.end_run(run, _counts(report))
            kept.keep = True
    return SiteReread(site, run if kept.keep else None, report, refused)


@dataclass
class _Kept:
    keep: bool = False


@contextmanager
def _undone_unless_kept(db: Db) -> Iterator[_Kept]:
    """A transaction that is rolled back unless the caller says otherwise."""
    kept = _Kept()
    db.cursor.execute("BEGIN IMMEDIATE")
    try:
        yield kept
        db.cursor.execute("COMMIT" if kept.keep else "ROLLBACK")
    except BaseException:
        kept.keep = False
        if db.cursor.connection.in_transaction:
            db.cursor.execute("ROLLBACK")
        raise


def _key(site: str, profile: SiteProfile, program_version: str) -> str:
    """What a kept reading depends on besides the capture itself."""
    hosts = hashlib.sha256(json.dumps(profile.hosts).encode()).hexdigest()
    return " ".join((site, READER_VERSION, program_version, profile.digest, hosts, shape(NewReading)))


def _counts(report: RereadReport) -> dict[str, int]:
    by_fate = {
        fate: sum(getattr(one, fate) for one in report.fields.values())
        for fate in ("corrected", "gained", "lost")
    }
    return {"captures": report.captures, "new_urls": report.new_urls, **by_fate}


def _narrowed(work: Rereading, source: ReadingSource) -> tuple[int, ...]:
    """Read what was chosen, and narrow the scope to what reads otherwise and what hangs together with it. An
    article that a capture turns out to show comes in whole. The captures whose records are damaged; they are
    left out."""
    scope = work.scope
    fresh = scope.captures()
    scope.narrow()
    known: set[int] = set()
    damaged: tuple[int, ...] = ()
    while fresh:
        known.update(one.id for one in fresh)
        looked = source.look(fresh)
        damaged += looked.damaged
        scope.leave_out(looked.damaged)
        changed = [one for one in fresh if one.id in looked.changed]
        for one, (reading, _) in zip(changed, source.readings(changed), strict=True):
            scope.include(one.id, reading)
        scope.complete()
        fresh = [one for one in scope.captures() if one.id not in known]
    return damaged


__all__ = ["RereadOptions", "SiteReread", "reread"]
