"""`msarchive list`: the articles, one a line."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import as_of_option
from crawler.terminal import Column, complain, print_table

if TYPE_CHECKING:
    from storage.queries import ArticleRow

# Spelled out here as well as in storage.queries: `--help` does without the database library.
SORTS = ("date", "title", "journal", "credibility", "interest", "seen", "id")


@click.command(
    "list",
    epilog="\b\nExamples:\n"
    "  msarchive list --limit 20\n"
    "  msarchive list --topic 'multiple sclerosis' --sort credibility\n"
    "  msarchive list --as-of 2026-03-31\n"
    "  msarchive list --json | jq -r '.[].url'",
)
@archive_option(database=True)
@click.option("--limit", metavar="N", type=click.IntRange(min=1), help="At most N articles.  [default: all]")
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="date",
    show_default=True,
    help="Dates, ratings and 'seen' (first seen) begin with the greatest.",
)
@click.option("--topic", metavar="TOPIC", help="Only articles with this topic, in any of its spellings.")
@click.option("--journal", metavar="NAME", help="Only articles from journals with this in their name.")
@as_of_option()
@json_option("Print a JSON array, an object for each article.")
def command(
    directory: Path,
    limit: int | None,
    sort: str,
    topic: str | None,
    journal: str | None,
    as_of: str | None,
    as_json: bool,
) -> None:
    """List the articles, one a line: id, date, ratings, title and journal.

    An article whose id no capture shows has a key instead ('body:…'), which 'show' takes as well.
    """
    from storage.as_of import as_of as then
    from storage.queries import articles, count_articles, topic_names

    with (
        open_to_read(directory) as archive,
        archive.engine.connect() as connection,
        then(connection, as_of),
    ):
        rows = articles(
            connection,
            sort=sort,  # type: ignore[arg-type]  # click has checked it
            limit=limit,
            topic_group=_grouped(topic),
            journal_part=_grouped(journal),
        )
        total = len(rows) or count_articles(connection)
        near = _near(topic, topic_names(connection)) if topic is not None and not rows else []
    if as_json:
        at = {} if as_of is None else {"as_of": as_of}
        print_json([{**at, **asdict(row)} for row in rows])
        return
    if not rows:
        complain(_nothing(topic, journal, total, near, as_of))
        return
    _print(rows)


def _print(rows: list[ArticleRow]) -> None:
    print_table(
        [
            Column("Id", style="cyan"),
            Column("Date"),
            Column("Cred.", "right"),
            Column("Int.", "right"),
            Column("Title", grow=3),
            Column("Journal", grow=1),
        ],
        [
            (
                row.key,
                row.published_on or "-",
                rating(row.credibility, row.credibility_scale),
                rating(row.interest, row.interest_scale),
                (row.title or f"(no title) {row.takeaway or ''}") + (" [gone]" if row.gone_since else ""),
                row.journal or "-",
            )
            for row in rows
        ],
    )


def rating(value: float | None, scale: float | None) -> str:
    """`4/5`; `-` when there is none."""
    return "-" if value is None or scale is None else f"{value:g}/{scale:g}"


def _grouped(name: str | None) -> str | None:
    """The form that groups the spellings of a topic or journal; the rules are the same for both."""
    if name is None:
        return None
    from pipelines.grouping import normal_topic  # the reader comes with it, a quarter of the start-up

    return normal_topic(name)


def _near(topic: str, known: list[str]) -> list[str]:
    from difflib import get_close_matches

    return get_close_matches(topic, known, n=3, cutoff=0.6)


def _nothing(topic: str | None, journal: str | None, total: int, near: list[str], as_of: str | None) -> str:
    if not total and as_of is not None:
        return f"no article had been seen yet at {moment(as_of)}"
    if not total:
        return "the archive holds no articles yet"
    if near:
        return f"no article with the topic {topic!r}; there are: {', '.join(near)}"
    wanted = [f"the topic {topic!r}"] if topic else []
    wanted += [f"{journal!r} in its journal's name"] if journal else []
    return f"no article with {' and '.join(wanted)}"
