"""The crawl's frontier: which address is asked next. It is the URL table itself, so it survives any death.

A *round* asks every address that may be asked once. An address that is due has `due_at`; what is done in this
round has none. A round that was not finished is gone on with by the next crawl.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from storage.archive import Archive
from storage.db import Db
from storage.records import FoundRecord
from storage.urls import Urls

LISTING_MAX_AGE_S = 86_400
_FINISHED = ("complete", "incomplete")
"""Outcomes of a run that went through its round to the end."""


@dataclass(frozen=True, slots=True)
class FrontierUrl:
    """An address to ask."""

    id: int
    url: str
    kind: str
    article_id: str | None
    etag: str | None
    """ETag of the last stored answer; None when there was none."""
    last_modified: str | None
    """Last-Modified of the last stored answer, as written; None when there was none."""
    attempts: int
    """Failed tries in this round."""
    depth: int
    """Fewest clicks from a start address."""


@dataclass(frozen=True, slots=True)
class RoundStart:
    """How a crawl begins."""

    resumed: bool
    """Whether it goes on with an unfinished round."""
    due: int
    """How many addresses are due."""


class Frontier:
    """The frontier of one site, on the writer's connection. For one thread."""

    def __init__(self, archive: Archive, site: str) -> None:
        self._site = site
        self._db = Db(archive.connection)

    def seed(self, found: Iterable[FoundRecord], now: str) -> int:
        """Add addresses that nobody told us of (start pages, sitemaps, lists); how many are new.

        New ones are due at once; known ones keep their state.
        """
        urls = Urls(self._db, self._site)
        with self._db.transaction():
            run = self._db.value("SELECT max(id) FROM run WHERE ended_at IS NULL")
            return urls.hear_all(found, None, 0, now=now, run=run)

    def start_round(self, now: str, *, listing_max_age_s: int = LISTING_MAX_AGE_S) -> RoundStart:
        """Go on with the unfinished round, or begin a new one in which everything that may be asked is due.

        Going on, what failed is tried again, robots.txt is asked for anew, and so are listings and sitemaps
        that were last asked for more than `listing_max_age_s` seconds ago.
        """
        with self._db.transaction():
            resumed = self._unfinished()
            if resumed:
                self._go_on(now, listing_max_age_s)
            else:
                self._begin(now)
            due = self._db.value("SELECT count(*) FROM url WHERE site = ? AND due_at IS NOT NULL", self._site)
        return RoundStart(resumed, int(due))

    def take(self, limit: int, *, now: str, exclude: Collection[int] = ()) -> list[FrontierUrl]:
        """Up to `limit` addresses that are due, without those in `exclude`: robots.txt, sitemaps, listings,
        articles, other pages, each in the order in which they were heard of. They stay due until their
        outcome is written."""
        # `coalesce` keeps the planner from the index on `due_at`, for which it would have to sort all that is
        # due.
        rows = self._db.all(
            "SELECT id, url, kind, article_id, etag, last_modified, attempts, depth FROM url "
            "WHERE site = ? AND due_at IS NOT NULL AND coalesce(due_at, '') <= ? ORDER BY priority, id "
            "LIMIT ?",
            self._site, now, limit + len(exclude),
        )  # fmt: skip
        return [FrontierUrl(*row) for row in rows if row[0] not in exclude][:limit]

    def next_due(self, now: str) -> str | None:
        """When the next address is due (UTC text, at `now` or before when one is); None when none is."""
        due: str | None = self._db.value(
            "SELECT min(due_at) FROM url WHERE site = ? AND due_at IS NOT NULL", self._site
        )
        return due

    def counts(self) -> dict[str, int]:
        """How many addresses are in each state (only states that occur), and under `due` how many are due."""
        rows = self._db.all("SELECT state, count(*) FROM url WHERE site = ? GROUP BY state", self._site)
        due = self._db.value("SELECT count(*) FROM url WHERE site = ? AND due_at IS NOT NULL", self._site)
        return {**dict(rows), "due": int(due)}

    def failed(self) -> list[tuple[str, str]]:
        """Addresses that gave no usable answer, with the reason, in the order in which they were heard of."""
        rows = self._db.all(
            "SELECT url, reason FROM url WHERE site = ? AND state = 'failed' ORDER BY id", self._site
        )
        return [(url, reason) for url, reason in rows]

    def _unfinished(self) -> bool:
        """Whether the last crawl ended before its round did, and left something to do."""
        outcome = self._db.value(
            "SELECT outcome FROM run WHERE site = ? AND kind <> 'import' AND ended_at IS NOT NULL "
            "ORDER BY id DESC LIMIT 1",
            self._site,
        )
        if outcome is None or outcome in _FINISHED:
            return False
        return bool(
            self._db.value(
                "SELECT EXISTS (SELECT 1 FROM url WHERE site = ? AND due_at IS NOT NULL)", self._site
            )
        )

    def _begin(self, now: str) -> None:
        # What was refused when it was asked (robots.txt) may be allowed by now; what is refused by its
        # address alone has never been asked.
        self._db.run(
            "UPDATE url SET state = 'waiting' WHERE site = ? AND state = 'refused' "
            "AND last_tried_at IS NOT NULL",
            self._site,
        )
        self._db.run(
            "UPDATE url SET due_at = ?, attempts = 0 WHERE site = ? AND state <> 'refused'", now, self._site
        )

    def _go_on(self, now: str, listing_max_age_s: int) -> None:
        self._db.run(
            "UPDATE url SET due_at = ?, attempts = 0 WHERE site = ? AND state <> 'refused' "
            "AND (state = 'failed' OR kind = 'robots' OR due_at IS NOT NULL "
            "OR (kind IN ('listing', 'sitemap') AND last_tried_at < ?))",
            now, self._site, _before(now, listing_max_age_s),
        )  # fmt: skip


def _before(now: str, seconds: int) -> str:
    moment = datetime.fromisoformat(now) - timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
