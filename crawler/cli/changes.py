"""`msarchive changes`: what changed on the site in a time."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import click

from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import beginning_of, end_of
from crawler.cli.history import said
from crawler.terminal import Column, complain, print_table

# Spelled out here as well as in storage.history: `--help` does without the database library.
FIELDS = ("title", "takeaway", "credibility", "interest", "topics", "journal", "source", "sections")


def _field(_context: click.Context, _option: click.Parameter, typed: str | None) -> str | None:
    if typed is None or typed in FIELDS or re.fullmatch(r"sections\.\S+", typed):
        return typed
    raise click.BadParameter(f"{typed!r} is none of {', '.join(FIELDS)}, or sections.KIND")


@click.command(
    "changes",
    epilog="\b\nExamples:\n"
    "  msarchive changes --since 2026-03-01\n"
    "  msarchive changes --since 2026-01-01 --field credibility --json\n"
    "  msarchive changes --since 2026-03-01 --until 2026-03-31",
)
@archive_option(database=True)
@click.option(
    "--since", metavar="DATE", required=True, help="From the beginning of a date (UTC), or from a time on."
)
@click.option("--until", metavar="DATE", help="To the end of a date (UTC), or to a time.  [default: now]")
@click.option("--site", metavar="NAME", help="Only this site's.")
@click.option(
    "--field",
    metavar="FIELD",
    callback=_field,
    help="Only revisions that changed this: title, takeaway, credibility, interest, topics, journal, source, "
    "sections, or sections.KIND.",
)
@json_option("Print a JSON array, an object for each change.")
def command(
    directory: Path, since: str, until: str | None, site: str | None, field: str | None, as_json: bool
) -> None:
    """List what changed on the site since a date, oldest first: new articles, revisions with the fields that
    changed, articles gone, back or moved.

    Each is dated by the capture that shows it. What a better reader corrected is no change.
    """
    from storage.history import changes

    begin, end = beginning_of(since), None if until is None else end_of(until)
    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        entries = changes(connection, since=begin, until=end, site=site, field=field)
    if as_json:
        print_json([asdict(entry) for entry in entries])
        return
    if not entries:
        until_then = "" if end is None else f" until {moment(end)}"
        complain(
            f"no {'change' if field is None else f'change of {field}'} since {moment(begin)}{until_then}"
        )
        return
    print_table(
        [Column("When"), Column("Id", style="cyan"), Column("What", grow=2), Column("Title", grow=2)],
        [(moment(entry.at), entry.key, said(entry), entry.title or "(no title)") for entry in entries],
    )
