"""The values of filters (`topic:…`, `after:…`, `credibility:…`), read as the archive compares them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import date
from typing import cast

from storage.search.query import Comparison, Filter, FilterField, SearchError

_NAMES = ("topic", "journal")
_DATES = ("after", "before", "date")
_RATINGS = ("credibility", "interest")
_PARTIAL_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?")

EXAMPLES = {
    "topic": "topic:fatigue",
    "journal": 'journal:"multiple sclerosis"',
    "after": "after:2026-05",
    "before": "before:2026-05-15",
    "date": "date:2026-05",
    "credibility": "credibility:>=4",
    "interest": "interest:<3",
    "site": "site:mymsbuddy",
    "id": "id:mhFS5r",
    "title": "title:iron",
    "takeaway": "takeaway:iron",
}


def filter_of(
    field: FilterField, comparison: str | None, typed: str, prefix: bool, grouping: Callable[[str], str]
) -> Filter:
    """The filter that `field:`, a comparison sign (None: none was typed) and a value mean.

    Raises `SearchError` when the value can't be read, or the sign means nothing there.
    """
    if field in _RATINGS:
        return Filter(field, cast(Comparison, comparison or "="), _number(field, typed))
    if comparison not in (None, "="):
        raise _unreadable(field, f"{comparison}{typed}", f"{field} knows no {comparison}")
    if field in _NAMES:
        form = grouping(typed)
        if not form:
            raise _unreadable(field, typed, "a name is missing")
        return Filter(field, "=", form) if comparison else Filter(field, "has", form, prefix)
    if prefix:
        typed += "*"
    return Filter(field, "=", _date(field, typed) if field in _DATES else typed)


def missing(field: str) -> SearchError:
    """What is said of a field with nothing after its colon."""
    return SearchError(f"{field}: needs a value right after the colon, as in {EXAMPLES[field]}")


def _number(field: str, typed: str) -> str:
    try:
        number = float(typed)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise _unreadable(field, typed, "that is no number")
    return f"{number:g}"


def _date(field: str, typed: str) -> str:
    found = _PARTIAL_DATE.fullmatch(typed)
    try:
        if found is None or not typed.isascii():
            raise ValueError
        date(int(found[1]), int(found[2] or 1), int(found[3] or 1))
    except ValueError:
        raise _unreadable(field, typed, "that is no date") from None
    return typed


def _unreadable(field: str, typed: str, why: str) -> SearchError:
    shown = typed if len(typed) <= 40 else f"{typed[:40]}…"
    return SearchError(f"can't read {field}:{shown}: {why}; give one as in {EXAMPLES[field]}")
