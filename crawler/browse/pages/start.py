"""The first page: what the archive holds, what is new in it, and how the last run went."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection
from starlette.requests import Request

from crawler.browse.library import Visit
from crawler.browse.page import Page
from storage import lock
from storage.alarms import alarms, in_quarantine
from storage.listing import article_numbers, article_rows
from storage.overview import Overview, overview
from storage.runs import last_run, told

_NEWEST = 6


def start(visit: Visit, request: Request) -> Page:
    """The archive at a glance."""
    seen: Overview = visit.once("overview", overview)
    newest = visit.once(("articles", "seen"), lambda connection: article_numbers(connection, "seen"))
    run = last_run(visit.connection)
    if run is not None:
        run = told(run, lock.holder(visit.archive.directory), visit.archive.directory)
    return Page(
        "start.html",
        {
            "title": None,
            "seen": replace(seen, last_run=run),
            "run": run,
            "newest": article_rows(visit.connection, newest[:_NEWEST]),
            "alarms": len(alarms(visit.connection)),
            "waiting": visit.once("quarantine", _waiting),
        },
    )


def _waiting(connection: Connection) -> int:
    return in_quarantine(connection)
