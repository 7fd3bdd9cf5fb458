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


# Of one name: from the name to its articles. CROSS JOIN keeps SQLite from beginning with the revisions
# (https://sqlite.org/optoverview.html#crossjoin).
_OF_TOPIC = """
FROM topic n CROSS JOIN revision_topic rt CROSS JOIN revision r
WHERE rt.topic_id = n.id AND r.id = rt.revision_id AND r.is_current = 1"""
_OF_JOURNAL = "FROM journal n JOIN revision r ON r.journal_id = n.id WHERE r.is_current = 1"
# Of all names: article by article, as they lie in the file. Name by name, each article would be sought in
# another place, and again for each of its topics, which takes three times as long.
_ALL_TOPICS = """
FROM article a CROSS JOIN revision r CROSS JOIN revision_topic rt CROSS JOIN topic n
WHERE r.article_key = a.id AND r.is_current = 1 AND rt.revision_id = r.id AND n.id = rt.topic_id"""
_ALL_JOURNALS = """
FROM article a CROSS JOIN revision r CROSS JOIN journal n
WHERE r.article_key = a.id AND r.is_current = 1 AND n.id = r.journal_id"""
_SEEN = "min(a.first_seen_at), max(a.last_seen_at)"


def topic_spellings(connection: Connection, group: str) -> tuple[Spelling, ...]:
    """The spellings of a topic by its grouping form, the most frequent first; () when no article has it."""
    return _spellings(connection, f"SELECT n.text, count(*) {_OF_TOPIC}", group)


def journal_spellings(connection: Connection, group: str) -> tuple[Spelling, ...]:
    """The same of a journal."""
    return _spellings(connection, f"SELECT n.name, count(*) {_OF_JOURNAL}", group)


def topics(connection: Connection) -> tuple[Group, ...]:
    """Every topic of the articles as they are now, the most frequent first."""
    return _groups(connection, f"n.text, count(*) {_ALL_TOPICS}", _ALL_TOPICS)


def journals(connection: Connection) -> tuple[Group, ...]:
    """Every journal of the articles as they are now, the most frequent first."""
    # How often each is printed an index knows.
    return _groups(connection, f"n.name, count(*) {_OF_JOURNAL}", _ALL_JOURNALS)


def _spellings(connection: Connection, select: str, group: str) -> tuple[Spelling, ...]:
    rows = connection.execute(
        text(f"{select} AND n.normal = :group GROUP BY n.id ORDER BY 2 DESC, 1"), {"group": group}
    )
    return tuple(Spelling(name, number) for name, number in rows)


def _groups(connection: Connection, spellings: str, of: str) -> tuple[Group, ...]:
    printed: dict[str, list[Spelling]] = {}
    for group, spelling, number in connection.execute(
        text(f"SELECT n.normal, {spellings} GROUP BY n.id ORDER BY 3 DESC, 2")
    ):
        printed.setdefault(group, []).append(Spelling(spelling, number))
    whole = connection.execute(text(f"SELECT n.normal, count(DISTINCT a.id), {_SEEN} {of} GROUP BY n.normal"))
    found = [Group(group, tuple(printed[group]), number, *seen) for group, number, *seen in whole]
    return tuple(sorted(found, key=lambda one: (-one.articles, one.name)))
