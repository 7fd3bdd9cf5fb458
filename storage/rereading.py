"""Putting captures' new readings in the place of the old ones, as if today's reader had read them from the
start.

Of every article that is touched the revisions are made anew from its captures, in the order in which these
were made. All of it is one transaction: killed at any instant, or rolled back because the reader does worse,
the archive is as it was. A re-read is no change of the site's: what it alters goes into `correction`.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from storage.archive import Archive
from storage.articles import Articles
from storage.cards import Cards
from storage.db import Db
from storage.judging import ACCEPTED, READ_AGAIN, Judging
from storage.names import Names
from storage.quarantine import Quarantine, held_reason
from storage.records import ArticleRecord, CaptureRecord, CardRecord, FieldsRecord, FoundRecord, UrlOutcome
from storage.revisions import Revisions
from storage.settling import Settling
from storage.urls import Urls

READ_KINDS = ("summary", "listing", "other", "unreadable")
"""Kinds of captures that the reader has looked at."""
_KINDS = "('summary', 'listing', 'other', 'unreadable')"

_TABLES = (
    "CREATE TEMP TABLE IF NOT EXISTS scope (capture_id INTEGER PRIMARY KEY)",
    "CREATE TEMP TABLE IF NOT EXISTS touched (article_key INTEGER PRIMARY KEY, first_at TEXT NOT NULL, "
    "revisions INTEGER NOT NULL)",
    "DELETE FROM temp.scope",
    "DELETE FROM temp.touched",
)
_IN_SCOPE = "(SELECT capture_id FROM temp.scope)"
_TOUCHED = "(SELECT article_key FROM temp.touched)"
_URLS = f"(SELECT url_id FROM capture WHERE id IN {_IN_SCOPE} AND url_id IS NOT NULL)"


@dataclass(frozen=True, slots=True)
class NewReading:
    """What reading a capture again gave."""

    capture_id: int
    kind: str
    reason: str | None
    """Why it is no summary; None for one."""
    url: str | None
    """The address it is known by; None for a file whose address can't be told."""
    url_kind: Literal["robots", "sitemap", "listing", "article", "page"]
    outcome: UrlOutcome | None
    """What it would make of its address; None without one."""
    article: ArticleRecord | None
    cards: tuple[CardRecord, ...]
    found: tuple[FoundRecord, ...]
    fields: FieldsRecord | None = None
    """What it had, by field; None for what was not read, or did not come whole."""


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads again."""

    version: str
    profile_digest: str
    """SHA-256 (hex)."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which captures are to be read again. None: no limit."""

    since: str | None = None
    """Made at this time (UTC text) or later."""
    article_key: str | None = None
    all: bool = False
    """Also what this reader has read with this profile."""
    accept: bool = False
    """Let go what waits in quarantine, whatever it lacks."""


@dataclass(slots=True)
class _Outcome:
    order: tuple[bool, str, int]
    state: Literal["stored", "alias", "failed"]
    reason: str
    target: int | None


class Rereading:
    """One site's captures behind the cursor of an archive opened for writing. Everything inside a
    transaction on `db` that the caller begins, and ends or rolls back."""

    def __init__(self, archive: Archive, site: str, reader: Reader) -> None:
        self.db = Db(archive.connection)
        self._site = site
        self._reader = reader
        self._names = Names(self.db)
        self._urls = Urls(self.db, site)
        self._cards = Cards(self.db, site)
        self._revisions = Revisions(self.db, self._names)
        self._articles = Articles(self.db, site, self._names, self._revisions, self._cards)
        self._settling = Settling(self.db, site, self._names, self._revisions, self._articles)
        self._quarantine = Quarantine(self.db, site)
        self._judging = Judging(self.db, site)
        self._accept = False
        self._waiting: frozenset[int] = frozenset()
        self._outcomes: dict[int, _Outcome] = {}
        self.new_urls = 0
        """Addresses heard of that nobody had told of before."""

    def begin_run(self, program_version: str, settings: Mapping[str, Any]) -> int:
        """Write that a reread has begun; the number of its run."""
        return self.db.insert(
            "INSERT INTO run (site, kind, started_at, pid, host, program_version, reader_version, "
            "profile_digest, settings, counts) VALUES (?, 'reread', ?, ?, ?, ?, ?, ?, ?, '{}')",
            self._site, _now(), os.getpid(), socket.gethostname(), program_version, self._reader.version,
            self._reader.profile_digest, json.dumps(settings, ensure_ascii=False, sort_keys=True),
        )  # fmt: skip

    def end_run(self, run: int, counts: Mapping[str, int]) -> None:
        """Write that it has ended, and what it came to."""
        self.db.run(
            "UPDATE run SET ended_at = ?, outcome = 'complete', reason = ?, counts = ? WHERE id = ?",
            _now(), f"{counts['captures']} captures read again", json.dumps(counts, sort_keys=True), run,
        )  # fmt: skip

    def choose(self, wanted: Wanted) -> int:
        """Fill the scope: the captures to be read again, and all others of the articles they show. How many
        captures are to be read; 0 when there is nothing to do."""
        self._accept = wanted.accept
        for statement in _TABLES:
            self.db.run(statement)
        self.db.run(
            "INSERT INTO temp.scope SELECT c.id FROM capture c JOIN run n ON n.id = c.run_id "
            "LEFT JOIN quarantine q ON q.capture_id = c.id "
            "LEFT JOIN article a ON a.id = coalesce(c.article_key, q.article_key) "
            f"WHERE n.site = ? AND c.kind IN {_KINDS} "
            "AND (? OR c.reader_version IS NOT ? OR c.profile_digest IS NOT ? OR (? AND q.held = 1)) "
            "AND c.captured_at >= ? AND (? IS NULL OR a.key = ?)",
            self._site, wanted.all, self._reader.version, self._reader.profile_digest, wanted.accept,
            wanted.since or "", wanted.article_key, wanted.article_key,
        )  # fmt: skip
        self._expand()
        return self.count()

    def count(self) -> int:
        """How many captures of the scope are to be read."""
        return int(
            self.db.value(f"SELECT count(*) FROM capture WHERE id IN {_IN_SCOPE} AND kind IN {_KINDS}")
        )

    def is_whole(self) -> bool:
        """Whether the scope is everything that was ever read of this site."""
        everything = self.db.value(
            "SELECT count(*) FROM capture c JOIN run n ON n.id = c.run_id WHERE n.site = ? "
            f"AND c.kind IN {_KINDS}",
            self._site,
        )
        return self.count() == int(everything)

    def include(self, readings: Iterable[NewReading]) -> bool:
        """Take in the captures of articles that these readings show; whether there were any others."""
        before = self.db.value("SELECT count(*) FROM temp.scope")
        for reading in readings:
            article = reading.article
            if article is not None and (name := article.article_id or article.url) is not None:
                self.db.run(
                    "INSERT OR IGNORE INTO temp.scope SELECT c.id FROM article a "
                    "JOIN capture c ON c.article_key = a.id WHERE a.site = ? AND a.identity_key = ?",
                    self._site, name,
                )  # fmt: skip
        self._expand()
        return bool(self.db.value("SELECT count(*) FROM temp.scope") != before)

    def leave_out(self, captures: Iterable[int]) -> None:
        """Take these captures out of the scope, and with each all others of its article."""
        for capture_id in captures:
            self.db.run("DELETE FROM temp.scope WHERE capture_id = ?", capture_id)
            self.db.run(
                "DELETE FROM temp.scope WHERE capture_id IN (SELECT o.id FROM capture c JOIN capture o "
                "ON o.article_key = c.article_key OR (o.kind = 'unchanged' AND o.url_id = c.url_id) "
                "WHERE c.id = ?)",
                capture_id,
            )

    def captures(self) -> list[tuple[int, str]]:
        """The captures to be read (number, digest of the entity), in the order in which they were made."""
        return [
            (row[0], row[1])
            for row in self.db.all(
                f"SELECT id, sha256 FROM capture WHERE id IN {_IN_SCOPE} AND kind IN {_KINDS} "
                "ORDER BY captured_at, id"
            )
        ]

    def _expand(self) -> None:
        """Bring in every capture of the articles in the scope, and the 304s of its addresses."""
        grown = 1
        while grown:
            grown = (
                self.db.run(
                    "INSERT OR IGNORE INTO temp.scope SELECT id FROM capture WHERE article_key IN "
                    f"(SELECT article_key FROM capture WHERE id IN {_IN_SCOPE} AND article_key IS NOT NULL "
                    f"UNION SELECT article_key FROM quarantine WHERE capture_id IN {_IN_SCOPE} "
                    "AND article_key IS NOT NULL)"
                )
                + self.db.run(
                    "INSERT OR IGNORE INTO temp.scope SELECT capture_id FROM quarantine WHERE article_key IN "
                    f"(SELECT article_key FROM capture WHERE id IN {_IN_SCOPE} AND article_key IS NOT NULL)"
                )
                + self.db.run(
                    "INSERT OR IGNORE INTO temp.scope SELECT id FROM capture WHERE kind = 'unchanged' "
                    f"AND url_id IN (SELECT url_id FROM capture WHERE id IN {_IN_SCOPE})"
                )
            )

    def rebuild(
        self, readings: Callable[[], Iterator[NewReading]], run: int, done: Callable[[], None]
    ) -> None:
        """Make everything anew that the scope's captures tell. `readings` gives theirs in the order of
        `captures`; `run` is the number of the reread's run; `done` is called after each capture."""
        order = self.db.all(
            "SELECT c.id, c.kind, c.captured_at, c.url_id, u.url, c.sha256, c.origin, "
            "c.status FROM capture c LEFT JOIN url u ON u.id = c.url_id "
            f"WHERE c.id IN {_IN_SCOPE} ORDER BY c.captured_at, c.id"
        )
        self._clear()
        self._waiting = self._quarantine.captures()
        stream = readings()
        for capture_id, kind, at, url_id, url, sha256, origin, status in order:
            if kind == "unchanged":
                self._articles.see_again(capture_id, url_id, at)
            elif kind in READ_KINDS:
                reading = next(stream)
                assert reading.capture_id == capture_id, "readings come in the order of captures"
                capture = self._capture(reading, at, url, origin, status)
                self._apply(reading, capture, url_id, sha256, run)
                done()
        self._finish()

    def _clear(self) -> None:
        """Take away what the old readings gave."""
        db = self.db
        db.run(
            "INSERT INTO temp.touched SELECT c.article_key, min(c.captured_at), "
            "(SELECT count(*) FROM revision r WHERE r.article_key = c.article_key) FROM capture c "
            f"WHERE c.id IN {_IN_SCOPE} AND c.article_key IS NOT NULL GROUP BY 1"
        )
        db.run(f"DELETE FROM card_list_sighting WHERE url_id IN {_URLS} OR article_key IN {_TOUCHED}")
        db.run(
            "UPDATE capture SET article_key = NULL, revision_id = NULL, card_list_id = NULL "
            f"WHERE id IN {_IN_SCOPE}"
        )
        self._revisions.remove(_TOUCHED)
        db.run(
            "UPDATE article SET (first_seen_at, last_seen_at) = (SELECT t.first_at, t.first_at "
            "FROM temp.touched t WHERE t.article_key = article.id), gone_since = NULL, published_raw = NULL, "
            "published_iso = NULL, published_precision = NULL, published_source = NULL, teaser = NULL, "
            f"url = CASE identity WHEN 'id' THEN NULL ELSE url END WHERE id IN {_TOUCHED}"
        )
        db.run(
            "DELETE FROM boilerplate_passage WHERE id NOT IN "
            "(SELECT boilerplate_id FROM revision_boilerplate)"
        )
        self._names.forget()

    def _capture(
        self, reading: NewReading, at: str, url: str | None, origin: Literal["crawl", "import"],
        status: int | None,
    ) -> CaptureRecord:  # fmt: skip
        return CaptureRecord(
            url=url or reading.url, captured_at=at, status=status, headers=(), body=b"", origin=origin,
            kind=reading.kind, reason=reading.reason, media_type=None, etag=None, last_modified=None,
            reader_version=self._reader.version, profile_digest=self._reader.profile_digest,
        )  # fmt: skip

    def _apply(
        self, reading: NewReading, capture: CaptureRecord, url_id: int | None, sha256: str, run: int
    ) -> None:
        at, depth = capture.captured_at, 0
        if url_id is None and reading.url is not None:
            # A file whose address this reader can tell.
            self._urls.hear(FoundRecord(reading.url, reading.url_kind, "import"), None, 0, now=at, run=run)
            url_id = self._urls.id_of(reading.url)
        if capture.url is not None:
            depth = self._urls.depth(capture.url)
        self.new_urls += self._urls.hear_all(reading.found, url_id, depth + 1, now=at, run=run)
        reading = self._believed(reading, capture, url_id, run)
        list_id = self._cards.save_list(reading.cards, at) if reading.cards else None
        target = self._target(reading, url_id, capture)
        self.db.run(
            "UPDATE capture SET kind = ?, reason = ?, reader_version = ?, profile_digest = ?, "
            "card_list_id = ?, url_id = ?, target_url_id = ? WHERE id = ?",
            reading.kind, reading.reason, self._reader.version, self._reader.profile_digest,
            list_id, url_id, target, reading.capture_id,
        )  # fmt: skip
        if reading.article is not None:
            self._articles.save(reading.article, capture, reading.capture_id, sha256)

    def _believed(
        self, reading: NewReading, capture: CaptureRecord, url_id: int | None, run: int
    ) -> NewReading:
        """The reading, or what is stored of it when it stays in quarantine."""
        fields, number = reading.fields, reading.capture_id
        if fields is None or capture.origin != "crawl" or url_id is None:
            return reading
        self._quarantine.note_shape(number, fields)
        if number not in self._waiting:
            return reading
        if self._accept:
            self._quarantine.let_go(number)
            return reading
        look = self._quarantine.measure(
            fields, reading.article, reading.url_kind, url_id, capture.captured_at, run, number
        )
        lost = self._quarantine.still_lost(number, look)
        if not lost or not look.held:
            return reading
        outcome = reading.outcome and replace(reading.outcome, reason=held_reason(lost))
        return replace(reading, article=None, cards=(), outcome=outcome)

    def _target(self, reading: NewReading, url_id: int | None, capture: CaptureRecord) -> int | None:
        """Where a capture leads: the address that its page names as its own, where that is another.

        Remembers what its latest answer makes of an address.
        """
        outcome = reading.outcome
        if url_id is None or outcome is None:
            return None
        target = self._urls.id_of(outcome.target) if outcome.target is not None else None
        target = None if target == url_id else target
        order = (capture.status is not None, capture.captured_at, reading.capture_id)
        known = self._outcomes.get(url_id)
        if known is None or known.order <= order:
            state: Literal["stored", "alias", "failed"] = "stored" if target is None else "alias"
            if outcome.state == "failed":
                state, target = "failed", None
            self._outcomes[url_id] = _Outcome(order, state, outcome.reason or state, target)
        return target

    def _finish(self) -> None:
        """What only all captures together tell."""
        db = self.db
        now = db.value("SELECT max(captured_at) FROM capture")
        keys = db.column(
            f"SELECT article_key FROM temp.touched UNION SELECT article_key FROM capture WHERE id IN "
            f"{_IN_SCOPE} AND article_key IS NOT NULL ORDER BY 1"
        )
        for key in keys:
            if db.value("SELECT EXISTS (SELECT 1 FROM capture WHERE article_key = ?)", key):
                db.run(
                    "UPDATE article SET (first_seen_at, last_seen_at) = (SELECT min(captured_at), "
                    "max(captured_at) FROM capture WHERE article_key = article.id) WHERE id = ?",
                    key,
                )
                self._articles.events.update(key)
            else:
                self._articles.events.forget(key)
                db.run("DELETE FROM article WHERE id = ?", key)
        self._settle_urls()
        self._rebuild_lists()
        self._settling.settle(now)
        self._settling.tidy()
        self._judging.review(_now(), ACCEPTED if self._accept else READ_AGAIN)

    def _settle_urls(self) -> None:
        """Give addresses the state that their latest answer has by its new reading."""
        for url_id, outcome in self._outcomes.items():
            latest = self.db.value(
                f"SELECT id FROM capture WHERE url_id = ? AND kind IN {_KINDS} "
                "ORDER BY status IS NOT NULL DESC, captured_at DESC, id DESC LIMIT 1",
                url_id,
            )
            if latest == outcome.order[2]:
                self.db.run(
                    "UPDATE url SET state = ?, reason = ?, target_url_id = ?, last_ok_at = "
                    "CASE WHEN ? THEN last_ok_at ELSE coalesce(last_ok_at, last_tried_at) END WHERE id = ? "
                    "AND (state IN ('stored', 'alias') OR (state = 'failed' AND last_tried_at = "
                    "(SELECT captured_at FROM capture WHERE id = ?))) "
                    "AND (state, reason, target_url_id) IS NOT (?, ?, ?)",
                    outcome.state, outcome.reason, outcome.target, outcome.state == "failed", url_id, latest,
                    outcome.state, outcome.reason, outcome.target,
                )  # fmt: skip

    def _rebuild_lists(self) -> None:
        """Card lists: where and when they were seen, as the captures tell; then what they say of articles."""
        db = self.db
        db.run(
            "DELETE FROM card WHERE card_list_id NOT IN (SELECT card_list_id FROM capture "
            "WHERE card_list_id IS NOT NULL)"
        )
        db.run("DELETE FROM card_list WHERE id NOT IN (SELECT card_list_id FROM card)")
        db.run(
            "UPDATE card_list SET (first_seen_at, last_seen_at) = (SELECT min(captured_at), "
            "max(captured_at) FROM capture WHERE card_list_id = card_list.id AND kind <> 'unchanged') "
            f"WHERE id IN (SELECT card_list_id FROM capture WHERE id IN {_IN_SCOPE})"
        )
        # An address that a capture has only now may have been seen before, by others.
        db.run(f"DELETE FROM card_list_sighting WHERE url_id IN {_URLS}")
        self._cards.sight_all(f"c.url_id IN {_URLS} OR (c.url_id IS NULL AND c.id IN {_IN_SCOPE})")
        self._cards.forget()
        told = db.column(
            "SELECT a.key FROM article a WHERE a.site = ? AND a.article_id IS NOT NULL AND ("
            f"a.id IN {_TOUCHED} OR a.id IN (SELECT article_key FROM capture WHERE id IN {_IN_SCOPE}) OR "
            "a.key IN (SELECT d.article_id FROM card d JOIN capture c ON c.card_list_id = d.card_list_id "
            f"WHERE c.id IN {_IN_SCOPE})) ORDER BY a.key",
            self._site,
        )
        for article_id in told:
            self._cards.tell_article(article_id)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
