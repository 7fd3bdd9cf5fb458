"""From what a person types to the article meant, or one line that says what is there instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from crawler.cli.common import moment
from crawler.exits import ExitCode, UserError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sqlalchemy import Connection


def find_article(
    connection: Connection, wanted: str, site: str | None, as_of: str | None = None
) -> tuple[str, str]:
    """(site, key) of the article that an id, key or address names; `as_of` (UTC text) if it was there then.

    Raises `UserError` when there is none, or several sites have one.
    """
    from storage.as_of import as_of as then
    from storage.queries import find_articles

    name = _canonical(wanted) if "://" in wanted else wanted
    found = [entry for entry in find_articles(connection, name) if site is None or entry[0] == site]
    if not found:
        raise UserError(_unknown(connection, wanted, name))
    if len(found) > 1:
        sites = ", ".join(entry[0] for entry in found)
        raise UserError(f"several sites have an article {wanted!r}: say which with --site ({sites})")
    site, key = found[0]
    with then(connection, as_of):
        if as_of is not None and (site, key) not in find_articles(connection, key):
            raise UserError(f"article {key!r} had not been seen yet at {moment(as_of)}")
    return site, key


def as_of_option() -> Callable[[Any], Any]:
    """`--as-of DATE`, passed as `as_of: str | None` in UTC text."""
    return click.option(
        "--as-of",
        metavar="DATE",
        callback=lambda _context, _option, typed: None if typed is None else end_of(typed),
        help="Answer as of the end of a date (2026-03-01, in UTC) or a time (2026-03-01T14:30:00Z).",
    )


def end_of(typed: str) -> str:
    """The end of a date, or a time, as UTC text. Raises `UserError`."""
    from storage import moments

    try:
        return moments.end_of(typed)
    except moments.NotAMoment as error:
        raise UserError(str(error), ExitCode.USAGE) from None


def beginning_of(typed: str) -> str:
    """The beginning of a date, or a time, as UTC text. Raises `UserError`."""
    from storage import moments

    try:
        return moments.beginning_of(typed)
    except moments.NotAMoment as error:
        raise UserError(str(error), ExitCode.USAGE) from None


def _canonical(url: str) -> str:
    from spiders.reading.addresses import canonical

    return canonical(url) or url


def _unknown(connection: Connection, wanted: str, name: str) -> str:
    from storage.queries import address_state, ids_but_for_case

    others = ids_but_for_case(connection, wanted)
    if others:
        return f"no article {wanted!r}; its case counts: {', '.join(others)}"
    state = address_state(connection, name)
    if state is not None:
        return f"{wanted} is no article in the archive; it is known as: {state[0]} ({state[1]})"
    return f"no article {wanted!r} in the archive ('msarchive list' shows them all)"
