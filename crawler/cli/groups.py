"""The lists of topics and of journals: the same command over two kinds of names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import as_of_option
from crawler.terminal import Column, complain, print_table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.spellings import Group

SORTS = ("count", "name", "seen")


def group_command(
    plural: str, article_has: str, read: Callable[[Connection], tuple[Group, ...]], example: str
) -> click.Command:
    """The command that lists topics or journals. `read` gives all of them."""

    def command(
        part: str | None, directory: Path, sort: str, least: int, limit: int | None, as_of: str | None,
        as_json: bool,
    ) -> None:  # fmt: skip
        from storage.as_of import as_of as then

        with (
            open_to_read(directory) as archive,
            archive.engine.connect() as connection,
            then(connection, as_of),
        ):
            every = read(connection)
        found = _sorted([one for one in _with_part(every, part) if one.articles >= least], sort)[:limit]
        if as_json:
            at = {} if as_of is None else {"as_of": as_of}
            print_json([{**at, "name": one.name, **asdict(one)} for one in found])
        elif found:
            _print(found, plural)
        else:
            complain(_nothing(plural, part, least, bool(every), as_of))

    command.__doc__ = f"""List the {plural}: all spellings of each, as printed, and how many articles have it.

    An article that prints two spellings counts once. 'First seen' and 'last seen' are of the articles that
    {article_has}. PART keeps those with it in one of their spellings; case and accents make no difference.
    """
    for option in reversed(
        (
            click.argument("part", metavar="[PART]", required=False),
            archive_option(database=True),
            click.option(
                "--sort",
                type=click.Choice(SORTS),
                default="count",
                show_default=True,
                help="By number of articles, by name, or the last to come first ('seen').",
            ),
            click.option(
                "--least", metavar="N", type=click.IntRange(min=1), default=1, help="Of N articles or more."
            ),
            click.option(
                "--limit", metavar="N", type=click.IntRange(min=1), help="At most N.  [default: all]"
            ),
            as_of_option(),
            json_option("Print a JSON array, an object for each, all spellings among it."),
        )
    ):
        command = option(command)
    examples = (
        f"  msarchive {plural} --limit 20\n"
        f"  msarchive {plural} {example} --sort name\n"
        f"  msarchive {plural} --json | jq -r '.[] | [.name, .articles] | @tsv'"
    )
    return click.command(plural, epilog=f"\b\nExamples:\n{examples}")(command)


def _with_part(every: tuple[Group, ...], part: str | None) -> list[Group]:
    if part is None:
        return list(every)
    wanted = _folded(part)
    return [one for one in every if any(wanted in _folded(spelling.name) for spelling in one.spellings)]


def _folded(name: str) -> str:
    import unicodedata

    decomposed = unicodedata.normalize("NFKD", name)
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign)).casefold()


def _sorted(found: list[Group], sort: str) -> list[Group]:
    by_name = sorted(found, key=lambda one: (_folded(one.name), one.name))
    if sort == "count":
        return sorted(by_name, key=lambda one: -one.articles)
    if sort == "seen":
        return sorted(by_name, key=lambda one: one.first_seen_at, reverse=True)
    return by_name


def _print(found: list[Group], plural: str) -> None:
    print_table(
        [
            Column("Articles", "right"),
            Column("First seen"),
            Column("Last seen"),
            Column(f"{plural.capitalize().removesuffix('s')}, as printed", grow=1, wrap=True),
        ],
        [
            (f"{one.articles:,}", one.first_seen_at[:10], one.last_seen_at[:10], _spelled(one))
            for one in found
        ],
    )


def _spelled(one: Group) -> str:
    """`name`, or with several spellings each with its number: `name (12), Name (3)`."""
    if len(one.spellings) == 1:
        return one.name
    return " | ".join(f"{spelling.name} ({spelling.articles:,})" for spelling in one.spellings)


def _nothing(plural: str, part: str | None, least: int, any_at_all: bool, as_of: str | None) -> str:
    if not any_at_all:
        return (
            f"no article has {plural} yet"
            if as_of is None
            else f"no {plural} had been seen at {moment(as_of)}"
        )
    wanted = [f"with {part!r} in their name"] if part is not None else []
    wanted += [f"of {least} articles or more"] if least > 1 else []
    return f"no {plural} {' '.join(wanted)}"
