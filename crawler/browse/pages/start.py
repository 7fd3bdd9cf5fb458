"""The first page: what the archive holds, what is new in it, and how the last run went."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial

from sqlalchemy import Connection
from starlette.requests import Request

from crawler.browse.library import Library, Visit
from crawler.browse.page import Page
from storage.alarms import alarms, in_quarantine
from storage.at_work import at_work
from storage.feed import Sort, entries, feed
from storage.history import Entry
from storage.listing import article_numbers, article_rows
from storage.overview import overview
from storage.runs import last_run, told
from storage.spellings import journals, topics

_KNOWN_ALREADY: tuple[Sort, ...] = ("changed", "whole")
_NEWEST, _LATELY, _NAMES = 8, 4, 8


def start(visit: Visit, request: Request) -> Page:
    """The archive at a glance."""
    seen = visit.soon("overview", overview)
    newest = visit.soon(("articles", "seen"), partial(article_numbers, order="seen"))
    run = last_run(visit.connection)
    if run is not None:
        run = told(run, at_work(visit.archive.directory, visit.archive), visit.archive)
    return Page(
        "start.html",
        {
            "title": None,
            "seen": seen,
            "run": run,
            "newest": [] if newest is None else article_rows(visit.connection, newest[:_NEWEST]),
            "lately": _lately(visit),
            "topics": (visit.soon("topics", topics) or ())[:_NAMES],
            "journals": (visit.soon("journals", journals) or ())[:_NAMES],
            "alarms": len(alarms(visit.connection)),
            "waiting": visit.soon("quarantine", in_quarantine),
        },
    )


def have_ready(library: Library) -> None:
    """Have what the first pages need before anybody asks: on a large archive it takes some seconds."""
    for key, ask in _NEEDED:
        library.have(key, ask)


_NEEDED: tuple[tuple[Hashable, Callable[[Connection], object]], ...] = (
    ("overview", overview),
    (("articles", "seen"), partial(article_numbers, order="seen")),
    *((("feed", sort), partial(feed, sort=sort)) for sort in (*_KNOWN_ALREADY, "all")),
    ("journals", journals),
    ("topics", topics),
    ("quarantine", in_quarantine),
    (("articles", "date"), partial(article_numbers, order="date")),
)


def _lately(visit: Visit) -> list[Entry]:
    """The last things that happened to articles that were known already."""
    orders = [visit.soon(("feed", sort), partial(feed, sort=sort)) for sort in _KNOWN_ALREADY]
    found = [entry for order in orders if order for entry in entries(visit.connection, order, 0, _LATELY)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)[:_LATELY]
