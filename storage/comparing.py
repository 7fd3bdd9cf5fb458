"""Two revisions of an article side by side, read-only: which fields differ, and the text of each.

A field is compared where both know it: what a capture could not show is no difference.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.content import PARTIAL, UNPLACED, Content, Digests, digests
from storage.db import Db
from storage.names import Names
from storage.records import RatingRecord, SourceRecord
from storage.revisions import Revisions

_HEADS = {
    "credibility": "Credibility", "interest": "Interest", "journal": "Journal", "topics": "Topics",
    "takeaway": "Key takeaway", "source": "The original paper",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RevisionHead:
    """Which revision it is."""

    revision: int
    first_seen_at: str
    last_seen_at: str


@dataclass(frozen=True, slots=True)
class FieldText:
    """A field of two revisions, a paragraph (topic, detail) a line; () where it is absent."""

    field: str
    """As in the view `revision_changes`."""
    before: tuple[str, ...]
    after: tuple[str, ...]
    differs: bool
    heading: str | None
    """What heads it: a section's own heading (the later one), else a word of ours; None for the title, and
    for sections whose heading no capture shows."""


@dataclass(frozen=True, slots=True)
class Compared:
    """Two revisions, and the fields that both know, in the order of a page."""

    before: RevisionHead
    after: RevisionHead
    fields: tuple[FieldText, ...]


def revision_heads(connection: Connection, site: str, key: str) -> tuple[RevisionHead, ...]:
    """The revisions of an article, the earliest first."""
    return tuple(RevisionHead(*row[1:]) for row in _rows(connection, site, key))


def compare(connection: Connection, site: str, key: str, before: int, after: int) -> Compared:
    """Two revisions of an article by their numbers. Raises `KeyError` when there is none of that number."""
    rows = {row[1]: row for row in _rows(connection, site, key)}
    one, other = rows[before], rows[after]
    db = Db(connection)
    revisions = Revisions(db, Names(db))
    old, new = revisions.load(one[0]), revisions.load(other[0])
    return Compared(RevisionHead(*one[1:]), RevisionHead(*other[1:]), _fields(old, new))


def _rows(connection: Connection, site: str, key: str) -> list[tuple[int, int, str, str]]:
    statement = (
        "SELECT r.id, r.number, r.first_seen_at, r.last_seen_at FROM article a "
        "JOIN revision r ON r.article_key = a.id WHERE a.site = :site AND a.key = :key ORDER BY r.number"
    )
    rows = connection.execute(text(statement), {"site": site, "key": key})
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def _fields(old: Content, new: Content) -> tuple[FieldText, ...]:
    one, other = digests(old), digests(new)
    before, after = _texts(old), _texts(new)
    heads = {**_HEADS, **_headings(old), **_headings(new)}
    found = []
    for field in _in_page_order(list(before), list(after)):
        key = field.replace("sections.", "section:")
        known, also = _known(one, key), _known(other, key)
        if known is None or also is None:
            continue
        lines = after.get(field, ())
        # Of what is the same but for spaces or line breaks one form is shown.
        earlier = before.get(field, ()) if known != also else lines
        if earlier or lines:
            found.append(FieldText(field, earlier, lines, known != also, heads.get(field)))
    return tuple(found)


def _known(found: Digests, key: str) -> str | None:
    return found.get(key, None if PARTIAL in found else "")


def _in_page_order(before: list[str], after: list[str]) -> list[str]:
    """Fields of the later page in its order; those that only the earlier had behind their neighbour there."""
    order = list(after)
    for place, field in enumerate(before):
        if field not in order:
            neighbour = before[place - 1] if place else None
            order.insert(order.index(neighbour) + 1 if neighbour in order else 0, field)
    return order


def _texts(content: Content) -> dict[str, tuple[str, ...]]:
    """Every field's lines, in the order of a page."""
    journal = content.journal.name if content.journal else None
    texts: dict[str, tuple[str, ...]] = {
        "title": _line(content.title),
        "credibility": _rating(content.credibility),
        "interest": _rating(content.interest),
        "journal": _line(journal),
        # A set: in another order they are the same.
        "topics": tuple(sorted((t.text for t in content.topics or ()), key=lambda t: (t.casefold(), t))),
        "takeaway": _line(content.takeaway),
    }
    for part in content.parts:
        if part.kind == UNPLACED:
            continue
        name = f"sections.{part.kind}"
        lines = tuple(paragraph.text for paragraph in part.paragraphs)
        headed = _line(part.heading) if part.kind == "other" else ()
        texts[name] = (*texts.get(name, ()), *headed, *lines)
    texts["source"] = _source(content.source)
    return texts


def _headings(content: Content) -> dict[str, str]:
    printed = {f"sections.{part.kind}": part.heading for part in content.own_parts if part.kind != "other"}
    return {field: heading for field, heading in printed.items() if heading is not None}


def _line(value: str | None) -> tuple[str, ...]:
    return () if value is None else (value,)


def _rating(rating: RatingRecord | None) -> tuple[str, ...]:
    return () if rating is None else (f"{rating.value:g}/{rating.scale:g}",)


def _source(source: SourceRecord | None) -> tuple[str, ...]:
    if source is None:
        return ()
    values = {
        "Title": source.title,
        "Authors": "; ".join(source.authors) or None,
        "Journal": source.journal,
        "Published": source.published.raw if source.published else None,
        "DOI": source.doi,
        "PMID": source.pmid,
        "Link": source.url,
    }
    return tuple(f"{label}: {value}" for label, value in values.items() if value)
