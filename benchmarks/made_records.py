"""What a made archive stores of an article: the records that the pipelines would have made of its page."""

from __future__ import annotations

from benchmarks.made_texts import MadeArticle
from crawler.samplesite.content import SECTIONS, words
from crawler.samplesite.model import slug_of
from pipelines.grouping import body_digest, normal_journal, normal_topic
from spiders.reading.model import Section
from storage.records import (
    AbsenceRecord,
    ArticleRecord,
    CardRecord,
    EvidenceRecord,
    JournalRecord,
    PassageRecord,
    RatingRecord,
    SectionRecord,
    TopicRecord,
)

ORIGIN = "http://127.0.0.1"
_KINDS = ("findings", "audience", "considerations")
_ABSENT = "not on the page"


def path_of(article: MadeArticle) -> str:
    """The path of an article's page."""
    return f"/news/view/{slug_of(article.title)}-{article.id}"


def article_record(article: MadeArticle) -> ArticleRecord:
    """The record of an article's page."""
    sections = [
        Section(kind, heading, (text,))
        for kind, (_, heading), text in zip(_KINDS, SECTIONS, article.sections, strict=True)
    ]
    lacking = ["source", "reading_minutes", "published"]
    lacking += [] if article.topics else ["topics"]
    lacking += [] if article.credibility is not None else ["credibility", "interest"]
    return ArticleRecord(
        article_id=article.id,
        url=ORIGIN + path_of(article),
        title=article.title,
        takeaway=article.takeaway,
        credibility=_rating(article.credibility),
        interest=_rating(article.interest),
        reading_minutes=None,
        sections=tuple(SectionRecord(part.kind, part.heading, part.paragraphs) for part in sections),
        topics=tuple(TopicRecord(topic, normal_topic(topic)) for topic in article.topics) or None,
        journal=JournalRecord(article.journal, normal_journal(article.journal)),
        source=None,
        published=None,
        published_rule=None,
        description=article.description,
        boilerplate=_boilerplate(article.journal),
        unplaced=(),
        absences=tuple(AbsenceRecord(field, _ABSENT) for field in lacking),
        evidence=tuple(_evidence(article)),
        body_digest=body_digest(article.takeaway, sections),
    )


def card_record(position: int, article: MadeArticle) -> CardRecord:
    """A card that points to an article."""
    return CardRecord(
        position,
        article.title,
        ORIGIN + path_of(article),
        article.id,
        article.published,
        article.teaser,
        None,
    )


def _rating(value: int | None) -> RatingRecord | None:
    return None if value is None else RatingRecord(float(value), 5.0, f"<meter value={value} max=5>")


def _boilerplate(journal: str) -> tuple[PassageRecord, ...]:
    shared = words()
    return tuple(
        PassageRecord(
            passage.replace("{journal}", journal),
            passage,
            (("journal", journal),) if "{journal}" in passage else (),
            shared.closing_heading,
        )
        for passage in shared.closing
    )


def _evidence(article: MadeArticle) -> list[EvidenceRecord]:
    """Where each value stands on the page that `made_captures.article_page` makes."""
    found = [("title", article.title, "h1"), ("takeaway", article.takeaway, "heading")]
    if article.credibility is not None:
        found.append(("credibility", f"{article.credibility}/5", "text"))
        found.append(("interest", f"{article.interest}/5", "text"))
    found += [
        (f"sections.{kind}", heading, "heading") for kind, (_, heading) in zip(_KINDS, SECTIONS, strict=True)
    ]
    if article.topics:
        found.append(("topics", ", ".join(article.topics), "list"))
    found.append(("journal", article.journal, "boilerplate-slot"))
    return [
        EvidenceRecord(field, value, rule, block, f"(//*)[{block + 5}]", True)
        for block, (field, value, rule) in enumerate(found, 1)
    ]
