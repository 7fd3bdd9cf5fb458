"""`msarchive wacz`: the archive, or a part of it, as one file that browsers replay."""

from __future__ import annotations

from pathlib import Path

import click

from crawler.cli.common import (
    archive_option,
    byte_size,
    json_option,
    open_to_read,
    print_json,
    program_version,
)
from crawler.exits import ExitCode, UserError
from crawler.terminal import Sheet, complain


@click.command(
    "wacz",
    epilog="\b\nExamples:\n"
    "  msarchive wacz -o archive.wacz\n"
    "  msarchive wacz -o march.wacz --since 2026-03-01\n"
    "  msarchive wacz -o last.wacz --run 12",
)
@click.option(
    "-o",
    "--output",
    "output",
    metavar="FILE.wacz",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write.",
)
@click.option("--run", metavar="ID", type=int, help="Only the captures of this run.")
@click.option("--since", metavar="DATE", help="Only captures since this date or time (UTC).")
@click.option("--site", metavar="NAME", help="Which site's, where several share the archive.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@archive_option(database=True)
@json_option("Print what went in as JSON.")
def command(
    output: Path,
    run: int | None,
    since: str | None,
    site: str | None,
    force: bool,
    directory: Path,
    as_json: bool,
) -> None:
    """Pack the archive into one WACZ file: captures, index, list of pages, and all records as JSON lines.

    ReplayWeb.page and pywb show the archived pages from it; 'msarchive import' of it into an empty archive
    makes the same archive again. With --run or --since it has the captures of that time alone, with those
    that they refer to. The file is written whole or not at all; the same archive gives the same bytes.
    """
    from storage.alarms import in_quarantine
    from storage.moments import NotAMoment, beginning_of
    from storage.wacz.packing import CaptureMissing, pack
    from storage.wacz.selection import NothingToPack
    from storage.whole import TargetExists

    try:
        with open_to_read(directory) as archive:
            with archive.engine.connect() as connection:
                waiting = in_quarantine(connection)
            packed = pack(
                archive,
                output,
                program_version=program_version(),
                site=site,
                run=run,
                since=None if since is None else beginning_of(since),
                replace=force,
            )
    except NotAMoment as error:
        raise UserError(f"--since: {error}", ExitCode.USAGE) from None
    except TargetExists as error:
        raise UserError(str(error), ExitCode.USAGE) from None
    except CaptureMissing as error:
        raise UserError(str(error), ExitCode.DAMAGED) from None
    except NothingToPack as error:
        raise UserError(str(error)) from None
    except (FileNotFoundError, NotADirectoryError) as error:
        raise UserError(f"can't write {output}: {error.strerror}", ExitCode.USAGE) from None
    if waiting:
        complain(
            f"{waiting:,} readings wait in quarantine ('msarchive alarms'): the package does not say so, and "
            "an archive made from it would believe them"
        )
    size = output.stat().st_size
    if as_json:
        print_json(
            {
                "path": str(output),
                "bytes": size,
                "captures": packed.captures,
                "articles": packed.articles,
                "pages": packed.pages,
                "whole": packed.whole,
            }
        )
        return
    sheet = Sheet()
    part = "the whole archive" if packed.whole else "a part of the archive"
    sheet.text(f"{output}, {byte_size(size)}: {part}", style="bold")
    sheet.text(
        f"{packed.captures:,} captures, {packed.pages:,} pages, {packed.articles:,} articles", indent=2
    )
