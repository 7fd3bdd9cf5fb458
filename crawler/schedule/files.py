"""The files with which something else than `msarchive schedule` crawls by the clock."""

from __future__ import annotations

import grp
import pwd
import shlex
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote_plus

from crawler.exits import ExitCode, UserError
from crawler.schedule.calendar import on_calendar
from crawler.schedule.command import CrawlCommand, program
from crawler.schedule.database import printed
from crawler.schedule.kubernetes import cronjob
from crawler.schedule.plan import Plan
from crawler.schedule.systemd import Unit, service, timer

_SETTINGS = {
    "site": "MSARCHIVE_SITE", "start": "MSARCHIVE_START", "urls": "MSARCHIVE_URLS",
    "contact": "MSARCHIVE_CONTACT", "max_pages": "MSARCHIVE_MAX_PAGES", "delay": "DOWNLOAD_DELAY",
    "refresh": "MSARCHIVE_REFRESH",
    "metrics_file": "MSARCHIVE_METRICS_FILE", "log_format": "MSARCHIVE_LOG_FORMAT",
    "allow_private": "MSARCHIVE_ALLOW_PRIVATE",
}  # fmt: skip
"""Option of `crawl` -> the setting that says the same to `scrapy crawl`."""
_PASSWORD = "A password of the database, if it wants one, belongs into the ~/.pgpass {}, not here."


@dataclass(frozen=True, slots=True)
class Deployment:
    """What is to be crawled, and when."""

    plan: Plan
    jitter: timedelta
    crawl: CrawlCommand


def deployment_files(kind: str, told: Deployment) -> dict[str, str]:
    """File name -> text, for `systemd`, `cron`, `kubernetes` or `scrapyd`.

    Raises `UserError` where that can't do what is asked for.
    """
    makers = {"systemd": _systemd, "cron": _cron, "kubernetes": _kubernetes, "scrapyd": _scrapyd}
    return makers[kind](told)


def _owner(archive: Path) -> tuple[str, str]:
    """User and group that the archive belongs to: a crawl by anybody else could not write to it, or would
    leave files that its owner can't. Raises `UserError` when there is no such folder."""
    try:
        found = archive.stat()
        return pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name
    except FileNotFoundError:
        raise UserError(
            f"there is no folder {archive} yet: make it, and give it to the user who is to crawl",
            ExitCode.USAGE,
        ) from None
    except KeyError:  # a number without a name is as good
        return str(found.st_uid), str(found.st_gid)


def _words(told: Deployment) -> tuple[str, ...]:
    """The crawl's command line, its database included."""
    where = () if told.crawl.database is None else ("--database", printed(told.crawl.database).address)
    return (*told.crawl.whole, *where)


def _systemd(told: Deployment) -> dict[str, str]:
    user, group = _owner(told.crawl.archive)
    unit = Unit(
        command=(*program(), *_words(told)),
        archive=told.crawl.archive,
        site=told.crawl.profile.canonical_host,
        user=user,
        group=group,
        read=told.crawl.files,
        write=() if told.crawl.metrics_file is None else (told.crawl.metrics_file.parent,),
        database=None if told.crawl.database is None else printed(told.crawl.database),
    )
    times = on_calendar(told.plan)
    return {"msarchive.service": service(unit), "msarchive.timer": timer(unit, times, told.jitter)}


def _cron(told: Deployment) -> dict[str, str]:
    user, _ = _owner(told.crawl.archive)
    command = shlex.join((*program(), *_words(told)))
    seconds = int(told.jitter.total_seconds())
    wait = f"sleep $(shuf -i 0-{seconds} -n 1); " if seconds else ""
    line = f"{wait}{command} 2>&1 | logger -t msarchive".replace("%", r"\%")
    secret = f"# {_PASSWORD.format(f'of {user}')}\n" if told.crawl.database is not None else ""
    return {
        "msarchive.cron": f"""\
# Put it into /etc/cron.d as msarchive (without a dot in the name).
#
# cronie goes by CRON_TZ; Debian's cron passes it over and goes by the system's time zone.
# cron runs nothing that it missed. The exit code goes nowhere: look with 'msarchive status', or give the
# crawl a --metrics-file. Two crawls at once can't happen: the archive has a lock.
{secret}SHELL=/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin
CRON_TZ={told.plan.zone}
{told.plan.expression} {user} {line}
"""
    }


def _kubernetes(told: Deployment) -> dict[str, str]:
    if told.crawl.files:
        raise UserError(
            f"{told.crawl.files[0]} is not in the image: build one that has it, and name its path there in "
            "the file that is printed without it",
            ExitCode.USAGE,
        )
    database = None if told.crawl.database is None else printed(told.crawl.database)
    if database is not None and database.on_this_machine:
        raise UserError(
            f"{database.address} is a server on the machine that crawls, and in a cluster's there is none: "
            "name its host",
            ExitCode.USAGE,
        )
    return {"msarchive.yaml": cronjob(told.plan, told.jitter, told.crawl, database)}


def _scrapyd(told: Deployment) -> dict[str, str]:
    settings = {"MSARCHIVE_DIR": str(told.crawl.archive)}
    for option, value in told.crawl.options.items():
        if option in _SETTINGS:
            settings[_SETTINGS[option]] = " ".join(value) if isinstance(value, tuple) else str(value)
        elif option != "directory":
            raise UserError(f"scrapyd can't be told --{option.replace('_', '-')}", ExitCode.USAGE)
    if told.crawl.database is not None:
        settings["MSARCHIVE_DATABASE"] = printed(told.crawl.database).address
    theirs = _PASSWORD.format("of whoever scrapyd runs as")
    secret = f"# {theirs}\n" if told.crawl.database is not None else ""
    pairs = [f"setting={name}={quote_plus(value)}" for name, value in settings.items()]
    posted = " ".join(f"-d {shlex.quote(pair)}" for pair in pairs)
    line = (
        "curl -fsS http://127.0.0.1:6800/schedule.json -d project=msarchive -d spider=summaries " + posted
    ).replace("%", r"\%")
    return {
        "scrapy.cfg": """\
# In the checkout, in place of the one that is there: 'scrapyd-deploy local' brings it to scrapyd.
[settings]
default = crawler.settings

[deploy:local]
url = http://127.0.0.1:6800/
project = msarchive
""",
        "msarchive.cron": f"""\
# Put it into /etc/cron.d as msarchive: scrapyd runs what it is told, and has no clock.
# scrapyd calls every job 'finished', however it ended: 'msarchive status' tells the truth.
{secret}SHELL=/bin/sh
PATH=/usr/local/bin:/usr/bin:/bin
CRON_TZ={told.plan.zone}
{told.plan.expression} nobody {line}
""",
    }
