"""The last step: one call of the archive's writer for each page, which is all or nothing."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from pipelines.pushback import PUSHBACKS, retry_after
from pipelines.session import CrawlSession, session_of
from spiders.page import READER_FAILED, Unanswered
from storage.errors import LeaseLost
from storage.records import CaptureRecord, PageRecord
from storage.urls import Visit
from storage.writer import SavedPage

_WORTH_ANOTHER_TRY = frozenset({408, 425, 429})


class Persist:
    """Scrapy's door to the writer. Synchronous: nothing comes between the parts of a page."""

    def __init__(self, session: CrawlSession) -> None:
        self._session = session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Persist:
        """Raises `LookupError` when no archive is open for this crawl."""
        return cls(session_of(crawler))

    def process_item(self, item: Any) -> Any:
        """Write a `PageRecord` or an `Unanswered`; the first write that fails ends the crawl.

        Raises `DropItem` for what is not written, after the failure and for everything that comes later.
        """
        session = self._session
        if session.error is not None:
            raise DropItem("the crawl has ended")
        try:
            if isinstance(item, PageRecord):
                save(item, session)
            elif isinstance(item, Unanswered):
                save_unanswered(item, session)
            else:
                raise TypeError(f"not a page: {type(item).__name__}")
        except LeaseLost:
            forget(item, session)
            raise DropItem("another worker asks for it now") from None
        except Exception as error:
            session.committing.heed_loss()
            session.fail(error)
            raise DropItem("it could not be written") from error
        return item


def save(record: PageRecord, session: CrawlSession) -> SavedPage:
    """Write one answer with its URL's new state, and count it."""
    record = _with_retry(record, session)
    assert record.capture.url is not None
    saved = session.writer.save_page(
        record,
        now=record.capture.captured_at,
        leased=session.lease_of(record.capture.url),
        grouped=True,
    )
    session.committing.saved(record.capture.url, _counts(record, saved))
    session.current = record.capture.url
    session.sitemap_read |= record.capture.kind == "sitemap"
    outcome = record.outcome
    if outcome is not None and outcome.retry_at is None and record.url_kind == "robots":
        session.robots_failure = outcome.reason if outcome.state == "failed" else None
    session.in_flight.pop(record.capture.url, None)
    session.obstacles.pop(record.capture.url, None)
    if record.obstacle is not None and outcome is not None and outcome.state == "failed":
        session.obstacles[record.capture.url] = record.obstacle
    _heed(record, session)
    return saved


def forget(item: PageRecord | Unanswered, session: CrawlSession) -> None:
    """Let go of what another worker has taken over: it is that one's to store."""
    url = item.capture.url if isinstance(item, PageRecord) else item.url
    if url is not None:
        session.in_flight.pop(url, None)
    session.counts["lost_leases"] += 1


def _heed(record: PageRecord, session: CrawlSession) -> None:
    """End the crawl when the site no longer wants it."""
    capture = record.capture
    if capture.status in PUSHBACKS:
        session.counts["pushbacks"] += 1
    if capture.url is not None and record.url_kind not in ("robots", "sitemap"):
        is_challenge = record.obstacle == "challenge"
        why = session.standing.heard(capture.url, capture.status, is_challenge=is_challenge)
        if why is not None:
            session.block(why)


def save_unanswered(item: Unanswered, session: CrawlSession) -> None:
    """Write that a request brought no answer, and when it is to be tried again."""
    now = datetime.now(UTC)
    attempts = _attempts(item.url, session)
    wait = session.retry.wait(attempts) if item.temporary and not item.refused else None
    if item.stale_connection and attempts == 1:
        wait = 0.0  # the other side had hung up before it was asked: nothing failed but our timing
    retry_at = None if wait is None else _text(now + timedelta(seconds=wait))
    session.writer.record_failure(
        item.url,
        item.reason,
        now=_text(now),
        retry_at=retry_at,
        final_state="refused" if item.refused else "failed",
        leased=session.lease_of(item.url),
        grouped=True,
    )
    counts = Counter({"refused" if item.refused else "unanswered": 1})
    if item.no_connection:
        counts["no_connection"] = 1
    session.committing.saved(item.url, counts)
    if item.refused:
        session.refusal = item.reason
    if retry_at is None and item.kind == "robots":
        session.robots_failure = item.reason
    session.in_flight.pop(item.url, None)
    session.obstacles.pop(item.url, None)
    if item.kind not in ("robots", "sitemap") and not item.refused:
        why = session.standing.heard(item.url, None)
        if why is not None:
            session.block(why)


def _with_retry(record: PageRecord, session: CrawlSession) -> PageRecord:
    """The record with the time of another try, where its failure is worth one and tries are left."""
    outcome, capture = record.outcome, record.capture
    if outcome is None or outcome.state != "failed":
        return record
    url = capture.url
    assert url is not None
    if capture.kind == "redirect":  # to itself under another spelling, which the spider has learned
        wait: float | None = 0.0
    elif not _is_temporary(capture) and record.obstacle != "maintenance":
        wait = None
    else:
        wait = session.retry.wait(_attempts(url, session))
    now = datetime.now(UTC)
    if capture.status in PUSHBACKS:
        asked = retry_after(capture.headers, now) or 0.0
        if asked > session.retry.longest_wait:
            until = _text(now + timedelta(seconds=asked))
            # robots.txt that can't be had in this crawl has failed; what else is asked in vain stays due.
            is_over = wait is None or record.url_kind == "robots"
            outcome = replace(outcome, retry_at=None if is_over else until, not_before=until)
            return replace(record, outcome=outcome)
        wait = None if wait is None else max(wait, asked)
    if wait is None:
        return record
    return replace(record, outcome=replace(outcome, retry_at=_text(now + timedelta(seconds=wait))))


def _is_temporary(capture: CaptureRecord) -> bool:
    """Whether asking again may bring a better answer."""
    status = capture.status
    if capture.truncated is not None:
        return capture.truncated != "length"
    return status is None or status >= 500 or status in _WORTH_ANOTHER_TRY


def _attempts(url: str, session: CrawlSession) -> int:
    row = session.in_flight.get(url)
    return 1 if row is None else row.attempts + 1


def _counts(record: PageRecord, saved: SavedPage) -> Counter[str]:
    """What a page adds to the run's counts."""
    counts: Counter[str] = Counter()
    capture = record.capture
    if capture.exchange is not None:
        counts["answers"] += 1
        counts["bytes"] += len(capture.body)
        counts["bytes_on_the_wire"] += len(capture.exchange.response)
    else:  # it did not come over the wire
        counts["rendered"] += 1
    counts[capture.kind] += 1
    counts["reader_failures"] += capture.reason == READER_FAILED
    if record.obstacle is not None:
        counts[record.obstacle] += 1
    counts["quarantined"] += saved.quarantined
    counts["new_articles"] += saved.new_article
    counts["new_revisions"] += saved.new_revision
    counts["new_urls"] += saved.new_urls
    if saved.visit is not None and record.url_kind == "article":
        _count_honesty(saved.visit, counts)
    return counts


def _count_honesty(visit: Visit, counts: Counter[str]) -> None:
    """Count whether an article did what the sitemap, or the policy, had led us to expect."""
    if visit.changed is None:
        return
    told = []
    if visit.lastmod_moved is not None:
        told.append("lastmod_moved" if visit.lastmod_moved else "lastmod_unmoved")
    if visit.why in ("sample", "time"):
        told.append(f"{visit.why}_checked")
    for name in told:
        counts[name] += 1
        counts[f"{name.removesuffix('_checked')}_changed"] += visit.changed


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
