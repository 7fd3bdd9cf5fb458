"""How an article closes: the boilerplate, and the journal that it names."""

from __future__ import annotations

from collections.abc import Sequence

from spiders.reading.article_context import ArticleContext
from spiders.reading.model import Passage, Reason, Source
from spiders.reading.outline import Line, same_words
from spiders.reading.passages import passage_of, passages_under, slot_value
from spiders.reading.tree import text_of
from spiders.reading.words import comparable, squeeze

_SHORT_TEXT = 80


def read_boilerplate(article: ArticleContext) -> list[tuple[Passage, Line]]:
    """The boilerplate's passages in the page's order, once each, with their lines."""
    heading, lines = article.part("boilerplate")
    words = heading.text if heading else None
    found = passages_under(_without_copies(article, lines), words, article.profile)
    taken = {line.block.index for _, line in found}
    article.stray += [line for line in lines if line.block.index not in taken]
    found = [entry for entry in found if entry[1] is not article.torn]
    for line in article.whole(article.outline.lines):
        if line.block.index not in taken and line.is_text and len(line.text) > _SHORT_TEXT:
            passage = passage_of(line, words, article.profile)
            if passage:
                found.append((passage, line))
    found.sort(key=lambda entry: entry[1].block.index)
    once: dict[str, tuple[Passage, Line]] = {}
    for passage, line in found:
        article.ledger.take(line, "boilerplate")
        article.placed.add(line.block.index)
        once.setdefault(comparable(passage.text), (passage, line))
    if not once:
        article.missing("boilerplate")
    elif heading is None:
        last = max(line.block.index for _, line in found)
        article.stray += [
            line for line in article.outline.lines if line.block.index > last and not line.block.chrome
        ]
    return list(once.values())


def _without_copies(article: ArticleContext, lines: Sequence[Line]) -> list[Line]:
    """Lines without those that stand further up, too: a copy of a card or a section is no passage."""
    first: dict[str, Line] = {}
    for line in article.outline.lines:
        first.setdefault(comparable(line.text), line)
    return [line for line in lines if first[comparable(line.text)] is line]


def read_journal(
    article: ArticleContext, boilerplate: Sequence[tuple[Passage, Line]], source: Source | None
) -> str | None:
    """The journal: by the profile's selector, the boilerplate's slot, "More Details", structured data.

    `boilerplate` is what `read_boilerplate` gives; None when nothing names a journal.
    """
    value, line = slot_value(boilerplate, "journal")
    claims = [(claim.value, claim) for claim in article.claims("journal") if isinstance(claim.value, str)]
    selected = _selected_journal(article)
    if selected:
        if value and not same_words(selected, value):
            article.ledger.lost("journal", value, "boilerplate-slot", line)
        value = selected
        article.ledger.won("journal", value, "selector", where=article.profile.selectors["journal"])
    elif value:
        article.ledger.won("journal", value, "boilerplate-slot", line)
    elif source is not None and source.journal:
        value = source.journal
        article.ledger.as_of("journal", value, "more-details", "source.journal", won=True)
    elif claims:
        value = squeeze(claims[0][0])
        article.ledger.won("journal", value, claims[0][1].rule, where=claims[0][1].where)
    elif value == "":
        article.ledger.absent("journal", Reason.UNREADABLE, "its place in the boilerplate is empty")
        return None
    else:
        article.missing("journal", "no boilerplate sentence names one")
        return None
    for other, claim in claims:
        if not same_words(other, value):
            article.ledger.lost("journal", other, claim.rule, where=claim.where)
    if source is not None and source.journal and not same_words(source.journal, value):
        article.ledger.as_of("journal", source.journal, "more-details", "source.journal", won=False)
    return value


def _selected_journal(article: ArticleContext) -> str:
    """The text of the first element with any that the profile's selector names; "" without."""
    texts = (squeeze(text_of(element)) for element in article.page.selected.get("journal", ()))
    return next(filter(None, texts), "")
