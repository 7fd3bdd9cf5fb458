"""`msarchive verify`: is everything there, and is it what was written?"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, chosen_database, json_option, print_json
from crawler.exits import ExitCode
from crawler.terminal import console, printable

if TYPE_CHECKING:
    from storage.verify import Finding, Repaired, Report

_STYLES = {"damage": "red", "note": "yellow"}


@click.command(
    "verify",
    epilog="\b\nExamples:\n"
    "  msarchive verify && msarchive crawl --contact me@example.org\n"
    "  msarchive verify --repair\n"
    "  msarchive verify --json | jq -r '.findings[] | [.code, .file, .offset] | @tsv'\n\n"
    "Exit status: 0 sound (notes are no damage), 12 damaged, 7 when a database's server can't be asked.\n"
    "docs/captures.md explains each code.",
)
@archive_option(database=True)
@click.option(
    "--repair",
    "mend",
    is_flag=True,
    help="Cut off a record that a killed run never finished. Nothing that is good is touched.",
)
@json_option("Print what is found as a JSON object.")
def command(directory: Path, mend: bool, as_json: bool) -> int:
    """Check the whole archive: database, WARC files, and every capture's record with its digests.

    Changes nothing (but for --repair), and may run beside a crawl. One line for each thing that is wrong.
    """
    from storage.verify import repair, verify

    database = chosen_database()
    repaired = repair(directory, database=database) if mend else []
    with _progress() as tell:
        report = verify(directory, database=database, progress=tell)
    if as_json:
        print_json(_as_json(report, repaired))
    else:
        _print(report, repaired)
    return ExitCode.OK if report.sound else ExitCode.DAMAGED


def _as_json(report: Report, repaired: list[Repaired]) -> dict[str, object]:
    return {
        "sound": report.sound,
        "damage": report.damage,
        "notes": report.notes,
        "captures": report.captures,
        "files": report.files,
        "bytes": report.bytes,
        "revisions": report.revisions,
        "findings": [{"level": finding.level, **asdict(finding)} for finding in report.findings],
        "repaired": [asdict(one) for one in repaired],
    }


def _print(report: Report, repaired: list[Repaired]) -> None:
    screen = console()
    for one in repaired:
        said = (
            f"repaired: {one.file}: {_bytes(one.cut)} of an unfinished record cut off behind {one.length:,}"
        )
        screen.print(printable(said), style="green", soft_wrap=True)
    for finding in report.findings:
        screen.print(_line(finding), style=_STYLES[finding.level], soft_wrap=True)
    screen.print(_summary(report), style="bold", soft_wrap=True)


def _line(finding: Finding) -> str:
    """`LEVEL CODE FILE:OFFSET: MESSAGE`: one line, whatever the message holds."""
    where = "" if finding.file is None else finding.file
    where += "" if finding.offset is None else f":{finding.offset}"
    return printable(f"{finding.level}: {finding.code}: {where + ': ' if where else ''}{finding.message}")


def _summary(report: Report) -> str:
    files = f"{_number(report.files, 'WARC file')} ({_bytes(report.bytes)})"
    looked = f"{_number(report.captures, 'capture')} in {files}, {_number(report.revisions, 'revision')}"
    notes = f", {_number(report.notes, 'note')}" if report.notes else ""
    if report.sound:
        return f"sound: {looked}{notes}"
    wrong = "thing is" if report.damage == 1 else "things are"
    return f"damaged: {report.damage:,} {wrong} wrong{notes}; looked at {looked}"


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _bytes(number: int) -> str:
    return _number(number, "byte")


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal's stderr; None where nobody watches."""
    screen = console(sys.stderr)
    if not screen.is_terminal:
        yield None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    with Progress(
        TextColumn("Verifying"), BarColumn(), DownloadColumn(), TimeRemainingColumn(),
        console=screen, transient=True,
    ) as bar:  # fmt: skip
        task = bar.add_task("", total=None)
        yield lambda seen, total: bar.update(task, completed=seen, total=total)
