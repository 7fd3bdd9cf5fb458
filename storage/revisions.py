"""Revisions in the database: writing, loading, rewriting, folding one into another, numbering.

Inside the writer's transaction. Everything that changes a revision's text keeps the search index true.
"""

from __future__ import annotations

import hashlib
import json

from storage import search_index
from storage.content import (
    Claim,
    Content,
    Digests,
    Lack,
    Link,
    Paragraph,
    Part,
    content_digest,
    digests,
    dumps,
    frame_digest,
)
from storage.db import Db, to_json
from storage.joining import joined
from storage.names import Names
from storage.records import (
    AbsenceRecord,
    DateRecord,
    EvidenceRecord,
    JournalRecord,
    RatingRecord,
    SourceRecord,
    TopicRecord,
)
from storage.relating.keeping import outdate

_LONG_VALUE = 100
"""A winning value longer than this many characters is not written twice: it stands in the field itself."""

_COLUMNS = (
    "content_digest, field_digests, frame_digest, body_digest, title, takeaway, credibility, "
    "credibility_scale, "
    "credibility_raw, interest, interest_scale, interest_raw, reading_minutes, journal_id, has_topics, "
    "source_title, "
    "source_authors, source_journal, source_published_raw, source_published_iso, source_published_precision, "
    "source_doi, source_pmid, source_url, description, reader_version"
)
_MARKS = ", ".join("?" * len(_COLUMNS.split(",")))
_SET = ", ".join(f"{name.strip()} = ?" for name in _COLUMNS.split(","))
_CHILDREN = (
    "section_paragraph", "section", "revision_topic", "revision_boilerplate", "absence", "evidence",
)  # fmt: skip


class Revisions:
    """The revision tables behind a writer's cursor."""

    def __init__(self, db: Db, names: Names) -> None:
        self._db = db
        self._names = names

    def insert(
        self,
        article_key: int,
        number: int,
        current: bool,
        content: Content,
        found: Digests,
        at: str,
        capture_id: int,
    ) -> int:
        """Write a new revision with the field digests `found`, seen once at `at` by `capture_id`; its id."""
        revision_id = self._db.insert(
            "INSERT INTO revision (article_key, number, is_current, first_seen_at, last_seen_at, "
            f"{_COLUMNS}) VALUES (?, ?, ?, ?, ?, {_MARKS})",
            article_key, number, int(current), at, at, *self._values(content, found, frame_digest(content)),
        )  # fmt: skip
        self._write_children(revision_id, content, capture_id, at)
        search_index.insert(
            self._db.cursor, revision_id, current, content.title, content.takeaway, content.searchable
        )
        return revision_id

    def supersede(self, article_key: int) -> None:
        """Make an article's current revision, if it has one, a superseded one: another takes its place."""
        current = self._db.column(
            "SELECT id FROM revision WHERE article_key = ? AND is_current = 1", article_key
        )
        with search_index.moving(self._db.cursor, current):
            self._db.run(
                "UPDATE revision SET is_current = 0 WHERE article_key = ? AND is_current = 1", article_key
            )

    def rewrite(self, revision_id: int, content: Content, capture_id: int, frame: str | None = None) -> None:
        """Write other content into a revision. `frame` is the digest of the frame as the last capture showed
        it; None keeps the stored one. `capture_id` stands for claims that name no capture yet."""
        at, old_frame = self._row("first_seen_at, frame_digest", revision_id)
        search_index.unindex(self._db.cursor, revision_id)
        for table in _CHILDREN:
            self._db.run(f"DELETE FROM {table} WHERE revision_id = ?", revision_id)
        self._db.run(
            f"UPDATE revision SET {_SET} WHERE id = ?",
            *self._values(content, digests(content), frame or old_frame),
            revision_id,
        )
        self._write_children(revision_id, content, capture_id, at)
        search_index.index(self._db.cursor, revision_id)
        outdate(self._db, revision_id)

    def fold(self, keep: int, drop: int) -> None:
        """Make two revisions of the same content one: `drop`'s captures and what only it knows move to
        `keep`."""
        content = joined(self.load(keep), self.load(drop))
        first, last, frame = self._row("first_seen_at, last_seen_at, frame_digest", drop)
        mine = self._row("first_seen_at, last_seen_at, frame_digest", keep)
        article_key = self._row("article_key", keep)[0]
        self._db.run(
            "UPDATE capture SET revision_id = ?, article_key = ? WHERE revision_id = ?",
            keep,
            article_key,
            drop,
        )
        self._delete(drop)
        capture_id = self._db.value("SELECT min(id) FROM capture WHERE revision_id = ?", keep)
        self._db.run(
            "UPDATE revision SET first_seen_at = ?, last_seen_at = ? WHERE id = ?",
            min(first, mine[0]), max(last, mine[1]), keep,
        )  # fmt: skip
        self.rewrite(keep, content, capture_id, frame if last > mine[1] else mine[2])

    def renumber(self, article_key: int) -> None:
        """Number an article's revisions by when they were first seen; the one seen last is the current
        one."""
        rows = self._db.all(
            "SELECT id, last_seen_at, first_seen_at, is_current FROM revision WHERE article_key = ? "
            "ORDER BY first_seen_at, content_digest, id",
            article_key,
        )
        if not rows:
            return
        current = max(range(len(rows)), key=lambda n: (rows[n][1], rows[n][2], n))
        changed = [row[0] for n, row in enumerate(rows) if row[3] != int(n == current)]
        with search_index.moving(self._db.cursor, changed):
            # Out of the way first: numbers are unique in an article at every instant.
            self._db.run(
                "UPDATE revision SET number = number + 1000000, is_current = 0 WHERE article_key = ?",
                article_key,
            )
            self._db.many(
                "UPDATE revision SET number = ?, is_current = ? WHERE id = ?",
                [(n + 1, int(n == current), row[0]) for n, row in enumerate(rows)],
            )

    def remove(self, articles: str) -> None:
        """Remove all revisions of the articles that the SQL subquery `articles` gives. No capture may name
        them any more."""
        revisions = f"(SELECT id FROM revision WHERE article_key IN {articles})"
        search_index.unindex_all(self._db.cursor, revisions)
        for table in _CHILDREN:
            self._db.run(f"DELETE FROM {table} WHERE revision_id IN {revisions}")
        self._db.run(f"DELETE FROM revision WHERE article_key IN {articles}")

    def _delete(self, revision_id: int) -> None:
        search_index.unindex(self._db.cursor, revision_id)
        for table in _CHILDREN:
            self._db.run(f"DELETE FROM {table} WHERE revision_id = ?", revision_id)
        self._db.run("DELETE FROM revision WHERE id = ?", revision_id)

    def _values(self, content: Content, found: Digests, frame: str) -> tuple[object, ...]:
        credibility, interest, source = (
            content.credibility,
            content.interest,
            content.source or SourceRecord(),
        )
        published = source.published
        journal = content.journal
        return (
            content_digest(found), dumps(found), frame, content.body_digest, content.title, content.takeaway,
            credibility and credibility.value, credibility and credibility.scale,
            credibility and credibility.raw,
            interest and interest.value, interest and interest.scale, interest and interest.raw,
            content.reading_minutes, journal and self._names.journal(journal.name, journal.normal),
            int(bool(content.topics)), source.title,
            to_json(source.authors) if source.authors else None, source.journal,
            published and published.raw, published and published.iso, published and published.precision,
            source.doi, source.pmid, source.url, content.description, content.reader_version,
        )  # fmt: skip

    def _write_children(self, revision_id: int, content: Content, capture_id: int, at: str) -> None:
        db = self._db
        db.many(
            "INSERT INTO section VALUES (?, ?, ?, ?)",
            [(revision_id, part.position, part.kind, part.heading) for part in content.parts],
        )
        db.many(
            "INSERT INTO section_paragraph VALUES (?, ?, ?, ?, ?)",
            [
                (revision_id, part.position, place.position, self._passage(place.text), int(place.list_item))
                for part in content.parts
                for place in part.paragraphs
            ],
        )
        db.many(
            "INSERT INTO revision_topic VALUES (?, ?, ?, ?)",
            [
                (revision_id, position, self._names.topic(topic.text, topic.normal), int(topic.uncertain))
                for position, topic in enumerate(content.topics or (), 1)
            ],
        )
        for position, link in enumerate(content.links, 1):
            db.run(
                "INSERT INTO revision_boilerplate VALUES (?, ?, ?, ?, ?, ?, ?)",
                revision_id, position, self._names.boilerplate(link.template, link.source, link.heading, at),
                to_json(dict(link.slots)), link.section, link.paragraph,
                int(link.list_item),
            )  # fmt: skip
        self._write_reasons(revision_id, content, capture_id)

    def _write_reasons(self, revision_id: int, content: Content, capture_id: int) -> None:
        absences = {lack.record.field: lack for lack in content.lacks if lack.record.field}
        self._db.many(
            "INSERT INTO absence VALUES (?, ?, ?, ?, ?)",
            [
                (revision_id, field, lack.record.reason, lack.record.detail, lack.capture_id or capture_id)
                for field, lack in absences.items()
            ],
        )
        self._db.many(
            "INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    revision_id, n, claim.record.field, _kept(claim.record), claim.record.rule,
                    claim.record.block,
                    claim.record.where, int(claim.record.won), claim.capture_id or capture_id,
                    claim.reader_version,
                )
                for n, claim in enumerate(content.claims, 1)
            ],
        )  # fmt: skip

    def _passage(self, text: str) -> int:
        digest = hashlib.sha256(text.encode()).digest()
        known = self._db.value("SELECT id FROM passage WHERE sha256 = ?", digest)
        return known or self._db.insert("INSERT INTO passage (sha256, text) VALUES (?, ?)", digest, text)

    def _row(self, columns: str, revision_id: int) -> tuple[str, ...]:
        row = self._db.one(f"SELECT {columns} FROM revision WHERE id = ?", revision_id)
        if row is None:
            raise KeyError(revision_id)
        return row

    def load(self, revision_id: int) -> Content:
        """A revision's content. Raises `KeyError` when there is none of that id."""
        (body_digest, title, takeaway, c, c_scale, c_raw, i, i_scale, i_raw, minutes, journal_id,
        has_topics, *source,
         description, reader) = self._row(_COLUMNS.partition("frame_digest, ")[2], revision_id)  # fmt: skip
        db = self._db
        journal = db.one("SELECT name, normal FROM journal WHERE id = ?", journal_id) if journal_id else None
        topics = db.all(
            "SELECT t.text, t.normal, r.uncertain FROM revision_topic r "
            "JOIN topic t ON t.id = r.topic_id WHERE r.revision_id = ? ORDER BY r.position",
            revision_id,
        )
        return Content(
            title=title,
            takeaway=takeaway,
            credibility=RatingRecord(float(c), float(c_scale), c_raw) if c is not None else None,
            interest=RatingRecord(float(i), float(i_scale), i_raw) if i is not None else None,
            topics=tuple(TopicRecord(t, n, bool(u)) for t, n, u in topics) if has_topics else None,
            journal=JournalRecord(*journal) if journal else None,
            source=_source(*source),
            parts=self._parts(revision_id),
            reading_minutes=minutes,  # type: ignore[arg-type]
            description=description,
            links=self._links(revision_id),
            lacks=tuple(
                Lack(AbsenceRecord(*row[:3]), row[3])
                for row in db.all(
                    "SELECT field, reason, detail, capture_id FROM absence WHERE revision_id = ?", revision_id
                )
            ),
            claims=self._claims(revision_id),
            body_digest=body_digest,
            reader_version=reader,
        )

    def _parts(self, revision_id: int) -> tuple[Part, ...]:
        paragraphs: dict[int, list[Paragraph]] = {}
        for section, position, text, list_item in self._db.all(
            "SELECT s.section_position, s.position, p.text, s.list_item FROM section_paragraph s "
            "JOIN passage p ON p.id = s.passage_id WHERE s.revision_id = ? "
            "ORDER BY s.section_position, s.position",
            revision_id,
        ):
            paragraphs.setdefault(section, []).append(Paragraph(position, text, bool(list_item)))
        sections = self._db.all(
            "SELECT position, kind, heading FROM section WHERE revision_id = ? ORDER BY position", revision_id
        )
        return tuple(
            Part(position, kind, heading, tuple(paragraphs.get(position, ())))
            for position, kind, heading in sections
        )

    def _links(self, revision_id: int) -> tuple[Link, ...]:
        rows = self._db.all(
            "SELECT b.template, b.source, b.heading, r.slots, r.section_position, r.paragraph_position, "
            "r.list_item FROM revision_boilerplate r JOIN boilerplate_passage b ON b.id = r.boilerplate_id "
            "WHERE r.revision_id = ? ORDER BY r.position",
            revision_id,
        )
        return tuple(
            Link(template, source, heading, tuple(json.loads(slots).items()), section, paragraph, bool(item))
            for template, source, heading, slots, section, paragraph, item in rows
        )

    def _claims(self, revision_id: int) -> tuple[Claim, ...]:
        rows = self._db.all(
            "SELECT field, value, rule, block, location, won, capture_id, reader_version FROM evidence "
            "WHERE revision_id = ? ORDER BY position",
            revision_id,
        )
        return tuple(
            Claim(EvidenceRecord(field, value, rule, block, where, bool(won)), capture_id, reader)
            for field, value, rule, block, where, won, capture_id, reader in rows
        )


def _kept(claim: EvidenceRecord) -> str | None:
    if claim.value is None or (claim.won and len(claim.value) > _LONG_VALUE):
        return None
    return claim.value


def _source(*values: str | None) -> SourceRecord | None:
    title, authors, journal, raw, iso, precision, doi, pmid, url = values
    if all(value is None for value in values):
        return None
    published = DateRecord(raw, iso, precision) if raw is not None else None  # type: ignore[arg-type]
    return SourceRecord(title, tuple(json.loads(authors or "[]")), journal, published, doi, pmid, url)
