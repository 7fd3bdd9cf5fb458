"""`msarchive coverage`: what became of every address ever heard of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import archive_option, json_option, open_to_read, print_json
from crawler.exits import ExitCode, UserError
from crawler.terminal import Column, Sheet, complain, print_table

if TYPE_CHECKING:
    from storage.coverage import CoveredUrl, Unexplained

# Spelled out here as well as in storage.models: `--help` does without the database library.
STATES = ("waiting", "stored", "redirected", "alias", "gone", "failed", "refused")
_MOST_REASONS = 8
"""Reasons shown for each state; the others are counted."""


@click.command(
    "coverage",
    epilog="\b\nExamples:\n"
    "  msarchive coverage\n"
    "  msarchive coverage --state failed\n"
    "  msarchive coverage --run 12 --json | jq '.urls[] | select(.asked | not) | .url'\n\n"
    "The SQL that proves that every address is accounted for is in docs/operating.md.",
)
@archive_option(database=True)
@click.option("--run", "run", metavar="ID", type=click.IntRange(min=1), help="As this run left things.")
@click.option(
    "--state", type=click.Choice(STATES), help="List the addresses in this state, each with its reason."
)
@json_option("Print a JSON object with every address.")
@click.pass_context
def command(ctx: click.Context, directory: Path, run: int | None, state: str | None, as_json: bool) -> None:
    """Say what became of every address ever heard of, from sitemaps, listings, cards, links and seeds: each
    is in exactly one state, with a reason.

    With --run as that run left them, and how many it asked for. Exit code 1 when an address is not accounted
    for.
    """
    from storage.coverage import covered, unexplained
    from storage.runs import story

    with open_to_read(directory) as archive:
        if run is not None and story(archive, run) is None:
            raise UserError(f"no run {run} in the archive ('msarchive runs' lists them)")
        with archive.engine.connect() as connection, connection.begin():
            urls, lost = covered(connection, run=run), unexplained(connection)
    chosen = [url for url in urls if state is None or url.state == state]
    if as_json:
        print_json(_as_plain(urls, chosen, lost, run))
    elif state is not None:
        _list(chosen)
    else:
        _summary(urls, lost, run)
    if lost:
        complain(f"{len(lost):,} addresses are not accounted for: a bug, please report it")
        ctx.exit(ExitCode.ERROR)


def _list(chosen: Sequence[CoveredUrl]) -> None:
    print_table(
        [Column("Address", grow=3), Column("Reason", grow=2), Column("Told by", grow=1)],
        [(one.url, one.reason, one.told_by) for one in chosen],
    )


def _summary(urls: Sequence[CoveredUrl], lost: Sequence[Unexplained], run: int | None) -> None:
    sheet = Sheet()
    when = "" if run is None else f" as run {run} left them"
    sheet.text(f"{len(urls):,} addresses{when}, {len(lost):,} of them unexplained", style="bold")
    if run is not None:
        sheet.text(f"{sum(bool(one.asked) for one in urls):,} of them were asked for in it")
    sheet.blank()
    print_table(
        [Column("State", style="cyan"), Column("Addresses", "right"), Column("Reason", grow=1)],
        _reasons(urls),
    )
    sheet.heading("Who told of them")
    told = _told_by(urls)
    states = [state for state in STATES if any(state in counts for counts in told.values())]
    print_table(
        [Column("Told by", style="cyan"), *(Column(state, "right") for state in states)],
        [(via, *(f"{counts[state]:,}" for state in states)) for via, counts in told.items()],
    )
    for one in lost:
        sheet.text(f"unexplained: {one.url} is {one.state} ({one.reason})")


def _reasons(urls: Sequence[CoveredUrl]) -> list[tuple[str, str, str]]:
    rows = []
    for state in STATES:
        counts = Counter(one.reason for one in urls if one.state == state)
        common = counts.most_common(_MOST_REASONS)
        rows += [(state, f"{number:,}", reason) for reason, number in common]
        rest = counts.total() - sum(number for _, number in common)
        if rest:
            rows.append((state, f"{rest:,}", f"{len(counts) - len(common):,} other reasons"))
    return rows


def _told_by(urls: Sequence[CoveredUrl]) -> dict[str, Counter[str]]:
    """Who told -> state -> number. An address that several told of counts with each."""
    told: dict[str, Counter[str]] = {}
    for one in urls:
        for via in one.told_by.split(", "):
            told.setdefault(via, Counter())[one.state] += 1
    return dict(sorted(told.items()))


def _as_plain(
    urls: Sequence[CoveredUrl], chosen: Sequence[CoveredUrl], lost: Sequence[Unexplained], run: int | None
) -> dict[str, Any]:
    states = Counter(one.state for one in urls)
    return {
        "run": run,
        "addresses": len(urls),
        "unexplained": [asdict(one) for one in lost],
        "states": {state: states[state] for state in STATES if states[state]},
        "told_by": {via: dict(counts) for via, counts in _told_by(urls).items()},
        "asked": None if run is None else sum(bool(one.asked) for one in urls),
        "urls": [asdict(one) for one in chosen],
    }
