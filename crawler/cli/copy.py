"""`msarchive copy`: an archive in another place, or another database, and the proof that it is the same."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, open_to_read, print_json
from crawler.exits import ExitCode, UserError
from crawler.terminal import Column, Sheet, console

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from storage.archive import Archive
    from storage.copying import CopiedTable, Tell


@click.command(
    "copy",
    epilog="\b\nExamples:\n"
    "  createdb msarchive && msarchive copy --to postgresql:///msarchive\n"
    "  msarchive list --database postgresql:///msarchive\n"
    "  msarchive copy --database postgresql:///msarchive --to ./again\n"
    "  msarchive copy --to /mnt/backup/archive",
)
@click.option(
    "--to",
    "target",
    metavar="URL|DIR",
    required=True,
    help="An empty PostgreSQL database (postgresql://USER@HOST/NAME), or a folder without an archive.",
)
@archive_option(database=True)
@click.option("--without-captures", is_flag=True, help="To a folder: leave the WARC files where they are.")
@json_option("Print the tables, their rows and digests as a JSON object.")
def command(target: str, directory: Path, without_captures: bool, as_json: bool) -> None:
    """Copy the archive into PostgreSQL, or from there into a folder, and compare both row by row.

    All of it is read from one moment; a crawl may go on. The copy is there whole, with every row read back
    and found the same, or not at all. A folder gets the WARC files, too; with a database they stay in the
    folder's captures/, where --archive finds them beside --database.
    """
    from storage.copying import CannotKeep, NotTheSame
    from storage.whole import TargetExists

    try:
        with open_to_read(directory) as archive, _progress() as tell:
            copied, place = _copy(archive, target, without_captures, tell)
    except TargetExists as error:
        raise UserError(str(error), ExitCode.USAGE) from None
    except NotTheSame as error:
        raise UserError(f"nothing is copied: {error}", ExitCode.DAMAGED) from None
    except CannotKeep as error:
        raise UserError(f"nothing is copied: {error}", ExitCode.STORAGE) from None
    rows = sum(table.rows for table in copied)
    if as_json:
        tables = [asdict(table) for table in copied]
        print_json({"from": archive.name, "to": place, "rows": rows, "tables": tables})
        return
    _print(archive, place, copied, rows)
    _print_captures(target, directory, without_captures)


def _copy(
    archive: Archive, target: str, without_captures: bool, tell: Tell
) -> tuple[Sequence[CopiedTable], str]:
    """The tables, and what holds them now."""
    from storage.warc import FOLDER

    with archive.engine.connect() as connection:
        if "://" in target:
            from storage.postgresql.connecting import address, shown
            from storage.postgresql.copied import copy_into

            url = address(target)
            return copy_into(url, connection, tell), shown(url)
        from storage.archive import FILE_NAME
        from storage.sqlite_copy import copy_to_folder

        captures = None if without_captures else archive.directory / FOLDER
        return copy_to_folder(Path(target), connection, captures, tell), str(Path(target) / FILE_NAME)


@contextmanager
def _progress() -> Iterator[Tell]:
    """What is being done, on one line of a terminal; silent elsewhere."""
    screen = console(sys.stderr)
    if not screen.is_terminal:
        yield lambda doing, what: None
        return
    with screen.status("") as line:
        yield lambda doing, what: line.update(f"{doing} {what}")


def _print(archive: Archive, place: str, copied: Sequence[CopiedTable], rows: int) -> None:
    sheet = Sheet()
    sheet.text(f"{archive.name} is copied to {place}", style="bold")
    sheet.text(f"{rows:,} rows of {len(copied)} tables, each read back and the same as in the archive")
    sheet.blank()
    columns = [
        Column("Table", style="cyan"),
        Column("Rows", "right"),
        Column("SHA-256 of all its rows", grow=1),
    ]
    sheet.table(columns, [(table.name, f"{table.rows:,}", table.digest) for table in copied])
    sheet.blank()


def _print_captures(target: str, directory: Path, without_captures: bool) -> None:
    sheet = Sheet()
    if "://" in target:
        sheet.text(f"The captures stay in {directory}: give '--archive {directory}' beside '--database'.")
    elif without_captures:
        sheet.text(f"The captures are not copied: they stay in {directory}.")
    else:
        sheet.text("The captures are copied as well, each with the checksum that the archive has of it.")
