"""What an archive holds at a glance: counts, sizes, the last run. Read-only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from storage.archive import Archive
from storage.runs import RunRow, last_run
from storage.warc import FOLDER


@dataclass(frozen=True, slots=True)
class Overview:
    """What an archive holds."""

    sites: tuple[str, ...]
    articles: int
    without_id: int
    gone: int
    revisions: int
    topics: int
    """Distinct as printed, on current revisions."""
    journals: int
    boilerplate: int
    captures: dict[str, int]
    """Kind -> number."""
    urls: dict[str, int]
    """State -> number; the states that occur."""
    due: int
    """Addresses that an unfinished crawl still has to ask for."""
    newest_title: str | None
    newest_key: str | None
    newest_seen_at: str | None
    """The article first seen last."""
    latest_date: str | None
    """The latest date that any article bears; it may lie in the future."""
    lastmod: dict[str, int]
    """Whether the sitemap's `lastmod` told the truth about articles asked again, over all runs:
    `lastmod_moved` of them, `lastmod_moved_changed` of these, `lastmod_unmoved`, `lastmod_unmoved_changed`;
    empty when it was never put to the test."""
    runs: int
    last_run: RunRow | None
    """The last run that was not skipped."""


# Asked of the view `article_topics`, SQLite would go through all topics of all articles for each article.
_TOPICS = """
SELECT count(*) FROM topic t WHERE EXISTS (
    SELECT 1 FROM revision_topic rt JOIN revision r ON r.id = rt.revision_id AND r.is_current = 1
    WHERE rt.topic_id = t.id)"""

# The views would bring together each article's dates, too, and counting them takes fifty times as long.
_JOURNALS = """
SELECT count(*) FROM journal j WHERE EXISTS (
    SELECT 1 FROM revision r WHERE r.journal_id = j.id AND r.is_current = 1)"""
_BOILERPLATE = "SELECT count(*) FROM boilerplate_passage"

_SITES = "SELECT DISTINCT site FROM runs WHERE outcome IS NULL OR outcome <> 'skipped' ORDER BY site"


def overview(connection: Connection) -> Overview:
    """Counts over the whole archive, from one snapshot when the caller's transaction is one."""

    def one(sql: str) -> Any:
        return connection.execute(text(sql)).scalar()

    def counts(sql: str) -> dict[str, int]:
        return {str(name): int(number) for name, number in connection.execute(text(sql))}

    newest = connection.execute(
        text("SELECT title, key, first_seen_at FROM articles ORDER BY first_seen_at DESC, key LIMIT 1")
    ).first()
    return Overview(
        sites=tuple(connection.execute(text(_SITES)).scalars()),
        articles=one("SELECT count(*) FROM articles"),
        without_id=one("SELECT count(*) FROM articles WHERE id IS NULL"),
        gone=one("SELECT count(*) FROM articles WHERE gone_since IS NOT NULL"),
        revisions=one("SELECT count(*) FROM revision"),
        topics=one(_TOPICS),
        journals=one(_JOURNALS),
        boilerplate=one(_BOILERPLATE),
        captures=counts("SELECT kind, count(*) FROM capture GROUP BY kind ORDER BY 2 DESC, 1"),
        urls=counts("SELECT state, count(*) FROM urls GROUP BY state ORDER BY 2 DESC, 1"),
        due=one("SELECT count(*) FROM urls WHERE due_at IS NOT NULL"),
        newest_title=newest.title if newest else None,
        newest_key=newest.key if newest else None,
        newest_seen_at=newest.first_seen_at if newest else None,
        latest_date=one("SELECT max(published_on) FROM articles"),
        lastmod=counts(
            "SELECT key, sum(CAST(value AS BIGINT)) FROM runs, json_each(runs.counts) "
            "WHERE key LIKE 'lastmod%' GROUP BY key ORDER BY key"
        ),
        runs=one("SELECT count(*) FROM runs"),
        last_run=last_run(connection),
    )


def size_on_disk(directory: Path) -> int:
    """Bytes of all files in the archive's folder."""
    return sum(
        entry.stat().st_size for entry in directory.rglob("*") if entry.is_file() and not entry.is_symlink()
    )


def size_of(archive: Archive) -> int:
    """Bytes that an archive takes: its folder, or its database and the captures beside it."""
    if archive.database is None:
        return size_on_disk(archive.directory)
    with archive.engine.connect() as connection:
        taken = int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    return taken + size_on_disk(archive.directory / FOLDER)
