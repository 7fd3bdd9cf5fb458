"""Readings that have lost fields, and are not believed yet.

A page that lacks what it had at the visit before has changed, or its template has, and one page can't tell
which. So nothing of such a reading is stored but the capture and where its links lead: what the archive knew
stays current. When the run ends it is known how many pages lost what (`storage.judging`): few are let go and
become revisions like any other, many stay until they are read again with a profile that finds the fields.

A page that the archive has nothing of is another matter: what could be read of it is better than nothing, and
overwrites nothing. It is stored as read, and noted here all the same when it lacks what nearly all others
have.

A title or takeaway that reads otherwise than before is held, too, until the run ends: where it is the same on
several articles, it is none of theirs (the site's name, say, where the title has become a picture).

Held are pages of crawls only. An import brings in what people have collected, of all times and in any order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from storage.content import Digests, loads, text_digest
from storage.db import Db, to_json
from storage.records import PAGE, ArticleRecord, CaptureRecord, FieldsRecord, PageRecord, UrlKind

_OF_PAGE = frozenset(
    {PAGE, "published", "links", "cards", "cards.title", "cards.link", "cards.date", "cards.teaser"}
)
"""Fields that are a page's, not its article's: the address's visit before tells whether they were there."""
HELD = "its reading waits in quarantine"
"""How the reason of an address's state begins while its last reading is held."""
_NEARLY_ALL = 0.95
_LAST_PAGES = 500
_FEWEST_PAGES = 20

_BEFORE = """
SELECT s.shown, CASE WHEN q.capture_id IS NOT NULL THEN f.lost END, c.article_key, c.card_list_id,
       q.article_key
FROM capture c LEFT JOIN capture_fields f ON f.capture_id = c.id
LEFT JOIN reading_shape s ON s.id = f.shape_id
LEFT JOIN quarantine q ON q.capture_id = c.id
WHERE c.url_id = ? AND c.captured_at <= ? AND c.id <> ? AND c.truncated IS NULL
  AND c.kind IN ('summary', 'listing', 'other', 'unreadable') AND c.status BETWEEN 200 AND 299
ORDER BY c.captured_at DESC, c.id DESC LIMIT 1
"""
_COLUMNS = {
    "reading_minutes": "reading_minutes",
    "description": "description",
    "source.title": "source_title",
    "source.authors": "source_authors",
    "source.journal": "source_journal",
    "source.published": "source_published_raw",
    "source.doi": "source_doi",
    "source.pmid": "source_pmid",
    "source.url": "source_url",
}
"""Fields that have no digest of their own -> where a revision has them."""
_REVISION = f"""
SELECT a.id, r.field_digests, {", ".join(f"r.{column} IS NOT NULL" for column in _COLUMNS.values())}
FROM article a JOIN revision r ON r.article_key = a.id AND r.is_current = 1
WHERE a.site = ? AND a.identity = ? AND a.identity_key = ?
"""
_USUAL = f"""
SELECT s.shown, count(*) FROM (
    SELECT f.shape_id FROM capture_fields f JOIN capture c ON c.id = f.capture_id
    JOIN run n ON n.id = c.run_id
    WHERE n.site = ? AND c.run_id <> ? AND c.kind = 'summary' AND f.lost IS NULL
    ORDER BY f.capture_id DESC LIMIT {_LAST_PAGES}) l
JOIN reading_shape s ON s.id = l.shape_id GROUP BY s.id
"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a reading has, measured against what was expected of it."""

    fields: FieldsRecord
    lost: tuple[str, ...]
    """Fields that should be there and are not, in alphabetical order."""
    doubts: tuple[tuple[str, str], ...]
    """Fields that read otherwise than before, each with the digest of what they say now."""
    held: bool
    """Whether it must not replace what the archive has, or not before the run ends."""
    article_key: int | None
    """The article it would alter; None when that is new, or there is none."""


class Quarantine:
    """The quarantine behind a writer's cursor. `forget` after a rollback."""

    def __init__(self, db: Db, site: str) -> None:
        self._db = db
        self._site = site
        self._usual: tuple[int, frozenset[str]] | None = None
        self.forget()

    def forget(self) -> None:
        """Remember no rows."""
        self._shapes: dict[FieldsRecord, int] = {}

    def look(
        self, fields: FieldsRecord | None, article: ArticleRecord | None, capture: CaptureRecord,
        url_kind: UrlKind, url_id: int | None, run: int,
    ) -> Look | None:  # fmt: skip
        """Measure a crawl's reading against what its article and its address had before; None for what is no
        reading of a crawl."""
        if fields is None or capture.origin != "crawl" or url_id is None or capture.unchanged:
            return None
        return self.measure(fields, article, url_kind, url_id, capture.captured_at, run)

    def measure(
        self, fields: FieldsRecord, article: ArticleRecord | None, url_kind: UrlKind, url_id: int, at: str,
        run: int, capture_id: int = 0,
    ) -> Look:  # fmt: skip
        """As `look`, for a reading of the capture `capture_id` (0: not there yet) made at `at`."""
        known = self._known_article(article)
        before = self._db.one(_BEFORE, url_id, at, capture_id)
        had = known[1] if known is not None else frozenset()
        key = known[0] if known is not None else None
        if before is not None:
            had |= _had_of_page(*before[:4])
            key = key or before[2] or before[4]
        if PAGE in fields.lacking and PAGE in had:
            return Look(fields, (PAGE,), (), True, key)
        lost = had.intersection(fields.lacking)
        doubts = _doubts(article, known[2]) if known is not None and article is not None else ()
        if lost or doubts:
            return Look(fields, tuple(sorted(lost)), doubts, True, key)
        if before is None and known is None:
            expected = self._expected(article, url_kind, run)
            return Look(fields, tuple(sorted(expected.intersection(fields.lacking))), (), False, None)
        return Look(fields, (), (), False, key)

    def note(self, look: Look, capture_id: int, now: str) -> None:
        """Write down what a capture's reading had, and put it into quarantine when that is not right."""
        self._db.run(
            "INSERT INTO capture_fields (capture_id, shape_id, lost, judged) VALUES (?, ?, ?, 0)",
            capture_id, self._shape(look.fields), to_json(look.lost) if look.lost else None,
        )  # fmt: skip
        if look.lost or look.doubts:
            self._db.run(
                "INSERT INTO quarantine (capture_id, article_key, fields, doubts, held, since) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                capture_id, look.article_key, to_json(look.lost),
                to_json(dict(look.doubts)) if look.doubts else None, int(look.held), now,
            )  # fmt: skip

    def captures(self) -> frozenset[int]:
        """The captures in quarantine."""
        return frozenset(self._db.column("SELECT capture_id FROM quarantine"))

    def note_shape(self, capture_id: int, fields: FieldsRecord) -> None:
        """Write down what the new reading of a capture has."""
        self._db.run(
            "INSERT INTO capture_fields (capture_id, shape_id, judged) VALUES (?, ?, 1) "
            "ON CONFLICT (capture_id) DO UPDATE SET shape_id = excluded.shape_id",
            capture_id, self._shape(fields),
        )  # fmt: skip

    def still_lost(self, capture_id: int, look: Look) -> tuple[str, ...]:
        """What the new reading of a capture in quarantine still lacks of what it had lost; with nothing it
        leaves the quarantine."""
        db = self._db
        stored, doubts, held = db.one(
            "SELECT fields, doubts, held FROM quarantine WHERE capture_id = ?", capture_id
        ) or ("[]", None, 0)
        before, said = set(json.loads(stored)), json.loads(doubts or "{}")
        same = {field for field, digest in look.doubts if said.get(field) == digest}
        still = set(look.lost) if held else before.intersection(look.fields.lacking)
        lost = tuple(sorted(still | (before & same)))
        if lost:
            db.run(
                "UPDATE quarantine SET fields = ?, held = ? WHERE capture_id = ?",
                to_json(lost), int(look.held), capture_id,
            )  # fmt: skip
            db.run("UPDATE capture_fields SET lost = ? WHERE capture_id = ?", to_json(lost), capture_id)
        else:
            self.let_go(capture_id)
        return lost

    def let_go(self, capture_id: int) -> None:
        """Take a capture out of quarantine."""
        self._db.run("DELETE FROM quarantine WHERE capture_id = ?", capture_id)
        self._db.run("UPDATE capture_fields SET judged = 1, lost = NULL WHERE capture_id = ?", capture_id)

    def _known_article(self, article: ArticleRecord | None) -> tuple[int, frozenset[str], Digests] | None:
        """The article's number, the fields that its current revision has, and its digests; None for a new
        one."""
        if article is None or (article.article_id is None and article.url is None):
            return None
        identity = "url" if article.article_id is None else "id"
        row = self._db.one(_REVISION, self._site, identity, article.article_id or article.url)
        if row is None:
            return None
        key, stored, *there = row
        digests = loads(stored)
        had = {name.replace("section:", "sections.") for name, digest in digests.items() if digest}
        had |= {name for name, is_there in zip(_COLUMNS, there, strict=True) if is_there}
        return int(key), frozenset(had), digests

    def _expected(self, article: ArticleRecord | None, url_kind: UrlKind, run: int) -> frozenset[str]:
        """What a page never seen before should have: the address of an article an article, and an article
        what nearly all others had in earlier runs."""
        if article is None:
            return frozenset({PAGE}) if url_kind == "article" else frozenset()
        if self._usual is None or self._usual[0] != run:
            self._usual = (run, self._usual_fields(run))
        return self._usual[1]

    def _usual_fields(self, run: int) -> frozenset[str]:
        counts: dict[str, int] = {}
        total = 0
        for shown, number in self._db.all(_USUAL, self._site, run):
            total += number
            for name in json.loads(shown):
                counts[name] = counts.get(name, 0) + number
        if total < _FEWEST_PAGES:
            return frozenset()
        return frozenset(name for name, number in counts.items() if number >= _NEARLY_ALL * total)

    def _shape(self, fields: FieldsRecord) -> int:
        known = self._shapes.get(fields)
        if known is None:
            row = (fields.layout, to_json(fields.shown), to_json(fields.lacking))
            self._db.run(
                "INSERT INTO reading_shape (layout, shown, lacking) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                *row,
            )
            known = self._shapes[fields] = int(
                self._db.value(
                    "SELECT id FROM reading_shape WHERE layout = ? AND shown = ? AND lacking = ?", *row
                )
            )
        return known


def held_back(record: PageRecord, lost: Iterable[str]) -> PageRecord:
    """What is stored of a page whose reading is held: its capture, where it leads, and that it came."""
    outcome = record.outcome
    if outcome is not None and outcome.state in ("stored", "alias"):
        outcome = replace(outcome, reason=held_reason(lost))
    return replace(record, article=None, cards=(), outcome=outcome)


def held_reason(lost: Iterable[str]) -> str:
    """What an address's state says of a reading that is held."""
    without = ", ".join(lost)
    return f"{HELD}, without {without}" if without else f"{HELD} until the run ends"


def _doubts(article: ArticleRecord, known: Digests) -> tuple[tuple[str, str], ...]:
    """Title and takeaway, where they read otherwise than the article's current revision."""
    now = {"title": text_digest(article.title), "takeaway": text_digest(article.takeaway)}
    return tuple(
        (name, digest) for name, digest in now.items() if digest and known.get(name) not in (digest, "", None)
    )


def _had_of_page(
    shown: str | None, lost: str | None, article_key: int | None, card_list: int | None
) -> frozenset[str]:
    """What the visit before says of the page itself. Of a visit from before such notes were kept, what it
    left behind tells."""
    if shown is None:
        left = ((PAGE, article_key), ("cards", card_list))
        return frozenset(name for name, there in left if there is not None)
    return _OF_PAGE.intersection((*json.loads(shown), *json.loads(lost or "[]")))
