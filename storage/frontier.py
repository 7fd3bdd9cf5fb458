"""The crawl's frontier: which address is asked next. It is the URL table itself, so it survives any death.

A *round* asks once every address that `storage.revisiting` says is to be asked. One that is due has `due_at`
and `due_why`; what is done in this round has no `due_at`. The next crawl goes on with a round that was not
finished.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from storage.archive import Archive
from storage.db import Db
from storage.records import FoundRecord
from storage.revisiting import (
    ALWAYS,
    ANSWERED,
    LASTMOD_MOVED,
    KnownUrl,
    Refresh,
    RevisitPolicy,
    later,
    why_due,
)
from storage.run_record import FINISHED
from storage.urls import HEARD, Urls

LISTING_MAX_AGE_S = 86_400
_CUT_SHORT = ("stopped", "killed", "limit")
"""Outcomes of a run that ended before its round, by no fault of what it had asked."""
_STORAGE = 7
"""Exit code of a run that the disk failed (outcome `failed`): no fault of what it had asked, either."""
_CRAWLS = "kind IN ('crawl', 'demo') AND outcome IS NOT 'skipped'"
CONDITIONAL = "state IN ('stored', 'alias') AND kind <> 'robots' AND attempts = 0"
"""SQL over `url`: whether "not modified" would be about an answer that the archive holds whole. robots.txt is
always had anew, so that no rule is ever taken from an older day."""
_PUSHED_BACK = "coalesce(http_status, 0) IN (429, 503)"
"""SQL over `url`: whether the site's last answer asked us to ask for less. Such an address comes after all
others, and its tries are counted on from crawl to crawl: one that is always answered so holds up nothing."""
_DUE_FROM_NOW = (
    f"due_at = CASE WHEN {_PUSHED_BACK} AND due_at > ? THEN due_at ELSE ? END, "
    f"attempts = CASE WHEN {_PUSHED_BACK} AND kind <> 'robots' THEN attempts ELSE 0 END"
)
"""SQL that sets `url`; two values, both now. What the site asked to be left alone stays so."""
_FROM_SITE = "http_status IS NOT NULL"
_AT_ONCE = 1_000
"""Addresses that a round's beginning holds in memory."""


@dataclass(frozen=True, slots=True)
class FrontierUrl:
    """An address to ask."""

    id: int
    url: str
    kind: str
    article_id: str | None
    etag: str | None
    """ETag of the last stored answer, as written; None when it is not to be asked about."""
    last_modified: str | None
    """Last-Modified of the last stored answer, as written; None when it is not to be asked about."""
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

    def __init__(self, archive: Archive, site: str, policy: RevisitPolicy | None = None) -> None:
        self._site = site
        self._db = Db(archive.connection, None if archive.sharing is None else archive.sharing.take_turn)
        self._policy = policy or RevisitPolicy()
        self._refresh: Refresh = "due"
        self._round_start = ""
        self._reader: tuple[str, ...] | None = None
        self._seed = ""

    def seed(self, found: Iterable[FoundRecord], now: str) -> int:
        """Add addresses that nobody told us of (start pages, sitemaps, lists); how many are new.

        New ones are due at once; known ones keep their state.
        """
        urls = Urls(self._db, self._site)
        with self._db.transaction():
            run = self._db.value("SELECT max(id) FROM run WHERE site = ? AND ended_at IS NULL", self._site)
            return urls.hear_all(found, None, 0, now=now, run=run)

    def start_round(
        self,
        now: str,
        *,
        refresh: Refresh = "due",
        listing_max_age_s: int = LISTING_MAX_AGE_S,
        over_limit: Collection[str] = (),
    ) -> RoundStart:
        """Go on with the unfinished round, or begin a new one in which is due what the policy says.

        Going on, what was due stays due, what failed is tried again, robots.txt is asked for anew, and so are
        listings and sitemaps that were last asked for more than `listing_max_age_s` seconds ago. A wider
        `refresh` than before adds to what is due; a narrower one takes nothing away.

        `over_limit` are the reasons of refusals that were the last crawl's alone: it had had its fill of such
        addresses. This one may have room for them.
        """
        with self._db.transaction():
            resumed = self._unfinished()
            self._note_round(refresh, self._earlier_start() or now if resumed else now, now)
            self._take_up(now, over_limit)
            if resumed:
                self._go_on(now, listing_max_age_s)
            else:
                self._begin(now)
            due = self._db.value("SELECT count(*) FROM url WHERE site = ? AND due_at IS NOT NULL", self._site)
        return RoundStart(resumed, int(due))

    def join_round(self, now: str, refresh: Refresh) -> None:
        """Take part in the round that another worker has begun, or goes on with: what is due was that one's
        to say."""
        with self._db.transaction():
            self._note_round(refresh, self._earlier_start() or now, now)

    def _note_round(self, refresh: Refresh, start: str, now: str) -> None:
        self._refresh, self._round_start = refresh, start
        run = self._db.one(
            "SELECT profile_digest, reader_version, started_at FROM run WHERE site = ? AND ended_at IS NULL "
            "ORDER BY id DESC",
            self._site,
        )
        self._reader, self._seed = (None, now) if run is None else (run[:2], run[2])

    def heed_lastmods(self, now: str) -> int:
        """Make due what sitemaps read in this round say has changed, and was not asked in it yet; how many.

        However a sitemap's dates move, an address is asked once in a round.
        """
        if self._refresh == "new":
            return 0
        with self._db.transaction():
            return self._heed(now)

    def take(self, limit: int, *, now: str, exclude: Collection[int] = ()) -> list[FrontierUrl]:
        """Up to `limit` addresses that are due, without those in `exclude`: robots.txt, sitemaps, listings,
        articles, other pages, each in the order in which they were heard of. They stay due until their
        outcome is written. What the site answered with 429 or 503 comes when nothing else is left."""
        rows = self._due(limit, f"(kind = 'robots' OR attempts = 0 OR NOT {_PUSHED_BACK})", now, exclude)
        return rows or self._due(limit, "TRUE", now, exclude)

    def give_back(self, rows: Iterable[FrontierUrl]) -> None:
        """Of what was taken, these are not asked for now. They are still due."""

    def _due(self, limit: int, which: str, now: str, exclude: Collection[int]) -> list[FrontierUrl]:
        # `coalesce` keeps the planner from the index on `due_at`, for which it would have to sort all that is
        # due.
        rows = self._db.all(
            f"SELECT id, url, kind, article_id, etag, last_modified, attempts, depth, {CONDITIONAL} "
            f"FROM url WHERE site = ? AND due_at IS NOT NULL AND coalesce(due_at, '') <= ? AND {which} "
            "ORDER BY priority, id LIMIT ?",
            self._site, now, limit + len(exclude),
        )  # fmt: skip
        return [self._row(*row) for row in rows if row[0] not in exclude][:limit]

    def _row(
        self, url_id: int, url: str, kind: str, article_id: str | None, etag: str | None,
        last_modified: str | None, attempts: int, depth: int, conditional: int,
    ) -> FrontierUrl:  # fmt: skip
        if not conditional or (
            kind != "article" and (etag or last_modified) and self._read_otherwise(url_id)
        ):
            etag = last_modified = None
        return FrontierUrl(url_id, url, kind, article_id, etag, last_modified, attempts, depth)

    def _read_otherwise(self, url_id: int) -> bool:
        """Whether a list of addresses was last read by another profile or reader than today's, which may see
        more in it: then it must come again. (Articles are read again from their captures.)"""
        return self._reader != self._db.one(
            "SELECT run.profile_digest, run.reader_version FROM capture JOIN run ON run.id = capture.run_id "
            "WHERE capture.url_id = ? ORDER BY capture.captured_at DESC, capture.id DESC",
            url_id,
        )

    def not_before(self, now: str) -> str | None:
        """Until when the site asked to be left alone (UTC text), as far as that lies after `now`; None when
        it did not. To be asked before a round starts."""
        until: str | None = self._db.value(
            f"SELECT max(due_at) FROM url WHERE site = ? AND due_at > ? AND {_PUSHED_BACK}", self._site, now
        )
        return until

    def next_due(self, now: str) -> str | None:
        """When the next address is due (UTC text, at `now` or before when one is); None when none is."""
        due: str | None = self._db.value(
            "SELECT min(due_at) FROM url WHERE site = ? AND due_at IS NOT NULL", self._site
        )
        return due

    def knows(self, urls: Iterable[str]) -> bool:
        """Whether all of these addresses are in the table."""
        known = "SELECT EXISTS (SELECT 1 FROM url WHERE site = ? AND url = ?)"
        return all(self._db.value(known, self._site, url) for url in urls)

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

    def refused_for(self, reasons: Collection[str]) -> dict[str, int]:
        """How many addresses are refused for each of these reasons, as far as there are any."""
        rows = self._db.all(
            "SELECT reason, count(*) FROM url WHERE site = ? AND state = 'refused' GROUP BY reason",
            self._site,
        )
        return {reason: number for reason, number in rows if reason in reasons}

    def _take_up(self, now: str, over_limit: Collection[str]) -> None:
        """Make due what was never asked because a crawl was full."""
        self._db.many(
            "UPDATE url SET state = 'waiting', reason = ?, due_at = ?, due_why = 'new' "
            "WHERE site = ? AND state = 'refused' AND reason = ? AND last_tried_at IS NULL",
            [(HEARD, now, self._site, reason) for reason in over_limit],
        )

    def _unfinished(self) -> bool:
        """Whether the last crawl ended before its round did."""
        last = self._db.one(
            f"SELECT outcome, exit_code FROM run WHERE site = ? AND {_CRAWLS} AND ended_at IS NOT NULL "
            "ORDER BY id DESC LIMIT 1",
            self._site,
        )
        if last is None or last[0] in FINISHED:
            return False
        due = (
            "SELECT EXISTS (SELECT 1 FROM url WHERE site = ? AND due_at IS NOT NULL "
            f"AND NOT (state = 'failed' AND {_PUSHED_BACK}))"  # these only wait for the time the site named
        )
        return bool(self._db.value(due, self._site)) or (_cut_short(*last) and self._begun())

    def _begun(self) -> bool:
        """Whether the round that was cut short had begun: the next crawl ends it, even if nothing is left but
        to say so, and asks nothing twice."""
        asked = (
            "SELECT EXISTS (SELECT 1 FROM capture JOIN run ON run.id = capture.run_id "
            f"WHERE run.site = ? AND run.{_CRAWLS} AND run.started_at >= ?)"
        )
        return bool(self._db.value(asked, self._site, self._earlier_start()))

    def _earlier_start(self) -> str | None:
        """When the unfinished round began: with the first crawl after the last one that finished."""
        start: str | None = self._db.value(
            f"SELECT min(started_at) FROM run WHERE site = ? AND {_CRAWLS} AND id > coalesce((SELECT max(id) "
            f"FROM run WHERE site = ? AND {_CRAWLS} AND outcome IN {FINISHED}), 0)",
            self._site, self._site,
        )  # fmt: skip
        return start

    def _begin(self, now: str) -> None:
        # What was refused when it was asked (robots.txt) may be allowed by now; what is refused by its
        # address alone has never been asked.
        self._db.run(
            "UPDATE url SET state = 'waiting' WHERE site = ? AND state = 'refused' "
            "AND last_tried_at IS NOT NULL",
            self._site,
        )
        self._make_due(now, "state <> 'refused'")

    def _go_on(self, now: str, listing_max_age_s: int) -> None:
        self._db.run(
            f"UPDATE url SET {_DUE_FROM_NOW}, due_why = CASE WHEN due_at IS NOT NULL THEN due_why "
            "WHEN state = 'failed' THEN 'retry' ELSE 'always' END WHERE site = ? AND state <> 'refused' "
            "AND (state = 'failed' OR kind = 'robots' OR due_at IS NOT NULL "
            "OR (kind IN ('listing', 'sitemap') AND last_tried_at < ?))",
            now, now, self._site, later(now, -listing_max_age_s),
        )  # fmt: skip
        if self._refresh == "all":
            self._make_due(
                now, "state <> 'refused' AND due_at IS NULL AND last_tried_at < ?", self._round_start
            )
        if self._refresh != "new":
            self._heed(now)

    def _make_due(self, now: str, where: str, *values: str) -> None:
        """Make due, of the addresses that `where` (SQL) chooses, those that the policy chooses."""
        last: int | None = 0
        while last is not None:
            last = self._make_some_due(now, where, values, after=last)

    def _make_some_due(self, now: str, where: str, values: tuple[str, ...], *, after: int) -> int | None:
        """As `_make_due`, for as many addresses behind the id `after` as are held in memory at once; the last
        one's id, None when none is left."""
        rows = self._db.all(
            "SELECT id, url, state, kind, kind = 'page' AND EXISTS (SELECT 1 FROM capture "
            f"WHERE capture.url_id = url.id AND capture.kind = 'listing'), last_tried_at, {_FROM_SITE}, "
            f"{LASTMOD_MOVED}, revisit_at FROM url WHERE site = ? AND {where} AND id > ? ORDER BY id LIMIT ?",
            self._site, *values, after, _AT_ONCE,
        )  # fmt: skip
        due = []
        for url_id, url, state, kind, lists, tried, from_site, moved, revisit_at in rows:
            known = KnownUrl(
                url, state, bool(lists) or kind in ALWAYS, tried is not None, not from_site, bool(moved),
                revisit_at,
            )  # fmt: skip
            why = why_due(known, refresh=self._refresh, now=now, seed=self._seed, policy=self._policy)
            if why is not None:
                due.append((now, now, why, url_id))
        self._db.many(f"UPDATE url SET {_DUE_FROM_NOW}, due_why = ? WHERE id = ?", due)
        return rows[-1][0] if rows else None

    def _heed(self, now: str) -> int:
        answered = ", ".join(f"'{state}'" for state in sorted(ANSWERED))
        return self._db.run(
            "UPDATE url SET due_at = coalesce(due_at, ?), due_why = 'lastmod', "
            "attempts = CASE WHEN due_at IS NULL THEN 0 ELSE attempts END WHERE site = ? "
            f"AND kind IN ('article', 'page') AND state IN ({answered}) AND {_FROM_SITE} "
            "AND last_tried_at < ? AND (due_at IS NULL OR due_why IN ('time', 'sample', 'all')) "
            f"AND {LASTMOD_MOVED}",
            now, self._site, self._round_start,
        )  # fmt: skip


def _cut_short(outcome: str, exit_code: int | None) -> bool:
    return outcome in _CUT_SHORT or (outcome == "failed" and exit_code == _STORAGE)
