"""Small records for the tests of the archive."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from storage.archive import Archive, open_archive
from storage.db import Db
from storage.records import (
    CANNOT_SHOW,
    AbsenceRecord,
    ArticleRecord,
    CaptureRecord,
    CardRecord,
    DateRecord,
    EvidenceRecord,
    FoundRecord,
    JournalRecord,
    PageRecord,
    PassageRecord,
    RatingRecord,
    SectionRecord,
    TopicRecord,
    UrlOutcome,
)
from storage.writer import SavedPage, Writer
from tests.places import database_of

SITE = "sample"
T0 = "2026-03-01T00:00:00.000Z"


def at(minute: int) -> str:
    """A moment on the tests' day, in minutes after its beginning."""
    return f"2026-03-{1 + minute // 1440:02}T{minute % 1440 // 60:02}:{minute % 60:02}:00.000Z"


def url_of(article_id: str, slug: str = "a-title") -> str:
    return f"https://site.example/news/view/{slug}-{article_id}"


def topics(*texts: str, uncertain: bool = False) -> tuple[TopicRecord, ...]:
    return tuple(TopicRecord(text, text.casefold(), uncertain) for text in texts)


def sections(findings: str = "Cells moved.", *more: SectionRecord) -> tuple[SectionRecord, ...]:
    return (
        SectionRecord("findings", "What They Found", (findings,)),
        SectionRecord("audience", "Who Should Care and Why", ("People who wait.",)),
        *more,
    )


def body_digest(record: ArticleRecord) -> str:
    text = [record.takeaway or ""] + [" ".join(s.paragraphs) for s in record.sections if s.kind != "other"]
    return hashlib.sha256(" ".join(" ".join(text).split()).casefold().encode()).hexdigest()


def article(article_id: str | None = "aB3dE6", **changes: Any) -> ArticleRecord:
    """An article that shows everything."""
    record = ArticleRecord(
        article_id=article_id,
        url=url_of(article_id) if article_id else None,
        title=f"A title {article_id}",
        takeaway=f"A takeaway of {article_id}.",
        credibility=RatingRecord(4.0, 5.0, "4/5"),
        interest=RatingRecord(3.0, 5.0, "3/5"),
        reading_minutes=2,
        sections=sections(f"Cells of {article_id} moved."),
        topics=topics("Iron", "Memory"),
        journal=JournalRecord("Brain, Behavior & Cells", "brain, behavior and cells"),
        source=None,
        published=None,
        published_rule=None,
        description=None,
        boilerplate=(PROFILE_PASSAGE,),
        unplaced=(),
        absences=(AbsenceRecord("source", "not on the page"),),
        evidence=(EvidenceRecord("title", f"A title {article_id}", "heading", 1, "/html/body/h1", True),),
        body_digest="",
    )
    record = replace(record, **changes)
    return replace(record, body_digest=changes.get("body_digest") or body_digest(record))


PROFILE_PASSAGE = PassageRecord(
    "Papers in Brain, Behavior & Cells range widely.",
    "Papers in {journal} range widely.",
    (("journal", "Brain, Behavior & Cells"),),
    "About research",
)


def as_text(record: ArticleRecord, *, nameless: bool = False) -> ArticleRecord:
    """The same article through an extractor that drops title, ratings, headings and topics."""
    hidden = ("title", "credibility", "interest", "topics", "source")
    return replace(
        record,
        article_id=None if nameless else record.article_id,
        url=None if nameless else record.url,
        title=None,
        credibility=None,
        interest=None,
        topics=None,
        source=None,
        reading_minutes=None,
        sections=tuple(replace(s, heading=None) for s in record.sections),
        boilerplate=tuple(replace(p, heading=None) for p in record.boilerplate),
        absences=tuple(AbsenceRecord(field, CANNOT_SHOW) for field in hidden),
        evidence=(),
    )


def card(
    article_id: str, date: str | None = "1/1/2026", position: int = 1, teaser: str = "A teaser"
) -> CardRecord:
    iso = None
    if date is not None:
        month, day, year = date.split("/")
        iso = DateRecord(date, f"{year}-{int(month):02}-{int(day):02}", "day")
    return CardRecord(position, f"A title {article_id}", url_of(article_id), article_id, iso, teaser, None)


def page(
    record: ArticleRecord | None = None,
    *,
    url: str | None = None,
    when: str = T0,
    cards: tuple[CardRecord, ...] = (),
    found: tuple[FoundRecord, ...] = (),
    outcome: UrlOutcome | None = None,
    body: bytes | None = None,
    kind: str = "summary",
    url_kind: Any = "article",
    origin: Any = "crawl",
) -> PageRecord:
    """A page as the writer takes it."""
    url = url or (record.url if record is not None else None)
    return PageRecord(
        capture=CaptureRecord(
            url=url,
            captured_at=when,
            status=200 if origin == "crawl" else None,
            headers=(("Content-Type", "text/html"),),
            body=body if body is not None else repr(record).encode(),
            origin=origin if url else "import",
            kind=kind,
            reason=None if record is not None else kind,
            media_type="text/html",
            etag='"1"',
            last_modified=None,
            file_name=None if url else "a.txt",
            reader_version="1",
        ),
        outcome=outcome or (UrlOutcome("stored", kind) if url else None),
        url_kind=url_kind,
        article=record,
        cards=cards,
        found=found,
    )


@cache
def _empty_archive() -> bytes:
    """An archive's file, made once: making one takes a hundred times longer than copying it."""
    with TemporaryDirectory() as directory:
        open_archive(Path(directory), create=True).close()
        return (Path(directory) / "archive.db").read_bytes()


class House:
    """An archive with a writer in the middle of a run; with `database`, or where tests/places.py has the
    folder's archive in one, one in PostgreSQL that is there."""

    def __init__(self, directory: Path, database: str | None = None) -> None:
        database = database or database_of(directory)
        self.directory = directory
        self.database = database
        directory.mkdir(parents=True, exist_ok=True)
        if database is None:
            (directory / "archive.db").write_bytes(_empty_archive())
        self.archive: Archive = open_archive(directory, create=True, database=database)
        self.writer = Writer(self.archive, SITE)
        self.begin()

    def begin(self, kind: Any = "crawl") -> int:
        return self.writer.begin_run(
            kind, program_version="0", reader_version="1", profile_digest="p", settings={"delay": 0}
        )

    def save(self, record: ArticleRecord | None = None, **options: Any) -> SavedPage:
        made = page(record, **options)
        return self.writer.save_page(made, now=made.capture.captured_at)

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.archive.engine.connect() as connection:
            return [tuple(row) for row in Db(connection).all(sql, *values)]

    def row(self, sql: str, *values: Any) -> tuple[Any, ...]:
        (row,) = self.rows(sql, *values)
        return row

    def value(self, sql: str, *values: Any) -> Any:
        return self.row(sql, *values)[0]
