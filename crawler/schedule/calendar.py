"""Cron's five fields as systemd's calendar events (systemd.time(7))."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from cronsim import CronSim

from crawler.exits import ExitCode, UserError
from crawler.schedule.plan import Plan

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def on_calendar(plan: Plan) -> tuple[str, ...]:
    """The values of `OnCalendar=` that mean what the plan does; more than one where cron means "or".

    Raises `UserError` for what systemd can't say: last days, nth weekdays.
    """
    cron = CronSim(plan.expression, datetime(2026, 1, 1, tzinfo=UTC))
    if any(isinstance(day, tuple) for day in cron.weekdays) or min(cron.days) < 0:
        raise UserError(
            f"systemd has no words for {plan.expression!r}: let 'msarchive schedule' run it", ExitCode.USAGE
        )
    weekdays = sorted({int(day) % 7 for day in cron.weekdays if not isinstance(day, tuple)})
    time = f"{_listed(cron.hours, 24)}:{_listed(cron.minutes, 60)}:00"
    days, months = _listed(cron.days, 31), _listed(cron.months, 12)
    names = "" if len(weekdays) == 7 else ",".join(_DAYS[day] for day in weekdays) + " "
    both = cron.day_and or (days == "*" and not names)
    # cron(5): where neither is "*", either day will do.
    pairs = [(names, days)] if both else [(names, "*"), ("", days)]
    return tuple(f"{name}*-{months}-{day} {time} {plan.zone}" for name, day in pairs)


def _listed(values: Iterable[int], every: int) -> str:
    numbers = sorted(values)
    return "*" if len(numbers) == every else ",".join(f"{number:02d}" for number in numbers)
