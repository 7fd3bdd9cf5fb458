"""`msarchive runs`: every run, or all about one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import archive_option, byte_size, json_option, moment, open_to_read, print_json
from crawler.exits import UserError
from crawler.terminal import Column, Sheet, print_table

if TYPE_CHECKING:
    from storage.runs import Asked, RunRow, RunStory

OUTCOME_STYLES = {
    "complete": "green",
    "running": "cyan",
    "incomplete": "yellow",
    "stopped": "yellow",
    "limit": "yellow",
    "killed": "yellow",
    "skipped": "yellow",
    "blocked": "red",
    "changed": "red",
    "failed": "red",
}
_TOLD_ELSEWHERE = frozenset(
    {"requests", "answers", "bytes", "bytes_on_the_wire", "unchanged", "unanswered", "refused",
     "smallest_gap_ms", "new_articles", "new_revisions", "new_urls"}
)  # fmt: skip
_MOST_FAILURES_SHOWN = 20


@click.command(
    "runs",
    epilog="\b\nExamples:\n"
    "  msarchive runs\n"
    "  msarchive runs 12\n"
    "  msarchive runs --json | jq '.[] | select(.outcome == \"failed\") | .reason'\n\n"
    "\b\nOutcomes: complete, incomplete (some addresses failed), stopped (by a signal), limit (a set one),\n"
    "blocked (by the site), changed (the site has), failed, killed, skipped (another run held the archive),\n"
    "running.",
)
@click.argument("number", metavar="[ID]", type=click.IntRange(min=1), required=False)
@archive_option(database=True)
@click.option(
    "--limit", metavar="N", type=click.IntRange(min=1), default=20, show_default=True, help="The last N runs."
)
@json_option()
def command(number: int | None, directory: Path, limit: int, as_json: bool) -> None:
    """List the runs, newest first: when each began, how long it took, how it ended and why, what it asked.

    With ID, all about one: versions, settings, requests, bytes, the smallest gap between two requests, the
    share of 304, what came of it, and what it left without an answer.
    """
    from storage.runs import runs, story

    with open_to_read(directory) as archive:
        if number is not None:
            told = story(archive, number)
            if told is None:
                raise UserError(f"no run {number} in the archive ('msarchive runs' lists them)")
            _one(told, as_json)
            return
        rows = runs(archive, limit)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif rows:
        _list(rows)
    else:
        Sheet().text("no run yet")


def _list(rows: list[RunRow]) -> None:
    print_table(
        [
            Column("Run", "right", style="cyan"),
            Column("Kind"),
            Column("Began (UTC)"),
            Column("Took", "right"),
            Column("Outcome"),
            Column("Exit", "right"),
            Column("Asked", "right"),
            Column("304", "right"),
            Column("New", "right"),
            Column("Why", grow=1),
        ],
        [
            (
                "-" if row.id is None else str(row.id),
                row.kind,
                row.started_at[:19].replace("T", " "),
                took(row),
                row.outcome or "-",
                "-" if row.exit_code is None else str(row.exit_code),
                _counted(row, "requests"),
                _counted(row, "unchanged") if "requests" in row.counts else "-",
                _counted(row, "new_articles"),
                row.reason or "",
            )
            for row in rows
        ],
    )


def _counted(row: RunRow, name: str) -> str:
    if name not in row.counts and "requests" not in row.counts:
        return "-"
    return f"{row.counts.get(name, 0):,}"


def took(row: RunRow) -> str:
    """How long a run took: `6.4 s`, `12 min 05 s`, `3 h 02 min`; `-` while it runs."""
    from storage.revisiting import seconds_between

    if row.ended_at is None:
        return "-"
    seconds = seconds_between(row.started_at, row.ended_at)
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"


def _one(told: RunStory, as_json: bool) -> None:
    if as_json:
        print_json(_as_plain(told))
        return
    run, sheet = told.run, Sheet()
    sheet.text(f"Run {run.id}, {run.kind} of {run.site}", style="bold")
    sheet.pair("Began", moment(run.started_at))
    if run.ended_at is not None:
        last = "last seen at work " if run.outcome == "killed" else ""
        sheet.pair("Ended", f"{last}{moment(run.ended_at)}, after {took(run)}")
    sheet.pair("Outcome", f"{run.outcome}: {run.reason}", style=OUTCOME_STYLES.get(run.outcome or "", ""))
    sheet.pair("Exit code", "none" if run.exit_code is None else str(run.exit_code))
    if run.pid is not None:
        sheet.pair("Process", f"{run.pid} on {run.host}")
    sheet.pair("Versions", f"program {run.program_version}, reader {run.reader_version}")
    sheet.pair("Profile", f"SHA-256 {run.profile_digest}")
    if run.kind in ("crawl", "demo") and run.outcome != "skipped":
        sheet.heading("Asked of the site")
        for label, value in asked_of_the_site(told.asked):
            sheet.pair(label, value, width=20)
    sheet.heading("What came of it")
    for label, value in what_came(told):
        sheet.pair(label, value, width=20)
    sheet.heading("Settings")
    for name, value in sorted(run.settings.items()):
        sheet.pair(name, "-" if value is None else str(value), width=30)
    if told.failed:
        sheet.heading(f"Left without an answer: {len(told.failed):,}")
        for url, reason in told.failed[:_MOST_FAILURES_SHOWN]:
            sheet.text(f"{url} ({reason})", indent=2)
        if len(told.failed) > _MOST_FAILURES_SHOWN:
            sheet.text(f"and more: 'msarchive coverage --run {run.id} --state failed'", indent=2)


def asked_of_the_site(asked: Asked) -> list[tuple[str, str]]:
    """What a run asked of the site, label and value."""
    share = asked.share_not_modified
    gap = asked.smallest_gap_ms
    return [
        ("Requests", _or_unknown(asked.requests)),
        ("Answers", f"{asked.answers:,}"),
        ("Without an answer", _or_unknown(asked.unanswered)),
        ("Not asked (robots)", _or_unknown(asked.refused)),
        ("Received", byte_size(asked.bytes)),
        ("Not modified (304)", f"{asked.not_modified:,}" + ("" if share is None else f", {share:.0%}")),
        ("Smallest gap", "not measured" if gap is None else f"{gap / 1000:.3f} s"),
    ]


def what_came(told: RunStory) -> list[tuple[str, str]]:
    """What came of a run, label and value."""
    lines = [
        ("Captures", ", ".join(f"{number:,} {kind}" for kind, number in told.captures.items()) or "none"),
        ("New addresses", f"{told.new_urls:,}"),
    ]
    if told.new_articles is not None:
        lines += [("New articles", f"{told.new_articles:,}")]
        lines += [("Changed articles", _or_unknown(told.changed_articles))]
    rest = {
        name: number
        for name, number in told.run.counts.items()
        if name not in _TOLD_ELSEWHERE and name not in told.captures and number
    }
    lines += [(name.replace("_", " ").capitalize(), f"{number:,}") for name, number in rest.items()]
    return lines


def _or_unknown(number: int | None) -> str:
    return "not known" if number is None else f"{number:,}"


def _as_plain(told: RunStory) -> dict[str, Any]:
    value = asdict(told)
    value["asked"]["share_not_modified"] = told.asked.share_not_modified
    value["failed"] = [{"url": url, "reason": reason} for url, reason in told.failed]
    return value
