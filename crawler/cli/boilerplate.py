"""`msarchive boilerplate`: the passages that many articles share."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import as_of_option
from crawler.terminal import Sheet, complain

if TYPE_CHECKING:
    from storage.boilerplate import Passage

SORTS = ("count", "name", "seen")
_FOUND = {"profile": "known by the site's profile", "counted": "found by counting"}


@click.command(
    "boilerplate",
    epilog="\b\nExamples:\n"
    "  msarchive boilerplate\n"
    "  msarchive boilerplate --source counted --sort seen\n"
    "  msarchive boilerplate --json | jq '.[].slots'",
)
@archive_option(database=True)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="count",
    show_default=True,
    help="By number of articles, by text, or the last to come first ('seen').",
)
@click.option(
    "--source", type=click.Choice(tuple(_FOUND)), help="Only what the profile knows, or counting found."
)
@click.option(
    "--values",
    metavar="N",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    help="At most N values of each slot, the commonest first.",
)
@as_of_option()
@json_option("Print a JSON array, an object for each passage.")
def command(
    directory: Path, sort: str, source: str | None, values: int, as_of: str | None, as_json: bool
) -> None:
    """List the passages that many articles share but for their {slots}: what stands in these, where the
    passage stands, and since when.

    They are kept once, and neither searched nor compared. What is boilerplate is told as of now, also with
    --as-of; how many articles carried it is told as of then.
    """
    from storage.as_of import as_of as then
    from storage.boilerplate import passages

    with (
        open_to_read(directory) as archive,
        archive.engine.connect() as connection,
        then(connection, as_of),
    ):
        every = passages(connection, values)
    found = _sorted([one for one in every if source is None or one.source == source], sort)
    if as_json:
        at = {} if as_of is None else {"as_of": as_of}
        print_json([{**at, **asdict(one)} for one in found])
    elif not found:
        complain("no passage is known that articles share")
    else:
        for one in found:
            _print(one)


def _sorted(found: list[Passage], sort: str) -> list[Passage]:
    by_text = sorted(found, key=lambda one: one.template)
    if sort == "count":
        return sorted(by_text, key=lambda one: -one.articles)
    if sort == "seen":
        return sorted(by_text, key=lambda one: one.first_seen_at, reverse=True)
    return by_text


def _print(one: Passage) -> None:
    sheet = Sheet()
    sheet.text(one.template)
    sheet.pair("Articles", f"{one.articles:,}", indent=2)
    sheet.pair("Found", _FOUND[one.source], indent=2)
    seen = f"first {moment(one.first_seen_at)}"
    sheet.pair(
        "Seen", seen if one.last_seen_at is None else f"{seen}, last {moment(one.last_seen_at)}", indent=2
    )
    if one.heading is not None:
        sheet.pair("Under", one.heading, indent=2)
    if one.places:
        sheet.pair(
            "Stands", ", ".join(f"{place.where} ({place.articles:,})" for place in one.places), indent=2
        )
    for slot in one.slots:
        told = " | ".join(f"{value.value} ({value.articles:,})" for value in slot.commonest)
        more = slot.values - len(slot.commonest)
        sheet.pair(f"{{{slot.name}}}", f"{told} and {more:,} more" if more else told, indent=2)
    sheet.blank()
