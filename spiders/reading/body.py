"""The article's own text: takeaway, sections, and what no part claims."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from spiders.reading.article_context import ArticleContext
from spiders.reading.model import LIST_ITEM, Reason, Section
from spiders.reading.outline import LONGEST_TEXT_HEADING, Line, Mark, same_words
from spiders.reading.passages import passage_of
from spiders.reading.reading_time import READING_TIME
from spiders.reading.words import comparable, squeeze

_SHORTEST_UNPLACED = 25
_SHORT_TEXT = 80


def read_takeaway(article: ArticleContext) -> str | None:
    """The takeaway as one text; None without one."""
    heading, lines = article.part("takeaway")
    paragraphs = _paragraphs(article, article.whole(lines), "takeaway")
    if paragraphs:
        text = " ".join(text for text, _ in paragraphs)
        article.ledger.won("takeaway", text, "heading" if heading else "selector", _first_text(lines))
        return text
    for claim in article.claims("takeaway"):
        if isinstance(claim.value, str) and claim.value.strip():
            article.ledger.won("takeaway", claim.value, claim.rule, where=claim.where)
            return squeeze(claim.value)
    article.missing("takeaway", "its heading stands on the page without text" if heading else "")
    return None


class _Found(NamedTuple):
    section: Section
    rule: str
    first: Line
    """Its heading, or its first line where a selector gave it without one."""


def read_sections(article: ArticleContext, title: str | None) -> tuple[Section, ...]:
    """The sections in the page's order; a heading that repeats `title` starts none."""
    found = _selected_sections(article)
    for mark in article.outline.marks:
        if mark.part == "copy" or mark.part in article.page.overrides:
            article.marked(mark)
        elif mark.part == "other" or mark.part.startswith("section:"):
            heading = article.outline.heading(mark)
            if mark.part == "other" and title is not None and same_words(heading.text, title):
                continue
            found += _headed_section(article, mark)
    found.sort(key=lambda one: one.first.block.index)
    for number, one in enumerate(found):
        name = f"sections.{one.section.kind}" if one.section.kind != "other" else f"sections[{number}]"
        article.ledger.won(name, one.section.heading or one.first.text, one.rule, one.first)
    present = {one.section.kind for one in found}
    named = {absence.field for absence in article.ledger.absences}
    for key in article.profile.section_order:
        if key not in present and f"sections.{key}" not in named:
            article.missing(f"sections.{key}")
    return tuple(one.section for one in found)


def _headed_section(article: ArticleContext, mark: Mark) -> list[_Found]:
    """The section under a heading; none when there is no text under it."""
    heading, lines = article.marked(mark)
    torn = article.torn
    if torn is not None and len(torn.text) <= LONGEST_TEXT_HEADING and not torn.text.endswith("."):
        # It may have been going to be the next part's heading; those do not end like a sentence.
        lines = article.whole(lines)
    kind = mark.part.removeprefix("section:")
    boilerplate = {line.block.index for line in lines if passage_of(line, None, article.profile)}
    paragraphs = _paragraphs(
        article, [line for line in lines if line.block.index not in boilerplate], f"section: {kind}"
    )
    if paragraphs:
        if article.torn is not None and article.torn in lines:
            article.ledger.absent(f"sections.{kind}", Reason.CUT_OFF, "its text breaks off")
        return [_Found(_section(kind, heading.text, paragraphs), "heading", heading)]
    if mark.part != "other":
        article.missing(f"sections.{kind}", "its heading stands on the page without text")
    return []


def _selected_sections(article: ArticleContext) -> list[_Found]:
    """The sections that the profile's selectors give, with or without a heading of their own on the page."""
    found = []
    for kind in article.profile.section_order:
        lines = article.page.overrides.get(f"section:{kind}", [])
        paragraphs = _paragraphs(article, lines, f"section: {kind}")
        if paragraphs:
            mark = article.outline.known.get(f"section:{kind}")
            heading = article.outline.heading(mark).text if mark else None
            found.append(_Found(_section(kind, heading, paragraphs), "selector", lines[0]))
            article.placed.update(line.block.index for line in lines)
    return found


def _section(kind: str, heading: str | None, paragraphs: Sequence[tuple[str, bool]]) -> Section:
    items = tuple(item for _, item in paragraphs)
    return Section(kind, heading, tuple(text for text, _ in paragraphs), items if any(items) else ())


def read_unplaced(article: ArticleContext, title: str | None) -> tuple[str, ...]:
    """Text of the article's area that nothing claimed, once each."""
    before = article.outline.lines[: article.outline.start]
    long_before = [
        line for line in before if len(line.text) > _SHORT_TEXT and not line.block.chrome and not line.href
    ]
    texts: dict[str, str] = {}
    for line in [*long_before, *sorted(article.stray, key=lambda line: line.block.index)]:
        index = line.block.index
        if index in article.ledger.takes or not line.is_text or line.block.hidden or line.href:
            continue
        if len(line.text) < _SHORTEST_UNPLACED or _is_furniture(article, line):
            continue
        if title is not None and same_words(title, line.text):
            continue
        article.ledger.take(line, "unplaced")
        texts.setdefault(comparable(line.text), line.text)
    return tuple(texts.values())


def _paragraphs(article: ArticleContext, lines: Sequence[Line], what: str) -> list[tuple[str, bool]]:
    """The text of a part: its paragraphs as printed, and for each whether it is a list item."""
    paragraphs: list[tuple[str, bool]] = []
    for line in lines:
        if not line.is_text or line.part or line.block.index in article.placed:
            continue
        if _is_furniture(article, line):
            continue
        if line.block.hidden and comparable(line.text) in article.visible_texts:
            continue  # a copy counts once
        article.ledger.take(line, what)
        is_item = line.block.role is LIST_ITEM
        if line.block.after_br and paragraphs and not is_item:
            paragraphs[-1] = (f"{paragraphs[-1][0]} {line.text}", paragraphs[-1][1])
        else:
            paragraphs.append((line.text, is_item))
    return paragraphs


def _is_furniture(article: ArticleContext, line: Line) -> bool:
    """Buttons and labels that stand in a part without being its text."""
    if article.is_label(line):
        return True
    if line.href is not None and line.href.startswith("#"):
        return True  # a table of contents, "Back to top"
    if line.text[0] == "©" or (len(line.text) <= 40 and READING_TIME.search(line.text)):
        return True
    return line.block.style.startswith("button") and len(line.text) <= 40


def _first_text(lines: Sequence[Line]) -> Line | None:
    return next((line for line in lines if line.is_text), None)
