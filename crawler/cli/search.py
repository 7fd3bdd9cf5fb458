"""`msarchive search`: full-text search with filters, ranked or by date, and how what is found divides."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, open_to_read, print_json
from crawler.cli.finding import as_of_option
from crawler.terminal import Column, Sheet, complain, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.search.ask import Found, Hit
    from storage.search.facets import Facet, Facets

# Spelled out here as well as in storage.search.ask: `--help` does without the database library.
SORTS = ("relevance", "date", "title", "credibility", "interest")

HELP_OF_QUERIES = """\b
  iron brain            both words          "brain fog"         as it stands
  iron OR zinc          either              iron NOT zinc       also: iron -zinc
  inflam*               words beginning so  (a OR b) c          grouped
  title:iron            in the title        takeaway:iron       in the key takeaway
  topic:fatigue         topic:"oxidative stress"; journal:brain likewise
  after:2026-05         that day and later  before:2026-05-15   earlier; date:2026 within
  credibility:>=4       also < <= > or none interest:<3
  site:NAME             id:mhFS5r"""


def _typed(_context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> str:
    """What was typed as one text; `-word` is no option here, `--word` is one that there is not."""
    for word in words:
        if word.startswith("--"):
            raise click.NoSuchOption(word)
    return " ".join(words)


@click.command(
    "search",
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
    epilog=f"{HELP_OF_QUERIES}\n\n\b\nExamples:\n"
    "  msarchive search iron brain -zinc\n"
    "  msarchive search '\"brain fog\" sleep' --counts\n"
    "  msarchive search 'topic:fatigue after:2026-01 credibility:>=4' --sort date\n"
    "  msarchive search iron --as-of 2026-03-31\n"
    "  msarchive search COVID-19 --json",
)
@click.argument("typed", metavar="QUERY...", nargs=-1, callback=_typed)
@archive_option(database=True)
@click.option(
    "--sort",
    type=click.Choice(SORTS),
    default="relevance",
    show_default=True,
    help="Dates and ratings begin with the greatest. Without words to go by, relevance is by date.",
)
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1, max=1_000_000),
    default=10,
    show_default=True,
    help="At most N articles.",
)
@click.option(
    "--offset",
    metavar="N",
    type=click.IntRange(min=0, max=2**31),
    default=0,
    help="Pass over the first N.",
)
@click.option(
    "--counts", is_flag=True, help="Print how all that is found divides by topic, journal and year."
)
@as_of_option()
@json_option("Print total and hits (with --counts: counts) as a JSON object.")
def command(
    typed: str,
    directory: Path,
    sort: str,
    limit: int,
    offset: int,
    counts: bool,
    as_of: str | None,
    as_json: bool,
) -> None:
    """Search titles, takeaways and sections, best match first; a word in the title weighs most.

    Articles must hold all words. Case and accents make no difference. What all pages share is not searched.
    """
    from crawler.asking import parse
    from storage.as_of import as_of as then
    from storage.search.ask import search
    from storage.search.facets import facets
    from storage.search.query import EVERYTHING, SearchError

    query = parse(typed)
    if query == EVERYTHING:
        raise SearchError("nothing to search for: give at least one word, number or filter")
    with (
        open_to_read(directory) as archive,
        archive.engine.connect() as connection,
        then(connection, as_of),
    ):
        found = search(connection, query, sort=sort, limit=limit, offset=offset)  # type: ignore[arg-type]
        divided = facets(connection, query) if counts else None
    if as_json:
        at = {} if as_of is None else {"as_of": as_of}
        more = {} if divided is None else {"counts": asdict(divided)}
        print_json({"query": typed, "searched": query.describe(), **at, **asdict(found), **more})
    elif not found.hits:
        beyond = f" beyond the first {offset}" if offset and found.total else ""
        complain(f"no article matches {query.describe()}{beyond}")
    else:
        _print(found, offset)
        if divided is not None:
            _print_counts(divided)


def _print(found: Found, offset: int) -> None:
    sheet = Sheet()
    for number, hit in enumerate(found.hits, start=offset + 1):
        _print_hit(sheet, number, hit)
    last = offset + len(found.hits)
    if last < found.total:
        sheet.text(f"{offset + 1}-{last} of {found.total}; --offset {last} shows the next", style="dim")
    elif sheet.on_terminal:
        sheet.text(f"{found.total} {'article' if found.total == 1 else 'articles'}", style="dim")


def _print_hit(sheet: Sheet, number: int, hit: Hit) -> None:
    article = hit.article
    title = [(fragment.text, fragment.match) for fragment in hit.title]
    sheet.marked(title or [("(no title)", False)], mark=f"{number:>3}. ", style="bold")
    facts = [article.key, article.published_on, article.journal]
    sheet.text("  ".join(fact for fact in facts if fact), indent=5, style="cyan")
    sheet.marked([(fragment.text, fragment.match) for fragment in hit.snippet], indent=5)
    sheet.blank()


def _print_counts(divided: Facets) -> None:
    for title, values in (("Topic", divided.topics), ("Journal", divided.journals), ("Year", divided.years)):
        _print_values(title, values)


def _print_values(title: str, values: Sequence[Facet]) -> None:
    if values:
        print()
        columns = [
            Column(title, grow=1),
            Column("Articles", "right"),
            Column("Narrow by", grow=1, style="cyan"),
        ]
        print_table(
            columns, [(value.label, str(value.articles), shlex.quote(value.filter)) for value in values]
        )
