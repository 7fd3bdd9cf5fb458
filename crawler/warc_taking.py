"""The records of a WARC file into the archive: each as its answer, in its run, with the request beside it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from crawler.foreign_warc import Damage, ForeignRecord
from crawler.warc_items import Item, Passed, ReadRecord
from crawler.warc_pages import OF_OTHER_SITES, Answer, NotUsable, Unresolved, answer, record_id, rendered
from crawler.warc_sources import Address
from pipelines.normalise import page_record
from spiders.page import Fetched, Found, Page
from spiders.pages import PageMaker
from spiders.reading import read_page
from spiders.reading.addresses import kind_of
from spiders.reading.model import Reading
from spiders.reading.profile import SiteProfile
from storage.archive import Archive
from storage.bodies import BodyReader
from storage.records import PageRecord
from storage.wacz.restoring import own_files
from storage.warc.records import RecordDamaged
from storage.writer import SavedPage, Writer

_MOST_UNRESOLVED = 50_000
"""Revisits that may wait for what they refer to; each is little more than an HTTP head."""
_LOST = "a revisit of a record that is neither here nor in the archive"


@dataclass
class WarcOutcome:
    """What one WARC or WACZ file came to."""

    path: Path | Address
    counts: Counter[str] = field(default_factory=Counter)
    """`new article`, `new revision`, `unchanged`, `other page`, `known` (the archive had that capture)."""
    skipped: Counter[str] = field(default_factory=Counter)
    """Records passed over, by why."""
    damage: list[str] = field(default_factory=list)
    """One line for each place that could not be read: file, offset, what is wrong."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the archive that a package was made of knew of a capture."""

    run: int
    """Number of its run, in this archive."""
    origin: Literal["crawl", "import"]
    url: str | None
    lost: tuple[str, ...] | None
    """The fields for want of which its reading was held; None when it was not."""
    rendered: Fetched | None
    """For a page as a browser rendered it what was known of it, without its body; None for any other."""


class WarcTaking:
    """One file's way into the archive, record by record."""

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
        self._made: Mapping[str, Made] | None = None
        self._whole = False
        self._unresolved: list[tuple[ReadRecord, bytes, str]] = []
        self._waiting: Counter[str] = Counter()
        """What the captures come to that wait for their commit: they count when they are on disk."""

    def rebuild(self, made: Mapping[str, Made], *, whole: bool) -> None:
        """Give captures the runs that they had; with `whole` the URL table is not to be added to."""
        self._made, self._whole = made, whole

    def take(self, items: Iterable[Item], name: str) -> None:
        """Import what is readable in one WARC file; note the rest. `items` are what it holds, `name` is its
        own."""
        import_run = self.writer.run_id
        try:
            for item, request in _with_requests(self._readable(items, name)):
                if item.record.type not in ("warcinfo", "metadata", "continuation"):
                    self._take(item, request, name)
                self._tell(self.outcome)
        finally:
            self._back_to(import_run)

    def take_unresolved(self) -> None:
        """Import revisits that stood before the record that they refer to; note those that refer to none."""
        waiting, self._unresolved = self._unresolved, []
        import_run = self.writer.run_id
        try:
            for item, request, name in waiting:
                self._take(item, request, name, last=True)
        finally:
            self._back_to(import_run)

    def _take(self, item: ReadRecord, request: bytes, name: str, *, last: bool = False) -> None:
        record, made = item.record, None
        if self._made is not None:
            made = self._made.get(record_id(record) or "")
            if made is None:  # a killed run left it, before the archive took note of it
                self.outcome.skipped["that the archive did not name"] += 1
                return
        try:
            found = self._found(record, request, name, made)
        except Unresolved as error:
            if last or len(self._unresolved) >= _MOST_UNRESOLVED:
                self.outcome.skipped[str(error)] += 1
                self.outcome.damage.append(f"{name}, byte {record.offset:,}: {_LOST}")
            else:
                self._unresolved.append((item, request, name))
        except NotUsable as error:
            self.outcome.skipped[str(error)] += 1
        else:
            self._save(found, made, item)

    def _found(self, record: ForeignRecord, request: bytes, name: str, made: Made | None) -> Answer:
        """What a record holds. Raises `Unresolved` for a 304 of what the archive does not have."""
        if made is not None and made.rendered is not None:
            return rendered(record, made.rendered, self._resolve)
        found = answer(
            record,
            profile=self.profile,
            file_name=name,
            request=request,
            resolve=self._resolve,
            origin="import" if made is None else made.origin,
            own=made is not None,
        )
        fetched = found.fetched
        vouches = fetched.status == 304 and fetched.url is not None
        if vouches and not self.writer.has_body(fetched.url or "", fetched.fetched_at):
            raise Unresolved("that refer to a record which is not here")
        return found

    def _back_to(self, run: int | None) -> None:
        """Go on in the import's own run after captures that had others."""
        try:
            self._commit()
            if self._made is not None and run is not None:
                own_files(self.writer.db, run, {one.run for one in self._made.values()} - {run})
        finally:
            self.writer.run_id = run

    def _readable(self, items: Iterable[Item], name: str) -> Iterator[ReadRecord]:
        for item in items:
            if isinstance(item, Damage):
                self.outcome.damage.append(f"{name}, byte {item.offset:,}: {item.what}")
            elif isinstance(item, Passed):
                self.outcome.skipped[OF_OTHER_SITES] += item.number
                self._tell(self.outcome)
            else:
                yield item

    def _save(self, found: Answer, made: Made | None, item: ReadRecord) -> None:
        fetched = found.fetched
        sha256 = None if fetched.status == 304 else hashlib.sha256(fetched.body).hexdigest()
        if self.writer.has_capture(
            fetched.url, fetched.fetched_at, fetched.file_name, fetched.status, sha256
        ):
            self.outcome.counts["known"] += 1
            return
        if made is not None and made.run != self.writer.run_id:
            self._commit()
            # Each crawl forgets what it learned of the site's ways.
            self.writer.run_id, self._pages = made.run, PageMaker(self.profile)
        page = self._page(_packed(fetched, item), found.form, item.reading)
        record = page_record(page, self.profile)
        if self._whole:
            record = replace(record, found=())  # the URL table has them all already
        elif made is None and page.redirect is not None and page.redirect == fetched.url:
            record = replace(record, outcome=None)  # to its other spelling: no failure of the page
        lost = None if made is None else made.lost
        with self._unless_lost():
            saved = self.writer.save_page(record, now=record.capture.captured_at, lost=lost, grouped=True)
        self._waiting[_told(record, saved)] += 1
        self._count()

    def _commit(self) -> None:
        """Bring to disk what waits."""
        with self._unless_lost():
            self.writer.commit()
        self._count()

    def _count(self) -> None:
        """Count what is on disk."""
        if not self.writer.is_open:
            self.outcome.counts.update(self._waiting)
            self._waiting.clear()

    @contextmanager
    def _unless_lost(self) -> Iterator[None]:
        """Never count what waited when a write takes it back."""
        try:
            yield
        except BaseException:
            if not self.writer.is_open:
                self._waiting.clear()
            raise

    def _page(self, fetched: Fetched, form: str | None, reading: Reading | None) -> Page:
        known = None if fetched.url is None else self.writer.address(fetched.url)
        if form is not None:
            return self._file_page(fetched, form, reading)
        assert fetched.url is not None
        kind, depth = known or (kind_of(fetched.url, self.profile), self.profile.explore_depth)
        if fetched.exchange is None:
            return self._pages.rendered(fetched, kind, depth=depth)
        page = self._pages.page(fetched, kind, depth=depth, conditional=True, reading=reading)
        if fetched.origin == "crawl":
            return page
        return _with(page, Found(fetched.url, "import", kind))

    def _file_page(self, fetched: Fetched, form: str, reading: Reading | None) -> Page:
        reading = reading or read_page(
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
        self._commit()  # it may be one of those that wait, which nobody else can read
        with self._archive.engine.connect() as connection, BodyReader(self._archive, connection) as bodies:
            try:
                return bodies.response(capture)
            except (
                RecordDamaged,
                FileNotFoundError,
            ):  # not when a disk fails: what is there would pass for lost
                return None


def _packed(fetched: Fetched, item: ReadRecord) -> Fetched:
    if item.packed is None or fetched.exchange is None:
        return fetched
    return replace(fetched, exchange=replace(fetched.exchange, packed=item.packed))


def _with_requests(items: Iterator[ReadRecord]) -> Iterator[tuple[ReadRecord, bytes]]:
    """Each record but requests, with the request that belongs to it (empty when there is none beside it).

    Some programs write the request before the answer, some behind it. We write a 304 as a revisit without a
    block, and what the site said as metadata behind it.
    """
    before: ForeignRecord | None = None
    waiting: tuple[ReadRecord, bytes] | None = None
    for item in items:
        record = item.record
        if record.type == "metadata" and waiting is not None and _is_message_of(record, waiting[0].record):
            waiting = ReadRecord(replace(waiting[0].record, block=record.block)), waiting[1]
        elif record.type != "request":
            if waiting is not None:
                yield waiting
            waiting = (item, before.block if before is not None and _concurrent(before, record) else b"")
            before = None
        elif waiting is not None and not waiting[1] and _concurrent(record, waiting[0].record):
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
