"""A reading as a person sees it: blocks, fields, evidence, cards, and what was looked for in vain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crawler.diagnosis import Missing, headings_seen
from crawler.terminal import Column, Sheet
from spiders.reading.model import (
    Absence,
    Block,
    Card,
    Evidence,
    PageKind,
    PartialDate,
    Rating,
    Reading,
    Section,
)
from spiders.reading.profile import SiteProfile

_BLOCK_TEXT = 300
_QUOTE = 70
_LABEL = 23


def show_reading(
    reading: Reading,
    missing: Sequence[Missing],
    profile: SiteProfile,
    page: str,
    size: int,
    note: str | None,
    *,
    blocks: bool,
) -> None:
    """Print everything that reading a page gave. `page` is what the user called it, `size` its bytes."""
    sheet = Sheet()
    sheet.text(page, style="bold")
    verdict = reading.kind.value + (f": {reading.reason}" if reading.reason else "")
    sheet.text(f"read as {verdict}", style="green" if reading.kind is PageKind.SUMMARY else "yellow")
    sheet.text(
        f"{size:,} bytes of {reading.form}, {len(reading.blocks)} blocks; profile {profile.name}, "
        f"reader {reading.reader_version}"
    )
    if note:
        sheet.text(note, style="yellow")
    if blocks:
        _blocks(sheet, reading)
    _fields(sheet, reading)
    _cards(sheet, reading.cards)
    _boilerplate(sheet, reading)
    if reading.unplaced:
        sheet.heading("Text of the article that no part claims")
        for text in reading.unplaced:
            sheet.text(text, indent=2, mark="- ")
    _missing(sheet, reading, missing)


def _blocks(sheet: Sheet, reading: Reading) -> None:
    hidden = sum(block.hidden for block in reading.blocks)
    chrome = sum(block.chrome for block in reading.blocks)
    sheet.heading(f"Blocks ({hidden} hidden: h, {chrome} in the page's frame: f)")
    takes: dict[int, list[str]] = {}
    for index, take in reading.takes:
        takes.setdefault(index, []).append(take)
    sheet.table(
        [
            Column("#", "right"),
            Column("Role"),
            Column("Taken for", style="cyan", grow=1),
            Column("Text", grow=2),
        ],
        [
            (
                str(block.index),
                _role(block),
                ", ".join(takes.get(block.index, ["-"])),
                shortened(_content(block), _BLOCK_TEXT),
            )
            for block in reading.blocks
        ],
    )


def _role(block: Block) -> str:
    name = f"heading {block.level}" if block.level else block.role.value.replace("_", " ")
    flags = [flag for flag, is_set in (("h", block.hidden), ("f", block.chrome)) if is_set]
    return " ".join([name, *flags])


def _content(block: Block) -> str:
    target = block.href or block.src
    return f"{block.text} -> {target}" if target else block.text


def _fields(sheet: Sheet, reading: Reading) -> None:
    sheet.heading("Fields")
    absent = {absence.field: _why(absence) for absence in reading.absences}
    values = dict(_values(reading))
    values |= {name: None for name in absent if name not in values and not name.startswith("cards")}
    claims = list(reading.evidence)
    for name, value in values.items():
        if value is not None:
            sheet.pair(name, value, width=_LABEL, indent=2)
        else:
            sheet.pair(name, absent.get(name, "absent"), width=_LABEL, indent=2, style="yellow")
        own = [
            claim
            for claim in claims
            if claim.field == name or claim.field.startswith((f"{name}.", f"{name}["))
        ]
        _evidence(sheet, own, name)
        claims = [claim for claim in claims if claim not in own]
    for claim in claims:
        if not claim.field.startswith(("cards", "boilerplate")):
            sheet.pair(claim.field, "", width=_LABEL, indent=2)
            _evidence(sheet, [claim], claim.field)


def _why(absence: Absence) -> str:
    detail = f" ({absence.detail})" if absence.detail else ""
    return f"absent: {absence.reason.value}{detail}"


def _evidence(sheet: Sheet, claims: Sequence[Evidence], field: str) -> None:
    """One line a claim; the parts of a list that come from one place, by one rule, share theirs."""
    lines: dict[str, list[str]] = {}
    for claim in claims:
        block = [] if claim.block is None else [f"block {claim.block}"]
        place = ", ".join([*block, *([claim.where] if claim.where else [])])
        found = f"by {claim.rule}" + (f" ({place})" if place else "")
        if not claim.won:
            found = f"not taken: “{shortened(claim.value, _QUOTE)}” {found}"
        lines.setdefault(found, []).append(claim.field.removeprefix(field))
    for found, parts in lines.items():
        part = "" if len(parts) > 1 or not parts[0] else f"{parts[0].lstrip('.')} "
        style = "magenta" if found.startswith("not taken") else "dim"
        sheet.text(f"{part}{found}", indent=_LABEL + 3, style=style)


def _values(reading: Reading) -> Iterator[tuple[str, str | None]]:
    yield "url", reading.url
    yield "article_id", reading.article_id
    yield "title", reading.title
    yield "credibility", _rating(reading.credibility)
    yield "interest", _rating(reading.interest)
    yield "reading_minutes", None if reading.reading_minutes is None else f"{reading.reading_minutes} min"
    yield "takeaway", reading.takeaway
    for number, section in enumerate(reading.sections):
        name = f"sections[{number}]" if section.kind in ("other", "lead") else f"sections.{section.kind}"
        yield name, _section(section)
    yield (
        "topics",
        None
        if reading.topics is None
        else " | ".join(
            topic.text + (" (uncertain: may be several)" if topic.uncertain else "")
            for topic in reading.topics
        ),
    )
    yield "journal", reading.journal
    source = reading.source
    if source is None:
        yield "source", None
    else:
        yield "source.title", source.title
        yield "source.authors", "; ".join(source.authors) or None
        yield "source.journal", source.journal
        yield "source.published", _date(source.published)
        yield "source.doi", source.doi
        yield "source.pmid", source.pmid
        yield "source.url", source.url
    yield "published", _date(reading.published)
    yield "description", reading.description


def _section(section: Section) -> str:
    heading = "(no heading)" if section.heading is None else f"“{section.heading}”"
    items = section.list_items or (False,) * len(section.paragraphs)
    text = " ¶ ".join(
        ("* " if item else "") + part for part, item in zip(section.paragraphs, items, strict=False)
    )
    return f"{heading} {text}"


def _rating(rating: Rating | None) -> str | None:
    return None if rating is None else f"{rating.value:g} of {rating.scale:g} (printed: {rating.raw})"


def _date(date: PartialDate | None) -> str | None:
    if date is None:
        return None
    if date.iso is None:
        return f"“{date.raw}”, which is no date"
    return f"{date.iso} (to the {date.precision}; printed: {date.raw})"


def _cards(sheet: Sheet, cards: Sequence[Card]) -> None:
    if not cards:
        return
    sheet.heading(f"Cards ({len(cards)})")
    for card in cards:
        sheet.text(card.title or "(no title)", mark=f"{card.position:>3}. ")
        for label, value in (
            ("date", _date(card.date)),
            ("teaser", card.teaser),
            ("url", card.url),
            ("image", card.image),
        ):
            if value is not None:
                sheet.pair(label, value, width=7, indent=5)


def _boilerplate(sheet: Sheet, reading: Reading) -> None:
    if not reading.boilerplate:
        return
    sheet.heading(f"Boilerplate ({len(reading.boilerplate)} passages)")
    for passage in reading.boilerplate:
        sheet.text(passage.template, indent=2, mark="- ")
        for name, value in passage.slots:
            sheet.pair(name, value, width=10, indent=6, style="cyan")


def _missing(sheet: Sheet, reading: Reading, missing: Sequence[Missing]) -> None:
    if reading.kind is not PageKind.SUMMARY and reading.kind is not PageKind.LISTING:
        sheet.heading("Headings on the page")
        for block in headings_seen(reading):
            sheet.text(block.text, mark=f"{block.index:>4}  ")
        if not headings_seen(reading):
            sheet.text("none is marked up as one", indent=2)
    if not missing or reading.kind is PageKind.LISTING:
        return
    sheet.heading("Looked for in vain")
    for part in missing:
        sheet.text(f"{part.part}: {', '.join(part.spellings)}", indent=2)
        for near in part.near:
            sheet.text(
                f"block {near.block} has “{near.text}”: if that is it, add it to {part.table} in the profile",
                indent=6,
                style="cyan",
            )


def shortened(text: str, length: int) -> str:
    """Text of at most `length` characters; what is cut shows as an ellipsis."""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
