"""The command that asks a site again as the archive's last crawl did, ready to be pasted."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from crawler.cli.common import (
    DEFAULT_ARCHIVE,
    DEFAULT_SITE,
    archive_name,
    chosen_database,
    open_to_read,
    program,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.runs import RunRow

_DEMO_ARCHIVE = Path("demo-archive")
_CONTACT = re.compile(r" \(\+(.+)\)$")  # as `crawler.extensions.archive_run.adapt` writes it


def crawl_command(directory: Path) -> str:
    """The command that asks the site again, as the last crawl in the archive did; also when there is none."""
    from sqlalchemy.exc import DatabaseError

    from storage.archive import ArchiveError

    try:
        with open_to_read(directory) as archive, archive.engine.connect() as connection:
            return crawl_command_in(connection, directory)
    except (ArchiveError, DatabaseError):
        return _command(None, directory)


def crawl_command_in(connection: Connection, directory: Path) -> str:
    """As `crawl_command`, for an archive that is open."""
    from storage.runs import last_crawl, last_run

    return _command(last_crawl(connection) or last_run(connection), directory)


def _command(run: RunRow | None, directory: Path) -> str:
    is_demo = run is not None and run.kind == "demo"
    words = [program(), "demo" if is_demo else "crawl"]
    if run is not None and not is_demo:
        words += _as_before(run)
    if directory != (_DEMO_ARCHIVE if is_demo else DEFAULT_ARCHIVE):
        words += ["--archive", str(directory)]
    if not is_demo:
        words += _database()
    return shlex.join(words)


def _as_before(run: RunRow) -> Iterator[str]:
    """What a crawl was told of the site, as far as it can't do without."""
    site = run.settings.get("MSARCHIVE_SITE") or run.site  # an import's run has the name alone
    if site != DEFAULT_SITE:
        yield from ("--site", str(site))
    for start in _words(run, "MSARCHIVE_START"):
        yield from ("--start", start)
    if not os.environ.get("MSARCHIVE_ALLOW_PRIVATE"):
        for host in _words(run, "MSARCHIVE_ALLOW_PRIVATE"):
            yield from ("--allow-private", host)
    contact = _CONTACT.search(str(run.settings.get("USER_AGENT") or ""))
    if contact is not None and not os.environ.get("MSARCHIVE_CONTACT"):
        yield from ("--contact", contact[1])


def _words(run: RunRow, setting: str) -> list[str]:
    return str(run.settings.get(setting) or "").replace(",", " ").split()


def _database() -> list[str]:
    """`--database`, where it was given that way and not by the environment; never with a password."""
    context = click.get_current_context(silent=True)
    given = context is not None and context.get_parameter_source("database") is ParameterSource.COMMANDLINE
    return ["--database", str(archive_name(Path()))] if given and chosen_database() is not None else []
