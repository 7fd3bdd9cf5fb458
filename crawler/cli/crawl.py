"""`msarchive crawl`: a site into the archive."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import (
    allow_private_option,
    archive_name,
    archive_option,
    byte_size,
    chosen_database,
    json_option,
    log_format_option,
    print_json,
    site_option,
)
from crawler.exits import ExitCode
from crawler.terminal import Sheet, complain, printable

if TYPE_CHECKING:
    from crawler.logs import LogFormat
    from crawler.outcome import CrawlResult

_MOST_FAILURES_SHOWN = 20


@click.command(
    "crawl",
    epilog="\b\nExamples:\n"
    "  msarchive crawl --contact me@example.org\n"
    "  msarchive crawl --contact me@example.org --max-pages 20      (a first look)\n"
    "  msarchive crawl --site my-site.toml --start https://example.org/news --delay 5\n"
    "  msarchive crawl --contact me@example.org --refresh all       (every page, if changed)\n\n"
    "\b\nExit codes: 0 complete, 3 some addresses failed, 4 archive busy, 5 stopped, 6 limit reached,\n"
    "7 storage, 8 robots.txt, 9 the site limits or blocks us, 10 no connection, 11 the site has changed,\n"
    "12 archive damaged, 13 archive newer.",
)
@archive_option(database=True)
@site_option()
@click.option(
    "--start",
    metavar="URL",
    multiple=True,
    help="Start page, instead of the profile's (repeatable). On another host the profile moves there.",
)
@click.option(
    "--urls",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Further addresses, one a line (a sitemap dump, a web archive's index).",
)
@click.option(
    "--max-pages",
    metavar="N",
    type=click.IntRange(min=1),
    help="Stop after so many pages; the next crawl goes on from there.",
)
@click.option(
    "--delay",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    help="Least time between requests.  [default: 2; 0 on loopback]",
)
@click.option(
    "--contact",
    metavar="ADDRESS",
    envvar="MSARCHIVE_CONTACT",
    show_envvar=True,
    help="E-mail or web address for the site's operator; goes into the User-Agent.",
)
@click.option(
    "--refresh",
    type=click.Choice(["all", "due", "new"]),
    default=None,
    help="What to ask again of what is in the archive: all of it, what is due (see above), or nothing but "
    "lists, for what is new.  [default: due]",
)
@click.option(
    "--metrics-file",
    metavar="FILE.prom",
    envvar="MSARCHIVE_METRICS_FILE",
    show_envvar=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write metrics for Prometheus' textfile collector when the crawl has ended, however it did.",
)
@click.option(
    "--render",
    type=click.Choice(["never", "auto"]),
    default=None,
    help="Have empty shells rendered by the system's Chromium, by the same rules as everything else. Needs "
    "the extra 'render'.  [default: never]",
)
@click.option(
    "--shared",
    is_flag=True,
    help="Share the crawl with other processes that are started the same way, here or on other machines. "
    "Needs --database, and one --archive folder for all.",
)
@log_format_option()
@allow_private_option()
@json_option("Print the result as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    directory: Path,
    site: str,
    start: tuple[str, ...],
    urls: Path | None,
    max_pages: int | None,
    delay: float | None,
    contact: str | None,
    refresh: str | None,
    metrics_file: Path | None,
    log_format: LogFormat,
    render: str | None,
    shared: bool,
    allow_private: tuple[str, ...],
    as_json: bool,
) -> None:
    """Crawl a site into the archive, or go on with a crawl that did not finish.

    Asks as the site's robots.txt allows, one request at a time. Ctrl-C once ends cleanly, twice at once;
    either way nothing is lost and the next crawl goes on.

    When a crawl has finished, the next one asks again for robots.txt, sitemaps and listings, and for whatever
    failed; for a page, when its date in the sitemap has moved or it is told there no more, or when its time
    has come: 7 days after the first visit, half as long whenever it had changed, half as long again whenever
    it had not, from 1 day to 90 (the profile's [revisit]). Of all others 2 % are asked as well, since
    sitemaps lie. Pages are asked "if changed since then", which costs the site next to nothing if they have
    not.
    """
    from crawler.run import CrawlOptions, run_crawl

    result = run_crawl(
        CrawlOptions(
            archive=directory,
            database=chosen_database(),
            site=site,
            start=start,
            urls=urls,
            max_pages=max_pages,
            delay=delay,
            contact=contact,
            render=render,
            shared=shared,
            allow_private=allow_private,
            refresh=refresh,
            log_format=log_format,
            metrics_file=metrics_file,
        )
    )
    if as_json:
        print_json(as_plain(result))
    elif log_format == "human":
        print_result(result, directory)
    if result.exit_code is not ExitCode.OK:
        complain(result.reason)
    ctx.exit(result.exit_code)


def print_result(result: CrawlResult, directory: Path) -> None:
    """What a crawl came to, in a few lines."""
    from crawler.in_the_way import browser_needed  # the reader comes with it: not for --help

    counts, sheet = result.counts, Sheet()
    found = f"{_number(counts, 'new_articles', 'new article')}"
    changed = counts.get("new_revisions", 0) - counts.get("new_articles", 0)
    if changed > 0:
        found += f", {changed:,} changed"
    sheet.text(
        f"{result.outcome}: {_number(counts, 'answers', 'page')} in {result.seconds:.1f} s"
        f"{' (going on with an unfinished crawl)' if result.resumed else ''}, {found}"
    )
    if counts.get("unchanged"):
        wire = byte_size(counts.get("bytes_on_the_wire", 0))
        sheet.text(
            f"{counts['unchanged']:,} not modified since they were last asked; {wire} received", indent=2
        )
    if counts.get("workers", 0) > 1:
        sheet.text(f"all of that by {counts['workers']} processes, of which this one ended last", indent=2)
    for line in honesty(counts):
        sheet.text(line, indent=2)
    if waiting := counts.get("quarantined", 0) - counts.get("released", 0):
        sheet.text(f"{waiting_pages(waiting)} and can't be believed yet", indent=2)
    if counts.get("refused"):
        sheet.text(f"{counts['refused']:,} not asked: robots.txt forbids them", indent=2)
    needed = browser_needed(counts)
    if needed is not None:
        sheet.text(needed, indent=2)
    for url, why in result.failed[:_MOST_FAILURES_SHOWN]:
        sheet.text(f"failed: {url} ({why})", indent=2)
    if len(result.failed) > _MOST_FAILURES_SHOWN:
        sheet.text(f"and {len(result.failed) - _MOST_FAILURES_SHOWN:,} more that failed", indent=2)
    if result.states.get("due"):
        sheet.text(f"{result.states['due']:,} addresses are still to be asked", indent=2)
    sheet.text(f"archive: {archive_name(directory)}")


def waiting_pages(number: int) -> str:
    """How many pages have lost fields, as the beginning of a sentence."""
    return "1 page lacks what it had" if number == 1 else f"{number:,} pages lack what they had"


def honesty(counts: Mapping[str, int]) -> tuple[str, ...]:
    """What became of the sitemap's word on articles that were asked again; nothing when none was."""
    moved, unmoved = counts.get("lastmod_moved", 0), counts.get("lastmod_unmoved", 0)
    lines = []
    if moved:
        true = counts.get("lastmod_moved_changed", 0)
        lines.append(f"of {moved:,} {_articles(moved)} whose lastmod had moved {true:,} had changed")
    if unmoved:
        false = counts.get("lastmod_unmoved_changed", 0)
        still = " all the same" if false else ""
        told = f"of {unmoved:,} {_articles(unmoved)} asked whose lastmod had not moved"
        lines.append(f"{told} {false:,} had changed{still}")
    return tuple(lines)


def _articles(number: int) -> str:
    return "article" if number == 1 else "articles"


def as_plain(result: CrawlResult) -> dict[str, Any]:
    """The result for `--json`."""
    return {
        "outcome": result.outcome,
        "reason": printable(result.reason),
        "exit_code": int(result.exit_code),
        "resumed": result.resumed,
        "seconds": round(result.seconds, 3),
        "counts": dict(sorted(result.counts.items())),
        "urls": dict(sorted(result.states.items())),
        "failed": [{"url": url, "reason": why} for url, why in result.failed],
    }


def _number(counts: Any, key: str, noun: str) -> str:
    number = counts.get(key, 0)
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
