"""`msarchive doctor`: is everything as it should be, and what to do if not."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from crawler.cli.common import (
    allow_private_option,
    archive_option,
    chosen_database,
    json_option,
    max_age_option,
    print_json,
)
from crawler.terminal import Sheet

LEVEL_STYLES = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    "doctor",
    epilog="\b\nExamples:\n  msarchive doctor\n  msarchive doctor --offline --max-age 2\n"
    "  msarchive doctor --json | jq '.checks[] | select(.level != \"ok\")'\n\n"
    "\b\nExit code: 0 when nothing fails (warnings are no failure), else that of the first check to fail:\n"
    "7 disk or database, 8 robots.txt, 10 no connection, 12 damaged, 13 newer, or how the last crawl ended.",
)
@archive_option(database=True)
@max_age_option("Warn when no crawl has come to its end for so long.")
@click.option("--offline", is_flag=True, help="Ask nothing of the site; else robots.txt is asked for once.")
@allow_private_option()
@json_option("Print a JSON object with every check.")
@click.pass_context
def command(
    ctx: click.Context,
    directory: Path,
    max_age: float,
    offline: bool,
    allow_private: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check disk, lock, schema, clock, the last runs, the addresses, and robots.txt; say what to do.

    Changes nothing, works beside a crawl, and asks the site for robots.txt once, as the last crawl did (not
    while one is at work). It does not read every record: 'msarchive verify' does.
    """
    from datetime import UTC, datetime

    from crawler.checks import verdict
    from crawler.cli.crawl_again import crawl_command
    from crawler.doctor import Patient, examine
    from crawler.exits import ExitCode

    checks = examine(
        Patient(
            directory,
            database=chosen_database(),
            crawl=crawl_command(directory),
            now=datetime.now(UTC),
            offline=offline,
            allow_private=allow_private,
            max_age_days=max_age,
        )
    )
    if as_json:
        print_json({"verdict": verdict(checks), "checks": [asdict(check) for check in checks]})
    else:
        sheet = Sheet()
        for check in checks:
            sheet.pair(
                check.level.upper(), f"{check.name}: {check.says}", width=5, style=LEVEL_STYLES[check.level]
            )
            if check.do is not None:
                sheet.text(f"-> {check.do}", indent=6)
    ctx.exit(next((check.code for check in checks if check.level == "fail"), ExitCode.OK))
