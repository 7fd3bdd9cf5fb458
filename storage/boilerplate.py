"""What all pages share, and what differs in it: the boilerplate passages with their slots, read-only."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class SlotValue:
    """What stands in a slot, and on how many articles."""

    value: str
    articles: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a passage where articles differ."""

    name: str
    values: int
    """How many different values stand in it."""
    commonest: tuple[SlotValue, ...]
    """The most frequent first."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a passage stands, and on how many articles."""

    where: str
    """The section's heading, its kind where it has none, or `after the article`."""
    articles: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage that many articles share but for its slots."""

    template: str
    """As printed, with each slot's value replaced by its name in braces."""
    heading: str | None
    """It stands under; None when there is none, or no capture shows it."""
    source: str
    """`profile` or `counted`."""
    articles: int
    """How many articles' current revisions carry it."""
    first_seen_at: str
    last_seen_at: str | None
    """When an article that carries it was last seen (UTC text); None when none does."""
    slots: tuple[Slot, ...]
    """By name."""
    places: tuple[Place, ...]
    """The most frequent first."""


AFTER = "after the article"
_PASSAGES = """
SELECT template, heading, source, articles, first_seen_at, last_seen_at FROM boilerplate
ORDER BY articles DESC, template
"""
_CARRIED = """
FROM boilerplate_passage b JOIN revision_boilerplate rb ON rb.boilerplate_id = b.id
JOIN revision r ON r.id = rb.revision_id AND r.is_current = 1
"""
_VALUES = f"""
SELECT b.template, s.key, s.value, count(DISTINCT r.article_key) {_CARRIED}
CROSS JOIN json_each(rb.slots) s GROUP BY 1, 2, 3
"""
_PLACES = f"""
SELECT b.template, coalesce(s.heading, s.kind, '{AFTER}'), count(DISTINCT r.article_key) {_CARRIED}
LEFT JOIN section s ON s.revision_id = rb.revision_id AND s.position = rb.section_position
GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2
"""


def passages(connection: Connection, values: int) -> list[Passage]:
    """Every passage, the most frequent first, with at most `values` of each slot's values."""
    slots: dict[str, dict[str, list[SlotValue]]] = {}
    for template, name, value, articles in connection.execute(text(_VALUES)):
        slots.setdefault(template, {}).setdefault(name, []).append(SlotValue(value, articles))
    places: dict[str, list[Place]] = {}
    for template, where, articles in connection.execute(text(_PLACES)):
        places.setdefault(template, []).append(Place(where, articles))
    found = []
    for template, heading, source, articles, first, last in connection.execute(text(_PASSAGES)):
        of_it = tuple(
            Slot(name, len(those), tuple(sorted(those, key=_commonest_first)[:values]))
            for name, those in sorted(slots.get(template, {}).items())
        )
        stands = tuple(places.get(template, ()))
        found.append(Passage(template, heading, source, articles, first, last, of_it, stands))
    return found


def _commonest_first(slot: SlotValue) -> tuple[int, str]:
    return -slot.articles, slot.value
