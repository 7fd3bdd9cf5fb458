"""`msarchive search`: ranked full-text search."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import archive_option, json_option, open_to_read, print_json
from crawler.cli.finding import as_of_option
from crawler.exits import ExitCode, UserError
from crawler.terminal import Sheet, complain

if TYPE_CHECKING:
    from storage.search_query import Found, Hit


@click.command(
    "search",
    epilog="\b\nExamples:\n"
    "  msarchive search iron brain\n"
    "  msarchive search '\"brain fog\" sleep'\n"
    "  msarchive search iron --as-of 2026-03-31\n"
    "  msarchive search COVID-19 --json",
)
@click.argument("words", nargs=-1)
@archive_option()
@click.option(
    "--limit",
    metavar="N",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="At most N articles.",
)
@click.option("--offset", metavar="N", type=click.IntRange(min=0), default=0, help="Pass over the first N.")
@as_of_option()
@json_option("Print total and hits as a JSON object.")
def command(
    words: tuple[str, ...], directory: Path, limit: int, offset: int, as_of: str | None, as_json: bool
) -> None:
    """Search titles, takeaways and sections, best match first; a word in the title weighs most.

    Articles must hold all WORDS, and "phrases in quotes" as they stand. Case and accents make no difference;
    everything else is taken literally. What all pages share is not searched.
    """
    from storage.as_of import as_of as then
    from storage.search_query import SearchError, search

    typed = " ".join(words)
    try:
        with (
            open_to_read(directory) as archive,
            archive.engine.connect() as connection,
            then(connection, as_of),
        ):
            found = search(connection, typed, limit=limit, offset=offset)
    except SearchError as error:
        raise UserError(str(error), ExitCode.USAGE) from None
    if as_json:
        at = {} if as_of is None else {"as_of": as_of}
        print_json({"query": typed, **at, **asdict(found)})
    elif not found.hits:
        beyond = f" beyond the first {offset}" if offset and found.total else ""
        complain(f"no article matches {typed!r}{beyond}")
    else:
        _print(found, offset)


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
