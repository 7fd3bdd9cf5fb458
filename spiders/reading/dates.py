"""Dates as precise as they are printed, never more.

The site's own `M/D/YYYY` and ISO 8601 are read by exact patterns. Anything else goes through dateparser,
strictly: its guesses (today's day for "March 2021", a date for "12") are caught by asking what it really
found.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from spiders.reading.model import PartialDate, Precision

if TYPE_CHECKING:
    from dateparser.date import DateDataParser

DateOrder = Literal["MDY", "DMY", "YMD"]

_NUMERIC = re.compile(r"(\d{1,4})([/.])(\d{1,2})\2(\d{1,4})")
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ]\d{2}:\d{2}[0-9:.,]*\s*(?:Z|[+-]\d{2}:?\d{2})?)?)?)?")
_WORDY = re.compile(r"(?=.*[^\W\d_]{3})(?=.*\b\d{4}\b)[\w\s,.'’-]{6,40}")
_ENGLISH = re.compile(r"(?:(\d{1,2}) )?([A-Za-z]{3,9})(?: (\d{1,2}),?)? ([12]\d{3})")
_NAMES = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
          "november", "december")  # fmt: skip
_MONTHS = {written: number for number, name in enumerate(_NAMES, start=1) for written in (name, name[:3])}
_ORDINAL_DAY = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)")
_LIKELY = re.compile(r"\d{1,4}[/.]\d{1,2}[/.]\d{1,4}$|\d{4}-\d{2}")


@lru_cache(maxsize=5_000)
def read_date(raw: str, order: DateOrder = "MDY", languages: tuple[str, ...] = ("en",)) -> PartialDate:
    """Read one date.

    `order` settles `1/2/2025`, `languages` are those that names of months may be in. The result's `iso` and
    `precision` are None when `raw` is not a date; `raw` is kept as given. A time of day and an offset are
    dropped: the date is the one printed.
    """
    text = raw.strip()
    found = _numeric(text, order) or _iso(text) or _wordy(text, languages)
    return PartialDate(raw, *found) if found else PartialDate(raw, None, None)


def looks_like_date(text: str) -> bool:
    """Whether a whole block is a date in a numeric form (whether or not such a day exists)."""
    return len(text) <= 32 and _LIKELY.match(text) is not None


def _numeric(text: str, order: DateOrder) -> tuple[str, Precision] | None:
    match = _NUMERIC.fullmatch(text)
    if not match:
        return None
    first, second, third = match[1], match[3], match[4]
    if len(first) == 4:
        year, month, day = first, second, third
    elif len(third) == 4 and len(first) <= 2:
        year = third
        month, day = (second, first) if order == "DMY" else (first, second)
    else:
        return None
    return _day(year, month, day)


def _iso(text: str) -> tuple[str, Precision] | None:
    match = _ISO.fullmatch(text)
    if not match:
        return None
    year, month, day = match.groups()
    if day:
        return _day(year, month, day)
    if not int(year) >= 1000:
        return None
    if month:
        return (f"{year}-{month}", "month") if 1 <= int(month) <= 12 else None
    return year, "year"


def _day(year: str, month: str, day: str) -> tuple[str, Precision] | None:
    try:
        return date(int(year), int(month), int(day)).isoformat(), "day"
    except ValueError:
        return None


def _wordy(text: str, languages: tuple[str, ...]) -> tuple[str, Precision] | None:
    if not _WORDY.fullmatch(text):
        return None
    found = _english(text) if languages == ("en",) else None
    return found or _by_dateparser(text, languages)


def _english(text: str) -> tuple[str, Precision] | None:
    """The usual ways to write a date in English, in a hundredth of the time that dateparser takes."""
    match = _ENGLISH.fullmatch(text)
    if match is None:
        return None
    before, name, behind, year = match.groups()
    month = _MONTHS.get(name.lower())
    if month is None or (before and behind):
        return None
    day = before or behind
    return _day(year, str(month), day) if day else (f"{year}-{month:02d}", "month")


def _by_dateparser(text: str, languages: tuple[str, ...]) -> tuple[str, Precision] | None:
    data = _words_parser(languages).get_date_data(text)
    value = data.date_obj if data else None
    if value is None or str(value.year) not in text:
        return None
    without_year = text.replace(str(value.year), " ", 1)
    days = _ORDINAL_DAY.findall(without_year)
    if not days:
        return f"{value.year:04d}-{value.month:02d}", "month"
    return (value.date().isoformat(), "day") if len(days) == 1 and int(days[0]) == value.day else None


@lru_cache(maxsize=8)
def _words_parser(languages: tuple[str, ...]) -> DateDataParser:
    from dateparser.date import DateDataParser  # heavy to import, and seldom needed

    return DateDataParser(
        languages=list(languages),
        settings={
            "PARSERS": ["absolute-time"],
            "REQUIRE_PARTS": ["year", "month"],
            "DATE_ORDER": "MDY",
            "PREFER_DAY_OF_MONTH": "first",
            "RELATIVE_BASE": datetime(2000, 1, 1),
            "RETURN_AS_TIMEZONE_AWARE": False,
            "TIMEZONE": "UTC",
            "TO_TIMEZONE": "UTC",
        },
    )
