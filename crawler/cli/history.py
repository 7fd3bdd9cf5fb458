"""`msarchive history`: what happened to one article."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.alarms import tell_waiting
from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import find_article
from crawler.terminal import Sheet

if TYPE_CHECKING:
    from storage.history import Entry, FieldChange

_ROOM = 60
"""Most characters of a value in a line of the list; 'diff' shows all of them."""


@click.command(
    "history",
    epilog="\b\nExamples:\n"
    "  msarchive history aB3dE6\n"
    "  msarchive history aB3dE6 --json | jq '.entries[].changes[].field'",
)
@click.argument("wanted", metavar="ID|URL")
@archive_option(database=True)
@click.option("--site", metavar="NAME", help="Which site's, where several share the archive and the id.")
@json_option("Print everything as a JSON object.")
def command(wanted: str, directory: Path, site: str | None, as_json: bool) -> None:
    """Show what happened to one article, oldest first: when it was first seen, changed, moved, gone, back.

    A change is dated by the first capture that shows it. What a better reader corrected is no change.
    """
    from storage.alarms import quarantined
    from storage.history import history

    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        name = find_article(connection, wanted, site)
        entries, waiting = history(connection, *name), quarantined(connection, *name)
    if as_json:
        told = {"site": name[0], "key": name[1], "entries": [asdict(entry) for entry in entries]}
        print_json({**told, "quarantined": [asdict(row) for row in waiting]})
        return
    sheet = Sheet()
    title = [entry.title for entry in entries if entry.revision is not None][-1]
    sheet.text(title or "(no title)", style="bold")
    sheet.text(name[1], style="cyan")
    for entry in entries:
        sheet.pair(moment(entry.at), said(entry), width=24)
        for change in entry.changes:
            sheet.pair("", f"{change.field}: {_short(change)}", width=24, style="dim")
    tell_waiting(waiting, directory)


def said(entry: Entry) -> str:
    """What happened, in a few words."""
    if entry.what == "new":
        return "first seen"
    if entry.what == "revision":
        return f"revision {entry.revision}: {', '.join(change.field for change in entry.changes)}"
    if entry.what == "moved":
        return f"moved to {entry.to_url} from {entry.from_url}"
    status = "" if entry.status is None else f" (HTTP {entry.status})"
    return f"{entry.what}{status if entry.what == 'gone' else ''}"


def _short(change: FieldChange) -> str:
    if change.added is not None and change.removed is not None:
        names = [f"+{name}" for name in change.added] + [f"-{name}" for name in change.removed]
        return ", ".join(names) or f"{change.before or 'absent'} → {change.after or 'absent'}"
    before, after = change.before, change.after
    if change.field == "source":
        before, after = _paper(before), _paper(after)
    if before is None or after is None:
        return (
            f"{'absent' if before is None else _cut(before)} → {'absent' if after is None else _cut(after)}"
        )
    # From where they begin to differ, with a few words before.
    same = next((n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), 0)
    begin = before.rfind(" ", 0, max(0, same - 15)) + 1 if same > _ROOM // 2 else 0
    lead = "…" if begin else ""
    return f"{lead}{_cut(before[begin:])} → {lead}{_cut(after[begin:])}"


def _paper(source: str | None) -> str | None:
    from storage.history import source_lines

    return None if source is None else "; ".join(source_lines(source))


def _cut(text: str) -> str:
    text = " ".join(text[: 2 * _ROOM].split())
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1].rstrip()}…"
