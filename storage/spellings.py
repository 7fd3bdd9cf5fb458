"""Topics and journals in the several ways in which the site spells them, read-only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class Spelling:
    """One way in which a topic or a journal is printed."""

    name: str
    articles: int
    """How many articles now print it so."""


@dataclass(frozen=True, slots=True)
class Group:
    """A topic or a journal, however it is spelled."""

    group: str
    """The form that groups its spellings."""
    spellings: tuple[Spelling, ...]
    """The most frequent first; never empty."""
    articles: int
    """How many articles have it now; one that prints several spellings of it counts once."""
    first_seen_at: str
    """When the earliest of these articles was first seen (UTC text)."""
    last_seen_at: str
    """When the latest of them was last seen (UTC text)."""

    @property
    def name(self) -> str:
        """The most frequent spelling."""
        return self.spellings[0].name


# CROSS JOIN keeps SQLite from beginning with the revisions (https://sqlite.org/optoverview.html#crossjoin).
_OF_TOPIC = """
FROM topic n CROSS JOIN revision_topic rt CROSS JOIN revision r {}
WHERE rt.topic_id = n.id AND r.id = rt.revision_id AND r.is_current = 1"""
_OF_JOURNAL = "FROM journal n JOIN revision r ON r.journal_id = n.id {} WHERE r.is_current = 1"
_ARTICLE = "JOIN article a ON a.id = r.article_key"
_SEEN = "min(a.first_seen_at), max(a.last_seen_at)"


def topic_spellings(connection: Connection, group: str) -> tuple[Spelling, ...]:
    """The spellings of a topic by its grouping form, the most frequent first; () when no article has it."""
    return _spellings(connection, f"SELECT n.text, count(*) {_OF_TOPIC.format('')}", group)


def journal_spellings(connection: Connection, group: str) -> tuple[Spelling, ...]:
    """The same of a journal."""
    return _spellings(connection, f"SELECT n.name, count(*) {_OF_JOURNAL.format('')}", group)


def topics(connection: Connection) -> tuple[Group, ...]:
    """Every topic of the articles as they are now, the most frequent first."""
    return _groups(connection, "n.text", _OF_TOPIC)


def journals(connection: Connection) -> tuple[Group, ...]:
    """Every journal of the articles as they are now, the most frequent first."""
    return _groups(connection, "n.name", _OF_JOURNAL)


def _spellings(connection: Connection, select: str, group: str) -> tuple[Spelling, ...]:
    rows = connection.execute(
        text(f"{select} AND n.normal = :group GROUP BY n.id ORDER BY 2 DESC, 1"), {"group": group}
    )
    return tuple(Spelling(name, number) for name, number in rows)


def _groups(connection: Connection, name: str, of: str) -> tuple[Group, ...]:
    printed: dict[str, list[Spelling]] = {}
    for group, spelling, number in connection.execute(
        text(f"SELECT n.normal, {name}, count(*) {of.format('')} GROUP BY n.id ORDER BY 3 DESC, 2")
    ):
        printed.setdefault(group, []).append(Spelling(spelling, number))
    whole = connection.execute(
        text(f"SELECT n.normal, count(DISTINCT a.id), {_SEEN} {of.format(_ARTICLE)} GROUP BY n.normal")
    )
    found = [Group(group, tuple(printed[group]), number, *seen) for group, number, *seen in whole]
    return tuple(sorted(found, key=lambda one: (-one.articles, one.name)))
