"""From a kept capture to its new reading, as bytes: pure, so that it can be done anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipelines.boilerplate import separate
from pipelines.normalise import page_record
from spiders.page import Exchange, Fetched, Found, Page, UrlKind
from spiders.pages import PageMaker
from spiders.reading import read_page
from spiders.reading.addresses import kind_of
from spiders.reading.profile import SiteProfile
from spiders.walk import Walk
from storage.cleaning import storable
from storage.packed_body import PackedBody
from storage.readings import digest_of, reading_of
from storage.record_json import encode
from storage.warc.records import RecordDamaged

DAMAGED = b""
"""In place of a reading: there is nothing to read."""
SAME = b"="
"""In place of a reading: it is the one that is stored."""


@dataclass(frozen=True, slots=True)
class KeptCapture:
    """All of a capture that reading it takes."""

    fetched: Fetched
    """But for its body."""
    kind: UrlKind
    """What its address was taken for."""
    depth: int
    """Of its address, in clicks from a start page."""
    body: PackedBody


@dataclass(frozen=True, slots=True)
class ToRead:
    """A capture that is to be read, and the digest of the reading that need not be told; None: tell any."""

    capture: KeptCapture | None
    """None for one that is known to be damaged."""
    stored: str | None


class CaptureReader:
    """Reads captures with a profile, whose limits on one crawl are to be lifted or shut beforehand."""

    def __init__(self, profile: SiteProfile) -> None:
        self.profile = profile
        self._walk = Walk(profile)

    def read(self, captures: Iterable[ToRead]) -> list[bytes]:
        """The new reading of each of these captures, encoded; `SAME` where it is the one that need not be
        told, `DAMAGED` where the record is not what the database says.

        What the site's ways of redirecting were is remembered from one of them to the next, and no longer: a
        reading depends on nothing but what was asked for with it.
        """
        maker = PageMaker(self.profile, walk=self._walk)
        return [self._read(one, maker) for one in captures]

    def page(self, capture: KeptCapture, maker: PageMaker | None = None) -> Page:
        """A capture as the page it was, read again. Raises `RecordDamaged`."""
        fetched = replace(capture.fetched, body=capture.body.unpacked())
        if fetched.status is None or fetched.url is None:
            return self._file(fetched)
        exchange = Exchange(
            url=fetched.url, request=b"", response=b"", started_at=fetched.fetched_at, status=fetched.status,
            headers=fetched.headers, entity=b"",
        )  # fmt: skip
        maker = maker or PageMaker(self.profile, walk=self._walk)
        page = maker.page(replace(fetched, exchange=exchange), capture.kind, depth=capture.depth)
        return replace(page, fetched=fetched)

    def _read(self, wanted: ToRead, maker: PageMaker) -> bytes:
        if wanted.capture is None:
            return DAMAGED
        try:
            page = self.page(wanted.capture, maker)
        except RecordDamaged:
            return DAMAGED
        record = page_record(page, self.profile)
        if page.fetched.status is not None:
            record = separate(record)  # as a crawl's pipelines do, and an import of files does not
        try:
            data = encode(reading_of(record))
        except UnicodeEncodeError:
            data = encode(reading_of(storable(record)))
        return SAME if wanted.stored is not None and digest_of(data) == wanted.stored else data

    def _file(self, fetched: Fetched) -> Page:
        """A saved file, read as its import read it."""
        html = any(value.startswith("text/html") for name, value in fetched.headers if name == "Content-Type")
        profile, url = self.profile, fetched.url
        reading = read_page(fetched.body, profile=profile, url=url, form="html" if html else "text")
        own = url or reading.url
        found: tuple[Found, ...] = ()
        kind: UrlKind = "page" if own is None else kind_of(own, profile)
        if own is not None:
            found = self._walk.found_on(
                reading, url=own, kind=kind, depth=profile.explore_depth, more_listings=True
            )
        return Page(fetched, kind, reading, found=found)


_last: CaptureReader | None = None


def read_kept(profile: SiteProfile, captures: Iterable[ToRead]) -> list[bytes]:
    """As `CaptureReader.read`; the reader, with what it remembers, stays for the next call with the same
    profile."""
    global _last
    if _last is None or _last.profile != profile:
        _last = CaptureReader(profile)
    return _last.read(captures)
