"""From an article as an export has it to the records that the archive's writer takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from storage.content import Claim, Content, Lack, Paragraph, Part
from storage.records import (
    AbsenceRecord,
    CardRecord,
    DateRecord,
    EvidenceRecord,
    JournalRecord,
    RatingRecord,
    SourceRecord,
    TopicRecord,
)

RULE = "export"
"""The rule by which a value that came from an export was found."""
Document = Mapping[str, Any]
BodyDigest = Callable[[str | None, Sequence[tuple[str, tuple[str, ...]]]], str]
"""Makes `ArticleRecord.body_digest` of a takeaway and (kind, paragraphs) of sections."""


def contents_of(document: Document, body_digest: BodyDigest) -> dict[int, Content]:
    """Revision -> its content."""
    if "article_revisions" not in document:
        parts = _parts(document["article_sections"], document["article_unplaced"])
        content = _content(
            document, parts, document["article_topics"], document["article_absences"], body_digest
        )
        return {document["revision"]: content}
    found = {}
    for row in document["article_revisions"]:
        number = row["revision"]
        sections, topics, absences = (
            [one for one in document[name] if one["revision"] == number]
            for name in ("revision_sections", "revision_topics", "revision_absences")
        )
        found[number] = _content(row, _parts(sections, ()), topics, absences, body_digest)
    return found


def _parts(sections: Sequence[Document], unplaced: Sequence[Document]) -> tuple[Part, ...]:
    parts = [
        Part(row["position"], row["kind"], row["heading"], _paragraphs(row["text"] or "")) for row in sections
    ]
    if unplaced:
        place = max((part.position for part in parts), default=0) + 1
        loose = tuple(Paragraph(row["position"], row["text"]) for row in unplaced)
        parts.append(Part(place, "unplaced", None, loose))
    return tuple(parts)


def _paragraphs(text: str) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(n, one) for n, one in enumerate(text.split("\n\n"), 1)) if text else ()


def _content(
    row: Document,
    parts: tuple[Part, ...],
    topics: Sequence[Document],
    absences: Sequence[Document],
    body_digest: BodyDigest,
) -> Content:
    own = [(part.kind, tuple(one.text for one in part.paragraphs)) for part in parts]
    fields = [name for name in ("title", "takeaway", "credibility", "interest", "journal", "description")
              if row[name] is not None]  # fmt: skip
    fields += [f"sections.{kind}" for kind in dict.fromkeys(kind for kind, _ in own) if kind != "unplaced"]
    fields += [f"topics[{n}]" for n in range(len(topics))]
    fields += [
        f"source.{name}" for name in ("title", "journal", "doi", "pmid", "url") if row[f"source_{name}"]
    ]
    return Content(
        title=row["title"],
        takeaway=row["takeaway"],
        credibility=_rating(row, "credibility"),
        interest=_rating(row, "interest"),
        topics=None
        if row["topics"] is None
        else tuple(TopicRecord(one["topic"], one["topic_group"], one["uncertain"]) for one in topics),
        journal=None if row["journal"] is None else JournalRecord(row["journal"], row["journal_group"]),
        source=_source(row),
        parts=parts,
        reading_minutes=row["reading_minutes"],
        description=row["description"],
        links=(),
        lacks=tuple(
            Lack(AbsenceRecord(one["field"], one["reason"], one["detail"] or "")) for one in absences
        ),
        claims=tuple(
            Claim(EvidenceRecord(name, str(row.get(name) or ""), RULE, None, f"$.{name}", True))
            for name in fields
        ),
        body_digest=body_digest(row["takeaway"], own),
        reader_version=row.get("reader_version"),
    )


def _rating(row: Document, name: str) -> RatingRecord | None:
    if row[name] is None:
        return None
    return RatingRecord(row[name], row[f"{name}_scale"], f"{row[name]:g}/{row[f'{name}_scale']:g}")


def _source(row: Document) -> SourceRecord | None:
    values = {name: row[f"source_{name}"] for name in ("title", "journal", "doi", "pmid", "url")}
    authors, raw = tuple(row["source_authors"] or ()), row["source_published_raw"]
    if not any(values.values()) and not authors and raw is None:
        return None
    date = None if raw is None else _dated(raw, row["source_published_on"])
    return SourceRecord(authors=authors, published=date, **values)


def card_of(row: Document) -> CardRecord:
    """A row of article_cards as a card."""
    date = None if row["date_raw"] is None else _dated(row["date_raw"], row["date"])
    return CardRecord(
        row["position"], row["title"], row["url"], row["target_id"], date, row["teaser"], row["image"]
    )


def date_of(row: Document, name: str) -> DateRecord | None:
    """The date that the columns `name`_raw and `name`_on hold; None without."""
    raw = row[f"{name}_raw"]
    return None if raw is None else _dated(raw, row[f"{name}_on"])


def _dated(raw: str, iso: str | None) -> DateRecord:
    """A date as printed, with the precision that its ISO text has."""
    if iso is None:
        return DateRecord(raw, None, None)
    return DateRecord(raw, iso, "day" if len(iso) == 10 else "month" if len(iso) == 7 else "year")
