"""A crawl's database as it stands in files that others may read: where it is, and never its password."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from crawler.exits import ExitCode, UserError


@dataclass(frozen=True, slots=True)
class PrintedDatabase:
    """Where a crawl's database is."""

    address: str
    """`postgresql://…`, without a password."""
    socket: Path | None
    """The folder of the socket by which it is reached, where the address names one."""
    on_this_machine: bool
    """Whether the address means a server of the machine that it is used on."""


def printed(database: str) -> PrintedDatabase:
    """The database that `--database` named. Raises `UserError` for an address with a password, `NoDatabase`
    for one that is none."""
    from storage.postgresql import connecting

    url = connecting.address(database)
    if connecting.has_password(url):
        raise UserError(
            "a password does not go into files that are printed: leave it out of --database "
            "(MSARCHIVE_DATABASE), and put it into the ~/.pgpass of whoever crawls",
            ExitCode.USAGE,
        )
    named = url.query.get("host", url.host or "")
    host = named if isinstance(named, str) else named[0]
    local = not host or host.startswith("/") or host in ("localhost", "127.0.0.1", "::1")
    return PrintedDatabase(connecting.shown(url), Path(host) if host.startswith("/") else None, local)
