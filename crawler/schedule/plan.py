"""When a crawl is due: cron's five fields in a time zone that is always named.

The arithmetic is cronsim's, which does at daylight saving what Debian's cron does (cron(8), "Notes"): a time
of day that the clocks skip comes at once afterwards, one that they repeat comes once; only what is asked for
by `*` (every hour, every ten minutes) goes by elapsed time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from crawler.exits import ExitCode, UserError

_FIELDS = "minute, hour, day of the month, month, day of the week"
_DURATION = re.compile(r"(\d+)(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600, None: 1}
MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule that has been checked. Made by `plan`."""

    expression: str
    """Five fields, parted by single spaces."""
    zone: str
    """Name in the IANA time zone database."""

    def after(self, moment: datetime) -> datetime:
        """The first time due after `moment` (aware), in UTC. Raises `UserError` when there is none."""
        try:
            due = next(CronSim(self.expression, moment.astimezone(ZoneInfo(self.zone))))
        except (CronSimError, StopIteration):
            raise UserError(f"{self.expression!r} names no day that ever comes", ExitCode.USAGE) from None
        return due.astimezone(UTC)

    def count(self, after: datetime, until: datetime) -> int:
        """How many times were due after one moment and not after another; 1,000 at most."""
        number, due = 0, self.after(after)
        while due <= until and number < MOST_COUNTED:
            number, due = number + 1, self.after(due)
        return number

    def local(self, moment: datetime) -> str:
        """A moment as the schedule's readers tell time: `2026-11-24 03:00 Europe/Berlin`."""
        return f"{moment.astimezone(ZoneInfo(self.zone)):%Y-%m-%d %H:%M} {self.zone}"


def plan(expression: str, zone: str) -> Plan:
    """A checked schedule. Raises `UserError`, with what is wrong, for an expression or zone that is none."""
    try:
        ZoneInfo(zone)
    except (KeyError, ValueError, OSError):
        raise UserError(f"no such time zone: {zone!r} (like UTC or Europe/Berlin)", ExitCode.USAGE) from None
    fields = expression.split()
    if len(fields) != 5:
        raise UserError(
            f"a schedule has five fields ({_FIELDS}), like '0 3 * * *'; {expression!r} has {len(fields)}",
            ExitCode.USAGE,
        )
    try:
        CronSim(expression, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise UserError(f"schedule {expression!r}: {str(error).lower()}", ExitCode.USAGE) from None
    made = Plan(" ".join(fields), zone)
    made.after(datetime(2026, 1, 1, tzinfo=UTC))
    return made


def duration(text: str) -> timedelta:
    """`90s`, `30m`, `2h` or plain seconds. Raises `UserError` for anything else, and for over a day."""
    match = _DURATION.fullmatch(text.strip())
    length = None if match is None else timedelta(seconds=int(match[1][:9]) * _SECONDS[match[2]])
    if length is None or length > timedelta(days=1):
        raise UserError(f"no duration of a day at most: {text!r} (like 90s, 30m or 2h)", ExitCode.USAGE)
    return length
