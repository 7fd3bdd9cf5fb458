"""`msarchive status`: the archive and its last run, on one screen."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import (
    archive_option,
    byte_size,
    json_option,
    max_age_option,
    moment,
    open_to_read,
    print_json,
)
from crawler.cli.crawl import honesty
from crawler.cli.crawl_again import crawl_command_in
from crawler.cli.doctor import LEVEL_STYLES
from crawler.cli.runs import OUTCOME_STYLES
from crawler.terminal import Sheet

if TYPE_CHECKING:
    from storage.overview import Overview
    from storage.runs import RunRow

_TESTS = ("lastmod_", "sample_", "time_", "smallest_gap")
"""Counts that are said in words, by `msarchive runs ID`, or with `--json`."""
_VERDICTS = {"ok": "All is well.", "warn": "Something wants a look.", "fail": "Something is wrong."}


@click.command(
    "status",
    epilog="\b\nExamples:\n  msarchive status\n  msarchive status --json | jq -r .verdict\n\n"
    "'msarchive runs' lists all runs, 'msarchive coverage' all addresses; 'msarchive doctor' looks at the\n"
    "machine and the site as well, and its exit code tells.",
)
@archive_option(database=True)
@max_age_option("Not all is well when no crawl has come to its end for so long.")
@json_option("Print it as a JSON object.")
def command(directory: Path, max_age: float, as_json: bool) -> None:
    """Say whether all is well, what to do if not, what the archive holds, and how the last run went."""
    from datetime import UTC, datetime

    from crawler.checks import archive_checks, verdict
    from storage.at_work import at_work
    from storage.overview import overview, size_of
    from storage.runs import told

    with open_to_read(directory) as archive:
        # Before the snapshot: a run that has ended since is found with its end.
        before = at_work(directory, archive)
        with archive.engine.connect() as connection:
            seen = overview(connection)
            again = crawl_command_in(connection, directory)
        last = None if seen.last_run is None else told(seen.last_run, before, archive)
        checks = archive_checks(archive, seen, now=datetime.now(UTC), crawl=again, max_age_days=max_age)
        size, name = size_of(archive), archive.name
    writer = str(before) or None
    if as_json:
        value = {"archive": name, "bytes": size, "writer": writer, "verdict": verdict(checks)}
        value |= {"checks": [asdict(check) for check in checks], **asdict(seen)}
        print_json({**value, "last_run": None if last is None else asdict(last)})
        return
    sheet = Sheet()
    sheet.text(f"{name}, {byte_size(size)}", style="bold")
    sheet.text(_VERDICTS[verdict(checks)], style=LEVEL_STYLES[verdict(checks)])
    for check in checks:
        if check.level != "ok":
            sheet.text(f"{check.name}: {check.says}", indent=2, style=LEVEL_STYLES[check.level])
            sheet.text(f"-> {check.do}", indent=4)
    sheet.blank()
    _holdings(sheet, seen)
    for line in honesty(seen.lastmod):
        sheet.pair("Sitemap", line)
    sheet.heading("Last run")
    _last_run(sheet, last)


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


def _last_run(sheet: Sheet, run: RunRow | None) -> None:
    if run is None:
        sheet.text("none yet")
        return
    sheet.pair("Run", f"{run.id}, {run.kind} of {run.site} by version {run.program_version}")
    sheet.pair("Began", moment(run.started_at))
    if run.ended_at is not None:
        sheet.pair("Last seen" if run.outcome == "killed" else "Ended", moment(run.ended_at))
    sheet.pair("Outcome", f"{run.outcome}: {run.reason}", style=OUTCOME_STYLES.get(run.outcome or "", ""))
    counts = {name: number for name, number in run.counts.items() if not name.startswith(_TESTS)}
    if counts:
        sheet.pair("Came to", ", ".join(_count(name, number) for name, number in counts.items()))


def _count(name: str, number: int) -> str:
    if name.startswith("bytes"):
        return f"{byte_size(number)}{name.removeprefix('bytes').replace('_', ' ')}"
    return f"{number:,} {name.replace('_', ' ')}"
