"""How well a profile reads: on how many of several pages it finds each field, and why not on the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spiders.reading.model import PageKind, Reading
from spiders.reading.profile import SiteProfile

_FIELDS = (
    "title", "credibility", "interest", "reading_minutes", "takeaway", "topics", "journal", "published",
    "source", "cards", "boilerplate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldCount:
    """One field over several pages."""

    field: str
    """As in a reading; a section as `sections.KEY`, `sections (other)` for headings that are not known."""
    found: int
    """Pages that have it."""
    why_not: tuple[tuple[str, int], ...]
    """Reasons, with the number of pages, the most frequent first."""


def fields_read(readings: Iterable[Reading], profile: SiteProfile) -> tuple[FieldCount, ...]:
    """Count the fields over the summaries among the readings, in the order in which `inspect` shows them."""
    summaries = [reading for reading in readings if reading.kind is PageKind.SUMMARY]
    return tuple(_count(name, summaries) for name in _names(summaries, profile))


def _names(summaries: list[Reading], profile: SiteProfile) -> Iterator[str]:
    for name in _FIELDS:
        yield name
        if name == "takeaway":
            yield from (f"sections.{key}" for key in profile.section_order)
            if any(section.kind == "other" for reading in summaries for section in reading.sections):
                yield "sections (other)"
    yield "unplaced"


def _count(name: str, summaries: list[Reading]) -> FieldCount:
    lacking = [reading for reading in summaries if not _has(reading, name)]
    reasons = Counter(_why(reading, name) for reading in lacking)
    listed = sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))
    return FieldCount(name, len(summaries) - len(lacking), tuple(listed))


def _has(reading: Reading, name: str) -> bool:
    if name.startswith("sections"):
        kind = name.removeprefix("sections.") if "." in name else "other"
        return any(section.kind == kind for section in reading.sections)
    return bool(getattr(reading, name))


def _why(reading: Reading, name: str) -> str:
    for absence in reading.absences:
        if absence.field == name:
            return f"{absence.reason.value} ({absence.detail})" if absence.detail else absence.reason.value
    return "not on the page"
