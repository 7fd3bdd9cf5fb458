"""`msarchive import`: saved pages and text captures into the archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import (
    archive_option,
    json_option,
    load_site,
    print_json,
    program_version,
    site_option,
)
from crawler.exits import ExitCode
from crawler.terminal import Column, Sheet, complain

if TYPE_CHECKING:
    from crawler.importing import FileOutcome, ImportResult


@click.command(
    "import",
    epilog="\b\nExamples:\n"
    "  msarchive import saved-pages/\n"
    "  msarchive import page.html --url https://mymsbuddy.com/news/view/some-title-aB3dE6",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path))
@archive_option()
@site_option()
@click.option("--url", metavar="URL", help="The address of a single file that does not tell its own.")
@json_option("Print what each file came to as JSON.")
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[Path, ...], directory: Path, site: str, url: str | None, as_json: bool
) -> None:
    """Read saved HTML pages and plain text captures into the archive: files, or folders with all in them.

    A page's own address comes from the page (its canonical link, or the note a browser leaves in what it
    saves) or from --url. A capture that has none is kept by its text, and joined to its article as soon as
    the same text turns up with an address. The same file twice changes nothing.
    """
    from crawler.importing import Outcome, import_files

    def report(file: FileOutcome) -> None:
        if file.outcome is Outcome.NOT_A_PAGE:
            complain(f"not imported: {file.text}")
        elif not as_json:
            sheet.text(f"{file.article_id or '-':<8}{file.path}: {file.text}", mark=f"{file.outcome:<13} ")

    sheet = Sheet()
    result = import_files(
        paths,
        directory=directory,
        profile=load_site(site),
        url=url,
        program_version=program_version(),
        report=report,
    )
    if as_json:
        print_json(_as_json(result))
    else:
        _summary(sheet, result, directory)
    if result.count(Outcome.NOT_A_PAGE):
        ctx.exit(ExitCode.ERROR)


def _summary(sheet: Sheet, result: ImportResult, directory: Path) -> None:
    from crawler.importing import Outcome

    meaning = {
        Outcome.NEW: "articles that the archive did not have",
        Outcome.REVISED: "known articles with other content than before",
        Outcome.UNCHANGED: "known articles, as they were",
        Outcome.JOINED: "captures without an address that belong to known articles",
        Outcome.OTHER: "other pages, kept as captures",
        Outcome.UNREADABLE: "kept as captures, with the reason",
        Outcome.NOT_A_PAGE: "not kept",
    }
    sheet.blank()
    sheet.table(
        [Column("Files", "right"), Column("Outcome"), Column("Meaning", grow=1)],
        [
            (str(result.count(outcome)), outcome.value, text)
            for outcome, text in meaning.items()
            if result.count(outcome)
        ],
    )
    if result.passed_over:
        endings = ", ".join(sorted({path.suffix.lower() for path in result.passed_over}))
        sheet.text(f"{len(result.passed_over)} files beside them passed over ({endings})")
    sheet.text(f"The archive is {directory / 'archive.db'} (run {result.run_id}).")


def _as_json(result: ImportResult) -> dict[str, Any]:
    return {
        "run": result.run_id,
        "files": [
            {
                "path": str(file.path),
                "outcome": file.outcome.value,
                "article_id": file.article_id,
                "text": file.text,
            }
            for file in result.files
        ],
        "passed_over": [str(path) for path in result.passed_over],
    }
