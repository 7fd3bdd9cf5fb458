"""Saved pages and text captures into the archive: the same reader, the same pipelines, the same writer."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from crawler.clock import utc_now
from crawler.exits import ExitCode, UserError
from crawler.loopback import is_loopback
from crawler.min_free import min_free
from crawler.page_files import NotAPage, is_page, page_bytes, page_files, saved_from
from crawler.skipping import noting_a_skip
from crawler.warc_collections import Collections, pages
from crawler.warc_import import WarcOutcome, import_warc, is_warc, own_site
from crawler.warc_sources import Address
from crawler.workers import WAIT_S, begun
from pipelines.normalise import page_record
from pipelines.session import revisit_policy
from spiders.page import Fetched, Found, Page
from spiders.reading import read_page
from spiders.reading.addresses import kind_of, on_site, page_address, site_address
from spiders.reading.model import READER_VERSION, PageKind, Reading
from spiders.reading.profile import SiteProfile
from spiders.walk import Walk
from storage.archive import Archive, open_archive
from storage.queries import article_id_of
from storage.records import PageRecord
from storage.room import Room
from storage.writer import RunOutcome, SavedPage, Writer


class Outcome(StrEnum):
    """What importing one file came to."""

    NEW = "new article"
    REVISED = "new revision"
    UNCHANGED = "unchanged"
    JOINED = "joined"
    """A capture without an address, the same as an article that is known."""
    OTHER = "no summary"
    UNREADABLE = "unreadable"
    NOT_A_PAGE = "not a page"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What one file came to."""

    path: Path
    outcome: Outcome
    article_id: str | None = None
    """The site's id; None when the capture can't tell it, or shows no article."""
    text: str = ""
    """Title, or for want of one the takeaway; for what is no summary the reason."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to."""

    run_id: int
    files: tuple[FileOutcome, ...]
    passed_over: tuple[Path, ...]
    """Files in folders that are plainly no pages (style sheets, pictures)."""
    warcs: tuple[WarcOutcome, ...] = ()
    """WARC and WACZ files."""

    def count(self, outcome: Outcome) -> int:
        """How many files came to `outcome`."""
        return sum(file.outcome is outcome for file in self.files)


def import_files(
    paths: Sequence[Path | Address],
    *,
    directory: Path,
    database: str | None = None,
    profile: SiteProfile,
    program_version: str,
    url: str | None = None,
    workers: int | None = None,
    dask: str | None = None,
    dask_wait: float = WAIT_S,
    report: Callable[[FileOutcome], None] = lambda outcome: None,
    progress: Callable[[WarcOutcome], None] = lambda outcome: None,
) -> ImportResult:
    """Import files, and every page in folders, into the archive in `directory` (made when there is none), or
    in `database`, whose captures are there.

    `url` is the address of the only file. `report` hears of each file as it is done, `progress` of each
    record of a WARC file. A file that is no page is an outcome, not an error.

    WARC files are read by `workers` processes (None: one for each core), or by those of the Dask cluster
    whose scheduler is at `dask`, which is given up when it has had no worker for `dask_wait` seconds. This
    process writes, in the order of files and records; what lies at addresses comes last.

    Raises `UserError` when there is no page at all among them, `url` is not the site's, an address can't be
    read or the cluster not be used, `ArchiveError` when the archive can't be opened for writing.
    """
    address = None
    if url is not None:
        address, profile = _located(url, profile)
    files, passed_over = page_files([path for path in paths if isinstance(path, Path)])
    addresses = [path for path in paths if isinstance(path, Address)]
    if address is not None and (len(files) != 1 or addresses):
        number = len(files) + len(addresses)
        raise UserError(f"--url is the address of one file, but there are {number}", ExitCode.USAGE)
    collections = [path for path in files if is_warc(path)]
    if not collections and not addresses and not any(is_page(path) for path in files):
        raise UserError(_nothing(files, passed_over))
    if url is None:
        profile = _moved(profile, collections)
    _check_site(profile, collections)
    many = partial(pages, collections, addresses)
    with (
        begun(workers, many, dask=dask, dask_wait=dask_wait) as pool,
        tempfile.TemporaryDirectory(prefix="msarchive-import-") as folder,
    ):
        warcs = Collections(collections, addresses, profile, pool, Path(folder))
        task = _Task(directory, database, profile, program_version, address, report, progress)
        settings = {"paths": [_text(path) for path in paths], "url": url}
        return _import_all(task, files, warcs, passed_over, settings)


@dataclass(frozen=True, slots=True)
class _Task:
    """What is the same for all files of an import."""

    directory: Path
    database: str | None
    profile: SiteProfile
    program_version: str
    address: str | None
    """Of the only file; None when it has to tell its own."""
    report: Callable[[FileOutcome], None]
    progress: Callable[[WarcOutcome], None]


def _import_all(
    task: _Task, files: Sequence[Path], collections: Collections, passed_over: tuple[Path, ...],
    settings: dict[str, Any],
) -> ImportResult:  # fmt: skip
    directory, profile = task.directory, task.profile
    outcomes: list[FileOutcome] = []
    warcs: list[WarcOutcome] = []
    later: list[Callable[[], None]] = []
    min_free()  # before anything is made
    with noting_a_skip(
        directory, kind="import", site=profile.name, profile_digest=profile.digest, settings=settings
    ):
        opened = open_archive(directory, create=True, database=task.database)
    with opened as archive:
        room = Room(directory, min_free())
        writer = Writer(archive, profile.name, policy=revisit_policy(profile), room=room)
        run_id = writer.begin_run(
            "import",
            program_version=task.program_version,
            reader_version=READER_VERSION,
            profile_digest=profile.digest,
            settings=settings,
        )
        outcome: RunOutcome = "stopped"
        reason = "interrupted"
        try:
            for path in dict.fromkeys((*files, *collections.paths)):
                if path in collections.paths:
                    warcs.append(WarcOutcome(path))
                    items = collections.items(path)
                    later.append(
                        import_warc(
                            warcs[-1], profile=profile, archive=archive, writer=writer, tell=task.progress,
                            items=items,
                        )
                    )  # fmt: skip
                elif isinstance(path, Path):
                    outcomes.append(_import(path, task.address, profile, writer, archive))
                    task.report(outcomes[-1])
            for take_unresolved in later:
                take_unresolved()
            writer.settle(utc_now())
            outcome, reason = "complete", "all files read"
        except Exception as error:
            outcome, reason = "failed", f"{type(error).__name__}: {error}"
            raise
        finally:
            writer.end_run(outcome, reason, _counts(outcomes, warcs))
    return ImportResult(run_id, tuple(outcomes), passed_over, tuple(warcs))


def _text(path: Path | Address) -> str:
    """A file name as text that can be stored: Linux names are bytes, in any encoding or none."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _import(
    path: Path, url: str | None, profile: SiteProfile, writer: Writer, archive: Archive
) -> FileOutcome:
    try:
        body, form = page_bytes(path)
    except NotAPage as error:
        return FileOutcome(path, Outcome.NOT_A_PAGE, text=str(error))
    address = url or saved_from(body)
    if address is not None and not on_site(address, profile):
        address = None
    reading = read_page(body, profile=profile, url=address, form=form)
    record = page_record(_page(path, body, form, address, reading, profile), profile)
    saved = writer.save_page(record, now=record.capture.captured_at)
    article_id = saved.article_id
    if record.article is not None and article_id is None and not saved.new_article:
        with archive.engine.connect() as connection:
            article_id = article_id_of(connection, saved.capture_id)
    return _outcome(path, reading, record, saved, article_id)


def _page(
    path: Path, body: bytes, form: str, address: str | None, reading: Reading, profile: SiteProfile
) -> Page:
    own = address or reading.url
    kind = "page" if own is None else kind_of(own, profile)
    found: tuple[Found, ...] = ()
    if own is not None:
        # As deep as the walk goes: a saved page tells of articles and listings, not of every menu entry.
        led_to = Walk(profile).found_on(
            reading, url=own, kind=kind, depth=profile.explore_depth, more_listings=True
        )
        found = (Found(own, "import", kind), *led_to)
    return Page(
        fetched=Fetched(
            url=own, fetched_at=utc_now(), status=None, body=body, origin="import",
            file_name=_text(Path(path.name)),
            headers=(("Content-Type", "text/html" if form == "html" else "text/plain"),),
        ),
        kind=kind, reading=reading, found=found,
    )  # fmt: skip


def _outcome(
    path: Path, reading: Reading, record: PageRecord, saved: SavedPage, article_id: str | None
) -> FileOutcome:
    if reading.kind is PageKind.UNREADABLE:
        return FileOutcome(path, Outcome.UNREADABLE, text=reading.reason or "")
    if reading.kind is not PageKind.SUMMARY or record.article is None:
        return FileOutcome(path, Outcome.OTHER, text=reading.reason or str(reading.kind))
    if saved.new_article:
        outcome = Outcome.NEW
    elif saved.new_revision:
        outcome = Outcome.REVISED
    else:
        joined = record.article.article_id is None and article_id is not None
        outcome = Outcome.JOINED if joined else Outcome.UNCHANGED
    return FileOutcome(path, outcome, article_id, reading.title or reading.takeaway or "")


def _located(url: str, profile: SiteProfile) -> tuple[str, SiteProfile]:
    """The address in the form in which the archive knows it, and the profile for it.

    A copy of the site on this machine is read as the site; any other host would be somebody else's article
    under this site's name.
    """
    address = page_address(url, None, profile)
    if address is None:
        raise UserError(f"--url is not an http or https address: {url}", ExitCode.USAGE)
    parts = urlsplit(address)
    if not on_site(address, profile) and is_loopback(parts.hostname or ""):
        profile = profile.at(f"{parts.scheme}://{parts.netloc}/")
        address = site_address(address, profile)
    if not on_site(address, profile):
        hosts = ", ".join(profile.hosts)
        raise UserError(
            f"--url {url} is not on {profile.name}'s hosts ({hosts}); --site names another profile",
            ExitCode.USAGE,
        )
    return address, profile


def _nothing(files: Sequence[Path], passed_over: Sequence[Path]) -> str:
    if len(files) == 1:
        try:
            page_bytes(files[0])
        except NotAPage as error:
            return f"{error}; nothing is imported"
    seen = len(files) + len(passed_over)
    return (
        f"no page among {seen} files; nothing is imported" if seen else "no files there; nothing is imported"
    )


def _moved(profile: SiteProfile, collections: Collection[Path]) -> SiteProfile:
    """The profile at the address that a WACZ file of our own names, when that is a site on this machine."""
    for path in sorted(collections):
        base = str((own_site(path) or {}).get("base") or "")
        if is_loopback(urlsplit(base).hostname or ""):
            return profile.at(base)
    return profile


def _check_site(profile: SiteProfile, collections: Collection[Path]) -> None:
    for path in sorted(collections):
        site = (own_site(path) or {}).get("site", profile.name)
        if site != profile.name:
            raise UserError(f"{path} is an archive of {site}: --site names its profile", ExitCode.USAGE)


def _counts(outcomes: Sequence[FileOutcome], warcs: Sequence[WarcOutcome]) -> dict[str, int]:
    counted = Counter(outcome.outcome.name.lower() for outcome in outcomes)
    for warc in warcs:
        counted.update({name.replace(" ", "_"): number for name, number in warc.counts.items()})
        counted["records_skipped"] += warc.skipped.total()
        counted["damaged"] += len(warc.damage)
    return {"files": len(outcomes) + len(warcs), **dict(sorted(counted.items()))}
