"""Things stored once under what was printed: topics, journals, boilerplate passages. Remembered between
pages."""

from __future__ import annotations

from storage.db import Db
from storage.templates import TemplateSet

_NEW_PASSAGE = (
    "INSERT INTO boilerplate_passage (source, template, heading, first_seen_at) VALUES (?, ?, ?, ?)"
)


class Names:
    """Ids of topics, journals and boilerplate passages, made when they are new. Without `counting` no passage
    is known to have been found by counting.

    What it remembers is only true of what is committed or about to be: `forget` after a rollback.
    """

    def __init__(self, db: Db, *, counting: bool = True) -> None:
        self._db = db
        self._counting = counting
        self.forget()

    def forget(self) -> None:
        """Remember nothing."""
        self._topics: dict[str, int] = {}
        self._journals: dict[str, int] = {}
        self._boilerplate: dict[str, tuple[int, str | None]] = {}
        self._counted: tuple[TemplateSet, dict[str, str | None]] | None = None

    def topic(self, text: str, normal: str) -> int:
        """The id of a topic."""
        known = self._topics.get(text)
        if known is None:
            known = self._topics[text] = self._named("topic", "text", text, normal)
        return known

    def journal(self, name: str, normal: str) -> int:
        """The id of a journal."""
        known = self._journals.get(name)
        if known is None:
            known = self._journals[name] = self._named("journal", "name", name, normal)
        return known

    def _named(self, table: str, column: str, value: str, normal: str) -> int:
        row = self._db.one(f"SELECT id, normal FROM {table} WHERE {column} = ?", value)
        if row is None:
            return self._db.insert(f"INSERT INTO {table} ({column}, normal) VALUES (?, ?)", value, normal)
        if row[1] != normal:  # a newer program groups spellings otherwise
            self._db.run(f"UPDATE {table} SET normal = ? WHERE id = ?", normal, row[0])
        return int(row[0])

    def boilerplate(self, template: str, source: str, heading: str | None, at: str) -> int:
        """The id of a boilerplate passage. Of several headings the first in code point order is kept, so that
        it makes no difference which page came first. What the profile knows is never counted."""
        known = self._boilerplate.get(template)
        if known is None:
            row = self._db.one(
                "SELECT id, heading, source FROM boilerplate_passage WHERE template = ?", template
            )
            if row is None:
                row = (self._db.insert(_NEW_PASSAGE, source, template, heading, at), heading, source)
            elif source == "profile" and row[2] == "counted":
                self._db.run("UPDATE boilerplate_passage SET source = 'profile' WHERE id = ?", row[0])
                self._counted = None
            known = self._boilerplate[template] = (row[0], row[1])
        if heading is not None and (known[1] is None or heading < known[1]):
            self._db.run("UPDATE boilerplate_passage SET heading = ? WHERE id = ?", heading, known[0])
            known = self._boilerplate[template] = (known[0], heading)
        return known[0]

    def counted(self) -> tuple[TemplateSet, dict[str, str | None]]:
        """The passages found by counting, and the heading of each."""
        if self._counted is None:
            rows = self._db.all(
                "SELECT template, heading FROM boilerplate_passage WHERE source = 'counted' AND ?",
                self._counting,
            )
            headings: dict[str, str | None] = dict(rows)
            self._counted = TemplateSet(headings), headings
        return self._counted
