"""WARC and WACZ files into the archive, with the files' dates: the same reading and writing as a crawl."""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from sqlite3 import Error
from typing import Any, BinaryIO, Literal

from crawler.exits import UserError
from crawler.foreign_warc import Damage, ForeignRecord, read_warc
from crawler.warc_pages import Answer, NotUsable, Unresolved, answer, record_id
from crawler.zip_members import open_member
from pipelines.normalise import page_record
from spiders.page import Fetched, Found, Page
from spiders.pages import PageMaker
from spiders.reading import read_page
from spiders.reading.addresses import kind_of
from spiders.reading.profile import SiteProfile
from spiders.sites import profile_names
from storage.archive import Archive
from storage.bodies import BodyReader
from storage.records import PageRecord
from storage.url_records import restore_urls
from storage.wacz import ABOUT, CAPTURES_MEMBER, RUNS_MEMBER, URLS_MEMBER
from storage.wacz.restoring import can_rebuild, own_files, restore_runs
from storage.warc.records import RecordDamaged
from storage.writer import SavedPage, Writer


@dataclass
class WarcOutcome:
    """What one WARC or WACZ file came to."""

    path: Path
    counts: Counter[str] = field(default_factory=Counter)
    """`new article`, `new revision`, `unchanged`, `other page`, `known` (the archive had that capture)."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Records passed over, by why."""
    damage: list[str] = field(default_factory=list)
    """One line for each place that could not be read: file, offset, what is wrong."""


_MOST_UNRESOLVED = 50_000
"""Revisits that may wait for what they refer to; each is little more than an HTTP head."""
_LOST = "a revisit of a record that is neither here nor in the archive"


def is_warc(path: Path) -> bool:
    """Whether a file is a WARC file, plain or compressed, or a WACZ file, by how it begins."""
    try:
        with path.open("rb") as file:
            begin = file.read(5)
            if begin[:4] == b"PK\x03\x04":
                return path.suffix.lower() == ".wacz" or _has_archive(path)
            if begin == b"WARC/":
                return True
            if begin[:3] != b"\x1f\x8b\x08":
                return False
            file.seek(0)
            first = next(read_warc(file), None)
            return isinstance(first, ForeignRecord) or path.name.lower().endswith(".warc.gz")
    except OSError:
        return False


def own_site(path: Path) -> Mapping[str, Any] | None:
    """What a WACZ file that this program wrote says of its site: `site` (profile), `base` (address). None for
    any other file."""
    try:
        with zipfile.ZipFile(path) as package:
            about = json.loads(package.read("datapackage.json")).get(ABOUT)
            return about if isinstance(about, dict) else None
    except (OSError, KeyError, ValueError, AttributeError, zipfile.BadZipFile):
        return None


def packed_site(paths: Iterable[Path]) -> str | None:
    """The name of the bundled profile that the first WACZ file of our own was made with; None without one."""
    for path in paths:
        site = (own_site(path) or {}).get("site")
        if isinstance(site, str) and site in profile_names():
            return site
    return None


def import_warc(
    outcome: WarcOutcome,
    *,
    profile: SiteProfile,
    archive: Archive,
    writer: Writer,
    tell: Callable[[WarcOutcome], None] = lambda outcome: None,
) -> Callable[[], None]:
    """Import the file of `outcome`, which is filled on the way; `tell` hears of it after every record.

    What comes back is to be called when all files are imported: it takes the revisits of what came later.
    Both raise what the writer raises.
    """
    path, into = outcome.path, _Import(profile, archive, writer, outcome, tell)
    if not zipfile.is_zipfile(path):
        with _opened(path) as file:
            into.take(file, path.name)
        return into.take_unresolved
    try:
        with zipfile.ZipFile(path) as package:
            _import_wacz(package, into, own_site(path))
    except zipfile.BadZipFile as error:
        outcome.damage.append(f"{path.name}: {error}")
    return into.take_unresolved


def _import_wacz(package: zipfile.ZipFile, into: _Import, about: Mapping[str, Any] | None) -> None:
    files = sorted(name for name in package.namelist() if name.startswith("archive/") and ".warc" in name)
    if not files:
        into.outcome.damage.append(f"{into.outcome.path.name}: no WARC file in it")
    table = _rebuilding(package, into) if about is not None else None
    for name in _in_order(files, about):
        short = name.rpartition("/")[2]
        try:
            with open_member(into.outcome.path, package, name) as file:
                into.take(file, short)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
            into.outcome.damage.append(f"{short}: {error}")
    if table is not None:
        # The captures were written anew, and with them each address's state: back to what it was.
        restore_urls(into.writer.db, into.profile.name, table)


def _rebuilding(package: zipfile.ZipFile, into: _Import) -> list[dict[str, Any]] | None:
    """Make ready to make the archive again that the package was made of; its URL table, if it has that.

    Only an empty archive is made again, or one in which that was interrupted: in any other, runs and
    addresses have a history of their own, and the captures are taken like anybody's.
    """
    name, db, site = into.outcome.path.name, into.writer.db, into.profile.name
    try:
        runs = _lines(package, RUNS_MEMBER)
        if not can_rebuild(db, site, runs):
            return None
        captures = _lines(package, CAPTURES_MEMBER)
        table = _lines(package, URLS_MEMBER) if URLS_MEMBER in package.namelist() else None
        if table is not None:
            restore_urls(db, site, table)
        numbers = restore_runs(db, site, runs)
        made = {row["record_id"]: _Made(numbers[row["run"]], row["origin"], row["url"]) for row in captures}
    except (KeyError, ValueError, TypeError, AttributeError, Error) as error:
        raise UserError(
            f"{name}: its records are not as msarchive writes them ({_one_line(error)})"
        ) from None
    into.rebuild(made, whole=table is not None)
    return table


def _lines(package: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in package.read(name).splitlines()]


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _in_order(files: list[str], about: Mapping[str, Any] | None) -> list[str]:
    """Our own files in the order in which they were written."""
    order = {name: number for number, name in enumerate((about or {}).get("files", ()))}
    return sorted(files, key=lambda name: (order.get(name.rpartition("/")[2], len(order)), name))


@dataclass(frozen=True, slots=True)
class _Made:
    """What the archive that a package was made of knew of a capture."""

    run: int
    """Number of its run, in this archive."""
    origin: Literal["crawl", "import"]
    url: str | None


class _Import:
    """One file's way into the archive."""

    def __init__(
        self,
        profile: SiteProfile,
        archive: Archive,
        writer: Writer,
        outcome: WarcOutcome,
        tell: Callable[[WarcOutcome], None],
    ) -> None:
        self.profile = profile
        self.writer = writer
        self.outcome = outcome
        self._archive = archive
        self._tell = tell
        self._pages = PageMaker(profile)
        self._made: Mapping[str, _Made] | None = None
        self._whole = False
        self._unresolved: list[tuple[ForeignRecord, bytes, str]] = []

    def rebuild(self, made: Mapping[str, _Made], *, whole: bool) -> None:
        """Give captures the runs that they had; with `whole` the URL table is not to be added to."""
        self._made, self._whole = made, whole

    def take(self, file: BinaryIO, name: str) -> None:
        """Import what is readable in one WARC file; note the rest."""
        import_run = self.writer.run_id
        try:
            for record, request in _with_requests(self._readable(file, name)):
                if record.type not in ("warcinfo", "metadata", "continuation"):
                    self._take(record, request, name)
                self._tell(self.outcome)
        finally:
            self._back_to(import_run)

    def take_unresolved(self) -> None:
        """Import revisits that stood before the record that they refer to; note those that refer to none."""
        waiting, self._unresolved = self._unresolved, []
        import_run = self.writer.run_id
        try:
            for record, request, name in waiting:
                self._take(record, request, name, last=True)
        finally:
            self._back_to(import_run)

    def _take(self, record: ForeignRecord, request: bytes, name: str, *, last: bool = False) -> None:
        made = None
        if self._made is not None:
            made = self._made.get(record_id(record) or "")
            if made is None:  # a killed run left it, before the archive took note of it
                self.outcome.skipped["that the archive did not name"] += 1
                return
        try:
            found = self._answer_of(
                answer(
                    record,
                    profile=self.profile,
                    file_name=name,
                    request=request,
                    resolve=self._resolve,
                    origin="import" if made is None else made.origin,
                    own=made is not None,
                )
            )
        except Unresolved as error:
            if last or len(self._unresolved) >= _MOST_UNRESOLVED:
                self.outcome.skipped[str(error)] += 1
                self.outcome.damage.append(f"{name}, byte {record.offset:,}: {_LOST}")
            else:
                self._unresolved.append((record, request, name))
        except NotUsable as error:
            self.outcome.skipped[str(error)] += 1
        else:
            self._save(found, made)

    def _answer_of(self, found: Answer) -> Answer:
        """The answer. Raises `Unresolved` for a 304 of what the archive does not have."""
        fetched = found.fetched
        vouches = fetched.status == 304 and fetched.url is not None
        if vouches and not self.writer.has_body(fetched.url or "", fetched.fetched_at):
            raise Unresolved("that refer to a record which is not here")
        return found

    def _back_to(self, run: int | None) -> None:
        """Go on in the import's own run after captures that had others."""
        if self._made is not None and run is not None:
            own_files(self.writer.db, run, {one.run for one in self._made.values()} - {run})
        self.writer.run_id = run

    def _readable(self, file: BinaryIO, name: str) -> Iterator[ForeignRecord]:
        for item in read_warc(file):
            if isinstance(item, Damage):
                self.outcome.damage.append(f"{name}, byte {item.offset:,}: {item.what}")
            else:
                yield item

    def _save(self, found: Answer, made: _Made | None) -> None:
        fetched = found.fetched
        sha256 = None if fetched.status == 304 else hashlib.sha256(fetched.body).hexdigest()
        if self.writer.has_capture(
            fetched.url, fetched.fetched_at, fetched.file_name, fetched.status, sha256
        ):
            self.outcome.counts["known"] += 1
            return
        if made is not None and made.run != self.writer.run_id:
            # Each crawl forgets what it learned of the site's ways.
            self.writer.run_id, self._pages = made.run, PageMaker(self.profile)
        page = self._page(fetched, found.form)
        record = page_record(page, self.profile)
        if self._whole:
            record = replace(record, found=())  # the URL table has them all already
        elif made is None and page.redirect is not None and page.redirect == fetched.url:
            record = replace(record, outcome=None)  # to its other spelling: no failure of the page
        saved = self.writer.save_page(record, now=record.capture.captured_at)
        self.outcome.counts[_told(record, saved)] += 1

    def _page(self, fetched: Fetched, form: str | None) -> Page:
        known = None if fetched.url is None else self.writer.address(fetched.url)
        if form is not None:
            return self._file_page(fetched, form)
        assert fetched.url is not None
        kind, depth = known or (kind_of(fetched.url, self.profile), self.profile.explore_depth)
        page = self._pages.page(fetched, kind, depth=depth, conditional=True)
        if fetched.origin == "crawl":
            return page
        return _with(page, Found(fetched.url, "import", kind))

    def _file_page(self, fetched: Fetched, form: str) -> Page:
        reading = read_page(
            fetched.body, profile=self.profile, url=fetched.url, form="text" if form == "text" else "html"
        )
        own = fetched.url or reading.url
        kind = "page" if own is None else kind_of(own, self.profile)
        found: tuple[Found, ...] = ()
        if own is not None:
            depth = self.profile.explore_depth
            led_to = self._pages.walk.found_on(reading, url=own, kind=kind, depth=depth, more_listings=True)
            found = (Found(own, "import", kind), *led_to)
        return Page(fetched, kind, reading, found=found)

    def _resolve(self, record: str | None, url: str | None, at: str | None) -> bytes | None:
        capture = self.writer.find_capture(record, url, at)
        if capture is None:
            return None
        with self._archive.engine.connect() as connection, BodyReader(self._archive, connection) as bodies:
            try:
                return bodies.response(capture)
            except (RecordDamaged, OSError):
                return None


def _with_requests(records: Iterator[ForeignRecord]) -> Iterator[tuple[ForeignRecord, bytes]]:
    """Each record but requests, with the request that belongs to it (empty when there is none beside it).

    Some programs write the request before the answer, some behind it. We write a 304 as a revisit without a
    block, and what the site said as metadata behind it.
    """
    before: ForeignRecord | None = None
    waiting: tuple[ForeignRecord, bytes] | None = None
    for record in records:
        if record.type == "metadata" and waiting is not None and _is_message_of(record, waiting[0]):
            waiting = replace(waiting[0], block=record.block), waiting[1]
        elif record.type != "request":
            if waiting is not None:
                yield waiting
            waiting = (record, before.block if before is not None and _concurrent(before, record) else b"")
            before = None
        elif waiting is not None and not waiting[1] and _concurrent(record, waiting[0]):
            yield waiting[0], record.block
            waiting = None
        else:
            before = record
    if waiting is not None:
        yield waiting


def _concurrent(request: ForeignRecord, response: ForeignRecord) -> bool:
    mine, theirs = (one.headers.get("warc-concurrent-to", "").strip("<> ") for one in (request, response))
    return mine == record_id(response) or (bool(theirs) and theirs == record_id(request))


def _is_message_of(metadata: ForeignRecord, revisit: ForeignRecord) -> bool:
    return (
        not revisit.block
        and metadata.headers.get("content-type", "").startswith("application/http")
        and _concurrent(metadata, revisit)
    )


def _with(page: Page, found: Found) -> Page:
    return replace(page, found=(found, *page.found))


def _told(record: PageRecord, saved: SavedPage) -> str:
    if saved.new_article:
        return "new article"
    if saved.new_revision:
        return "new revision"
    return "unchanged" if record.article is not None or record.capture.unchanged else "other page"


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from None
    with file:
        yield file


def _has_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            return any(name.startswith("archive/") and ".warc" in name for name in package.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
