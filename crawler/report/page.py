"""The report as a whole: numbers from one snapshot of the archive, sections, one HTML file."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

from crawler.exits import ExitCode, UserError
from crawler.report.contents import (
    dates_section,
    fields_section,
    growth_section,
    journals_section,
    ratings_section,
    topics_section,
)
from crawler.report.crawls import alarms_section, changes_section, coverage_section, runs_section
from crawler.report.labels import short
from crawler.report.model import Section
from storage.archive import Archive
from storage.as_of import as_of
from storage.statistics.contents import Contents, contents
from storage.statistics.crawls import Crawls, crawls
from storage.statistics.growth import Growth, growth
from storage.statistics.news import News, news

_EMPTY = "9999"
"""Of an archive without a run nothing lies ahead."""


@dataclass(frozen=True, slots=True)
class Report:
    """A report as it was made."""

    html: str
    articles: int
    runs: int
    stands_for: str
    """Of which moment it is, in one line."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    grown: Growth
    held: Contents
    new: News
    crawled: Crawls


def make(archive: Archive, *, since: str | None = None, until: str | None = None) -> Report:
    """The report on an archive: changes and crawls `since` a time, everything as of `until` (UTC text).

    The same archive gives the same bytes: no clock is asked. Works beside a writer, on one snapshot.
    """
    with archive.engine.connect() as connection, as_of(connection, until):
        numbers = _Numbers(
            growth(connection),
            contents(connection),
            news(connection, since=since),
            crawls(archive, connection, since=since, until=until),
        )
    stands_for = _stands_for(numbers, until)
    sections = _sections(numbers, since, until)
    sites = numbers.crawled.sites
    html = _rendered(
        title=f"Archive of {', '.join(map(short, sites))}" if sites else "Archive",
        stands_for=stands_for,
        since=since and f"{since[:19].replace('T', ' ')} UTC",
        tiles=_tiles(numbers),
        sections=sections,
    )
    return Report(html, numbers.grown.articles, len(numbers.crawled.runs), stands_for)


def _stands_for(numbers: _Numbers, until: str | None) -> str:
    if until is not None:
        return f"as of {until[:19].replace('T', ' ')} UTC"
    if not numbers.crawled.ended:
        return "no run yet"
    return f"as its last run left it, {numbers.crawled.ended[:19].replace('T', ' ')} UTC"


def _sections(numbers: _Numbers, since: str | None, until: str | None) -> list[Section]:
    return [
        growth_section(numbers.grown, since),
        dates_section(numbers.held, until or numbers.crawled.ended or _EMPTY),
        topics_section(numbers.held),
        journals_section(numbers.held),
        ratings_section(numbers.held),
        fields_section(numbers.held),
        changes_section(numbers.new, since),
        runs_section(numbers.crawled, since),
        coverage_section(numbers.crawled),
        alarms_section(numbers.crawled),
    ]


def _tiles(numbers: _Numbers) -> list[tuple[str, str]]:
    grown, crawled = numbers.grown, numbers.crawled
    return [
        ("Articles", f"{grown.articles:,}"),
        ("Revisions", f"{grown.revisions:,}"),
        ("Topics", f"{grown.topics:,}"),
        ("Journals", f"{grown.journals:,}"),
        ("Captures", f"{grown.captures:,}"),
        ("Addresses", f"{sum(crawled.coverage.values()):,}"),
        ("Runs", f"{len(crawled.runs):,}"),
        ("Alarms", f"{sum(one.cleared_at is None for one in crawled.alarms):,}"),
    ]


def _rendered(**values: object) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    from crawler.terminal import printable

    environment = Environment(
        loader=PackageLoader("crawler.report"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True,
    )  # fmt: skip
    # What shows text in another order than it has, or not at all, deceives in a browser as on a terminal.
    environment.filters["shown"] = lambda text: printable(text, lines=True)
    return environment.get_template("report.html").render(**values)


def check(path: Path, *, replace: bool) -> None:
    """Raises `UserError` when a report can't be put there: before it is made, for that takes a while."""
    if not replace and path.exists():
        raise UserError(f"{path} exists already; --force replaces it", ExitCode.USAGE)
    if not path.parent.is_dir():
        raise UserError(f"can't write {path}: there is no folder {path.parent}", ExitCode.USAGE)


def write(html: str, path: Path, *, replace: bool) -> None:
    """Put the report in its place, whole or not at all.

    Raises `UserError` when there is a file already, unless `replace`; `OSError` when it can't be written.
    """
    check(path, replace=replace)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("x", encoding="utf-8") as file:
            file.write(html)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
