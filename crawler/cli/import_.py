"""`msarchive import`: saved pages, text captures, WARC and WACZ files into the archive."""

from __future__ import annotations

import logging
import sys
from collections import Counter
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from crawler.cli.common import (
    archive_name,
    archive_option,
    chosen_database,
    dask_options,
    json_option,
    log_format_option,
    print_json,
    program_version,
    site_option,
)
from crawler.exits import ExitCode
from crawler.terminal import Column, Sheet, complain, printable

if TYPE_CHECKING:
    from crawler.importing import FileOutcome, ImportResult
    from crawler.logs import LogFormat
    from crawler.warc_import import WarcOutcome


@click.command(
    "import",
    epilog="\b\nExamples:\n"
    "  msarchive import saved-pages/\n"
    "  msarchive import page.html --url https://mymsbuddy.com/news/view/some-title-aB3dE6\n"
    "  msarchive import crawl-2024.warc.gz       (wget, Heritrix, Browsertrix, Common Crawl, …)\n"
    "  msarchive import 's3://crawls/2024/*.warc.gz' --dask tcp://10.0.0.5:8786\n"
    "  msarchive import archive.wacz             (into an empty archive: the same archive again)\n"
    "  msarchive import tables/                  (what 'export csv' wrote, into an empty archive)",
)
@click.argument("paths", metavar="PATH|ADDRESS...", nargs=-1, required=True)
@archive_option(database=True)
@site_option()
@click.option(
    "--start",
    metavar="URL",
    help="An address of the site, where that is not the profile's own: the profile moves there.",
)
@click.option("--url", metavar="URL", help="The address of a single file that does not tell its own.")
@dask_options("Read WARC files")
@log_format_option()
@json_option("Print what each file came to as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    paths: tuple[str, ...],
    directory: Path,
    site: str,
    start: str | None,
    url: str | None,
    dask: str | None,
    dask_wait: float,
    log_format: LogFormat,
    as_json: bool,
) -> None:
    """Read saved HTML pages, plain text captures, WARC and WACZ files into the archive.

    What 'export csv' or 'export jsonl' wrote is taken back into an empty archive, as records without pages.

    Files, or folders with all in them. Records of a WARC file keep their dates; those of other sites are
    skipped and counted; what is cut off or damaged is named, and everything else in the file imported. WARC
    files may lie at an address, too (https://…, s3://…, whatever fsspec knows; * stands for several): that
    needs the extra, pip install 'msarchive[dask]'. They are read on all cores, or on a Dask cluster.

    A page's own address comes from the page (its canonical link, or the note a browser leaves in what it
    saves) or from --url. A capture that has none is kept by its text, and joined to its article as soon as
    the same text turns up with an address. The same file twice changes nothing.
    """
    from crawler import logs
    from crawler.export_import import exported_site, is_export
    from crawler.importing import Outcome, import_files
    from crawler.warc_import import packed_site
    from crawler.warc_sources import place
    from spiders.summaries import site_profile

    def report(file: FileOutcome) -> None:
        if log_format == "json":
            failed = file.outcome is Outcome.NOT_A_PAGE
            logs.tell(
                "import.file", file.text, level=logging.ERROR if failed else logging.INFO,
                path=str(file.path), outcome=file.outcome.value, article_id=file.article_id,
            )  # fmt: skip
        elif file.outcome is Outcome.NOT_A_PAGE:
            complain(f"not imported: {file.text}")
        elif not as_json:
            sheet.text(f"{file.article_id or '-':<8}{file.path}: {file.text}", mark=f"{file.outcome:<13} ")

    places = [place(path) for path in paths]
    on_disk = [one for one in places if isinstance(one, Path)]
    if ctx.get_parameter_source("site") is ParameterSource.DEFAULT:
        site = packed_site(on_disk) or exported_site(on_disk) or site
    if is_export(on_disk) and len(places) == 1:
        _import_export(on_disk[0], directory, site, log_format, as_json)
        return
    sheet = Sheet()
    result = import_files(
        places,
        directory=directory,
        database=chosen_database(),
        profile=site_profile(site, (start,) if start else ()),
        url=url,
        dask=dask,
        dask_wait=dask_wait,
        program_version=program_version(),
        report=report,
        progress=WarcProgress(),
    )
    if as_json:
        print_json(_as_json(result))
    elif log_format == "human":
        _summary(sheet, result, directory)
    else:
        for warc in result.warcs:
            for line in warc.damage:
                complain(f"not read: {line}")
        logs.bind(run=result.run_id)
        logs.tell("import.ended", "import ended", **_counted(result))
    if result.count(Outcome.NOT_A_PAGE) or any(warc.damage for warc in result.warcs):
        ctx.exit(ExitCode.ERROR)


def _import_export(path: Path, directory: Path, site: str, log_format: LogFormat, as_json: bool) -> None:
    """Take in what `export` wrote, and say what came of it."""
    from dataclasses import asdict

    from crawler import logs
    from crawler.export_import import import_export
    from spiders.summaries import site_profile

    result = import_export(
        path,
        directory=directory,
        database=chosen_database(),
        profile=site_profile(site, ()),
        program_version=program_version(),
    )
    if as_json:
        print_json(asdict(result))
    elif log_format == "json":
        logs.bind(run=result.run_id)
        logs.tell("import.ended", "import ended", articles=result.articles, known=result.known)
    else:
        sheet = Sheet()
        known = f", {result.known:,} were there already" if result.known else ""
        sheet.text(f"{result.articles:,} articles from the export{known}")
        sheet.text("It holds no captures: the export's own records stand in their place.", style="dim")
        sheet.text(f"The archive is {archive_name(directory)} (run {result.run_id}).")


def _counted(result: ImportResult) -> dict[str, Any]:
    """What the import came to, in numbers."""
    from crawler.importing import Outcome

    return {
        "files": {outcome.value: result.count(outcome) for outcome in Outcome if result.count(outcome)},
        "records": dict(sorted(sum((warc.counts for warc in result.warcs), Counter[str]()).items())),
        "damaged": sum(len(warc.damage) for warc in result.warcs),
    }


class WarcProgress:
    """Says on standard error how far a WARC file has come, at most every two seconds."""

    def __init__(self) -> None:
        self._last = monotonic()

    def __call__(self, warc: WarcOutcome) -> None:
        """One more record."""
        from crawler import logs

        if monotonic() - self._last >= 2.0:
            self._last = monotonic()
            done = warc.counts.total() + warc.skipped.total()
            line = f"{printable(warc.path.name)}: {done:,} records"
            if logs.is_json():
                logs.tell("progress", line, done=done, path=str(warc.path))
            else:
                print(line, file=sys.stderr, flush=True)


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
    for warc in result.warcs:
        _warc(sheet, warc)
    if result.files:
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
    sheet.text(f"The archive is {archive_name(directory)} (run {result.run_id}).")


_RECORDS = {
    "new article": "articles that the archive did not have",
    "new revision": "known articles with other content than before",
    "unchanged": "known articles, as they were",
    "other page": "listings, redirects, robots.txt, errors and other pages, kept as captures",
    "known": "captures that the archive had already",
}


def _warc(sheet: Sheet, warc: WarcOutcome) -> None:
    sheet.blank()
    sheet.text(str(warc.path), style="bold")
    sheet.table(
        [Column("Records", "right"), Column("Outcome"), Column("Meaning", grow=1)],
        [(f"{warc.counts[name]:,}", name, text) for name, text in _RECORDS.items() if warc.counts[name]]
        + [(f"{number:,}", "skipped", f"records {why}") for why, number in sorted(warc.skipped.items())],
    )
    for line in warc.damage:
        complain(f"not read: {line}")


def _as_json(result: ImportResult) -> dict[str, Any]:
    return {
        "run": result.run_id,
        "warcs": [
            {
                "path": str(warc.path),
                "records": dict(sorted(warc.counts.items())),
                "skipped": dict(sorted(warc.skipped.items())),
                "damage": warc.damage,
            }
            for warc in result.warcs
        ],
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
