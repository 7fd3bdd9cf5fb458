"""Whether all is well with an archive, one check a line, each with what to do when it is not.

Reads only, beside whatever writes; `crawler.doctor` adds what needs a look at the machine and the site.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from crawler.exits import ExitCode
from storage.alarms import AlarmRow, alarms, in_quarantine
from storage.archive import Archive
from storage.coverage import unexplained
from storage.overview import Overview
from storage.revisiting import seconds_between
from storage.runs import RUNNING, SUCCESSES, RunRow, runs

Level = Literal["ok", "warn", "fail"]
_RECENT = 50
_SKIPS_IN_A_ROW = 3
_GOES_ON = frozenset({"stopped", "limit", "killed"})
_DO = {
    ExitCode.ERROR: "report it with its log line; what was fetched is kept",
    ExitCode.STORAGE: "make room or make it writable, then crawl again; what was committed is there",
    ExitCode.ROBOTS: "wait, and look at the site's robots.txt; if it stays so, ask the site's operator",
    ExitCode.BLOCKED: "leave the site alone for a while, then crawl with a longer --delay; it goes on",
    ExitCode.NO_CONNECTION: "check the network and the site's address, then crawl again",
    ExitCode.CHANGED: "'msarchive alarms' says where to look; mend the profile, 'msarchive reread', crawl",
    ExitCode.DAMAGED: "'msarchive verify' says what is damaged; restore a copy",
    ExitCode.NEWER: "update msarchive",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    level: Level
    says: str
    """One line, without a full stop."""
    do: str | None = None
    """What to do about it; None when there is nothing to do."""
    code: ExitCode = ExitCode.OK
    """What a program that failed for this would exit with; OK unless `level` is `fail`."""


def verdict(checks: Sequence[Check]) -> Level:
    """The worst level among them; `ok` without any."""
    levels = {check.level for check in checks}
    return "fail" if "fail" in levels else "warn" if "warn" in levels else "ok"


def archive_checks(
    archive: Archive, seen: Overview, *, now: datetime, crawl: str, max_age_days: float
) -> list[Check]:
    """What the archive itself tells. `crawl` is the command that crawls into it, for the advice."""
    latest = runs(archive, _RECENT)
    crawls = [run for run in latest if run.kind in ("crawl", "demo")]
    with archive.engine.connect() as connection:
        lost, standing, waiting = unexplained(connection), alarms(connection), in_quarantine(connection)
    return [
        *_last_crawl(crawls, crawl, imported=bool(latest), changed=bool(standing)),
        *_last_of_others(latest),
        *_success(crawls, now, crawl, max_age_days),
        *_skips(crawls),
        *_readings(standing, waiting, crawl),
        *_addresses(seen, crawl, at_work=not crawls or any(run.outcome == RUNNING for run in latest)),
        Check("coverage", "ok", "every address has one state with a reason")
        if not lost
        else Check(
            "coverage",
            "fail",
            f"{len(lost):,} addresses are not accounted for",
            "'msarchive coverage' lists them; report it",
            ExitCode.ERROR,
        ),
    ]


def _last_crawl(crawls: Sequence[RunRow], crawl: str, *, imported: bool, changed: bool) -> Iterator[Check]:
    """`changed`: whether an alarm stands still."""
    run = next((run for run in crawls if run.outcome != "skipped"), None)
    if run is None and imported:
        yield Check("last crawl", "ok", "there was none: the archive holds what was imported")
        return
    if run is None:
        yield Check("last crawl", "warn", "there was none yet", f"'{crawl}' fills the archive")
        return
    says = f"run {run.id} {run.outcome}: {run.reason}"
    if run.outcome in (RUNNING, "complete"):
        yield Check("last crawl", "ok", says)
    elif run.outcome == "changed" and not changed:
        yield Check("last crawl", "ok", f"{says}; cleared since")
    elif run.outcome in _GOES_ON or run.exit_code == ExitCode.LIMIT:
        yield Check("last crawl", "warn", says, f"'{crawl}' goes on with it")
    elif run.outcome == "incomplete" and run.exit_code in (None, ExitCode.INCOMPLETE):
        do = f"'{crawl}' tries them again; 'msarchive coverage --state failed' lists them"
        yield Check("last crawl", "warn", says, do)
    else:
        code = ExitCode(run.exit_code) if run.exit_code in set(ExitCode) else ExitCode.ERROR
        do = _DO.get(code, f"mend what it says, then '{crawl}'")
        yield Check("last crawl", "fail", says, do, code or ExitCode.ERROR)


def _last_of_others(latest: Sequence[RunRow]) -> Iterator[Check]:
    """An import or reread after the last crawl that did not end well."""
    run = next((run for run in latest if run.outcome != "skipped"), None)
    if run is None or run.kind in ("crawl", "demo") or run.outcome in ("complete", RUNNING):
        return
    yield Check(f"last {run.kind}", "warn", f"run {run.id} {run.outcome}: {run.reason}", "do it again")


def _success(crawls: Sequence[RunRow], now: datetime, crawl: str, max_age_days: float) -> Iterator[Check]:
    """The age of the last crawl that went to its end."""
    run = next((run for run in crawls if run.outcome in SUCCESSES), None)
    if run is None or run.ended_at is None:
        if any(run.outcome != "skipped" for run in crawls):
            yield Check("last success", "warn", "no crawl has come to its end yet", f"'{crawl}'")
        return
    age = timedelta(seconds=max(0.0, seconds_between(run.ended_at, _utc(now))))
    says = f"run {run.id} came to its end {_ago(age)}"
    if age <= timedelta(days=max_age_days):
        yield Check("last success", "ok", says)
    else:
        do = f"see that '{crawl}' runs regularly, and how it ends: 'msarchive runs'"
        yield Check("last success", "warn", f"{says}, more than {max_age_days:g} days", do)


def _readings(standing: Sequence[AlarmRow], waiting: int, crawl: str) -> Iterator[Check]:
    """Fields that the site has lost, and readings that wait in quarantine."""
    if standing:
        named = ", ".join(dict.fromkeys(alarm.field for alarm in standing))
        says = f"the site's pages have lost {named}; {waiting:,} wait in quarantine"
        yield Check("readings", "fail", says, _DO[ExitCode.CHANGED], ExitCode.CHANGED)
    elif waiting:
        says = f"{waiting:,} wait in quarantine for the end of a run"
        yield Check("readings", "warn", says, f"'{crawl}' decides on them when it ends")
    else:
        yield Check("readings", "ok", "none waits in quarantine")


def _skips(crawls: Sequence[RunRow]) -> Iterator[Check]:
    """Runs that found the archive held, one after the other: whoever holds it may hang."""
    number = next((n for n, run in enumerate(crawls) if run.outcome not in ("skipped", RUNNING)), len(crawls))
    skipped = sum(run.outcome == "skipped" for run in crawls[:number])
    if skipped >= _SKIPS_IN_A_ROW:
        yield Check(
            "skipped runs",
            "warn",
            f"the last {skipped:,} crawls found the archive held: {crawls[0].reason}",
            "see whether that process still gets on ('msarchive runs'); crawl less often, or stop it",
        )


def _addresses(seen: Overview, crawl: str, *, at_work: bool) -> Iterator[Check]:
    """`at_work`: that some are still to be asked for is as it should be."""
    total, failed = sum(seen.urls.values()), seen.urls.get("failed", 0)
    if not total:
        return
    says = f"{total:,} known, {seen.due:,} still to be asked for, {failed:,} failed"
    if not failed and (at_work or not seen.due):
        yield Check("addresses", "ok", says)
    else:
        which = "; 'msarchive coverage --state failed' lists what failed" if failed else ""
        yield Check("addresses", "warn", says, f"'{crawl}' asks for them{which}")


def _ago(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    if hours < 1:
        return f"{hours * 60:.0f} minutes ago"
    return f"{hours:.0f} hours ago" if hours < 48 else f"{hours / 24:.0f} days ago"


def _utc(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
