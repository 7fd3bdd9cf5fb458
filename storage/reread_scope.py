"""Which captures a reread takes in: those chosen to be read, and of them those that must be made anew.

A capture that reads as it did leaves in the archive what it left before, unless something that it shares with
others reads otherwise now. So what is made anew is what reads otherwise, and whatever hangs together with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storage.cards import FROM_CARD
from storage.db import Db
from storage.export.restoring import EXPORTED
from storage.readings import Capture, NewReading

KINDS = "('summary', 'listing', 'other', 'unreadable')"
IN_SCOPE = "(SELECT capture_id FROM temp.scope)"
"""Captures that are made anew."""
CHOSEN = "(SELECT capture_id FROM temp.chosen)"
"""Captures that are read, and 304s that go with them."""

_TABLES = ("scope", "chosen", "changed", "barred")

# Of what a listing no longer dates the page's own date counts, which only reading its captures tells.
_UNDATED = f"""
INSERT OR IGNORE INTO temp.scope SELECT c.id FROM article a JOIN capture c ON c.article_key = a.id
WHERE a.site = ? AND a.published_source = '{FROM_CARD}' AND a.key NOT IN (SELECT article_id FROM temp.dated)
AND a.key IN (SELECT d.article_id FROM temp.changed n JOIN capture k ON k.id = n.capture_id
              JOIN card d ON d.card_list_id = k.card_list_id WHERE d.date_raw IS NOT NULL)
AND NOT EXISTS (SELECT 1 FROM card d JOIN capture k ON k.card_list_id = d.card_list_id
                WHERE d.article_id = a.key AND d.date_raw IS NOT NULL
                AND k.kind <> 'unchanged' AND k.id NOT IN (SELECT capture_id FROM temp.changed))
AND c.id NOT IN (SELECT capture_id FROM temp.barred)
"""
# Boilerplate that the profile knows is stored once, with one heading of all that its captures show.
_HEADINGS = """
SELECT DISTINCT b.template, b.heading FROM temp.changed n JOIN capture c ON c.id = n.capture_id
JOIN revision_boilerplate rb ON rb.revision_id = c.revision_id
JOIN boilerplate_passage b ON b.id = rb.boilerplate_id WHERE b.source = 'profile' AND b.heading IS NOT NULL
"""


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
    anew: bool = False
    """Make anew also what reads as before."""


class Scope:
    """The captures of one site that a reread takes in, in temporary tables of a writer's connection."""

    def __init__(self, db: Db, site: str) -> None:
        self._db = db
        self._site = site
        self._anew = False
        self._headings: set[tuple[str, str | None]] = set()

    def choose(self, wanted: Wanted, reader_version: str, profile_digest: str) -> int:
        """Begin with the captures to be read again, and all others of the articles they show. How many are to
        be read; 0 when there is nothing to do."""
        db, self._anew = self._db, wanted.anew
        for table in _TABLES:
            db.run(f"CREATE TEMP TABLE IF NOT EXISTS {table} (capture_id INTEGER PRIMARY KEY)")
            db.run(f"DELETE FROM temp.{table}")
        db.run("CREATE TEMP TABLE IF NOT EXISTS dated (article_id TEXT PRIMARY KEY)")
        db.run("DELETE FROM temp.dated")
        db.run(
            "INSERT INTO temp.scope SELECT c.id FROM capture c JOIN run n ON n.id = c.run_id "
            "LEFT JOIN quarantine q ON q.capture_id = c.id "
            "LEFT JOIN article a ON a.id = coalesce(c.article_key, q.article_key) "
            f"WHERE n.site = ? AND c.kind IN {KINDS} "
            "AND (? OR c.reader_version IS NOT ? OR c.profile_digest IS NOT ? OR (? AND q.held = 1)) "
            "AND c.captured_at >= ? AND (? IS NULL OR a.key = ?)",
            self._site, wanted.all, reader_version, profile_digest, wanted.accept, wanted.since or "",
            wanted.article_key, wanted.article_key,
        )  # fmt: skip
        self._bar_exports()
        self._expand()
        db.run("INSERT INTO temp.chosen SELECT capture_id FROM temp.scope")
        return self.count()

    def count(self) -> int:
        """How many captures are to be made anew."""
        return int(self._db.value(f"SELECT count(*) FROM capture WHERE id IN {IN_SCOPE} AND kind IN {KINDS}"))

    def captures(self) -> list[Capture]:
        """The captures to be made anew, in the order in which they were made. Of what is in quarantine it is
        not the reading alone that decides what is stored: it counts as reading otherwise."""
        return [
            Capture(*row)
            for row in self._db.all(
                "SELECT id, sha256, CASE WHEN ? OR id IN (SELECT capture_id FROM quarantine) THEN NULL "
                "ELSE reading_digest END FROM capture "
                f"WHERE id IN {IN_SCOPE} AND kind IN {KINDS} "
                "ORDER BY captured_at, id",
                self._anew,
            )
        ]

    def leave_out(self, captures: Iterable[int]) -> None:
        """Take these captures out for good, and with each all others of its article."""
        for capture_id in captures:
            self._db.run(
                "INSERT OR IGNORE INTO temp.barred SELECT ? UNION SELECT o.id FROM capture c JOIN capture o "
                "ON o.article_key = c.article_key OR (o.kind = 'unchanged' AND o.url_id = c.url_id) "
                "WHERE c.id = ?",
                capture_id, capture_id,
            )  # fmt: skip
        for table in ("scope", "chosen", "changed"):
            self._db.run(f"DELETE FROM temp.{table} WHERE capture_id IN (SELECT capture_id FROM temp.barred)")

    def narrow(self) -> None:
        """Keep nothing of what was chosen but what `include` brings in."""
        self._db.run("DELETE FROM temp.scope")

    def include(self, capture_id: int, reading: NewReading) -> None:
        """Bring in a capture that reads otherwise now, and the articles that its new reading shows."""
        db, article = self._db, reading.article
        if db.value("SELECT count(*) FROM temp.barred WHERE capture_id = ?", capture_id):
            return
        for table in ("changed", "scope"):
            db.run(f"INSERT OR IGNORE INTO temp.{table} VALUES (?)", capture_id)
        if not db.value("SELECT count(*) FROM quarantine WHERE capture_id = ?", capture_id):
            self._note_what_it_gives(reading)
        if article is None:
            return
        # Also those that have or had its text: a page without a name belongs to them.
        db.run(
            "INSERT OR IGNORE INTO temp.scope SELECT c.id FROM article a "
            "JOIN capture c ON c.article_key = a.id WHERE a.site = ? AND (a.identity_key IN (?, ?) "
            "OR a.id IN (SELECT article_key FROM revision WHERE body_digest = ?)) "
            "AND c.id NOT IN (SELECT capture_id FROM temp.barred)",
            self._site, article.article_id or article.url, article.body_digest, article.body_digest,
        )  # fmt: skip

    def _note_what_it_gives(self, reading: NewReading) -> None:
        """Note what a new reading gives to what is not its own article's."""
        self._db.many(
            "INSERT OR IGNORE INTO temp.dated VALUES (?)",
            {(card.article_id,) for card in reading.cards if card.article_id and card.date is not None},
        )
        if reading.article is not None:
            self._headings.update(
                (passage.template, passage.heading) for passage in reading.article.boilerplate
            )

    def complete(self) -> None:
        """Bring in whatever hangs together with what `include` has brought in."""
        if self._headings.issuperset((row[0], row[1]) for row in self._db.all(_HEADINGS)):
            self._db.run(_UNDATED, self._site)
        else:
            self._db.run("INSERT OR IGNORE INTO temp.scope SELECT capture_id FROM temp.chosen")
        self._expand()
        self._db.run("INSERT OR IGNORE INTO temp.chosen SELECT capture_id FROM temp.scope")

    def _bar_exports(self) -> None:
        """Take out what stands in the place of pages where an export was imported: no reader reads that."""
        self._db.run(
            "INSERT OR IGNORE INTO temp.barred SELECT o.id FROM capture c JOIN capture o ON o.id = c.id "
            "OR o.article_key = c.article_key WHERE c.media_type = ?",
            EXPORTED,
        )
        self._db.run("DELETE FROM temp.scope WHERE capture_id IN (SELECT capture_id FROM temp.barred)")

    def _expand(self) -> None:
        """Bring in every capture of the articles in the scope, and the 304s of its addresses."""
        grown = 1
        while grown:
            grown = sum(
                self._db.run(
                    f"INSERT OR IGNORE INTO temp.scope SELECT id FROM capture WHERE {condition} "
                    "AND id NOT IN (SELECT capture_id FROM temp.barred)"
                )
                for condition in (
                    f"article_key IN (SELECT article_key FROM capture WHERE id IN {IN_SCOPE} "
                    "AND article_key IS NOT NULL UNION SELECT article_key FROM quarantine "
                    f"WHERE capture_id IN {IN_SCOPE} AND article_key IS NOT NULL)",
                    "id IN (SELECT capture_id FROM quarantine WHERE article_key IN (SELECT article_key "
                    f"FROM capture WHERE id IN {IN_SCOPE} AND article_key IS NOT NULL))",
                    f"kind = 'unchanged' AND url_id IN (SELECT url_id FROM capture WHERE id IN {IN_SCOPE})",
                )
            )
