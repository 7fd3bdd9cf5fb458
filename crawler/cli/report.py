"""`msarchive report`: the archive in pictures and tables, in one file."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from crawler.cli.common import archive_option, byte_size, json_option, open_to_read, print_json
from crawler.cli.finding import as_of_option, beginning_of
from crawler.exits import ExitCode, UserError
from crawler.terminal import Sheet


@click.command(
    "report",
    epilog="\b\nExamples:\n"
    "  msarchive report -o report.html\n"
    "  msarchive report -o march.html --since 2026-03-01 --as-of 2026-03-31\n"
    "  msarchive report -o /srv/www/archive.html --force      (from cron, after a crawl)\n\n"
    "Needs the extra 'report': pip install 'msarchive[report]'.",
)
@click.option(
    "-o",
    "--output",
    "output",
    metavar="FILE.html",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.",
)
@click.option("--since", metavar="DATE", help="Growth, changes and crawls since a date or time (UTC) only.")
@as_of_option()
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@archive_option(database=True)
@json_option("Print what was written as JSON.")
def command(
    output: Path, since: str | None, as_of: str | None, force: bool, directory: Path, as_json: bool
) -> None:
    """Write a report on the archive: one HTML file that opens offline, without scripts.

    It shows what the archive holds and how it grew, articles by month, topics over time and which go
    together, journals, ratings, what changed, how complete it is and how the crawls went, each as a picture
    with the numbers behind it. The file is written whole or not at all; the same archive gives the same
    bytes.
    """
    if find_spec("matplotlib") is None or find_spec("jinja2") is None:
        raise UserError(
            "a report needs an extra that is not installed (pip install 'msarchive[report]')", ExitCode.USAGE
        )
    begin = None if since is None else beginning_of(since)
    if begin is not None and as_of is not None and begin > as_of:
        raise UserError("--since lies after --as-of: nothing is in between", ExitCode.USAGE)
    from crawler.report.labels import plural
    from crawler.report.page import check, make, write

    check(output, replace=force)
    with open_to_read(directory) as archive:
        report = make(archive, since=begin, until=as_of)
    write(report.html, output, replace=force)
    size = output.stat().st_size
    if as_json:
        print_json({"path": str(output), "bytes": size, "articles": report.articles, "runs": report.runs})
        return
    sheet = Sheet()
    sheet.text(f"{output}, {byte_size(size)}: the archive {report.stands_for}", style="bold")
    sheet.text(f"{plural(report.articles, 'article')}, {plural(report.runs, 'run')}", indent=2)
