"""Dates as people type them, as the archive's UTC text (`2026-03-01T23:59:59.999Z`)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time


class NotAMoment(ValueError):
    """Text that is no date; the message is one line for whoever typed it."""


def end_of(typed: str) -> str:
    """The last millisecond of an ISO 8601 date (in UTC), or exactly the time that a full one names.

    A time without a zone is UTC. Raises `NotAMoment`.
    """
    return _moment(typed, time(23, 59, 59, 999_000))


def beginning_of(typed: str) -> str:
    """The first millisecond of an ISO 8601 date (in UTC), or exactly the time that a full one names.

    A time without a zone is UTC. Raises `NotAMoment`.
    """
    return _moment(typed, time())


def _moment(typed: str, on_a_date: time) -> str:
    try:
        moment = datetime.combine(date.fromisoformat(typed), on_a_date, UTC)
    except ValueError:
        try:
            moment = datetime.fromisoformat(typed)
        except ValueError:
            raise _not(typed) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:  # a zone leads out of the years 1 to 9999
        raise _not(typed) from None
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _not(typed: str) -> NotAMoment:
    return NotAMoment(f"{typed!r} is no date: give one like 2026-03-01, or a time like 2026-03-01T14:30:00Z")
