"""`msarchive sql`: one's own SQL over the public views, read-only."""

from __future__ import annotations

import csv
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import archive_option, json_option, open_to_read, print_json
from crawler.cli.finding import as_of_option
from crawler.exits import ExitCode, UserError
from crawler.terminal import Column, Sheet, json_line, print_table, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.read_only_sql import Answer


@click.command(
    "sql",
    epilog="\b\nExamples:\n"
    "  msarchive sql                                      the views and their columns\n"
    "  msarchive sql 'select journal, articles from journals order by articles desc limit 5'\n"
    "  msarchive sql 'select id, title from articles' --as-of 2026-03-31 --csv > then.csv\n"
    "  msarchive sql --json - < question.sql",
)
@click.argument("statement", required=False)
@archive_option(database=True)
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: the values as they are, NULL as nothing.")
@json_option("Print a JSON array, an object for each row.")
@as_of_option()
@click.option(
    "--time-limit",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    help="Give up after so long.  [default: never; Ctrl-C stops at any time]",
)
def command(
    statement: str | None,
    directory: Path,
    as_csv: bool,
    as_json: bool,
    as_of: str | None,
    time_limit: float | None,
) -> None:
    """Answer one SQL STATEMENT (- reads it from standard input), or say what can be asked.

    Works beside a crawl and changes nothing: whatever would write, attach or load is refused. The views are
    documented in docs/data-dictionary.md; tables can be read as well, but may change.
    """
    if as_csv and as_json:
        raise click.UsageError("--csv and --json can't both be had")
    if statement is None:
        _print_views(as_csv, as_json)
        return
    from storage.as_of import as_of as then
    from storage.read_only_sql import SqlError, answered

    asked = sys.stdin.read() if statement == "-" else statement
    with (
        open_to_read(directory) as archive,
        archive.engine.connect() as connection,
        then(connection, as_of),
    ):
        try:
            with answered(connection, asked, time_limit=time_limit) as answer:
                _print(answer, as_csv, as_json)
        except SqlError as error:
            raise UserError(str(error), ExitCode.USAGE) from None


def _print(answer: Answer, as_csv: bool, as_json: bool) -> None:
    if as_json:
        _print_json(answer)
    elif as_csv:
        _print_csv(answer.columns, answer.rows)
    else:
        rows = [[_cell(value) for value in row] for row in answer.rows]
        numbers = [all(_is_number(row[place]) for row in rows) for place in range(len(answer.columns))]
        columns = [
            Column(name, "right" if number and rows else "left", grow=0 if number else 1)
            for name, number in zip(answer.columns, numbers, strict=True)
        ]
        print_table([_titled(column) for column in columns], rows)


def _titled(column: Column) -> Column:
    # A column's name is whatever the statement calls it.
    return Column(printable(column.title), column.align, column.grow)


def _print_json(answer: Answer) -> None:
    """An array with a row on each line, written as they come."""
    names = _different(answer.columns)
    lead = "["
    for row in answer.rows:
        values = {name: _json_value(value) for name, value in zip(names, row, strict=True)}
        click.echo(f"{lead}\n{json_line(values)}", nl=False)
        lead = ","
    click.echo("\n]" if lead == "," else "[]")


def _print_csv(columns: Sequence[str], rows: Any) -> None:
    # To a file or a pipe the data as they are; what a terminal would act on is for no one's eyes.
    shown = printable if sys.stdout.isatty() else str
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([shown(column) for column in columns])
    for row in rows:
        writer.writerow([None if value is None else shown(_text(value)) for value in row])


def _print_views(as_csv: bool, as_json: bool) -> None:
    from storage.views import VIEWS

    if as_json:
        print_json(
            [
                {
                    "view": view.name,
                    "about": view.doc,
                    "columns": [
                        {"column": name, "type": str(kind), "about": doc}
                        for name, (kind, doc) in view.columns.items()
                    ],
                }
                for view in VIEWS
            ]
        )
    elif as_csv:
        rows = [
            (view.name, name, str(kind), doc) for view in VIEWS for name, (kind, doc) in view.columns.items()
        ]
        _print_csv(("view", "column", "type", "about"), rows)
    else:
        sheet = Sheet()
        for view in VIEWS:
            sheet.text(view.name, style="bold")
            sheet.text(view.doc)
            described = [(f"  {name}", str(kind), doc) for name, (kind, doc) in view.columns.items()]
            sheet.table([Column("", style="cyan"), Column(""), Column("", grow=1)], described, heading=False)
            sheet.blank()


def _different(columns: Sequence[str]) -> list[str]:
    """Names for an object's members: the second `id` is `id_2`."""
    names: list[str] = []
    for column in columns:
        name, number = column, 1
        while name in names:
            number += 1
            name = f"{column}_{number}"
        names.append(name)
    return names


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _cell(value: Any) -> str:
    return "NULL" if value is None else _text(value)


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    # JSON has no infinity (RFC 8259 section 6).
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return cell == "NULL"
    return True
