"""`msarchive schedule`: crawls by the clock, or the files with which something else does it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from crawler.cli.common import log_format_option
from crawler.exits import ExitCode, UserError

if TYPE_CHECKING:
    from crawler.logs import LogFormat

KINDS = ("systemd", "cron", "kubernetes", "scrapyd")


@click.command(
    "schedule",
    epilog="\b\nExamples:\n"
    '  msarchive schedule "0 3 * * *" -- crawl --contact me@example.org\n'
    '  msarchive schedule "0 3 * * *" --timezone Europe/Berlin --jitter 30m --listen 9464 \\\n'
    "      -- crawl --contact me@example.org --archive /srv/archive\n"
    '  msarchive schedule "0 3 * * *" --print systemd -- crawl --contact me@example.org\n\n'
    "\b\nExit codes: 0 stopped while nothing was at work, 5 stopped with a crawl at work; 2 usage.",
)
@click.argument("cron", metavar="CRON")
@click.argument("arguments", metavar="-- crawl [OPTIONS]...", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "--jitter", metavar="TIME", default="0", help="Begin up to so much later (90s, 30m, 2h), at random."
)
@click.option(
    "--timezone", "zone", metavar="NAME", default="UTC", show_default=True,
    help="Time zone of CRON, like Europe/Berlin.",
)  # fmt: skip
@click.option(
    "--listen", metavar="[HOST:]PORT",
    help="Answer /health and /metrics there; on loopback only.  [default: nowhere]",
)  # fmt: skip
@click.option(
    "--print", "kind", type=click.Choice(KINDS),
    help="Run nothing; print the files with which systemd, cron, Kubernetes or scrapyd does it. They hold a "
    "crawl's --database, and never a password.",
)  # fmt: skip
@click.option(
    "--into", metavar="DIR", type=click.Path(path_type=Path, file_okay=False),
    help="With --print: write the files into this folder instead.",
)  # fmt: skip
@log_format_option()
@click.pass_context
def command(
    ctx: click.Context, cron: str, arguments: tuple[str, ...], jitter: str, zone: str, listen: str | None,
    kind: str | None, into: Path | None, log_format: LogFormat,
) -> None:  # fmt: skip
    """Crawl whenever CRON says, until stopped.

    CRON has cron's five fields: minute, hour, day of the month, month, day of the week. A crawl is a process
    of its own, and never two run at once. Times that were missed, because a crawl took long, the scheduler
    was not running or the machine slept, are made up for by one crawl: 'msarchive runs' is its memory.
    SIGTERM or Ctrl-C is passed on to a crawl that is at work, and its end awaited.
    """
    from crawler import logs
    from crawler.schedule.command import crawl_to_schedule
    from crawler.schedule.plan import duration, plan

    made, delay, crawl = plan(cron, zone), duration(jitter), crawl_to_schedule(arguments)
    _begin_log(log_format)  # the crawl's own options, when they were checked, had set up a log as well
    if kind is not None:
        from crawler.schedule.files import Deployment, deployment_files

        _print(deployment_files(kind, Deployment(made, delay, crawl)), into)
        return
    if into is not None:
        raise UserError("--into goes with --print", ExitCode.USAGE)
    from crawler.schedule.server import listen_address
    from crawler.schedule.service import Service, serve

    address = None if listen is None else listen_address(listen)
    service = Service(
        made, delay, crawl.arguments, crawl.archive, crawl.profile.name, address, crawl.database
    )
    logs.bind(site=crawl.profile.name)
    ctx.exit(serve(service))


def _begin_log(form: LogFormat) -> None:
    import logging

    from crawler import logs

    logs.install(form, level=logging.INFO)


def _print(files: dict[str, str], into: Path | None) -> None:
    """Print files, or write them where they are wanted; nothing that is there is replaced."""
    if into is None:
        for name, text in files.items():
            click.echo(f"# ==> {name} <==" if len(files) > 1 else f"# {name}")
            click.echo(text)
        return
    into.mkdir(parents=True, exist_ok=True)
    for name in files:
        if (into / name).exists():
            raise UserError(f"{into / name} exists already", ExitCode.USAGE)
    for name, text in files.items():
        (into / name).write_text(text, "utf-8")
        click.echo(str(into / name))
