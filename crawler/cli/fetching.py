"""Options of commands that fetch a few pages for a person to look at, and the fetcher they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import click

from crawler.cli.common import program_version
from crawler.exits import ExitCode, UserError
from crawler.loopback import is_loopback

if TYPE_CHECKING:
    from crawler.fetcher import Fetcher

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def contact_option() -> Callable[[Decorated], Decorated]:
    """`--contact ADDRESS`, passed as `contact: str | None`."""
    return click.option(
        "--contact",
        metavar="ADDRESS",
        envvar="MSARCHIVE_CONTACT",
        show_envvar=True,
        help="Your mail or web address, told to the site with the request.",
    )


def fetcher_for(address: str, contact: str | None, allow_private: tuple[str, ...]) -> Fetcher:
    """Who fetches pages, beginning at an address: as ourselves, and only where that is open to us.

    Raises `UserError` (usage) without a contact where the site is not on this machine, for a contact that no
    header can carry, and for an address that is closed.
    """
    from crawler.fetcher import Fetcher
    from crawler.guard import guard_for

    if contact is None and not is_loopback(urlsplit(address).hostname or ""):
        raise UserError(
            "give a --contact (mail or web address) for the site to write to, or set MSARCHIVE_CONTACT",
            ExitCode.USAGE,
        )
    agent = f"msarchive/{program_version()}" + (f" (+{contact})" if contact else "")
    if not agent.isprintable() or not agent.isascii():
        raise UserError("--contact must be plain ASCII text", ExitCode.USAGE)
    guard = guard_for(allow_private)
    guard.check_start(address)
    return Fetcher(agent, guard)
