"""Why a page reads as it does: which parts the reader missed, and what the page has in their place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from spiders.reading.model import Block, Card, Reading, Reason, Role
from spiders.reading.profile import SiteProfile
from spiders.reading.words import heading_key

_LONGEST_HEADING = 80
_MOST_HEADINGS = 5
_LIKENESS = 0.55
"""Below it two headings of this length share little but vowels ("key takeaway" and "related news": 0.42)."""


@dataclass(frozen=True, slots=True)
class Near:
    """Text on the page that may be the heading that was looked for."""

    block: int
    text: str
    likeness: float
    """From 0 to 1, as `difflib.SequenceMatcher.ratio`."""


@dataclass(frozen=True, slots=True)
class Missing:
    """A part or label of the profile that the page does not show, or shows in words the profile lacks."""

    part: str
    """As in the profile: `takeaway`, `section:findings`, `credibility`, …"""
    table: str
    """Where in the profile its spellings are written."""
    spellings: tuple[str, ...]
    """Looked for, in comparison form."""
    near: tuple[Near, ...]
    """Best first."""


def missing_parts(reading: Reading, profile: SiteProfile) -> tuple[Missing, ...]:
    """The parts that the reading lacks, each with the nearest unclaimed headings of the page."""
    headings = list(_candidates(reading, profile))
    found = []
    for part in dict.fromkeys((*profile.parts.values(), *profile.labels.values())):
        if part in ("share", "card_more", "older") or _has(reading, part):
            continue
        words = profile.labels if part in ("credibility", "interest") else profile.parts
        spellings = tuple(spelling for spelling, key in words.items() if key == part)
        found.append(Missing(part, _table(part), spellings, _nearest(spellings, headings)))
    return tuple(found)


def stands_there(field: str, reading: Reading | None, profile: SiteProfile) -> str:
    """What a page has in the place of a field that it should have, in one line."""
    if reading is None:
        return "nothing that could be read"
    if field == "page":
        return reading.reason or f"a {reading.kind} page"
    value = getattr(reading, field, None)
    if isinstance(value, str):
        return f"{value[:_LONGEST_HEADING]!r}, as on other pages"
    said = next((absence for absence in reading.absences if absence.field == field), None)
    if said is not None and said.reason is not Reason.NOT_ON_PAGE:
        return f"{said.reason}: {said.detail}" if said.detail else str(said.reason)
    if field.startswith("cards.") and reading.cards:
        return f"{len(reading.cards)} cards, the first one: {_card(reading.cards[0])}"
    if field == "links":
        return f"{len(reading.links)} links, none to an article"
    part = {"source": "details"}.get(field, field.replace("sections.", "section:"))
    for missing in missing_parts(reading, profile):
        if missing.part == part and missing.near:
            return f"a heading {missing.near[0].text!r}"
    known = profile.parts.keys() | profile.labels.keys()
    unknown = [
        block.text
        for block in headings_seen(reading)
        if heading_key(block.text) not in known and block.text != reading.title
    ]
    shown = " | ".join(text[:_LONGEST_HEADING] for text in unknown[:_MOST_HEADINGS])
    return f"nothing; other headings on the page: {shown}" if shown else "nothing"


def _card(card: Card) -> str:
    date = card.date.raw if card.date is not None else None
    return " | ".join(text for text in (card.title, date, card.teaser) if text) or "without any text"


def headings_seen(reading: Reading) -> tuple[Block, ...]:
    """The blocks that are marked up as headings, shown or hidden, outside the page's frame."""
    return tuple(block for block in reading.blocks if block.role is Role.HEADING and not block.chrome)


def _has(reading: Reading, part: str) -> bool:
    if part.startswith("section:"):
        return any(section.kind == part.removeprefix("section:") for section in reading.sections)
    field = {"details": "source"}.get(part, part)
    return bool(getattr(reading, field))


def _table(part: str) -> str:
    if part.startswith("section:"):
        return f"[parts.sections] {part.removeprefix('section:')}"
    return f"[labels] {part}" if part in ("credibility", "interest") else f"[parts] {part}"


def _candidates(reading: Reading, profile: SiteProfile) -> Iterator[tuple[Block, str]]:
    """Short lines without a full stop: a heading drawn as a styled `div` is no more than that."""
    known = profile.parts.keys() | profile.labels.keys()
    for block in reading.blocks:
        if block.chrome or block.role in (Role.IMAGE, Role.RATING) or len(block.text) > _LONGEST_HEADING:
            continue
        key = heading_key(block.text)
        if key and key not in known and not block.text.endswith((".", "!", ",")):
            yield block, key


def _nearest(spellings: tuple[str, ...], headings: list[tuple[Block, str]]) -> tuple[Near, ...]:
    best: dict[str, Near] = {}
    for block, key in headings:
        likeness = max(_likeness(spelling, key) for spelling in spellings)
        if likeness >= _LIKENESS and (key not in best or likeness > best[key].likeness):
            best[key] = Near(block.index, block.text, round(likeness, 2))
    return tuple(sorted(best.values(), key=lambda near: (-near.likeness, near.block))[:3])


def _likeness(spelling: str, key: str) -> float:
    shared = set(spelling.split()) & set(key.split())
    telling = any(len(word) > 5 for word in shared)
    # One long word in common tells more than letters in common: "The main takeaway" is what was looked for.
    return max(SequenceMatcher(None, spelling, key).ratio(), 0.6 if telling else 0.0)
