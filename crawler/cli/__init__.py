"""The command line, `msarchive`: a table of commands, each loaded only when it is asked for.

Nothing heavy is imported here: `msarchive --help` must answer at once, and so must shell completion.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn, TextIO

import click

from crawler import __version__, logs
from crawler.exits import ExitCode, UserError
from crawler.shadowing import shadowed
from crawler.terminal import complain

__all__ = ["COMMANDS", "cli", "main"]

COMMANDS = {
    "demo": ("crawler.cli.demo", "Crawl the bundled sample site and show what came of it."),
    "crawl": ("crawler.cli.crawl", "Crawl a site into the archive, or go on with a crawl."),
    "schedule": (
        "crawler.cli.schedule",
        "Crawl by the clock, or print the files with which others do.",
    ),
    "import": ("crawler.cli.import_", "Read saved pages, WARC and WACZ files into the archive."),
    "copy": ("crawler.cli.copy", "Copy the archive to PostgreSQL or a folder, compared row by row."),
    "wacz": ("crawler.cli.wacz", "Pack the archive into one file that browsers replay."),
    "export": ("crawler.cli.export", "Write the records for other tools: tables, SQLite, citations."),
    "schema": ("crawler.cli.schema", "Print JSON Schema, Table Schema or Datasette's metadata."),
    "browse": ("crawler.cli.browse", "Show the archive in a browser, on this machine only."),
    "list": ("crawler.cli.list_", "List the articles, one a line."),
    "show": ("crawler.cli.show", "Show one article whole."),
    "search": ("crawler.cli.search", "Search the articles' own text, best match first."),
    "sql": ("crawler.cli.sql", "Answer SQL over the public views, read-only."),
    "related": ("crawler.cli.related", "Show which articles are most like one, or say nearly the same."),
    "topics": ("crawler.cli.topics", "List the topics, their spellings grouped."),
    "journals": ("crawler.cli.journals", "List the journals, their spellings grouped."),
    "boilerplate": ("crawler.cli.boilerplate", "List the passages that many articles share."),
    "history": ("crawler.cli.history", "Show what happened to one article, and what changed in it."),
    "diff": ("crawler.cli.diff", "Show two revisions of an article side by side."),
    "changes": ("crawler.cli.changes", "List what changed on the site since a date."),
    "report": ("crawler.cli.report", "Write a report on the archive: pictures and tables, in one HTML file."),
    "status": ("crawler.cli.status", "Say in one screen whether all is well, and what to do if not."),
    "runs": ("crawler.cli.runs", "List the runs: how each ended, and what it asked of the site."),
    "coverage": ("crawler.cli.coverage", "Say what became of every address ever heard of."),
    "doctor": ("crawler.cli.doctor", "Check disk, lock, schema, clock, robots.txt and the last crawl."),
    "alarms": ("crawler.cli.alarms", "Say which fields the site's pages have lost, and where to look."),
    "verify": ("crawler.cli.verify", "Check the archive: every file, every record, every digest."),
    "reread": ("crawler.cli.reread", "Read what the archive holds again, by today's reader."),
    "inspect": ("crawler.cli.inspect_", "Show how pages are read, and why; stores nothing."),
    "sites": ("crawler.cli.sites", "Draft a profile for a site from a few of its pages."),
}
"""Command -> the module that holds it as `command`, and its one-line help."""


class _ReaderLeft(Exception):
    """Whoever reads our output closed it. Not an OSError: click would make exit code 1 of that."""


class LazyGroup(click.Group):
    """A group that imports a command's module when it is called, not when it is listed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All commands, in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name; None when there is none."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(COMMANDS[cmd_name][0]).command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a reader that closed the pipe (`| head`) has enough, and that is no error."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise _ReaderLeft from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, short_help) for name, (_, short_help) in COMMANDS.items()])


def _print_version(ctx: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"msarchive {__version__}")
        ctx.exit()


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="\b\nExamples:\n"
    "  msarchive demo                        a crawl of the sample site, to look around\n"
    "  msarchive crawl --contact me@example.org\n"
    "  msarchive search 'iron in the brain'\n\n"
    "'msarchive COMMAND --help' explains a command.",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Print the version and exit.",
)
@click.option("--debug", is_flag=True, help="On an unexpected error print the traceback.")
def cli(debug: bool) -> None:
    """Archive a site of research summaries, and ask the archive.

    The archive is a folder, ./archive unless --archive or MSARCHIVE_DIR names another.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line (default: the process's) and exit with an `ExitCode`."""
    problem = shadowed()
    if problem is not None:
        complain(problem)
        sys.exit(ExitCode.USAGE)
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        _never_fail_to_encode(stream)
    logs.install("human")
    try:
        with _stopping_cleanly():
            code = _run(given)
    except (BrokenPipeError, _ReaderLeft):
        code = ExitCode.OK
    _let_go_of_output()
    sys.exit(code)


@contextmanager
def _stopping_cleanly() -> Iterator[None]:
    """SIGTERM as Ctrl-C, for whatever does not handle it better: nothing half done, exit code 5."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _let_go_of_output() -> None:
    """Drop what can't be written any more: Python would complain about it when it closes stdout at exit."""
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(arguments: list[str]) -> int:
    try:
        result = cli.main(arguments, prog_name="msarchive", standalone_mode=False)
        if sys.stdout is not None:  # None when the caller closed it (`>&-`)
            sys.stdout.flush()
        return int(result) if isinstance(result, int) else ExitCode.OK
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.format_message())
        return ExitCode.USAGE
    except click.UsageError as error:
        where = error.ctx.command_path if error.ctx else "msarchive"
        complain(f"{error.format_message().rstrip('.')} (see '{where} --help')")
        return ExitCode.USAGE
    except click.ClickException as error:
        complain(error.format_message())
        return ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        logs.interrupted()
        complain("stopped")
        return ExitCode.STOPPED
    except (BrokenPipeError, _ReaderLeft):
        raise
    except Exception as error:
        expected = _expected(error)
        if expected is not None:
            complain(str(expected))
            return expected.code
        if "--debug" in arguments:
            raise
        message = (str(error).splitlines() or ["no message"])[0]
        complain(
            f"unexpected {type(error).__name__}: {message} "
            "(a bug, please report it; 'msarchive --debug …' prints the traceback)"
        )
        return ExitCode.ERROR


def _expected(error: Exception) -> UserError | None:
    """The error as one a user can do something about; None when it is a bug."""
    from crawler.cli.errors import as_user_error

    return as_user_error(error)


def _never_fail_to_encode(stream: TextIO) -> None:
    # A terminal or pipe in a legacy encoding gets an escape for what it can't show, never an exception.
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
