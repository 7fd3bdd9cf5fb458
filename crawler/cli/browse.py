"""`msarchive browse`: the archive as pages for a browser on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from crawler.cli.common import archive_name, archive_option, chosen_database, open_to_read
from crawler.exits import ExitCode, UserError

DEFAULT_PORT = 8765


@click.command(
    "browse",
    epilog="\b\nExamples:\n"
    "  msarchive browse\n"
    "  msarchive browse --open\n"
    "  msarchive browse --archive demo-archive --port 0\n\n"
    "docs/browsing.md says what is on the pages, and what they may do.",
)
@archive_option(database=True)
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Where to answer; 0 chooses a free one.",
)
@click.option("--open", "open_it", is_flag=True, help="Open the first page in the browser.")
def command(directory: Path, port: int, open_it: bool) -> None:
    """Show the archive in a browser: search, articles and their history, archived pages, runs, coverage.

    Answers on 127.0.0.1 only, to this machine's own browsers, until Ctrl-C. It only reads, also beside a
    running crawl, and fetches nothing. Needs the extra: pip install 'msarchive[browse]'.
    """
    from crawler.browse.server import missing, serve

    reason = missing()
    if reason is not None:
        raise UserError(reason, ExitCode.USAGE)
    database = chosen_database()
    open_to_read(directory).close()  # one clear line now rather than a page about it later

    def started(address: str) -> None:
        shown = directory if database is None else archive_name(directory)
        click.echo(f"{address} shows {shown}; Ctrl-C ends it")
        if open_it and click.launch(address) != 0:
            click.echo("no browser could be opened", err=True)

    serve(directory, port, started, database)
