"""Card lists, where they stood, and what they say of the articles they point to."""

from __future__ import annotations

import hashlib

from storage.db import Db, Row, to_json
from storage.records import CardRecord

_BEST_DATE = (
    "SELECT c.date_raw, c.date_iso, c.date_precision FROM card c "
    "JOIN card_list l ON l.id = c.card_list_id WHERE c.article_id = ? AND l.site = ? "
    "AND c.date_raw IS NOT NULL "
    "ORDER BY c.date_iso IS NULL, l.last_seen_at DESC, l.digest DESC, c.position LIMIT 1"
)
_BEST_TEASER = (
    "SELECT c.teaser FROM card c JOIN card_list l ON l.id = c.card_list_id WHERE c.article_id = ? "
    "AND l.site = ? AND c.teaser IS NOT NULL ORDER BY l.last_seen_at DESC, l.digest DESC, c.position LIMIT 1"
)
FROM_CARD = "card"
"""`published_source` of a date that a card or listing gave. Such a date is shown to readers, and goes before
any that the page's structured data may hold."""
_REMEMBERED = 4_000


class Cards:
    """The card tables behind a writer's cursor. `forget` after a rollback."""

    def __init__(self, db: Db, site: str) -> None:
        self._db = db
        self._site = site
        self.forget()

    def forget(self) -> None:
        """Remember nothing."""
        self._said: dict[str, Row | None] = {}

    def save_list(self, cards: tuple[CardRecord, ...], at: str) -> int:
        """The id of the row that holds this list, now seen at `at`."""
        rows = [_row(card) for card in sorted(cards, key=lambda card: card.position)]
        digest = hashlib.sha256(to_json(rows).encode()).hexdigest()
        row = self._db.one(
            "SELECT id, first_seen_at, last_seen_at FROM card_list WHERE digest = ? AND site = ?",
            digest, self._site,
        )  # fmt: skip
        if row is not None:
            if not row[1] <= at <= row[2]:
                self._db.run(
                    "UPDATE card_list SET first_seen_at = ?, last_seen_at = ? WHERE id = ?",
                    min(at, row[1]), max(at, row[2]), row[0],
                )  # fmt: skip
            return int(row[0])
        list_id = self._db.insert(
            "INSERT INTO card_list (site, digest, first_seen_at, last_seen_at) VALUES (?, ?, ?, ?)",
            self._site, digest, at, at,
        )  # fmt: skip
        self._db.many(
            "INSERT INTO card VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(list_id, position, *row[1:]) for position, row in enumerate(rows, 1)],
        )
        return list_id

    def sight(
        self, list_id: int, url_id: int | None, article_key: int | None, capture_id: int, at: str
    ) -> None:
        """Note that the list stood on a page; a page without an address is known by its article."""
        if url_id is None and article_key is None:
            return
        where, key = (
            ("url_id = ?", url_id)
            if url_id is not None
            else ("url_id IS NULL AND article_key = ?", article_key)
        )
        row = self._db.one(
            f"SELECT id, first_seen_at, last_seen_at FROM card_list_sighting WHERE {where} "
            "AND card_list_id = ?",
            key, list_id,
        )  # fmt: skip
        if row is None:
            self._db.run(
                "INSERT INTO card_list_sighting (card_list_id, url_id, article_key, first_seen_at, "
                "last_seen_at, first_capture_id, last_capture_id) VALUES (?, ?, ?, ?, ?, ?, ?)",
                list_id, url_id, article_key, at, at, capture_id, capture_id,
            )  # fmt: skip
        elif at >= row[2]:
            self._db.run(
                "UPDATE card_list_sighting SET last_seen_at = ?, last_capture_id = ?, "
                "article_key = coalesce(?, article_key) WHERE id = ?",
                at, capture_id, article_key, row[0],
            )  # fmt: skip
        elif at < row[1]:
            self._db.run(
                "UPDATE card_list_sighting SET first_seen_at = ?, first_capture_id = ? WHERE id = ?",
                at, capture_id, row[0],
            )  # fmt: skip

    def sight_all(self, captures: str) -> None:
        """Write the sightings of all captures `c` that the SQL condition `captures` names; those of their
        pages must not be there."""
        self._db.run(
            "INSERT INTO card_list_sighting (card_list_id, url_id, article_key, first_seen_at, last_seen_at, "
            "first_capture_id, last_capture_id) "
            "SELECT DISTINCT c.card_list_id, c.url_id, "
            "last_value(c.article_key) OVER seen, first_value(c.captured_at) OVER seen, "
            "last_value(c.captured_at) OVER seen, first_value(c.id) OVER seen, last_value(c.id) OVER seen "
            f"FROM capture c WHERE c.card_list_id IS NOT NULL AND ({captures}) "
            "AND (c.url_id IS NOT NULL OR c.article_key IS NOT NULL) "
            "WINDOW seen AS (PARTITION BY c.card_list_id, c.url_id, "
            "CASE WHEN c.url_id IS NULL THEN c.article_key END ORDER BY c.captured_at, c.id "
            "ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) ORDER BY 6, 1"
        )

    def tell(self, cards: tuple[CardRecord, ...]) -> None:
        """Let the articles that these cards point to have their dates and teasers."""
        for card in cards:
            if card.article_id is None:
                continue
            said = self._said_of(card.article_id)
            if said is None:
                continue
            date = card.date and (card.date.raw, card.date.iso)
            if (date and (date != said[:2] or said[2] != FROM_CARD)) or (
                card.teaser and card.teaser != said[3]
            ):
                self.tell_article(card.article_id)

    def tell_article(self, article_id: str) -> None:
        """Give an article the date and teaser of the site's cards that point to it, if there are any.

        The latest sighting wins; between two of the same instant the list's digest decides, so that the order
        of writing does not.
        """
        date = self._db.one(_BEST_DATE, article_id, self._site)
        teaser = self._db.value(_BEST_TEASER, article_id, self._site)
        if date is not None:
            self._db.run(
                "UPDATE article SET published_raw = ?, published_iso = ?, published_precision = ?, "
                "published_source = ? WHERE site = ? AND key = ?",
                *date, FROM_CARD, self._site, article_id,
            )  # fmt: skip
        if teaser is not None:
            self._db.run(
                "UPDATE article SET teaser = ? WHERE site = ? AND key = ?",
                teaser,
                self._site,
                article_id,
            )
        self._said.pop(article_id, None)

    def _said_of(self, article_id: str) -> Row | None:
        """What the archive has of an article's date and teaser; None while it is not in the archive."""
        if article_id in self._said:
            return self._said[article_id]
        if len(self._said) >= _REMEMBERED:
            self._said.clear()
        said = self._said[article_id] = self._db.one(
            "SELECT published_raw, published_iso, published_source, teaser FROM article WHERE site = ? "
            "AND key = ?",
            self._site, article_id,
        )  # fmt: skip
        return said

    def changed(self, article_id: str | None) -> None:
        """Forget what is remembered of an article, because its row was written elsewhere."""
        if article_id is not None:
            self._said.pop(article_id, None)


def _row(card: CardRecord) -> tuple[object, ...]:
    date = card.date
    return (
        card.position, card.title, card.url, card.article_id, date and date.raw, date and date.iso,
        date and date.precision, card.teaser, card.image,
    )  # fmt: skip
