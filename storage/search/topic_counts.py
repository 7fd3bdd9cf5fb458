"""How many of some articles have each topic, in any of its spellings.

An article may print a topic in two spellings and counts once all the same: spellings can't just be added up.
For the articles of a list this is counted here: SQLite would sort what a set of numbers tells at once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from storage.dialects import driver_cursor
from storage.search.members import Members


@dataclass(frozen=True, slots=True)
class TopicCount:
    """A topic, and how many articles have it."""

    group: str
    """Its grouping form."""
    label: str
    """The spelling that most of these articles print."""
    articles: int


def topic_counts(connection: Connection, of: Members, most: int) -> list[TopicCount]:
    """The `most` frequent topics of the articles, the most frequent first."""
    names = {number: (normal, name) for number, normal, name in _rows(connection, _NAMES)}
    pairs = _rows(connection, _PAIRS, json.dumps([*of.revisions, *of.superseded]))
    printed = Counter(topic for _, topic in pairs)
    counts = Counter(group for _, group in {(revision, names[topic][0]) for revision, topic in pairs})
    if of.complement:
        whole = Counter(dict(_rows(connection, _PRINTED)))
        whole.subtract(printed)
        printed = whole
        counts = _others(connection, counts, printed, names, most)
    best = sorted((group for group in counts if counts[group]), key=lambda group: (-counts[group], group))
    spellings: dict[str, list[tuple[int, str]]] = {group: [] for group in best[:most]}
    for topic, (group, name) in names.items():
        if group in spellings:
            spellings[group].append((-printed[topic], name))
    return [TopicCount(group, min(spellings[group])[1], counts[group]) for group in spellings]


def _others(
    connection: Connection,
    without: Counter[str],
    printed: Counter[int],
    names: Mapping[int, tuple[str, str]],
    most: int,
) -> Counter[str]:
    """The counts over all revisions but those counted in `without`, of the `most` frequent at least."""
    bounds: Counter[str] = Counter()
    for topic, number in printed.items():
        bounds[names[topic][0]] += number  # added up: exact, or too many
    order = sorted(bounds, key=lambda group: (-bounds[group], group))
    looked_at = most + 2
    while True:
        rows = _rows(connection, _DISTINCT, json.dumps(order[:looked_at]))
        exact = Counter({group: number - without[group] for group, number in rows})
        if len(order) <= looked_at or sorted(exact.values())[-most] > bounds[order[looked_at]]:
            return exact
        looked_at *= 2


def _rows(connection: Connection, statement: str, *values: str) -> list[tuple[Any, ...]]:
    # On the driver itself: SQLAlchemy's rows take longer to make than SQLite needs to find them.
    return driver_cursor(connection).execute(statement, values).fetchall()


_NAMES = "SELECT id, normal, text FROM topic"
_PRINTED = "SELECT topic_id, count(*) FROM revision_topic GROUP BY topic_id"
_PAIRS = """
SELECT rt.revision_id, rt.topic_id FROM json_each(?) m CROSS JOIN revision_topic rt
WHERE rt.revision_id = CAST(m.value AS BIGINT)
"""
_DISTINCT = """
SELECT t.normal, count(DISTINCT rt.revision_id)
FROM json_each(?) g CROSS JOIN topic t CROSS JOIN revision_topic rt
WHERE t.normal = g.value AND rt.topic_id = t.id GROUP BY t.normal
"""
