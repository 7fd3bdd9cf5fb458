"""The first step: a `Page`, as the spider saw it, becomes a `PageRecord`, as the archive takes it."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipelines.articles import article_record, card_records
from pipelines.fields import fields_record
from pipelines.grouping import body_digest, normal_journal, normal_topic
from spiders.page import Fetched, Found, Page
from spiders.reading.addresses import article_id
from spiders.reading.model import Obstacle, PageKind
from spiders.reading.profile import SiteProfile
from storage.records import CaptureRecord, ExchangeRecord, FoundRecord, PageRecord, UrlOutcome

if TYPE_CHECKING:  # Scrapy takes 0.4 s to import; reading captures again does without
    from scrapy.crawler import Crawler

__all__ = ["Normalise", "body_digest", "found_record", "normal_journal", "normal_topic", "page_record"]


class Normalise:
    """Scrapy's door to `page_record`. Items that are no `Page` pass unchanged."""

    def __init__(self, profile: SiteProfile) -> None:
        self._profile = profile

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Normalise:
        """Reads nothing but the spider's `profile`."""
        return cls(crawler.spider.profile)  # type: ignore[union-attr]

    def process_item(self, item: Any) -> Any:
        """`Page` in, `PageRecord` out."""
        return page_record(item, self._profile) if isinstance(item, Page) else item


def page_record(page: Page, profile: SiteProfile) -> PageRecord:
    """Everything that is to be written for one page. Pure; a function of its arguments alone.

    A failure's outcome is `failed`, without a time for another try: that depends on the tries before.
    """
    fetched, reading = page.fetched, page.reading
    own = fetched.url or (reading.url if reading is not None else None)
    target = page.redirect or next((found.url for found in page.found if found.via == "canonical"), None)
    address = target if target is not None and page.redirect is None else own
    article = None
    if reading is not None and reading.kind is PageKind.SUMMARY:
        article = article_record(reading, address, profile)
    return PageRecord(
        capture=_capture(page, own, profile),
        outcome=None if own is None else _outcome(page, target),
        url_kind=page.kind,
        article=article,
        cards=card_records(reading.cards, profile) if reading is not None else (),
        found=tuple(found_record(found, profile) for found in page.found),
        article_id=article_id(own, profile) if own is not None and page.kind == "article" else None,
        obstacle=None if page.obstacle is None else page.obstacle.name.lower(),
        fields=fields_record(page, profile),
    )


# The same menu and the same cards stand on every page.
@lru_cache(maxsize=5_000)
def found_record(found: Found, profile: SiteProfile) -> FoundRecord:
    """An address that a page told us about, with the article id in it."""
    return FoundRecord(
        url=found.url,
        kind=found.kind,
        via=found.via,
        article_id=article_id(found.url, profile) if found.kind == "article" else None,
        lastmod=found.lastmod,
        refused=found.refused,
    )


def _capture(page: Page, url: str | None, profile: SiteProfile) -> CaptureRecord:
    fetched = page.fetched
    kind, reason = _kind(page)
    content_type = _header(fetched, "content-type")
    return CaptureRecord(
        url=url,
        captured_at=fetched.fetched_at,
        status=fetched.status,
        headers=fetched.headers,
        body=fetched.body,
        origin=fetched.origin,
        kind=kind,
        reason=reason,
        media_type=None if content_type is None else content_type.partition(";")[0].strip().lower() or None,
        etag=_header(fetched, "etag"),
        last_modified=_header(fetched, "last-modified"),
        truncated=fetched.truncated,
        ip_address=fetched.ip_address,
        file_name=fetched.file_name,
        reader_version=page.reading.reader_version if page.reading is not None else None,
        profile_digest=profile.digest if page.reading is not None else None,
        exchange=_exchange(page),
        record_id=fetched.record_id,
    )


def _exchange(page: Page) -> ExchangeRecord | None:
    exchange = page.fetched.exchange
    if exchange is None:
        return None
    return ExchangeRecord(
        url=exchange.url,
        request=exchange.request or None,
        response=exchange.response,
        record_id=exchange.record_id,
        rebuilt=exchange.rebuilt,
        packed=exchange.packed,
    )


def _kind(page: Page) -> tuple[str, str | None]:
    """What a page came to, and why it is no summary (None for one)."""
    if page.failure is not None:
        return "error", page.failure
    if page.unchanged:
        return "unchanged", f"HTTP {page.fetched.status}"
    if page.redirect is not None:
        return "redirect", f"redirects to {page.redirect}"
    if page.gone:
        return "gone", f"HTTP {page.fetched.status}"
    if page.reading is not None:
        kind = str(page.reading.kind)
        return kind, None if page.reading.kind is PageKind.SUMMARY else page.reading.reason or kind
    if page.kind in ("robots", "sitemap"):
        return page.kind, page.note or page.kind
    return "unreadable", page.note or "nothing to read"


def _outcome(page: Page, target: str | None) -> UrlOutcome:
    if page.failure is not None:
        return UrlOutcome("failed", page.failure)
    if page.redirect is not None:
        if page.redirect == page.fetched.url:
            return UrlOutcome("failed", f"redirects to itself ({page.note})")
        return UrlOutcome("redirected", f"HTTP {page.fetched.status}", target=page.redirect)
    if page.gone:
        return UrlOutcome("gone", f"HTTP {page.fetched.status}")
    if _stands_in_the_way(page):
        return UrlOutcome("failed", _kind(page)[1] or "no usable answer")
    if target is not None:
        return UrlOutcome("alias", "its page names another address as its own", target=target)
    kind, reason = _kind(page)
    return UrlOutcome("stored", reason or kind)


def _stands_in_the_way(page: Page) -> bool:
    """Whether something else was answered in the place of a page that the site surely has.

    A page that nobody expected to be anything may well be a login, and is one.
    """
    if page.obstacle is None or page.fetched.status is None:
        return False
    return page.kind in ("article", "listing") or page.obstacle in (Obstacle.CHALLENGE, Obstacle.MAINTENANCE)


def _header(fetched: Fetched, name: str) -> str | None:
    return next((value for key, value in fetched.headers if key.lower() == name), None)
