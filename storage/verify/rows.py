"""Whether the rows of an archive agree with one another: digests with texts, revisions with captures.

Each check is a generator of findings; what a damaged row makes it raise is for the caller to tell.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from sqlalchemy import CheckConstraint

from storage.content import content_digest, digests, dumps
from storage.db import Db, to_json
from storage.dialects import is_from_server
from storage.models import Base
from storage.names import Names
from storage.revisions import Revisions
from storage.verify.asked import Asked, one
from storage.verify.findings import Finding

_CARD = "position, title, url, article_id, date_raw, date_iso, date_precision, teaser, image"

_PASSAGES = "SELECT id, sha256, text FROM passage WHERE id > ? ORDER BY id LIMIT 1000"
_REVISION = "SELECT r.id, r.number, a.key FROM revision r JOIN article a ON a.id = r.article_key WHERE "
_EVIDENCE = "EXISTS (SELECT 1 FROM evidence e WHERE e.revision_id = r.id AND e.won = 1 AND e.field "
_VALUES = (
    ("title", "r.title IS NOT NULL", "= 'title'"),
    ("takeaway", "r.takeaway IS NOT NULL", "= 'takeaway'"),
    ("credibility", "r.credibility IS NOT NULL", "= 'credibility'"),
    ("interest", "r.interest IS NOT NULL", "= 'interest'"),
    ("journal", "r.journal_id IS NOT NULL", "= 'journal'"),
    ("topics", "EXISTS (SELECT 1 FROM revision_topic t WHERE t.revision_id = r.id)", "LIKE 'topics%'"),
    (
        "sections",
        "EXISTS (SELECT 1 FROM section s WHERE s.revision_id = r.id AND s.kind <> 'unplaced')",
        "LIKE 'sections%'",
    ),
)
"""Field -> when a revision has a value, and the evidence that then must be there."""


def revisions(db: Db, count: Callable[[], None]) -> Iterator[Finding]:
    """Every revision's content digested again. Calls `count` for each."""
    stored = Revisions(db, Names(db))
    for revision_id, number, key, whole, fields in db.all(
        "SELECT r.id, r.number, a.key, r.content_digest, r.field_digests FROM revision r "
        "JOIN article a ON a.id = r.article_key ORDER BY r.id"
    ):
        count()
        try:
            found = digests(stored.load(revision_id))
            same = dumps(found) == fields and content_digest(found) == whole
            why = "its content does not have its digest"
        except Exception as error:  # a damaged row can make anything raise
            if is_from_server(error):
                raise  # the transaction is over: it can't be asked for the next one
            same, why = False, f"its content can't be read ({_one_line(error)})"
        if not same:
            yield Finding("revision-changed", f"article {key}, revision {number}: {why}")


def histories(db: Db) -> Iterator[Finding]:
    """Articles without a current revision, revisions that no capture shows, values without evidence."""
    for (key,) in db.all(
        "SELECT a.key FROM article a WHERE 1 <> (SELECT count(*) FROM revision r "
        "WHERE r.article_key = a.id AND r.is_current = 1) ORDER BY a.key"
    ):
        yield Finding("article-without-revision", f"article {key} has not exactly one current revision")
    shown = "NOT EXISTS (SELECT 1 FROM capture c WHERE c.revision_id = r.id) ORDER BY a.key, r.number"
    for _, number, key in db.all(_REVISION + shown):
        yield Finding("revision-without-capture", f"article {key}, revision {number}: no capture shows it")
    for field, has, named in _VALUES:
        missing = f"{has} AND NOT {_EVIDENCE}{named}) ORDER BY a.key, r.number"
        for _, number, key in db.all(_REVISION + missing):
            yield Finding(
                "revision-without-evidence", f"article {key}, revision {number}: no evidence for {field}"
            )


def revisits(db: Db) -> Iterator[Finding]:
    """Revisits whose body is not that of the capture they refer to, or that refer to one without a body."""
    for capture_id, original in db.all(
        "SELECT c.id, o.id FROM capture c JOIN capture o ON o.id = c.refers_to_id "
        "WHERE c.sha256 <> o.sha256 OR c.size <> o.size OR c.payload_digest <> o.payload_digest "
        "OR o.record_type = 'revisit' ORDER BY c.id"
    ):
        yield Finding(
            "revisit-disagrees",
            f"capture {capture_id} says another body than capture {original}, which it refers to",
            capture_id=capture_id,
        )


def quarantine(db: Db) -> Iterator[Finding]:
    """Readings that wait to be read again; those that are held show no article."""
    for (capture_id,) in db.all(
        "SELECT c.id FROM quarantine q JOIN capture c ON c.id = q.capture_id "
        "WHERE q.held = 1 AND (c.revision_id IS NOT NULL OR c.card_list_id IS NOT NULL) ORDER BY c.id"
    ):
        yield Finding(
            "quarantine-not-held",
            f"capture {capture_id} is in quarantine, and counts all the same",
            capture_id=capture_id,
        )
    waiting = db.value("SELECT count(*) FROM quarantine")
    if waiting:
        alarms = db.value("SELECT count(*) FROM alarm WHERE cleared_at IS NULL")
        yield Finding(
            "quarantine", f"readings that wait in quarantine: {waiting}; alarms that stand: {alarms}"
        )


def stored_once(db: Db) -> Iterator[Finding]:
    """Paragraphs and card lists, which are kept under the digest of what they say."""
    passage = 0
    while some := db.all(_PASSAGES, passage):  # so that no driver has them all in memory
        for passage, sha256, text in some:
            if hashlib.sha256(text.encode()).digest() != sha256:
                yield Finding("passage-changed", f"paragraph {passage} does not have its digest")
    for card_list, digest in db.all("SELECT id, digest FROM card_list ORDER BY id"):
        rows = db.all(f"SELECT {_CARD} FROM card WHERE card_list_id = ? ORDER BY position", card_list)
        if hashlib.sha256(to_json([tuple(row) for row in rows]).encode()).hexdigest() != digest:
            yield Finding("card-list-changed", f"card list {card_list} does not have its digest")


def constraints(connection: Asked, name: str | None) -> Iterator[Finding]:
    """CHECK constraints, which SQLite's own check leaves out on a connection that can't write, and PostgreSQL
    looks at only when a row is written. `name`: the database's file; None when it is no file."""
    for table in Base.metadata.sorted_tables:
        for constraint in table.constraints:
            if not isinstance(constraint, CheckConstraint):
                continue
            (rows,) = one(
                connection,
                f"SELECT count(*) FROM {table.name} WHERE NOT coalesce(({constraint.sqltext}), TRUE)",
            )
            if rows:
                said = (
                    f"{table.name}: {rows:,} {'row breaks' if rows == 1 else 'rows break'} {constraint.name}"
                )
                yield Finding("database-damaged", said, name)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
