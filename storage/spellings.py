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


_TOPIC = """
SELECT t.text, count(r.id) FROM topic t
CROSS JOIN revision_topic rt ON rt.topic_id = t.id
CROSS JOIN revision r ON r.id = rt.revision_id AND r.is_current = 1
WHERE t.normal = :group GROUP BY t.id ORDER BY 2 DESC, 1
"""
_JOURNAL = """
SELECT j.name, count(r.id) FROM journal j JOIN revision r ON r.journal_id = j.id AND r.is_current = 1
WHERE j.normal = :group GROUP BY j.id ORDER BY 2 DESC, 1
"""


def topic_spellings(connection: Connection, group: str) -> tuple[Spelling, ...]:
    """The spellings of a topic by its grouping form, the most frequent first; () when no article has it."""
    return _spellings(connection, _TOPIC, group)


def journal_spellings(connection: Connection, group: str) -> tuple[Spelling, ...]:
    """The same of a journal."""
    return _spellings(connection, _JOURNAL, group)


def _spellings(connection: Connection, sql: str, group: str) -> tuple[Spelling, ...]:
    return tuple(Spelling(name, number) for name, number in connection.execute(text(sql), {"group": group}))
