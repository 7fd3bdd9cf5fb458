"""`msarchive alarms`: which fields the site's pages have lost, and where to look."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import (
    DEFAULT_ARCHIVE,
    archive_option,
    json_option,
    moment,
    open_to_read,
    print_json,
    program,
)
from crawler.terminal import Sheet

if TYPE_CHECKING:
    from storage.alarms import AlarmRow, QuarantinedRow


@click.command("alarms", epilog="\b\nExamples:\n  msarchive alarms\n  msarchive alarms --all --json")
@archive_option(database=True)
@click.option("--all", "everything", is_flag=True, help="Also alarms that have been cleared.")
@json_option("Print a JSON object.")
def command(directory: Path, everything: bool, as_json: bool) -> None:
    """List the fields that vanished from more pages than chance takes away: the site has changed.

    What the archive knew of these pages stays current; what was read of them since waits in quarantine.
    """
    from storage.alarms import alarms, in_quarantine

    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        found, waiting = alarms(connection, cleared=everything), in_quarantine(connection)
    if as_json:
        told = [asdict(one) | {"look": look(one.since_capture, directory)} for one in found]
        print_json({"alarms": told, "in_quarantine": waiting})
        return
    sheet = Sheet()
    if not found:
        sheet.text("No alarm stands: the site's pages have the fields that they had.")
    for one in found:
        _show(sheet, one, directory)
    if waiting:
        reread = _command("reread", directory)
        pages = "1 page waits" if waiting == 1 else f"{waiting:,} pages wait"
        sheet.blank()
        sheet.text(
            f"{pages} in quarantine. Mend the profile, then '{reread}'. Has the site really dropped "
            f"these fields, '{reread} --accept-losses' takes the pages as they are."
        )


def _show(sheet: Sheet, one: AlarmRow, directory: Path) -> None:
    among = "" if one.layout is None else f" in the layout '{one.layout}'"
    sheet.heading(f"{one.field}: lost on {one.lost:,} of {one.pages:,} pages of {one.site}{among}")
    sheet.pair(
        "since", f"capture {one.since_capture} of {moment(one.since_at)}: {one.since_url or '-'}", width=10
    )
    sheet.pair("there now", one.instead, width=10)
    if one.cleared_at is not None:
        sheet.pair("cleared", f"{moment(one.cleared_at)}: {one.cleared_why}", width=10)
    else:
        sheet.pair("look", look(one.since_capture, directory), width=10)


def look(capture: int, directory: Path) -> str:
    """The command that shows how a capture is read."""
    return f"{_command('inspect', directory)} --capture {capture}"


def tell_waiting(rows: list[QuarantinedRow], directory: Path) -> None:
    """Say which readings of an article wait in quarantine; nothing when none does."""
    sheet = Sheet()
    for row in rows:
        lost = f"has lost {', '.join(row.fields)} and waits" if row.fields else "waits"
        kept = "in quarantine" if row.held else "to be read again"
        sheet.text(
            f"capture {row.capture} of {moment(row.captured_at)} {lost} {kept}: "
            f"{look(row.capture, directory)}",
            style="yellow",
        )


def _command(name: str, directory: Path) -> str:
    where = "" if directory == DEFAULT_ARCHIVE else f" --archive {shlex.quote(str(directory))}"
    return f"{shlex.quote(program())} {name}{where}"
