"""Articles in the database: who is who, which revision a capture shows, when it was seen."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import pairwise

from storage.cards import FROM_CARD, Cards
from storage.content import (
    PARTIAL,
    Content,
    Digests,
    content_of,
    digests,
    frame_digest,
    loads,
    rank,
    same,
    separated,
    teaches,
)
from storage.db import Db, Row
from storage.event_log import Events
from storage.joining import joined, refreshed, with_links_of
from storage.names import Names
from storage.records import ArticleRecord, CaptureRecord
from storage.revisions import Revisions

_REVISION = "SELECT id, first_seen_at, last_seen_at, field_digests, frame_digest FROM revision"
_ARTICLE = "id, first_seen_at, last_seen_at, gone_since, url"


@dataclass(frozen=True, slots=True)
class SavedArticle:
    """What saving a capture of an article came to."""

    key: int
    revision_id: int
    new_article: bool
    new_revision: bool


class Articles:
    """The article tables behind a writer's cursor."""

    def __init__(self, db: Db, site: str, names: Names, revisions: Revisions, cards: Cards) -> None:
        self._db = db
        self._site = site
        self._names = names
        self._revisions = revisions
        self._cards = cards
        self.events = Events(db, site)

    def save(
        self, record: ArticleRecord, capture: CaptureRecord, capture_id: int, body_sha256: str
    ) -> SavedArticle:
        """Put a capture of an article where it belongs. The capture's row has to be there already."""
        content = content_of(record, capture.reader_version)
        content = separated(content, *self._names.counted())
        at = capture.captured_at
        identity, key = _identity(record, content, body_sha256)
        row = self._db.one(
            f"SELECT {_ARTICLE} FROM article WHERE site = ? AND identity = ? AND identity_key = ?",
            self._site, identity, key,
        )  # fmt: skip
        if row is None and identity == "body":
            row = self._by_body(content)
        new = row is None
        article_key = self._insert(identity, key, record, at) if row is None else int(row[0])
        if row is not None:
            self._see(row, record, at)
        revision_id, new_revision = self._place(article_key, content, at, capture_id)
        self._db.run(
            "UPDATE capture SET article_key = ?, revision_id = ? WHERE id = ?",
            article_key,
            revision_id,
            capture_id,
        )
        self._date(article_key, record, at)
        if new and record.article_id is not None:
            self._cards.changed(record.article_id)
            self._cards.tell_article(record.article_id)
        if new_revision and identity != "body":
            self._take_in(article_key, content.body_digest)
            revision_id = self._db.value("SELECT revision_id FROM capture WHERE id = ?", capture_id)
        if self._may_tell(row, record, capture):
            self.events.update(article_key)
        return SavedArticle(article_key, revision_id, new, new_revision)

    def _may_tell(self, row: Row | None, record: ArticleRecord, capture: CaptureRecord) -> bool:
        """Whether a capture may alter the events of its article (`row` as it was before; None for a new one).

        One more of the same address of an article that is there alters nothing, and is the common case. Of a
        page that names another address as its own the writer has to write first where it leads.
        """
        if None not in (capture.url, record.url) and capture.url != record.url:
            return False
        if row is None:
            return record.article_id is not None and self.events.answered_before(record.article_id)
        _, _, last_seen_at, gone_since, url = row
        return record.url != url or gone_since is not None or capture.captured_at < last_seen_at

    def see_again(self, capture_id: int, url_id: int, at: str) -> tuple[int | None, SavedArticle | None]:
        """Count a 304 of `at` to what its address showed before: the card list, and the article if any.

        By the address, not by the record that has the body: pages of two articles may be the same bytes.
        """
        row = self._db.one(
            "SELECT article_key, revision_id, card_list_id, target_url_id FROM capture WHERE url_id = ? "
            "AND id <> ? AND captured_at <= ? AND kind <> 'error' AND truncated IS NULL "
            "AND status BETWEEN 200 AND 399 ORDER BY captured_at DESC, id DESC LIMIT 1",
            url_id, capture_id, at,
        )  # fmt: skip
        article_key, revision_id, list_id, target = row or (None, None, None, None)
        self._db.run(
            "UPDATE capture SET article_key = ?, revision_id = ?, card_list_id = ?, target_url_id = ? "
            "WHERE id = ?",
            article_key, revision_id, list_id, target, capture_id,
        )  # fmt: skip
        if article_key is None:
            return list_id, None
        return list_id, self._same_again(article_key, revision_id, at)

    def _same_again(self, article_key: int, revision_id: int, at: str) -> SavedArticle:
        self._db.run(
            "UPDATE article SET first_seen_at = min(first_seen_at, ?), last_seen_at = max(last_seen_at, ?) "
            "WHERE id = ?",
            at, at, article_key,
        )  # fmt: skip
        self._db.run(
            "UPDATE revision SET first_seen_at = min(first_seen_at, ?), last_seen_at = max(last_seen_at, ?) "
            "WHERE id = ?",
            at, at, revision_id,
        )  # fmt: skip
        if self._db.value("SELECT gone_since IS NOT NULL FROM article WHERE id = ?", article_key):
            self.events.update(article_key)
        return SavedArticle(article_key, revision_id, False, False)

    def _by_body(self, content: Content) -> Row | None:
        """The article with a name whose text this is; None when there is none."""
        if not _has_text(content):
            return None
        return self._db.one(
            f"SELECT a.{', a.'.join(_ARTICLE.split(', '))} FROM revision r JOIN article a ON a.id = "
            f"r.article_key "
            "WHERE r.body_digest = ? AND a.site = ? AND a.identity <> 'body' "
            "ORDER BY a.identity, a.identity_key LIMIT 1",
            content.body_digest, self._site,
        )  # fmt: skip

    def _insert(self, identity: str, key: str, record: ArticleRecord, at: str) -> int:
        return self._db.insert(
            "INSERT INTO article (site, identity, identity_key, key, article_id, url, first_seen_at, "
            "last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            self._site, identity, key, _called(identity, key), record.article_id,
            record.url if identity != "body" else None, at, at,
        )  # fmt: skip

    def _see(self, row: Row, record: ArticleRecord, at: str) -> None:
        """Note that an article was seen at `at`; its address is the latest one."""
        key, first, last, _, url = row
        latest = at >= last
        if latest and record.url is not None:
            url = record.url
        self._db.run(
            "UPDATE article SET first_seen_at = ?, last_seen_at = ?, url = ? WHERE id = ?",
            min(first, at), max(last, at), url, key,
        )  # fmt: skip

    def _date(self, article_key: int, record: ArticleRecord, at: str) -> None:
        """Date an article by its own page, unless a card has dated it or a later capture has."""
        date = record.published
        if date is None:
            return
        changed = self._db.run(
            "UPDATE article SET published_raw = ?, published_iso = ?, published_precision = ?, "
            "published_source = ? WHERE id = ? AND last_seen_at <= ? "
            "AND coalesce(published_source, '') <> ? AND (published_raw, published_source) IS NOT (?, ?)",
            date.raw, date.iso, date.precision, record.published_rule or "page", article_key, at, FROM_CARD,
            date.raw, record.published_rule or "page",
        )  # fmt: skip
        if changed:
            self._cards.changed(record.article_id)

    def _place(self, article_key: int, content: Content, at: str, capture_id: int) -> tuple[int, bool]:
        """The revision that a capture of `at` shows, and whether it is new."""
        found = digests(content)
        before, after = self._neighbours(article_key, at)
        for row in (before, after):
            if row is not None and same(found, loads(row[3])):
                self._attach(row, content, found, at, capture_id)
                return int(row[0]), False
        number = (
            self._db.value("SELECT max(number) FROM revision WHERE article_key = ?", article_key) or 0
        ) + 1
        latest = after is None
        if latest and before is not None:
            self._revisions.supersede(article_key)
        revision_id = self._revisions.insert(article_key, number, latest, content, found, at, capture_id)
        if not latest or (before is not None and before[2] > at):
            self._revisions.renumber(article_key)
        return revision_id, True

    def _neighbours(self, article_key: int, at: str) -> tuple[Row | None, Row | None]:
        """The revision in force at `at`, and the next one after it."""
        current = self._db.one(f"{_REVISION} WHERE article_key = ? AND is_current = 1", article_key)
        if current is None or current[2] <= at:
            return current, None
        before = self._db.one(
            f"{_REVISION} WHERE article_key = ? AND first_seen_at <= ? "
            "ORDER BY last_seen_at DESC, first_seen_at DESC LIMIT 1",
            article_key,
            at,
        )
        after = self._db.one(
            f"{_REVISION} WHERE article_key = ? AND first_seen_at > ? ORDER BY first_seen_at LIMIT 1",
            article_key,
            at,
        )
        return before, after

    def _attach(self, row: Row, content: Content, found: Digests, at: str, capture_id: int) -> None:
        """Count a capture to an equal revision, which learns from it what it does not know."""
        revision_id, first, last, stored_digests, frame = row
        if not first <= at <= last:
            self._db.run(
                "UPDATE revision SET first_seen_at = ?, last_seen_at = ? WHERE id = ?",
                min(first, at), max(last, at), revision_id,
            )  # fmt: skip
        stored, new_frame = loads(stored_digests), frame_digest(content)
        if teaches(found, stored):
            merged = joined(self._revisions.load(revision_id), content)
            speaks = rank(found) < rank(stored)
            self._revisions.rewrite(revision_id, merged, capture_id, new_frame if speaks else frame)
        elif new_frame != frame:
            self._reframe(
                revision_id, content, capture_id, new_frame, PARTIAL in found, PARTIAL in stored, at >= last
            )

    def _reframe(
        self, revision_id: int, content: Content, capture_id: int, frame: str, partial: bool,
        was_partial: bool,
        later: bool,
    ) -> None:  # fmt: skip
        """Take over a capture's frame when it is the latest of those that show all; else only its
        boilerplate."""
        stored = self._revisions.load(revision_id)
        if later and (was_partial or not partial):
            self._revisions.rewrite(revision_id, refreshed(stored, content), capture_id, frame)
            return
        merged = with_links_of(stored, content)
        if merged != stored:
            self._revisions.rewrite(revision_id, merged, capture_id)

    def _take_in(self, article_key: int, body_digest: str) -> None:
        """Join the nameless article of the same text, if there is one, to this one."""
        nameless = self._db.one(
            "SELECT id, first_seen_at, last_seen_at FROM article WHERE site = ? AND identity = 'body' "
            "AND identity_key = ?",
            self._site, body_digest,
        )  # fmt: skip
        if nameless is None or nameless[0] == article_key:
            return
        old, first, last = nameless
        offset = self._db.value("SELECT max(number) FROM revision WHERE article_key = ?", article_key)
        self._revisions.supersede(old)
        self._db.run(
            "UPDATE revision SET article_key = ?, number = number + ? WHERE article_key = ?",
            article_key,
            offset,
            old,
        )
        self._db.run("UPDATE capture SET article_key = ? WHERE article_key = ?", article_key, old)
        self._move_sightings(old, article_key)
        self.events.forget(old)
        self._db.run("DELETE FROM article WHERE id = ?", old)
        self._db.run(
            "UPDATE article SET first_seen_at = min(first_seen_at, ?), last_seen_at = max(last_seen_at, "
            "?) WHERE id = ?",
            first, last, article_key,
        )  # fmt: skip
        self.fold_equal(article_key)
        self.events.update(article_key)

    def _move_sightings(self, old: int, new: int) -> None:
        for sighting, list_id, first, last in self._db.all(
            "SELECT id, card_list_id, first_seen_at, last_seen_at FROM card_list_sighting "
            "WHERE article_key = ?",
            old,
        ):
            twin = self._db.value(
                "SELECT id FROM card_list_sighting WHERE article_key = ? AND card_list_id = ? "
                "AND url_id IS NULL",
                new, list_id,
            )  # fmt: skip
            if twin is None:
                self._db.run("UPDATE card_list_sighting SET article_key = ? WHERE id = ?", new, sighting)
                continue
            self._db.run(
                "UPDATE card_list_sighting SET first_seen_at = min(first_seen_at, ?), "
                "last_seen_at = max(last_seen_at, ?) WHERE id = ?",
                first, last, twin,
            )  # fmt: skip
            self._db.run("DELETE FROM card_list_sighting WHERE id = ?", sighting)

    def fold_equal(self, article_key: int) -> int:
        """Make neighbouring revisions of an article that have become equal one; how many went."""
        folded = 0
        self._revisions.renumber(article_key)
        while True:
            rows = self._db.all(
                "SELECT id, field_digests FROM revision WHERE article_key = ? ORDER BY number", article_key
            )
            pair = next(
                ((a[0], b[0]) for a, b in pairwise(rows) if same(loads(a[1]), loads(b[1]))),
                None,
            )
            if pair is None:
                return folded
            self._revisions.fold(*pair)
            self._revisions.renumber(article_key)
            folded += 1


def _identity(record: ArticleRecord, content: Content, body_sha256: str) -> tuple[str, str]:
    if record.article_id is not None:
        return "id", record.article_id
    if record.url is not None:
        return "url", record.url
    return "body", content.body_digest if _has_text(content) else body_sha256


def _called(identity: str, key: str) -> str:
    """What an article of this identity is called: the site's id, or as much of a digest as tells it apart."""
    if identity == "id":
        return key
    digest = key if identity == "body" else hashlib.sha256(key.encode()).hexdigest()
    return f"{identity}:{digest[:16]}"


def _has_text(content: Content) -> bool:
    """Whether the body digest is one of any text at all."""
    return content.takeaway is not None or any(part.paragraphs for part in content.own_parts)
