"""The article's own text: takeaway, sections, and what no part claims."""

from __future__ import annotations

from collections.abc import Sequence

from spiders.reading.article_context import ArticleContext
from spiders.reading.model import Reason, Role, Section
from spiders.reading.outline import Line, same_words
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


def read_sections(article: ArticleContext, title: str | None) -> tuple[Section, ...]:
    """The sections in the page's order; a heading that repeats `title` starts none."""
    sections: list[Section] = []
    for mark in article.outline.marks:
        if mark.part != "other" and not mark.part.startswith("section:"):
            if mark.part == "copy":
                article.marked(mark)
            continue
        heading = article.outline.heading(mark)
        if mark.part == "other" and title is not None and same_words(heading.text, title):
            continue
        heading, lines = article.marked(mark)
        kind = mark.part.removeprefix("section:")
        if mark.part in article.page.overrides:
            lines = article.page.overrides[mark.part]
        boilerplate = {line.block.index for line in lines if passage_of(line, None, article.profile)}
        paragraphs = _paragraphs(
            article, [line for line in lines if line.block.index not in boilerplate], f"section: {kind}"
        )
        if not paragraphs:
            if mark.part != "other":
                article.missing(
                    mark.part.replace("section:", "sections."),
                    "its heading stands on the page without text",
                )
            continue
        items = tuple(item for _, item in paragraphs)
        sections.append(
            Section(kind, heading.text, tuple(text for text, _ in paragraphs), items if any(items) else ())
        )
        if article.torn is not None and article.torn in lines:
            article.ledger.absent(f"sections.{kind}", Reason.CUT_OFF, "its text breaks off")
        name = f"sections.{kind}" if kind != "other" else f"sections[{len(sections) - 1}]"
        article.ledger.won(name, heading.text, "heading", heading)
    present = {section.kind for section in sections}
    named = {absence.field for absence in article.ledger.absences}
    for key in article.profile.section_order:
        if key not in present and f"sections.{key}" not in named:
            article.missing(f"sections.{key}")
    return tuple(sections)


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
        is_item = line.block.role is Role.LIST_ITEM
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
