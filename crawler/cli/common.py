"""Options that commands share, and what each command does with them."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crawler.terminal import json_text

if TYPE_CHECKING:  # storage means SQLAlchemy: not for --help
    from spiders.reading.profile import SiteProfile
    from storage.archive import Archive

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

DEFAULT_ARCHIVE = Path("archive")
DEFAULT_SITE = "mymsbuddy"
_DATABASE = "crawler.cli.database"
"""Where click keeps what `--database` said while a command runs."""


def archive_option(
    default: Path = DEFAULT_ARCHIVE,
    envvar: str | None = "MSARCHIVE_DIR",
    *,
    database: bool = False,
) -> Callable[[Decorated], Decorated]:
    """`--archive DIR`, passed as `directory: Path`; with `database` also `--database URL`, which
    `open_to_read` heeds and `chosen_database` tells. A command that knows no database but `archive.db`
    refuses one rather than pass it over."""
    folder = click.option(
        "--archive",
        "directory",
        metavar="DIR",
        default=default,
        show_default=True,
        envvar=envvar,
        show_envvar=envvar is not None,
        type=click.Path(path_type=Path, file_okay=False),
        help="The archive's folder.",
    )
    where = click.option(
        "--database",
        metavar="URL",
        envvar=None if envvar is None else "MSARCHIVE_DATABASE",
        show_envvar=database,
        hidden=not database,
        expose_value=False,
        callback=_choose_database if database else _refuse_database,
        help="A PostgreSQL database (postgresql://…) in place of the folder's archive.db; WARC files stay in "
        "the folder.",
    )
    return lambda command: folder(where(command))


def _choose_database(context: click.Context, _option: click.Parameter, url: str | None) -> None:
    context.meta[_DATABASE] = url


def _refuse_database(context: click.Context, _option: click.Parameter, url: str | None) -> None:
    if url is not None:
        raise click.UsageError(
            f"'{context.info_name}' works with a folder's archive.db only, not with --database "
            "(MSARCHIVE_DATABASE)",
            context,
        )


def chosen_database() -> str | None:
    """What was given as `--database` to the command that runs; None when it is the folder's `archive.db`."""
    context = click.get_current_context(silent=True)
    return None if context is None else database_in(context)


def database_in(context: click.Context) -> str | None:
    """As `chosen_database`, for a command line that was only taken apart."""
    chosen = context.meta.get(_DATABASE)
    return None if chosen is None else str(chosen)


def archive_name(directory: Path) -> Path | str:
    """What holds the archive that the command works with, for people: a file, or the database's address."""
    database = chosen_database()
    if database is None:
        return directory / "archive.db"
    from storage.postgresql import connecting

    return connecting.shown(connecting.address(database))


def json_option(what: str = "Print JSON.") -> Callable[[Decorated], Decorated]:
    """`--json`, passed as `as_json: bool`."""
    return click.option("--json", "as_json", is_flag=True, help=what)


def max_age_option(what: str) -> Callable[[Decorated], Decorated]:
    """`--max-age DAYS`, passed as `max_age: float`; `what` says what comes of a success that is older."""
    return click.option(
        "--max-age",
        metavar="DAYS",
        type=click.FloatRange(min=0, min_open=True),
        default=8.0,  # a weekly crawl that was late by a day
        show_default=True,
        help=what,
    )


def site_option() -> Callable[[Decorated], Decorated]:
    """`--site NAME|FILE.toml`, passed as `site: str`."""
    return click.option(
        "--site",
        metavar="NAME|FILE.toml",
        default=DEFAULT_SITE,
        show_default=True,
        help="The site's profile: a bundled one, or a file.",
    )


def log_format_option() -> Callable[[Decorated], Decorated]:
    """`--log-format human|json`, passed as `log_format: str`; the log is set up before any other option."""

    def begin(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
        import logging

        from crawler import logs

        form = logs.chosen_format(value)
        logs.install(form, level=logging.INFO if form == "json" else logging.WARNING)
        return form

    return click.option(
        "--log-format",
        type=click.Choice(["human", "json"]),
        default="human",
        show_default=True,
        envvar="MSARCHIVE_LOG_FORMAT",
        show_envvar=True,
        is_eager=True,
        callback=begin,
        help="What is written to standard error: lines for people, or one JSON object a line (and then no "
        "summary on standard output, unless with --json).",
    )


def allow_private_option() -> Callable[[Decorated], Decorated]:
    """`--allow-private HOST[:PORT]`, passed as `allow_private: tuple[str, ...]`."""
    return click.option(
        "--allow-private",
        metavar="HOST[:PORT]",
        multiple=True,
        envvar="MSARCHIVE_ALLOW_PRIVATE",
        show_envvar=True,
        help="An address of this machine or a private network that may be connected to (repeatable); "
        "all others may not.",
    )


def dask_options(what: str) -> Callable[[Decorated], Decorated]:
    """`--dask ADDRESS` and `--dask-wait SECONDS`, passed as `dask: str | None` and `dask_wait: float`; `what`
    is done on the cluster."""
    address = click.option(
        "--dask",
        metavar="ADDRESS",
        help=f"{what} on the Dask cluster whose scheduler is at this address (tcp://HOST:PORT), not on this "
        "machine's cores. Needs the extra: pip install 'msarchive[dask]'.",
    )
    wait = click.option(
        "--dask-wait",
        metavar="SECONDS",
        type=click.FloatRange(min=0, min_open=True),
        default=60.0,
        show_default=True,
        help="Give the cluster up when it has had no worker for so long.",
    )
    return lambda command: address(wait(command))


def load_site(site: str) -> SiteProfile:
    """The profile for `--site`. Raises `ProfileError` with one line."""
    from spiders.sites import load_profile

    return load_profile(site)


def open_to_read(directory: Path) -> Archive:
    """The archive, in `--database` when that was given, read-only, beside whatever writes to it. Raises
    `ArchiveError` with one line."""
    from storage.archive import open_archive

    return open_archive(directory, read_only=True, database=chosen_database())


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(json_text(value))


def moment(utc: str) -> str:
    """A time as the archive writes it, for people: `2026-11-23 06:48:27 UTC`."""
    return f"{utc[:19].replace('T', ' ')} UTC"


def byte_size(number: int) -> str:
    """A number of bytes as people read it: `312 bytes`, `4.0 KiB`."""
    size = float(number)
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1024
    return f"{size:,.1f} GiB"


def program() -> str:
    """This program as it has to be typed here: `msarchive`, or its path where that is not found by name."""
    called = Path(sys.argv[0])
    found = shutil.which("msarchive")
    if called.name != "msarchive" or (found is not None and Path(found).resolve() == called.resolve()):
        return "msarchive"
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called.resolve())


def program_version() -> str:
    """This program's version."""
    from crawler import __version__

    return __version__
