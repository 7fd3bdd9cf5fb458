"""The records of a WARC file, sifted and read: pure, so that it can be done anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from crawler.foreign_warc import Damage, ForeignRecord
from crawler.warc_pages import NotUsable, address, answer
from spiders.pages import PageMaker, header
from spiders.reading import read_page
from spiders.reading.addresses import kind_of
from spiders.reading.model import Reading
from spiders.reading.profile import SiteProfile
from spiders.walk import Walk
from storage.warc.records import packed_block

_NO_PAGES = ("warcinfo", "continuation")
_BESIDE_PAGES = ("request", "metadata")


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record, and what could be done with it without knowing the archive."""

    record: ForeignRecord
    reading: Reading | None = None
    """What reading the page in it gave; None when it was not read."""
    packed: bytes | None = None
    """Its block as the archive compresses it; None when nobody has yet."""


@dataclass(frozen=True, slots=True)
class Passed:
    """Records of other sites that were passed over."""

    number: int


Item = ReadRecord | Damage | Passed


def sifted(found: Iterable[ForeignRecord | Damage], profile: SiteProfile) -> Iterator[Item]:
    """What concerns the profile's site, in its order; what else there was is counted at the end."""
    passed = 0
    for one in found:
        if isinstance(one, Damage):
            yield one
        elif one.type not in _NO_PAGES:
            target = one.headers.get("warc-target-uri", "")
            beside = one.type in _BESIDE_PAGES
            if address(target, profile) is not None or (beside and not target):
                yield ReadRecord(one)
            elif not beside:
                passed += 1
    if passed:
        yield Passed(passed)


def unsifted(found: Iterable[ForeignRecord | Damage]) -> Iterator[Item]:
    """All of it."""
    return (one if isinstance(one, Damage) else ReadRecord(one) for one in found)


def read(items: Iterable[Item], profile: SiteProfile, name: str) -> Iterator[Item]:
    """The same items, their pages read; `name` is the file's."""
    walk = Walk(profile)
    for item in items:
        yield _read(item, profile, name, walk) if isinstance(item, ReadRecord) else item


def _read(item: ReadRecord, profile: SiteProfile, name: str, walk: Walk) -> ReadRecord:
    record = item.record
    if record.type in _BESIDE_PAGES:
        return item
    try:
        found = answer(record, profile=profile, file_name=name, request=b"", resolve=lambda *_: None)
    except NotUsable:
        return item
    fetched, exchange = found.fetched, found.fetched.exchange
    try:
        if exchange is None:
            return ReadRecord(
                record, read_page(fetched.body, profile=profile, url=fetched.url, form=found.form)
            )
        assert fetched.url is not None
        kind, maker = kind_of(fetched.url, profile), PageMaker(profile, walk=walk)
        if maker.unread(fetched, kind, depth=profile.explore_depth, conditional=True) is not None:
            return item
        reading = read_page(
            fetched.body, profile=profile, url=fetched.url, content_type=header(fetched, "content-type")
        )
        return ReadRecord(record, reading, packed_block(exchange.response))
    except Exception:  # whoever writes it reads it once more, and says what is wrong
        return item
