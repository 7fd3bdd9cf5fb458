"""`msarchive reread`: what the archive holds, read again by today's reader."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import (
    archive_option,
    chosen_database,
    dask_options,
    json_option,
    log_format_option,
    print_json,
    program_version,
)
from crawler.exits import ExitCode, UserError
from crawler.terminal import Column, Sheet, complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from crawler.logs import LogFormat
    from crawler.rereading import RereadOptions, SiteReread
    from storage.corrections import Correction, FieldReport, RereadReport

_LONGEST = 160
_MOST_NAMED = 10


@click.command(
    "reread",
    epilog="\b\nExamples:\n"
    "  msarchive reread --dry-run            what today's reader would read otherwise\n"
    "  msarchive reread\n"
    "  msarchive reread --article aB3dE6 --all\n"
    "  msarchive reread --dask tcp://10.0.0.5:8786",
)
@archive_option(database=True)
@click.option(
    "--site", metavar="NAME|FILE.toml", help="The profile to read with. [default: that of each archived site]"
)
@click.option("--since", metavar="DATE", help="Only what was captured on this day (UTC) or later.")
@click.option("--article", metavar="ID", help="Only this article; the case of its id counts.")
@click.option("--all", "everything", is_flag=True, help="Also what this reader has read with this profile.")
@click.option("--rebuild", is_flag=True, help="As --all, and make anew also what reads as before.")
@click.option("--dry-run", is_flag=True, help="Report what would be altered; write nothing.")
@click.option("--accept-losses", is_flag=True, help="Go on although values that were there would be lost.")
@dask_options("Read")
@log_format_option()
@json_option("Print the report as JSON.")
@click.pass_context
def command(
    ctx: click.Context, directory: Path, site: str | None, since: str | None, article: str | None,
    everything: bool, rebuild: bool, dry_run: bool, accept_losses: bool, dask: str | None, dask_wait: float,
    log_format: LogFormat, as_json: bool,
) -> None:  # fmt: skip
    """Read the archive's captures again with today's reader and profile. Nothing is asked of the site.

    What comes out is the archive that today's reader would have made from the start. What it alters is no
    change of the site's: it makes no revision, and is kept apart as corrections. What reads as before is left
    as it stands. When values that were there would be lost, nothing is written and the exit code is 1, unless
    --accept-losses. Interrupted, it goes on where it was. Wherever the reading is done, it comes to the same.
    """
    from crawler.reread_progress import shown_progress
    from crawler.reread_sites import noting_skipped_rereads
    from crawler.rereading import RereadOptions, reread

    options = RereadOptions(
        directory, database=chosen_database(), site=site, since=_moment(since), article=article,
        all=everything, rebuild=rebuild, dry_run=dry_run, accept_losses=accept_losses, dask=dask,
        dask_wait=dask_wait,
    )  # fmt: skip
    settings = {"since": options.since, "article": article, "all": everything}
    with shown_progress() as progress, noting_skipped_rereads(directory, site, settings, options.database):
        results = reread(options, program_version=program_version(), progress=progress)
    if as_json:
        print_json({"sites": [_as_json(result, options) for result in results]})
    elif log_format == "json":
        _log(results)
    else:
        if not results:
            Sheet().text("nothing to do: the archive is empty")
        for result in results:
            _show(result, dry_run)
    for result in results:
        if result.refused and result.report is not None:
            complain(
                f"{result.site}: {result.report.lost} values would be lost; nothing is written "
                "(--accept-losses goes on all the same)"
            )
        if result.damaged:
            some = ", ".join(map(str, result.damaged[:_MOST_NAMED]))
            complain(
                f"{result.site}: {len(result.damaged)} captures can't be read and stay, with what else "
                f"shows the same articles, as they are: {some} ('msarchive verify' says more)"
            )
    if any(result.refused for result in results):
        ctx.exit(ExitCode.ERROR)
    if any(result.damaged for result in results):
        ctx.exit(ExitCode.DAMAGED)


def _log(results: Sequence[SiteReread]) -> None:
    """The result as events, one for each site."""
    from crawler import logs

    for result in results:
        report = result.report
        logs.tell(
            "reread.ended", "refused" if result.refused else "read again", site=result.site,
            run=result.run_id, seconds=round(result.seconds, 3), refused=result.refused,
            captures=0 if report is None else report.captures,
            corrections=0 if report is None else report.corrections,
            lost=0 if report is None else report.lost, damaged=len(result.damaged),
        )  # fmt: skip


def _moment(day: str | None) -> str | None:
    from datetime import UTC, datetime

    if day is None:
        return None
    try:
        moment = datetime.fromisoformat(day)
    except ValueError:
        raise UserError(f"--since: no date: {day!r} (like 2026-11-01)", ExitCode.USAGE) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _show(result: SiteReread, dry_run: bool) -> None:
    sheet, report = Sheet(), result.report
    if report is None:
        sheet.text(f"{result.site}: nothing to do: all of it is read by this reader with this profile")
        return
    fate = "would be" if dry_run or result.refused else "are"
    sheet.text(f"{result.site}: {report.captures:,} captures read again", style="bold")
    if not report.fields:
        sheet.text("Everything reads as it did.")
    _fields(sheet, report)
    for text, names in (
        (f"articles {fate} new", report.articles_gained),
        (f"articles {fate} gone from the archive", report.articles_lost),
        (f"articles {fate} left with fewer revisions", [_revisions(*one) for one in report.merged]),
        (f"articles {fate} given more revisions", [_revisions(*one) for one in report.split]),
    ):
        if names:
            more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
            sheet.text(f"{len(names):,} {text}: {', '.join(names[:_MOST_NAMED])}{more}")
    if report.new_urls:
        sheet.text(f"{report.new_urls:,} addresses {fate} newly heard of")
    if result.run_id is not None:
        sheet.text(f"{report.corrections:,} corrections are kept (run {result.run_id}).")
    elif dry_run:
        sheet.text("Nothing was written.")


def _fields(sheet: Sheet, report: RereadReport) -> None:
    if not report.fields:
        return
    sheet.blank()
    sheet.table(
        [Column("Field"), Column("Corrected", "right"), Column("Gained", "right"), Column("Lost", "right")],
        [
            (one.name, f"{one.corrected:,}", f"{one.gained:,}", f"{one.lost:,}")
            for one in report.fields.values()
        ],
    )
    for one in report.fields.values():
        sheet.heading(one.name)
        for example in one.examples:
            _example(sheet, example)
    sheet.blank()


def _example(sheet: Sheet, one: Correction) -> None:
    sheet.text(f"capture {one.capture_id}{f', {one.article}' if one.article else ''}", style="dim")
    sheet.pair("before", _short(one.before), width=7, indent=2)
    sheet.pair("after", _short(one.after), width=7, indent=2, style="red" if one.lost else "")


def _revisions(key: str, before: int, after: int) -> str:
    return f"{key} ({before} to {after})"


def _short(text: str | None) -> str:
    if text is None:
        return "-"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _as_json(result: SiteReread, options: RereadOptions) -> dict[str, Any]:
    report = result.report
    told: dict[str, Any] = {
        "site": result.site,
        "run": result.run_id,
        "seconds": round(result.seconds, 3),
        "dry_run": options.dry_run,
        "accepted": options.accept_losses,
        "refused": result.refused,
        "nothing_to_do": report is None,
        "damaged": list(result.damaged),
    }
    if report is not None:
        told |= asdict(report)
        told["losses"] = report.losses
        told["fields"] = {name: _field_as_json(one) for name, one in report.fields.items()}
    return told


def _field_as_json(one: FieldReport) -> dict[str, Any]:
    return {
        "corrected": one.corrected,
        "gained": one.gained,
        "lost": one.lost,
        "examples": [
            {
                "capture": example.capture_id,
                "article_key": example.article,
                "before": example.before,
                "after": example.after,
            }
            for example in one.examples
        ],
    }
