"""One article whole, read-only: its current revision, and all that the archive knows around it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Any, TypeVar, cast

from sqlalchemy import Connection, text

from storage.queries import json_list

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class SectionText:
    """A section without its boilerplate."""

    kind: str
    heading: str | None
    text: str
    """Paragraphs, an empty line between them."""


@dataclass(frozen=True, slots=True)
class TopicRow:
    """A topic as printed."""

    topic: str
    uncertain: int
    """1 when it may be several topics whose borders no capture shows, else 0."""


@dataclass(frozen=True, slots=True)
class UnplacedRow:
    """A paragraph that no part of the page claims."""

    text: str


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card that the article's page showed when it was last seen."""

    position: int
    title: str | None
    target_id: str | None
    url: str | None
    date: str | None
    date_raw: str | None
    teaser: str | None


@dataclass(frozen=True, slots=True)
class BoilerplateRow:
    """A boilerplate passage on the article's pages."""

    template: str
    heading: str | None
    slots: dict[str, str]


@dataclass(frozen=True, slots=True)
class CaptureRow:
    """One fetch or imported file that shows the article."""

    id: int
    captured_at: str
    origin: str
    url: str | None
    file_name: str | None
    revision: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """The article's content at a time."""

    number: int
    first_seen_at: str
    last_seen_at: str
    title: str | None


@dataclass(frozen=True, slots=True)
class AbsenceRow:
    """A field without a value, and why."""

    field: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class ArticleDetail:
    """One article whole: its current revision, and all that the archive knows around it."""

    fields: dict[str, Any]
    """The row of the view `articles`; `topics` and `source_authors` as tuples of text, or None."""
    sections: tuple[SectionText, ...]
    topics: tuple[TopicRow, ...]
    unplaced: tuple[UnplacedRow, ...]
    cards: tuple[CardRow, ...]
    boilerplate: tuple[BoilerplateRow, ...]
    absences: tuple[AbsenceRow, ...]
    revisions: tuple[RevisionRow, ...]
    captures: tuple[CaptureRow, ...]
    """Latest first."""


def article(connection: Connection, site: str, key: str) -> ArticleDetail | None:
    """One article whole; None when there is none of that key."""
    asked = {"site": site, "key": key}
    row = (
        connection.execute(text("SELECT * FROM articles WHERE site = :site AND key = :key"), asked)
        .mappings()
        .first()
    )
    if row is None:
        return None
    fields = dict(row)
    fields["topics"] = json_list(fields["topics"])
    fields["source_authors"] = json_list(fields["source_authors"])

    def rows(kind: type[Row], view: str, order: str = "position") -> tuple[Row, ...]:
        columns = ", ".join(field.name for field in dataclass_fields(cast(Any, kind)))
        statement = f"SELECT {columns} FROM {view} WHERE article_key = :key AND site = :site ORDER BY {order}"
        return tuple(kind(*values) for values in connection.execute(text(statement), asked))

    return ArticleDetail(
        fields=fields,
        sections=rows(SectionText, "article_sections"),
        topics=rows(TopicRow, "article_topics"),
        unplaced=rows(UnplacedRow, "article_unplaced"),
        cards=rows(CardRow, "article_cards"),
        boilerplate=_boilerplate(connection, asked),
        absences=tuple(
            AbsenceRow(*values)
            for values in _of_revision(
                connection,
                "x.field, x.reason, x.detail",
                "absence x ON x.revision_id = r.id",
                "x.field",
                asked,
            )
        ),
        revisions=_revisions(connection, asked),
        captures=rows(CaptureRow, "captures", "captured_at DESC, id DESC"),
    )


def _boilerplate(connection: Connection, asked: dict[str, str]) -> tuple[BoilerplateRow, ...]:
    found = _of_revision(
        connection,
        "b.template, b.heading, x.slots",
        "revision_boilerplate x ON x.revision_id = r.id "
        "JOIN boilerplate_passage b ON b.id = x.boilerplate_id",
        "x.position",
        asked,
    )
    return tuple(BoilerplateRow(template, heading, json.loads(slots)) for template, heading, slots in found)


def _of_revision(
    connection: Connection, columns: str, joined: str, order: str, asked: dict[str, str]
) -> list[tuple[Any, ...]]:
    """Rows that belong to the article's current revision and have no public view of their own."""
    statement = (
        f"SELECT {columns} FROM article a JOIN revision r ON r.article_key = a.id AND r.is_current = 1 "
        f"JOIN {joined} WHERE a.site = :site AND a.key = :key ORDER BY {order}"
    )
    return [tuple(row) for row in connection.execute(text(statement), asked)]


def _revisions(connection: Connection, asked: dict[str, str]) -> tuple[RevisionRow, ...]:
    statement = (
        "SELECT r.number, r.first_seen_at, r.last_seen_at, r.title FROM article a "
        "JOIN revision r ON r.article_key = a.id WHERE a.site = :site AND a.key = :key ORDER BY r.number"
    )
    return tuple(RevisionRow(*row) for row in connection.execute(text(statement), asked))
