"""`msarchive export`: the archive's records for other tools."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import (
    archive_option,
    byte_size,
    chosen_database,
    json_option,
    moment,
    open_to_read,
    print_json,
    program_version,
)
from crawler.cli.finding import as_of_option
from crawler.exits import ExitCode, UserError
from crawler.terminal import Sheet, complain, console

if TYPE_CHECKING:
    from storage.export.choice import Choice
    from storage.export.exporting import Export, Exported, Tell

# Spelled out here as well as in storage.export.formats: `--help` does without the database library.
FORMATS = ("jsonl", "csv", "parquet", "sqlite", "bibtex", "ris", "csl-json", "jsonld")


@click.command(
    "export",
    epilog="\b\nExamples:\n"
    "  msarchive export csv -o tables                  (a folder: a file for each table)\n"
    "  msarchive export csv -o fatigue --query 'topic:fatigue after:2026-01-01'\n"
    "  msarchive export jsonl -o - --fields id,title,topics | head -3\n"
    "  msarchive export bibtex -o fatigue.bib --query topic:fatigue\n"
    "  msarchive export parquet -o tables --history --as-of 2026-03-31",
)
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.option(
    "-o",
    "--output",
    "output",
    metavar="PATH",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="The file, or for csv and parquet the folder, to write; - is standard output.",
)
@click.option(
    "--query",
    "queries",
    metavar="QUERY",
    multiple=True,
    help="Only articles that match, as 'search' has it (repeatable: all must match).",
)
@click.option("--fields", metavar="NAME,…", help="Only these columns of articles, and these tables.")
@click.option("--history", is_flag=True, help="With all revisions, and what changed between them.")
@as_of_option()
@click.option("--force", is_flag=True, help="Replace what an earlier export wrote there.")
@archive_option(database=True)
@json_option("Print what was written as JSON.")
def command(
    form: str,
    output: Path,
    queries: tuple[str, ...],
    fields: str | None,
    history: bool,
    as_of: str | None,
    force: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Write the archive's records for other tools, as of one moment, while a crawl may go on.

    \b
    FORMAT is one of
      jsonl    JSON lines, an article with all that belongs to it on each
      csv      a folder of CSV files, one for each table, with a datapackage.json
      parquet  a folder of Parquet files, likewise
      sqlite   one SQLite file with the public views as tables, and full-text search
      bibtex, ris, csl-json  citations: the summaries, and the studies they are about
      jsonld   the same and more, in the words of schema.org

    What is written is there whole or not at all, with checksums, and with the run and the moment it stands
    for beside it. The same archive gives the same bytes. docs/exports.md says what each format holds.
    """
    from storage.as_of import as_of as then
    from storage.export.exporting import Export
    from storage.stopping import stoppable

    choice = _choice(form, queries, fields, history, as_of)
    with (
        _explained(output),
        open_to_read(directory) as archive,
        archive.engine.connect() as connection,
        stoppable(connection),
        then(connection, as_of),
        _progress() as tell,
    ):
        export = Export(connection, choice, form, program_version=program_version(), tell=tell)
        written = _write(export, form, output, force)
    if not written.articles:
        complain("no article matches" if choice.query is not None else "the archive holds no articles")
    if as_json and written.path is not None:
        print_json(_as_json(written))
    elif written.path is not None:
        _tell(written)


def _choice(
    form: str, queries: tuple[str, ...], fields: str | None, history: bool, as_of: str | None
) -> Choice:
    from crawler.asking import parse
    from storage.export.choice import Choice
    from storage.search.selection import selected

    names = None if fields is None else tuple(name.strip() for name in fields.split(",") if name.strip())
    if names == ():
        raise UserError("--fields names no field", ExitCode.USAGE)
    if names is not None and form not in ("jsonl", "csv", "parquet", "sqlite"):
        raise UserError(f"--fields is not for {form}, which has fields of its own", ExitCode.USAGE)
    choice = Choice(history=history, fields=names, as_of=as_of)
    if not queries:
        return choice
    wanted = selected(parse(*queries), in_postgresql=chosen_database() is not None)
    return replace(choice, query=" ".join(queries), selected=wanted.sql, parameters=wanted.parameters)


def _write(export: Export, form: str, output: Path, force: bool) -> Exported:
    from storage.export.formats import FORMATS as KNOWN

    if KNOWN[form].is_folder:
        if str(output) == "-":
            raise UserError(f"{form} is a folder of files: -o names it", ExitCode.USAGE)
        return export.to_folder(output, replace=force)
    if str(output) == "-" and not KNOWN[form].can_stream:
        raise UserError(f"{form} is written to a file: -o names it", ExitCode.USAGE)
    if str(output) == "-":
        return export.to_stream(sys.stdout.buffer)
    return export.to_file(output, replace=force)


@contextmanager
def _explained(output: Path) -> Iterator[None]:
    """What goes wrong with the target or the choice, in one line."""
    from storage.export.choice import NoSuchField
    from storage.whole import TargetExists

    try:
        yield
    except (TargetExists, NoSuchField) as error:
        raise UserError(str(error), ExitCode.USAGE) from None
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        raise UserError("parquet needs the extra: pip install 'msarchive[parquet]'", ExitCode.USAGE) from None
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(f"can't write {output}: {error.strerror}", ExitCode.USAGE) from None


@contextmanager
def _progress() -> Iterator[Tell]:
    """A bar on a terminal's stderr."""
    screen = console(sys.stderr)
    if not screen.is_terminal:
        yield lambda what, done, total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=screen, transient=True) as bar:
        task = bar.add_task("articles", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


def _tell(written: Exported) -> None:
    sheet = Sheet()
    articles = f"{written.articles:,} {'article' if written.articles == 1 else 'articles'}"
    sheet.text(f"{written.path}, {byte_size(written.size)}: {articles}", style="bold")
    for name, number in written.rows.items():
        sheet.pair(name, f"{number:,}", width=18, indent=2)
    run, as_of = written.stands_for["complete_run"], written.stands_for["as_of"]
    if as_of is not None:
        sheet.pair("As of", moment(as_of), width=18)
    said = "none yet" if run is None else f"{run['id']} ({run['kind']}), ended {moment(run['ended_at'])}"
    sheet.pair("Last complete run", said, width=18)


def _as_json(written: Exported) -> dict[str, object]:
    return {
        "path": str(written.path),
        "bytes": written.size,
        "articles": written.articles,
        "rows": written.rows,
        "stands_for": written.stands_for,
    }
