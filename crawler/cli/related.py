"""`msarchive related`: the articles most like one, and near-duplicates."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json, program
from crawler.cli.finding import as_of_option, find_article
from crawler.exits import ExitCode, UserError
from crawler.terminal import Sheet, complain

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.relating.asking import Answer, Group

_MOST_WORDS = 8
"""Shared words told of each article; --json has all of them."""


@click.command(
    "related",
    epilog="\b\nExamples:\n"
    "  msarchive related aB3dE6\n"
    "  msarchive related aB3dE6 --limit 3 --json | jq -r '.related[].key'\n"
    "  msarchive related --duplicates",
)
@click.argument("wanted", metavar="[ID|URL]", required=False)
@archive_option(database=True)
@click.option("--site", metavar="NAME", help="Which site's, where several share the archive and the id.")
@click.option("--duplicates", is_flag=True, help="List all near-duplicates of the archive, in groups.")
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="At most N related articles, or groups.",
)
@as_of_option()
@json_option("Print everything as a JSON object; with --duplicates an array of groups.")
def command(
    wanted: str | None,
    directory: Path,
    site: str | None,
    duplicates: bool,
    limit: int,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Show the articles most like one by its own text and topics, and those that say nearly the same.

    The number says how much of what tells the article apart the other one has too: rare words and topics
    count for more than common ones, those of title and takeaway for more than others. The site's cards have
    no part in it. With --as-of only articles that had been seen by then are told, compared by what they say
    today.
    """
    from storage.as_of import as_of as then
    from storage.relating.asking import duplicate_groups, is_kept, like

    if duplicates == (wanted is not None):
        raise UserError("say one article's id or address, or --duplicates", ExitCode.USAGE)
    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        if not is_kept(connection):
            raise UserError(_not_yet(connection))
        if wanted is None:
            with then(connection, as_of):
                groups = duplicate_groups(connection)
            _show_groups(groups, limit, as_of, as_json)
            return
        name = find_article(connection, wanted, site, as_of)
        with then(connection, as_of):
            found = like(connection, *name, limit)
    if as_json:
        print_json({**({} if as_of is None else {"as_of": as_of}), **asdict(found)})
    else:
        _show(found, as_of)


def _not_yet(connection: Connection) -> str:
    from storage.queries import count_articles

    if not count_articles(connection):
        return "the archive holds no articles yet"
    return (
        "what its articles are about is not kept yet: that is done when a run ends, so run "
        f"'{program()} crawl', 'import' or 'reread' once"
    )


def _show(found: Answer, as_of: str | None) -> None:
    sheet = Sheet()
    sheet.text(found.title or "(no title)", style="bold")
    sheet.text(found.key, style="cyan")
    if as_of is not None:
        sheet.text(f"articles seen by {moment(as_of)}, compared by what they say today", style="dim")
    if found.near_duplicates:
        sheet.heading("Nearly the same text")
    for twin in found.near_duplicates:
        sheet.text(twin.title or "(no title)", mark=f"{_percent(twin.similarity)}  ")
        sheet.text(twin.key, indent=6, style="cyan")
    sheet.heading("About the same")
    if not found.related:
        sheet.text("no article has two telling words or topics in common with it")
    for one in found.related:
        sheet.text(one.title or "(no title)", mark=f"{_percent(one.score)}  ")
        sheet.text(one.key, indent=6, style="cyan")
        if one.shared_topics:
            sheet.text(f"topics: {', '.join(one.shared_topics)}", indent=6, style="dim")
        if one.shared_words:
            more = len(one.shared_words) - _MOST_WORDS
            also = f" and {more} more" if more > 0 else ""
            sheet.text(f"words: {', '.join(one.shared_words[:_MOST_WORDS])}{also}", indent=6, style="dim")


def _show_groups(groups: list[Group], limit: int, as_of: str | None, as_json: bool) -> None:
    if as_json:
        at = {} if as_of is None else {"as_of": as_of}
        print_json([{**at, **asdict(group)} for group in groups])
        return
    if not groups:
        complain("no two articles say nearly the same")
        return
    sheet = Sheet()
    for number, group in enumerate(groups[:limit], 1):
        least, most = _percent(group.least).strip(), _percent(group.most).strip()
        alike = least if least == most else f"{least} to {most}"
        sheet.text(f"{len(group.articles)} articles, {alike} the same", mark=f"{number:>3}. ", style="bold")
        for member in group.articles:
            sheet.pair(member.key, member.title or "(no title)", width=8, indent=5)
    if len(groups) > limit:
        sheet.text(f"{limit} of {len(groups)} groups; --limit {len(groups)} shows all", style="dim")


def _percent(share: float) -> str:
    return f"{100 * share:3.0f}%"
