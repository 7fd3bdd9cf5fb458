"""`msarchive demo`: the sample site, crawled before one's eyes."""

from __future__ import annotations

import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import archive_option, json_option, print_json, program
from crawler.cli.crawl import waiting_pages
from crawler.exits import ExitCode
from crawler.terminal import Column, Sheet, complain

if TYPE_CHECKING:
    from crawler.demo import Demo


CHANGES = ("edit", "new", "remove", "withdraw", "return", "move", "footer")
"""`crawler.samplesite.CHANGES`, said again: importing it takes longer than --help may."""


@click.command(
    "demo",
    epilog="\b\nExamples:\n"
    "  msarchive demo\n"
    "  msarchive demo --change edit      (an article was edited since)\n"
    "  msarchive demo --archive /tmp/demo-archive --json",
)
@archive_option(default=Path("demo-archive"), envvar=None)
@click.option(
    "--change",
    "changes",
    multiple=True,
    type=click.Choice(CHANGES),
    help="Let the site have changed before it is crawled (repeatable).",
)
@click.option(
    "--redesign",
    metavar="NAME",
    help="Let the site look different when it is crawled: takeaway-renamed, cards-gone, shell, … take "
    "something away, classes, wrappers, banner, … do not.",
)
@json_option("Print what it found as JSON.")
@click.pass_context
def command(
    ctx: click.Context, directory: Path, changes: tuple[str, ...], redesign: str | None, as_json: bool
) -> None:
    """Serve the bundled sample site on a free port of this machine, crawl it all, and show what came of it.

    Needs no network. Run again it asks for every page again, if changed, and finds nothing new: the site has
    not changed. With --change it has: an article edited, withdrawn, returned, removed, moved, a new one, a
    new footer. A second and a third such run make a history to look at. With --redesign its pages look
    different: a later run tells whether anything can't be found any more (exit code 11, 'msarchive alarms').
    """
    from crawler.demo import run_demo
    from crawler.samplesite import REDESIGNS

    if redesign is not None and redesign not in REDESIGNS:
        raise click.BadParameter(f"{redesign!r} is none of {', '.join(REDESIGNS)}", param_hint="--redesign")
    demo = run_demo(directory, changes=changes, redesign=redesign)
    if as_json:
        print_json(_as_plain(demo, directory))
    else:
        _print(demo, directory)
    if demo.crawl.exit_code is not ExitCode.OK:
        complain(demo.crawl.reason)
    ctx.exit(demo.crawl.exit_code)


def _print(demo: Demo, directory: Path) -> None:
    counts, sheet = demo.crawl.counts, Sheet()
    new, revisions = counts.get("new_articles", 0), counts.get("new_revisions", 0)
    sheet.text(f"Crawled {counts.get('answers', 0)} pages of the sample site into {directory}", style="bold")
    happened = ", ".join(f"{number} {event}" for event, number in demo.events)
    waiting = counts.get("quarantined", 0) - counts.get("released", 0)
    if waiting > 0:
        sheet.text(f"{waiting_pages(waiting)}: what the archive knew of them stays as it was.")
    elif not new and not revisions and not happened:
        sheet.text("Nothing new since the last crawl: the same articles, unchanged.")
        same = counts.get("unchanged", 0)
        sheet.text(f"{same} pages were asked for if changed, and answered 'not modified'.")
    else:
        told = f"{new} new articles, {max(0, revisions - new)} changed ones"
        sheet.text(f"{told}{', ' if happened else ''}{happened}.")
    sheet.blank()
    sheet.table([Column("What"), Column("How many", wrap=True, grow=1)], demo.rows)
    for url, why in demo.crawl.failed:
        sheet.text(f"failed: {url} ({why})")
    if demo.newest_id is None:
        return  # it came to nothing: what went wrong is said next
    sheet.heading("Try next")
    for line in _commands(demo, directory):
        sheet.text(line, indent=2)


def _commands(demo: Demo, directory: Path) -> tuple[str, ...]:
    where = f"--archive {shlex.quote(str(directory))}"
    database = shlex.quote(str(directory / "archive.db"))
    ask = f"sqlite3 {database} 'select title, journal, published_on from articles limit 5'"
    return (
        f"{shlex.quote(program())} show {where} {demo.newest_id}",
        f"{shlex.quote(program())} search {where} {demo.word}",
        f"{shlex.quote(program())} browse {where}",
        ask if shutil.which("sqlite3") else f"{shlex.quote(program())} status {where}",
    )


def _as_plain(demo: Demo, directory: Path) -> dict[str, Any]:
    from crawler.cli.crawl import as_plain

    return {
        "crawl": as_plain(demo.crawl),
        "found": dict(demo.rows),
        "try_next": list(_commands(demo, directory)) if demo.newest_id else [],
    }
