"""How complete and how healthy the crawls were: runs and their outcomes, coverage, alarms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, text

from storage.alarms import AlarmRow, alarms, in_quarantine
from storage.archive import Archive
from storage.coverage import covered, unexplained
from storage.runs import RUNNING, RunRow, runs

_CAPTURES = (
    "SELECT run, count(*), sum(CASE WHEN kind = 'unchanged' THEN 1 ELSE 0 END) FROM captures GROUP BY 1"
)
_STATES = "SELECT state, reason, count(*) FROM urls GROUP BY 1, 2"


@dataclass(frozen=True, slots=True)
class RunNumbers:
    """A run and what it captured."""

    run: RunRow
    captures: int
    unchanged: int
    """Of these, answers that said that nothing had changed (304)."""


@dataclass(frozen=True, slots=True)
class Crawls:
    """How the crawls went."""

    runs: tuple[RunNumbers, ...]
    """Oldest first."""
    ended: str
    """When the last run, skipped ones aside, ended or last gave a sign of life (UTC); '' without one."""
    sites: tuple[str, ...]
    """Of all runs."""
    coverage: Mapping[tuple[str, str], int]
    """(state, reason) -> addresses; by state, then the most frequent first."""
    unexplained: int | None
    """Addresses that are not accounted for; None as of an earlier time, for which it is not known."""
    alarms: tuple[AlarmRow, ...]
    """Those raised until then, oldest first; as of an earlier time one that was cleared later stands."""
    quarantined: int | None
    """Addresses whose last reading is not believed yet; None as of an earlier time."""


def crawls(
    archive: Archive, connection: Connection, *, since: str | None = None, until: str | None = None
) -> Crawls:
    """How the crawls begun `since` a time went, and how things stood at `until` (UTC text; None: now)."""
    captures = {run: (made, unchanged) for run, made, unchanged in connection.execute(text(_CAPTURES))}
    rows = [_until(row, until) for row in reversed(runs(archive)) if until is None or row.started_at <= until]
    return Crawls(
        runs=tuple(
            RunNumbers(row, *captures.get(row.id, (0, 0)))
            for row in rows
            if since is None or row.started_at >= since
        ),
        ended=max((row.ended_at or row.started_at for row in rows if row.outcome != "skipped"), default=""),
        sites=tuple(sorted({row.site for row in rows})),
        coverage=_coverage(connection, rows, until),
        unexplained=None if until is not None else len(unexplained(connection)),
        alarms=tuple(
            _stood(one, until)
            for one in alarms(connection, cleared=True)
            if until is None or one.raised_at <= until
        ),
        quarantined=None if until is not None else in_quarantine(connection),
    )


def _until(row: RunRow, until: str | None) -> RunRow:
    if until is None or row.ended_at is None or row.ended_at <= until:
        return row
    return replace(row, ended_at=None, outcome=RUNNING, reason="at work then", exit_code=None)


def _stood(alarm: AlarmRow, until: str | None) -> AlarmRow:
    if until is None or alarm.cleared_at is None or alarm.cleared_at <= until:
        return alarm
    return replace(alarm, cleared_at=None, cleared_why=None)


def _coverage(connection: Connection, rows: list[RunRow], until: str | None) -> dict[tuple[str, str], int]:
    """As things stand, or as the last run of each site before `until` left them."""
    found: Counter[tuple[str, str]] = Counter()
    if until is None:
        found.update({(state, reason): number for state, reason, number in connection.execute(text(_STATES))})
    else:
        last = {row.site: row.id for row in rows if row.id is not None and row.outcome != "skipped"}
        for run in last.values():
            found.update((one.state, one.reason) for one in covered(connection, run=run))
    by_state: Counter[str] = Counter()
    for (state, _), number in found.items():
        by_state[state] += number
    order = sorted(found, key=lambda key: (-by_state[key[0]], key[0], -found[key], key[1]))
    return {key: found[key] for key in order}
