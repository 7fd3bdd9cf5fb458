"""Keeping what articles are about, and which say nearly the same, up to date. In the writer's transaction.

Only articles are worked on that are new, or say something else than when they were last worked on. What comes
of it is a function of what the archive holds, not of the order in which it came: a profile is one of its
article alone, and two articles are compared when they share a band that no more than `LARGEST` articles have.
Where a band comes to be, or ceases to be, shared by more, those that have it are compared again.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from functools import lru_cache
from itertools import chain

from storage.db import Db
from storage.relating.likeness import alike, bands, in_common, shingles
from storage.relating.words import IN_TITLE, key_words
from storage.views.search import DOCUMENTS_BY_REVISION

METHOD = 1
"""Raised when profiles are to be made otherwise: all of them are made again then."""
LARGEST = 200
"""A text that more articles than this share is a template of the site's, not anybody's duplicate."""
_REMEMBERED = 1000

_OUTDATED = """
SELECT r.article_key FROM revision r
LEFT JOIN article_profile p ON p.article_key = r.article_key
WHERE r.is_current = 1 AND (p.content_digest IS NOT r.content_digest OR p.method <> ?)
ORDER BY r.article_key
"""
_CURRENT = "SELECT id, content_digest FROM revision WHERE article_key = ? AND is_current = 1"
_LEFT = "SELECT article_key FROM article_profile WHERE article_key NOT IN (SELECT id FROM article)"
_TEXT = f"SELECT title, takeaway, sections FROM ({DOCUMENTS_BY_REVISION} WHERE r.id = ?) d"
_TOPICS = """
SELECT DISTINCT t.normal FROM revision_topic rt JOIN topic t ON t.id = rt.topic_id
WHERE rt.revision_id = ? AND rt.uncertain = 0 AND t.normal <> ''
"""
_CANDIDATES = """
SELECT DISTINCT o.article_key FROM article_band m JOIN article_band o ON o.value = m.value
WHERE m.article_key = ? AND o.article_key <> m.article_key
  AND (SELECT count(*) FROM (SELECT 1 FROM article_band a WHERE a.value = m.value LIMIT ?) counted) <= ?
ORDER BY 1
"""


def outdate(db: Db, revision_id: int) -> None:
    """Note that a revision's text was written anew, which its content digest need not tell."""
    db.run(
        "UPDATE article_profile SET content_digest = '' "
        "WHERE article_key = (SELECT article_key FROM revision WHERE id = ?)",
        revision_id,
    )


class Relating:
    """The tables of `storage.models.relating` behind a writer's cursor, for the articles of all sites."""

    def __init__(self, db: Db) -> None:
        self._db = db
        self._shingles = lru_cache(_REMEMBERED)(self._shingles_of)

    def update(self) -> int:
        """Bring everything up to date; the number of articles that were worked on."""
        # As plain numbers: after a first crawl it is every article there is.
        outdated = array("q", (key for (key,) in self._db.each(_OUTDATED, METHOD)))
        left = self._db.column(_LEFT)
        worked_on = len(outdated) + len(left)
        if not worked_on:
            return 0
        self._shingles.cache_clear()
        more: Counter[int] = Counter()
        """Band -> how many articles more have it than before."""
        for key in chain(left, outdated):
            more.subtract(self._take_out(key))
        others = bool(self._db.value("SELECT EXISTS (SELECT 1 FROM article_profile)"))
        for key in outdated:
            found = self._put_in(key)
            if others:  # else there is nobody to be compared again, and an archive has millions of bands
                more.update(found)
        if others and (reconsidered := self._reconsidered(more)):
            outdated = array("q", sorted(reconsidered.union(outdated)))
        self._compare(outdated)
        return worked_on

    def _take_out(self, key: int) -> list[int]:
        """Remove all that is kept of an article; the bands that it had."""
        had = self._db.column("SELECT value FROM article_band WHERE article_key = ?", key)
        self._part(key)
        for table in ("article_term", "article_band", "article_profile"):
            self._db.run(f"DELETE FROM {table} WHERE article_key = ?", key)
        return had

    def _put_in(self, key: int) -> tuple[int, ...]:
        """Write an article's profile; the bands that it has."""
        db = self._db
        revision_id, digest = db.one(_CURRENT, key) or (0, "")
        title, takeaway, sections = db.one(_TEXT, revision_id) or (None, None, None)
        db.run("INSERT INTO article_profile VALUES (?, ?, ?)", key, digest, METHOD)
        terms = [(key, 0, *term) for term in sorted(key_words(title, takeaway, sections).items())]
        terms += [(key, 1, topic, IN_TITLE) for topic in db.column(_TOPICS, revision_id)]
        db.many("INSERT INTO article_term VALUES (?, ?, ?, ?)", terms)
        found = bands(shingles(takeaway, sections))
        db.many("INSERT INTO article_band VALUES (?, ?, ?)", [(key, *band) for band in enumerate(found)])
        return found

    def _reconsidered(self, more: Counter[int]) -> set[int]:
        """The articles with a band that was too large to compare by and no longer is, or is so now."""
        found: set[int] = set()
        for value, grown in more.items():
            now = self._db.value("SELECT count(*) FROM article_band WHERE value = ?", value)
            if (now > LARGEST) != (now - grown > LARGEST):
                found.update(self._db.column("SELECT article_key FROM article_band WHERE value = ?", value))
        return found

    def _compare(self, keys: array[int]) -> None:
        """Write which articles say nearly the same as these, which are in order."""
        for key in keys:
            self._part(key)
        for key in keys:
            for other in self._db.column(_CANDIDATES, key, LARGEST + 1, LARGEST):
                if other < key and keys[bisect_left(keys, other)] == other:
                    continue  # compared already
                shared, either = in_common(self._shingles(key), self._shingles(other))
                if alike(shared, either):
                    pair = (min(key, other), max(key, other))
                    self._db.run("INSERT INTO near_duplicate VALUES (?, ?, ?, ?)", *pair, shared, either)

    def _part(self, key: int) -> None:
        self._db.run("DELETE FROM near_duplicate WHERE article_key = ?", key)
        self._db.run("DELETE FROM near_duplicate WHERE other_key = ?", key)

    def _shingles_of(self, key: int) -> frozenset[int]:
        revision_id = self._db.value("SELECT id FROM revision WHERE article_key = ? AND is_current = 1", key)
        _, takeaway, sections = self._db.one(_TEXT, revision_id) or (None, None, None)
        return shingles(takeaway, sections)
