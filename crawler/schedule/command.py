"""The crawl to be scheduled: checked before the first night, and whole wherever it is written down."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from crawler.cli.common import database_in
from crawler.cli.crawl import command as crawl_command
from crawler.contact import check_contact
from crawler.exits import ExitCode, UserError
from spiders.reading.profile import SiteProfile
from spiders.summaries import site_profile

_GIVEN = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
_PATHS = ("directory", "urls", "metrics_file")


@dataclass(frozen=True, slots=True)
class CrawlCommand:
    """A `crawl` command line that has been checked."""

    arguments: tuple[str, ...]
    """As they were given, `crawl` first."""
    whole: tuple[str, ...]
    """The same with absolute paths, and with what the environment had said: it means the same anywhere."""
    options: dict[str, Any]
    """Option -> value, of those that were given; paths absolute."""
    archive: Path
    """Absolute."""
    profile: SiteProfile
    database: str | None = None
    """What is in the place of the folder's `archive.db`: see `storage.archive.open_archive`. Not among
    `arguments` when the environment said it, never among `whole` and `options`: it may hold a password."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files besides the archive that it reads (profile, list of addresses); absolute."""
        site = self.options.get("site", "")
        found = [Path(site)] if site.endswith(".toml") else []
        return (*found, *(path for name, path in self.options.items() if name == "urls"))

    @property
    def metrics_file(self) -> Path | None:
        """Where its metrics go; None: nowhere."""
        return self.options.get("metrics_file")


def crawl_to_schedule(arguments: Sequence[str]) -> CrawlCommand:
    """Check a command line. Raises `UserError`, `ProfileError` or `click.UsageError` for a wrong one."""
    if not arguments or arguments[0] != "crawl":
        raise UserError("what is scheduled is a crawl: … -- crawl --contact me@example.org", ExitCode.USAGE)
    context = crawl_command.make_context("msarchive crawl", list(arguments[1:]))
    given = context.params
    profile = site_profile(given["site"], given["start"])
    check_contact(given["contact"], profile)
    options, whole = {}, ["crawl"]
    for option in crawl_command.params:
        name = option.name or ""
        by_default = context.get_parameter_source(name) not in _GIVEN
        if not isinstance(option, click.Option) or (by_default and name != "directory"):
            continue
        if name not in given:  # the database, which may hold a password: `database`
            continue
        value = _absolute(name, given[name])
        if value is None or value is False:
            continue
        options[name] = value
        whole += _written(option, value)
    archive = _absolute("directory", given["directory"])
    return CrawlCommand(tuple(arguments), tuple(whole), options, archive, profile, database_in(context))


def _absolute(name: str, value: Any) -> Any:
    if name in _PATHS and value is not None:
        return Path(value).absolute()
    if name == "site" and value.endswith(".toml"):
        return str(Path(value).absolute())
    return value


def _written(option: click.Option, value: Any) -> list[str]:
    name = max(option.opts, key=len)
    if option.is_flag:
        return [name]
    values = value if option.multiple else [value]
    return [word for one in values for word in (name, _text(one))]


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def program() -> tuple[str, ...]:
    """This program, to be begun from anywhere: the script beside this Python, or Python with our module."""
    script = Path(sys.executable).parent / "msarchive"
    return (str(script),) if script.is_file() else (sys.executable, "-m", "crawler.cli")
