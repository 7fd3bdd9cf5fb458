"""Putting captures' new readings in the place of the old ones, as if today's reader had read them from the
start.

Of every article that reads otherwise now the revisions are made anew from its captures, in the order in
which these were made. All of it is one transaction: killed at any instant, or rolled back because the reader
does worse, the archive is as it was. A re-read is no change of the site's: what it alters goes into
`correction`.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
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
from storage.readings import READ_KINDS, NewReading
from storage.records import CaptureRecord, FoundRecord
from storage.reread_scope import CHOSEN, IN_SCOPE, KINDS, Scope, Wanted
from storage.revisions import Revisions
from storage.settling import Settling
from storage.urls import Urls

_TOUCHED = "(SELECT article_key FROM temp.touched)"
_SPOKEN = "(SELECT article_id FROM temp.spoken)"
_URLS = f"(SELECT url_id FROM capture WHERE id IN {IN_SCOPE} AND url_id IS NOT NULL)"
_TABLES = (
    "touched (article_key INTEGER PRIMARY KEY, first_at TEXT NOT NULL)",
    "shown (card_list_id INTEGER PRIMARY KEY)",
    "spoken (article_id TEXT PRIMARY KEY)",
    "compared (capture_id INTEGER PRIMARY KEY)",
)
_AS_BEFORE = f"(SELECT capture_id FROM temp.chosen WHERE capture_id NOT IN {IN_SCOPE})"


@dataclass(frozen=True, slots=True)
class Reader:
    """What reads again."""

    version: str
    profile_digest: str
    """SHA-256 (hex)."""


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
        self.scope = Scope(self.db, site)
        self._site = site
        self._reader = reader
        # Which passages are boilerplate is counted in the end, over all articles; until then none is, as if
        # all of them were made anew.
        self._names = Names(self.db, counting=False)
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
        """Begin with the captures to be read again; how many they are. See `Scope.choose`."""
        self._accept = wanted.accept
        return self.scope.choose(wanted, self._reader.version, self._reader.profile_digest)

    def rebuild(
        self, readings: Callable[[], Iterator[tuple[NewReading, str]]], run: int, done: Callable[[], None]
    ) -> None:
        """Make everything anew that the scope's captures tell, and note of what else was chosen that it reads
        as before. `readings` gives the scope's, with their digests, in the order of `Scope.captures`; `run`
        is the number of the reread's run; `done` is called after each capture."""
        order = self.db.all(
            "SELECT c.id, c.kind, c.captured_at, c.url_id, u.url, c.sha256, c.origin, "
            "c.status FROM capture c LEFT JOIN url u ON u.id = c.url_id "
            f"WHERE c.id IN {IN_SCOPE} ORDER BY c.captured_at, c.id"
        )
        self._note_as_before()
        self._clear()
        self._waiting = self._quarantine.captures()
        stream = readings()
        for capture_id, kind, at, url_id, url, sha256, origin, status in order:
            if kind == "unchanged":
                self._articles.see_again(capture_id, url_id, at)
            elif kind in READ_KINDS:
                reading, digest = next(stream)
                capture = self._capture(reading, at, url, origin, status)
                self._apply(capture_id, reading, digest, capture, url_id, sha256, run)
                done()
        self._finish()

    def _note_as_before(self) -> None:
        """What reads as it did is today's reader's now: with the values of every capture that it came from,
        since articles are chosen whole."""
        db, version = self.db, self._reader.version
        db.run(
            f"UPDATE capture SET reader_version = ?, profile_digest = ? WHERE id IN {_AS_BEFORE} "
            f"AND kind IN {KINDS} AND (reader_version IS NOT ? OR profile_digest IS NOT ?)",
            version, self._reader.profile_digest, version, self._reader.profile_digest,
        )  # fmt: skip
        revisions = f"SELECT revision_id FROM capture WHERE id IN {_AS_BEFORE} AND revision_id IS NOT NULL"
        db.run(
            f"UPDATE revision SET reader_version = ? WHERE id IN ({revisions}) AND reader_version IS NOT ?",
            version, version,
        )  # fmt: skip
        db.run(
            f"UPDATE evidence SET reader_version = ? WHERE revision_id IN ({revisions}) "
            "AND reader_version IS NOT ?",
            version, version,
        )  # fmt: skip

    def _clear(self) -> None:
        """Take away what the old readings gave."""
        db = self.db
        for table in _TABLES:
            db.run(f"CREATE TEMP TABLE IF NOT EXISTS {table}")
            db.run(f"DELETE FROM temp.{table.partition(' ')[0]}")
        db.run(
            "INSERT INTO temp.touched SELECT article_key, min(captured_at) FROM capture "
            f"WHERE id IN {IN_SCOPE} AND article_key IS NOT NULL GROUP BY 1"
        )
        db.run(
            "INSERT INTO temp.shown SELECT DISTINCT card_list_id FROM capture "
            f"WHERE id IN {IN_SCOPE} AND card_list_id IS NOT NULL"
        )
        db.run(
            "INSERT INTO temp.spoken SELECT DISTINCT article_id FROM card WHERE article_id IS NOT NULL "
            "AND card_list_id IN (SELECT card_list_id FROM temp.shown)"
        )
        db.run(f"DELETE FROM card_list_sighting WHERE url_id IN {_URLS} OR article_key IN {_TOUCHED}")
        db.run(
            "UPDATE capture SET article_key = NULL, revision_id = NULL, card_list_id = NULL "
            f"WHERE id IN {IN_SCOPE}"
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
        self, capture_id: int, reading: NewReading, digest: str, capture: CaptureRecord, url_id: int | None,
        sha256: str, run: int,
    ) -> None:  # fmt: skip
        at, depth = capture.captured_at, 0
        if url_id is None and reading.url is not None:
            # A file whose address this reader can tell.
            self._urls.hear(FoundRecord(reading.url, reading.url_kind, "import"), None, 0, now=at, run=run)
            url_id = self._urls.id_of(reading.url)
        if capture.url is not None:
            depth = self._urls.depth(capture.url)
        self.new_urls += self._urls.hear_all(reading.found, url_id, depth + 1, now=at, run=run)
        reading = self._believed(capture_id, reading, capture, url_id, run)
        list_id = self._cards.save_list(reading.cards, at) if reading.cards else None
        target = self._target(capture_id, reading, url_id, capture)
        self.db.run(
            "UPDATE capture SET kind = ?, reason = ?, reader_version = ?, profile_digest = ?, "
            "reading_digest = ?, card_list_id = ?, url_id = ?, target_url_id = ? WHERE id = ?",
            reading.kind, reading.reason, self._reader.version, self._reader.profile_digest,
            digest, list_id, url_id, target, capture_id,
        )  # fmt: skip
        if reading.article is not None:
            self._articles.save(reading.article, capture, capture_id, sha256)

    def _believed(
        self, number: int, reading: NewReading, capture: CaptureRecord, url_id: int | None, run: int
    ) -> NewReading:
        """The reading, or what is stored of it when it stays in quarantine."""
        fields = reading.fields
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

    def _target(
        self, capture_id: int, reading: NewReading, url_id: int | None, capture: CaptureRecord
    ) -> int | None:
        """Where a capture leads: the address that its page names as its own, where that is another.

        Remembers what its latest answer makes of an address.
        """
        outcome = reading.outcome
        if url_id is None or outcome is None:
            return None
        target = self._urls.id_of(outcome.target) if outcome.target is not None else None
        target = None if target == url_id else target
        order = (capture.status is not None, capture.captured_at, capture_id)
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
            f"{IN_SCOPE} AND article_key IS NOT NULL ORDER BY 1"
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
        settled = self._settling.settle(now)
        self._settling.tidy()
        self._judging.review(_now(), ACCEPTED if self._accept else READ_AGAIN)
        db.run("INSERT INTO temp.compared SELECT capture_id FROM temp.scope")
        db.many(
            "INSERT OR IGNORE INTO temp.compared SELECT id FROM capture WHERE article_key = ? "
            f"AND id IN {CHOSEN}",
            ((key,) for key in settled.articles),
        )

    def _settle_urls(self) -> None:
        """Give addresses the state that their latest answer has by its new reading."""
        for url_id, outcome in self._outcomes.items():
            latest = self.db.value(
                f"SELECT id FROM capture WHERE url_id = ? AND kind IN {KINDS} "
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
            f"WHERE id IN (SELECT card_list_id FROM capture WHERE id IN {IN_SCOPE} "
            "UNION SELECT card_list_id FROM temp.shown)"
        )
        # An address that a capture has only now may have been seen before, by others.
        db.run(f"DELETE FROM card_list_sighting WHERE url_id IN {_URLS}")
        self._cards.sight_all(f"c.url_id IN {_URLS} OR (c.url_id IS NULL AND c.id IN {IN_SCOPE})")
        self._cards.forget()
        db.run(f"UPDATE article SET teaser = NULL WHERE site = ? AND key IN {_SPOKEN}", self._site)
        told = db.column(
            "SELECT a.key FROM article a WHERE a.site = ? AND a.article_id IS NOT NULL AND ("
            f"a.key IN {_SPOKEN} OR a.id IN {_TOUCHED} OR a.id IN "
            f"(SELECT article_key FROM capture WHERE id IN {IN_SCOPE}) OR "
            "a.key IN (SELECT d.article_id FROM card d JOIN capture c ON c.card_list_id = d.card_list_id "
            f"WHERE c.id IN {IN_SCOPE})) ORDER BY a.key",
            self._site,
        )
        for article_id in told:
            self._cards.tell_article(article_id)


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
