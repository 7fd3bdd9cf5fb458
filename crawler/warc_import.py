"""WARC and WACZ files into the archive, with the files' dates: the same reading and writing as a crawl."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from crawler.exits import UserError
from crawler.foreign_warc import Damage, ForeignRecord, read_warc
from crawler.warc_pages import Answer, NotUsable, answer, record_id
from pipelines.normalise import page_record
from spiders.page import Fetched, Found, Page
from spiders.pages import PageMaker
from spiders.reading import read_page
from spiders.reading.addresses import kind_of
from spiders.reading.profile import SiteProfile
from storage.archive import Archive
from storage.bodies import BodyReader
from storage.records import PageRecord
from storage.url_records import restore_urls
from storage.warc.records import RecordDamaged
from storage.writer import SavedPage, Writer

URLS_MEMBER = "records/url_table.jsonl"
"""Our own WACZ files have the URL table here."""
ABOUT = "msarchive"
"""Key in the data package of a WACZ file of our own: what `import` needs to rebuild the archive."""


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


def import_warc(
    outcome: WarcOutcome,
    *,
    profile: SiteProfile,
    archive: Archive,
    writer: Writer,
    tell: Callable[[WarcOutcome], None] = lambda outcome: None,
) -> None:
    """Import the file of `outcome`, which is filled on the way; `tell` hears of it after every record.

    Raises what the writer raises.
    """
    path, into = outcome.path, _Import(profile, archive, writer, outcome, tell)
    if not zipfile.is_zipfile(path):
        with _opened(path) as file:
            into.take(file, path.name, own=False)
        return
    try:
        with zipfile.ZipFile(path) as package:
            _import_wacz(package, into, own_site(path))
    except (zipfile.BadZipFile, NotImplementedError, EOFError) as error:
        outcome.damage.append(f"{path.name}: {error}")


def _import_wacz(package: zipfile.ZipFile, into: _Import, about: Mapping[str, Any] | None) -> None:
    files = sorted(name for name in package.namelist() if name.startswith("archive/") and ".warc" in name)
    table: list[dict[str, Any]] = []
    # Only an empty archive is rebuilt: in any other the table has a history of its own.
    rebuild = about is not None and into.writer.is_empty()
    if rebuild:
        table = [json.loads(line) for line in package.read(URLS_MEMBER).splitlines()]
        restore_urls(into.writer.db, into.profile.name, table)
    for name in _in_order(files, about):
        with package.open(name) as file:
            into.take(cast(BinaryIO, file), name.rpartition("/")[2], own=about is not None)
    if rebuild:
        # The captures were written anew, and with them each address's state: back to what it was.
        restore_urls(into.writer.db, into.profile.name, table)
    if not files:
        into.outcome.damage.append(f"{into.outcome.path.name}: no WARC file in it")


def _in_order(files: list[str], about: Mapping[str, Any] | None) -> list[str]:
    """Our own files in the order in which they were written."""
    order = {name: number for number, name in enumerate((about or {}).get("files", ()))}
    return sorted(files, key=lambda name: (order.get(name.rpartition("/")[2], len(order)), name))


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

    def take(self, file: BinaryIO, name: str, *, own: bool) -> None:
        """Import what is readable in one WARC file; note the rest."""
        for record, request in _with_requests(self._readable(file, name)):
            if record.type in ("warcinfo", "metadata", "continuation"):
                continue
            try:
                found = answer(
                    record,
                    profile=self.profile,
                    file_name=name,
                    request=request,
                    resolve=self._resolve,
                    own=own,
                )
            except NotUsable as error:
                self.outcome.skipped[str(error)] += 1
            else:
                self._save(found)
            self._tell(self.outcome)

    def _readable(self, file: BinaryIO, name: str) -> Iterator[ForeignRecord]:
        for item in read_warc(file):
            if isinstance(item, Damage):
                self.outcome.damage.append(f"{name}, byte {item.offset:,}: {item.what}")
            else:
                yield item

    def _save(self, found: Answer) -> None:
        fetched = found.fetched
        if self.writer.has_capture(fetched.url, fetched.fetched_at, fetched.file_name, fetched.status):
            self.outcome.counts["known"] += 1
            return
        page = self._page(fetched, found.form)
        record = page_record(page, self.profile)
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

    Some programs write the request before the answer, some behind it.
    """
    before: ForeignRecord | None = None
    waiting: tuple[ForeignRecord, bytes] | None = None
    for record in records:
        if record.type != "request":
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
