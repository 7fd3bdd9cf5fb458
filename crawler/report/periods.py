"""Which stretches of time a picture shows: months where they fit, else quarters, years, several years. Pure.

Dates come as precise as they are printed: `2026-05`, `2026`, '' for none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain, count

_PRECISE_ENOUGH = 0.9
"""So many of the dates have to name the month for months or quarters to be shown."""


@dataclass(frozen=True, slots=True)
class Periods:
    """Stretches of equal length without a gap, from the first date to the last."""

    months: int
    """Length of each: 1, 3, 12, or several years of 12."""
    first: int
    """Months since the year 0 at which the first begins."""
    number: int

    @property
    def unit(self) -> str:
        """`month`, `quarter`, `year` or `5 years`."""
        return {1: "month", 3: "quarter", 12: "year"}.get(self.months, f"{self.months // 12} years")

    @property
    def names(self) -> tuple[str, ...]:
        """`2026-05`, `2026 Q2`, `2026` or `2020–2024`."""
        return tuple(self._name(self.first + place * self.months) for place in range(self.number))

    @property
    def beginnings(self) -> tuple[tuple[int, int], ...]:
        """Year and month (1 to 12) with which each begins."""
        begun = (self.first + place * self.months for place in range(self.number))
        return tuple((month // 12, month % 12 + 1) for month in begun)

    def place(self, date: str) -> int | None:
        """In which of them a date lies; None when it is not precise enough to tell, or outside."""
        month = _month(date)
        if month is None:
            if len(date) != 4 or self.months < 12:
                return None
            month = int(date) * 12
        place = (month - self.first) // self.months
        return place if 0 <= place < self.number else None

    def spread(self, by_date: Mapping[str, int]) -> list[int]:
        """How many fall into each."""
        found = [0] * self.number
        for date, many in by_date.items():
            place = self.place(date)
            if place is not None:
                found[place] += many
        return found

    def _name(self, month: int) -> str:
        year, of_year = divmod(month, 12)
        if self.months == 1:
            return f"{year:04}-{of_year + 1:02}"
        if self.months == 3:
            return f"{year:04} Q{of_year // 3 + 1}"
        return f"{year:04}" if self.months == 12 else f"{year:04}–{year + self.months // 12 - 1:04}"


def periods(by_date: Mapping[str, int], most: int) -> Periods | None:
    """The shortest stretches of which no more than `most` cover all dates; None without a date."""
    dated = {date: many for date, many in by_date.items() if date and many}
    if not dated:
        return None
    precise = sum(many for date, many in dated.items() if len(date) > 4)
    exact = precise >= _PRECISE_ENOUGH * sum(dated.values())
    lengths = chain((1, 3) if exact else (), _years())
    first, last = _ends(date for date in dated if not exact or len(date) > 4)
    for months in lengths:
        begin = first // months * months
        number = (last - begin) // months + 1
        if number <= most:
            return Periods(months, begin, number)
    raise AssertionError("some number of years is long enough")


def _years() -> Iterable[int]:
    # Without an end: some number of years is always long enough.
    return (12 * step * 10**power for power in count() for step in (1, 2, 5))


def _ends(dates: Iterable[str]) -> tuple[int, int]:
    months = [_month(date) if len(date) > 4 else int(date) * 12 for date in dates]
    known = [month for month in months if month is not None]
    return min(known), max(known)


def _month(date: str) -> int | None:
    """Months since the year 0; None for a date without a month."""
    return int(date[:4]) * 12 + int(date[5:7]) - 1 if len(date) >= 7 else None
