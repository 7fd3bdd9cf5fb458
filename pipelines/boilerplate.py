"""The second step: passages known to be boilerplate leave the article's own text.

The reader takes boilerplate out where it stands. The same passage can stand on a page a second time, hidden
or in another part (a clone for small screens, a copy in a framework's state): that copy is no text of the
article either. What only counting over the whole archive can tell is the archive's business.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from storage.records import ArticleRecord, PageRecord, PassageRecord, SectionRecord


class SeparateBoilerplate:
    """Scrapy's door to `separate`. Items that are no `PageRecord` pass unchanged."""

    def process_item(self, item: Any) -> Any:
        """`PageRecord` in, `PageRecord` out."""
        return separate(item) if isinstance(item, PageRecord) else item


def separate(record: PageRecord) -> PageRecord:
    """The record with each boilerplate passage once, and in no section. Pure."""
    article = record.article
    if article is None or not article.boilerplate:
        return record
    passages: dict[str, PassageRecord] = {}
    for passage in article.boilerplate:
        passages.setdefault(passage.text, passage)
    sections = tuple(
        section
        for section in (_without(section, passages) for section in article.sections)
        if section is not None
    )
    unplaced = tuple(text for text in article.unplaced if text not in passages)
    if _unchanged(article, passages, sections, unplaced):
        return record
    return replace(
        record,
        article=replace(article, sections=sections, unplaced=unplaced, boilerplate=tuple(passages.values())),
    )


def _without(section: SectionRecord, passages: dict[str, PassageRecord]) -> SectionRecord | None:
    """The section without those paragraphs; None when it held nothing else."""
    kept = [
        (text, bool(section.list_items) and section.list_items[number])
        for number, text in enumerate(section.paragraphs)
        if text not in passages
    ]
    if len(kept) == len(section.paragraphs):
        return section
    if not kept:
        return None
    return replace(
        section,
        paragraphs=tuple(text for text, _ in kept),
        list_items=tuple(item for _, item in kept) if any(item for _, item in kept) else (),
    )


def _unchanged(
    article: ArticleRecord,
    passages: dict[str, PassageRecord],
    sections: tuple[SectionRecord, ...],
    unplaced: tuple[str, ...],
) -> bool:
    return (
        len(passages) == len(article.boilerplate)
        and sections == article.sections
        and unplaced == article.unplaced
    )
