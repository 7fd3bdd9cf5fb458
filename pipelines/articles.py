"""From a summary's reading to the records of its article and its cards."""

from __future__ import annotations

from pipelines.grouping import body_digest, normal_journal, normal_topic
from spiders.reading.addresses import article_id
from spiders.reading.model import Card, PartialDate, Rating, Reading, Source
from spiders.reading.profile import SiteProfile
from storage.records import (
    AbsenceRecord,
    ArticleRecord,
    CardRecord,
    DateRecord,
    EvidenceRecord,
    JournalRecord,
    PassageRecord,
    RatingRecord,
    SectionRecord,
    SourceRecord,
    TopicRecord,
)


def article_record(reading: Reading, url: str | None, profile: SiteProfile) -> ArticleRecord:
    """An article as one page shows it. `url` is the address it is known by; None when unknown."""
    published = _date(reading.published)
    rule = next((claim.rule for claim in reading.evidence if claim.field == "published" and claim.won), None)
    return ArticleRecord(
        article_id=article_id(url, profile),
        url=url,
        title=reading.title,
        takeaway=reading.takeaway,
        credibility=_rating(reading.credibility),
        interest=_rating(reading.interest),
        reading_minutes=reading.reading_minutes,
        sections=tuple(
            SectionRecord(section.kind, section.heading, section.paragraphs, section.list_items)
            for section in reading.sections
        ),
        topics=None
        if reading.topics is None
        else tuple(
            TopicRecord(topic.text, normal_topic(topic.text), topic.uncertain) for topic in reading.topics
        ),
        journal=None
        if reading.journal is None
        else JournalRecord(reading.journal, normal_journal(reading.journal)),
        source=_source(reading.source),
        published=published,
        published_rule=(rule or "page") if published is not None else None,
        description=reading.description,
        boilerplate=tuple(
            PassageRecord(passage.text, passage.template, passage.slots, passage.heading)
            for passage in reading.boilerplate
        ),
        unplaced=reading.unplaced,
        absences=tuple(
            AbsenceRecord(absence.field, str(absence.reason), absence.detail) for absence in reading.absences
        ),
        evidence=tuple(
            EvidenceRecord(claim.field, claim.value, claim.rule, claim.block, claim.where, claim.won)
            for claim in reading.evidence
        ),
        body_digest=body_digest(reading.takeaway, reading.sections),
    )


def card_records(cards: tuple[Card, ...], profile: SiteProfile) -> tuple[CardRecord, ...]:
    """Cards with the id of the article each points to."""
    return tuple(
        CardRecord(
            position=card.position,
            title=card.title,
            url=card.url,
            article_id=article_id(card.url, profile),
            date=_date(card.date),
            teaser=card.teaser,
            image=card.image,
        )
        for card in cards
    )


def _date(date: PartialDate | None) -> DateRecord | None:
    return None if date is None else DateRecord(date.raw, date.iso, date.precision)


def _rating(rating: Rating | None) -> RatingRecord | None:
    return None if rating is None else RatingRecord(rating.value, rating.scale, rating.raw)


def _source(source: Source | None) -> SourceRecord | None:
    if source is None:
        return None
    return SourceRecord(
        title=source.title,
        authors=source.authors,
        journal=source.journal,
        published=_date(source.published),
        doi=source.doi,
        pmid=source.pmid,
        url=source.url,
    )
