"""What a page's reading had and lacked, by field: to tell a site that has changed from a page that has."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from spiders.page import Page
from spiders.reading.model import Block, Card, Obstacle, PageKind, Reading, Reason
from spiders.reading.profile import SiteProfile
from storage.records import PAGE, FieldsRecord

_PLAIN = (
    "title", "takeaway", "credibility", "interest", "reading_minutes", "topics", "journal", "source",
    "published", "description", "cards",
)  # fmt: skip
_SOURCE = ("title", "authors", "journal", "published", "doi", "pmid", "url")
_MOST = 0.75
"""Share of a page's cards that must have a date, say, for the page to show dates on its cards."""


def fields_record(page: Page, profile: SiteProfile) -> FieldsRecord | None:
    """What the reading of a page had; None for what was not read, did not come whole, or is none of the
    site's pages but stands in their place (a login wall, say). Pure.

    A page that is not read as a summary lacks the field `page` and no other: which parts it misses, nobody
    can tell.
    """
    reading = page.reading
    if reading is None or page.fetched.truncated is not None:
        return None
    if page.obstacle not in (None, Obstacle.SHELL):
        return None
    if reading.kind is PageKind.SUMMARY:
        return _of_summary(reading, profile)
    shown = set(_of_cards(reading.cards))
    lacking = {PAGE, *({"cards"} - shown), *(_card_fields(reading.cards) - shown)}
    leads_on = any(
        found.kind == "article" and found.via in ("listing", "card", "link") for found in page.found
    )
    (shown if leads_on else lacking).add("links")
    return FieldsRecord(f"{reading.form} {reading.kind}", tuple(sorted(shown)), tuple(sorted(lacking)))


def _of_summary(reading: Reading, profile: SiteProfile) -> FieldsRecord:
    shown = {PAGE, *(name for name in _PLAIN if getattr(reading, name)), *_of_cards(reading.cards)}
    shown |= {f"sections.{section.kind}" for section in reading.sections if section.paragraphs}
    wanted = {*_PLAIN, *_card_fields(reading.cards)}
    if reading.source is not None:  # where it is not, its parts go without saying
        wanted |= {f"source.{name}" for name in _SOURCE}
        shown |= {f"source.{name}" for name in _SOURCE if getattr(reading.source, name)}
    wanted |= {part.replace("section:", "sections.") for part in profile.parts.values() if ":" in part}
    unknown = {absence.field for absence in reading.absences if absence.reason is Reason.CAPTURE_CANNOT_SHOW}
    if any(absence.reason is Reason.CUT_OFF for absence in reading.absences):
        unknown = wanted  # what has no part on the page may have been behind the cut
    lacking = wanted - shown - unknown
    known = {name for name in shown if name in wanted or name == PAGE}
    return FieldsRecord(_layout(reading), tuple(sorted(known)), tuple(sorted(lacking)))


def _card_fields(cards: tuple[Card, ...]) -> set[str]:
    return {"cards.title", "cards.link", "cards.date", "cards.teaser"} if cards else set()


def _of_cards(cards: tuple[Card, ...]) -> Iterator[str]:
    if not cards:
        return
    yield "cards"
    had = Counter[str]()
    for card in cards:
        had["cards.title"] += card.title is not None
        had["cards.link"] += card.url is not None
        had["cards.date"] += card.date is not None and card.date.iso is not None
        had["cards.teaser"] += card.teaser is not None
    yield from (name for name, number in had.items() if number >= _MOST * len(cards))


def _layout(reading: Reading) -> str:
    """The page's template, by the elements that title and headings stand in: class names come and go."""
    blocks = reading.blocks  # a block's index is its place
    titles = [_element(blocks[index]) for index, taken in reading.takes if taken == "title"]
    heads = Counter(
        _element(blocks[index]) for index, taken in reading.takes if taken.startswith("heading: ")
    )
    del heads[""]
    best = min(heads, key=lambda name: (-heads[name], name)) if heads else "-"
    return f"{reading.form} {reading.kind} {titles[-1] or '-' if titles else '-'}/{best}"


def _element(block: Block) -> str:
    return block.style.partition("/")[0].partition(".")[0]


__all__ = ["fields_record"]
