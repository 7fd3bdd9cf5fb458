"""`msarchive status`: the archive and its last run, on one screen."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import (
    DEFAULT_ARCHIVE,
    DEFAULT_SITE,
    archive_option,
    byte_size,
    json_option,
    moment,
    open_to_read,
    print_json,
    program,
)
from crawler.cli.crawl import honesty
from crawler.terminal import Sheet

if TYPE_CHECKING:
    from storage.overview import Overview, RunRow

_TESTS = ("lastmod_", "sample_", "time_")
"""Counts of how the sitemap's word was put to the test: they are said in words, or with `--json`."""
_OUTCOME_STYLES = {
    "complete": "green",
    "incomplete": "yellow",
    "stopped": "yellow",
    "limit": "yellow",
    "failed": "red",
}


@click.command(
    "status", epilog="\b\nExamples:\n  msarchive status\n  msarchive status --json | jq .last_run.outcome"
)
@archive_option()
@json_option("Print it as a JSON object.")
def command(directory: Path, as_json: bool) -> None:
    """Say what the archive holds, how the last run went, and what to do next."""
    from storage.overview import overview, size_on_disk, writer_at_work

    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        seen = overview(connection)
        size, path = size_on_disk(directory), archive.path
    writer = writer_at_work(directory)
    if as_json:
        print_json(
            {
                "archive": str(path),
                "bytes": size,
                "writer": writer,
                **asdict(seen),
                "next": _next(seen, writer, directory),
            }
        )
        return
    sheet = Sheet()
    sheet.text(f"{path}, {byte_size(size)}", style="bold")
    sheet.blank()
    _holdings(sheet, seen)
    for line in honesty(seen.lastmod):
        sheet.pair("Sitemap", line)
    sheet.heading("Last run")
    _last_run(sheet, seen.last_run, writer)
    sheet.heading("Next")
    sheet.text(_next(seen, writer, directory))


def _holdings(sheet: Sheet, seen: Overview) -> None:
    sheet.pair("Site", ", ".join(seen.sites) or "-")
    notes = [f"{seen.revisions:,} revisions"]
    notes += [f"{seen.gone:,} gone from the site"] if seen.gone else []
    notes += [f"{seen.without_id:,} without an id"] if seen.without_id else []
    sheet.pair("Articles", f"{seen.articles:,} ({', '.join(notes)})")
    sheet.pair("Topics", f"{seen.topics:,}, as printed")
    sheet.pair("Journals", f"{seen.journals:,}")
    sheet.pair("Boilerplate", f"{seen.boilerplate:,} passages, each kept once")
    sheet.pair("Captures", _counted(seen.captures))
    sheet.pair("Addresses", _counted(seen.urls))
    if seen.newest_key is not None and seen.newest_seen_at is not None:
        title = seen.newest_title or "(no title)"
        sheet.pair("Newest", f"{seen.newest_key}  {title} (first seen {moment(seen.newest_seen_at)})")
    if seen.latest_date is not None:
        sheet.pair("Latest date", f"{seen.latest_date} (as the site dates articles; it may lie ahead)")


def _counted(counts: dict[str, int]) -> str:
    if not counts:
        return "none"
    parts = ", ".join(f"{number:,} {name}" for name, number in counts.items())
    return f"{sum(counts.values()):,} ({parts})"


def _last_run(sheet: Sheet, run: RunRow | None, writer: str | None) -> None:
    if run is None:
        sheet.text("none yet")
        return
    sheet.pair("Run", f"{run.id}, {run.kind} of {run.site} by version {run.program_version}")
    sheet.pair("Began", moment(run.started_at))
    if run.ended_at is None:
        state = f"still at work: {writer}" if writer else "ended without a word (killed?)"
        sheet.pair("Ended", state, style="yellow")
    else:
        sheet.pair("Ended", moment(run.ended_at))
        sheet.pair(
            "Outcome", f"{run.outcome}: {run.reason}", style=_OUTCOME_STYLES.get(run.outcome or "", "")
        )
    counts = {name: number for name, number in run.counts.items() if not name.startswith(_TESTS)}
    if counts:
        sheet.pair("Came to", ", ".join(_count(name, number) for name, number in counts.items()))


def _count(name: str, number: int) -> str:
    if name.startswith("bytes"):
        return f"{byte_size(number)}{name.removeprefix('bytes').replace('_', ' ')}"
    return f"{number:,} {name.replace('_', ' ')}"


def _next(seen: Overview, writer: str | None, directory: Path) -> str:
    crawl = _command(seen.last_run, directory)
    if writer:
        return f"Nothing to do: {writer} writes to the archive."
    if seen.last_run is None:
        return f"'{crawl}' fills it."
    if seen.due:
        return f"{seen.due:,} addresses are still to be asked for: '{crawl}' goes on with them."
    if seen.last_run.outcome == "failed":
        return f"The last run failed: mend what it says, then '{crawl}'."
    failed = seen.urls.get("failed", 0)
    if failed:
        return (
            f"{failed:,} addresses failed; '{crawl}' tries them again. Which and why: "
            f"sqlite3 {directory / 'archive.db'} \"select url, reason from urls where state = 'failed'\""
        )
    return f"All is well. '{crawl}' asks again for what is new."


def _command(run: RunRow | None, directory: Path) -> str:
    """The command that asks the site again, as the last run did."""
    words = [program(), "demo" if run is not None and run.kind == "demo" else "crawl"]
    if run is not None and run.kind != "demo" and run.site != DEFAULT_SITE:
        words += ["--site", run.site]
    if directory != (Path("demo-archive") if words[1] == "demo" else DEFAULT_ARCHIVE):
        words += ["--archive", str(directory)]
    return shlex.join(words)
