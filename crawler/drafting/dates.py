"""In which order and language a site writes dates, by those on its pages that can be read in one way only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from crawler.drafting.model import SeenPage
from spiders.reading.dates import read_date

_NUMERIC = re.compile(r"(?<![\d/.])(\d{1,2})([/.])(\d{1,2})\2(\d{4})(?![\d/.])")
_WORDY = re.compile(r"\b\d{1,2}\.?\s+(?:de\s+)?[^\W\d_]{3,12}\.?\s+(?:de\s+)?\d{4}\b")
_NOT_ENGLISH = frozenset(("de", "fr", "es", "it", "nl", "pt", "da", "sv", "nb", "no", "fi", "pl", "cs", "hu"))


def order_of(texts: Iterable[str], language: str | None) -> tuple[str, str]:
    """`MDY`, `DMY` or `YMD`, and why."""
    numeric = [match for text in texts for match in _NUMERIC.finditer(text)]
    day_first = sum(int(match[1]) > 12 for match in numeric)
    month_first = sum(int(match[3]) > 12 for match in numeric)
    if day_first != month_first:
        order, count = ("DMY", day_first) if day_first > month_first else ("MDY", month_first)
        return order, f"{count} of {len(numeric)} dates can be read in this order only"
    dotted = sum(match[2] == "." for match in numeric)
    if numeric and 2 * dotted > len(numeric):
        return "DMY", f"could not be told from {len(numeric)} dates; with full stops it is usual"
    if language in _NOT_ENGLISH:
        return "DMY", f"could not be told; usual where the language is {language}"
    return "MDY", "could not be told from the dates on the pages"


def languages_of(pages: Sequence[SeenPage], texts: Iterable[str]) -> tuple[str, ...]:
    """The languages that names of months are in: English, or the one the pages say they are in where it reads
    dates that English does not."""
    said = {page.language for page in pages} - {None, "en"}
    if len(said) != 1:
        return ("en",)
    language = str(said.pop())
    dates = [match[0] for text in texts for match in _WORDY.finditer(text)]
    from dateparser.data.languages_info import language_order  # heavy to import

    if language not in language_order:
        return ("en",)
    if any(not read_date(date).iso and read_date(date, "DMY", (language,)).iso for date in dates):
        return (language,)
    return ("en",)


def listed_dates(cards: Iterable[tuple[str | None, str | None]]) -> dict[str, str]:
    """Article's address -> its date (ISO 8601), by cards as (address, date); none where two differ."""
    found: dict[str, set[str]] = {}
    for url, iso in cards:
        if url and iso:
            found.setdefault(url, set()).add(iso)
    return {url: dates.pop() for url, dates in found.items() if len(dates) == 1}
