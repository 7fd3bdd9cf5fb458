"""The runs, one run, what became of the addresses, and what the site's pages have lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.pages.naming import numbered
from crawler.browse.paging import paged
from crawler.cli.runs import asked_of_the_site, took, what_came
from storage.address_list import address_numbers, addresses, reason_counts, told_by_counts
from storage.alarms import alarms as read_alarms
from storage.alarms import in_quarantine
from storage.coverage import unexplained
from storage.runs import RUNNING, RunStory, story
from storage.runs import runs as read_runs

_STATES = ("waiting", "stored", "redirected", "alias", "gone", "failed", "refused")
_SIZE = 50
_FAILURES_SHOWN = 50


def runs(visit: Visit, request: Request) -> Page:
    """Every run, newest first."""
    found = read_runs(visit.archive)
    paging = paged(request.query_params, len(found), "runs", size=_SIZE)
    rows = found[paging.offset : paging.offset + paging.size]
    return Page(
        "runs.html",
        {"title": "Runs", "rows": [(run, took(run)) for run in rows], "paging": paging},
    )


def run(visit: Visit, request: Request) -> Page:
    """One run: how it ended, what it asked of the site, what came of it, its settings."""
    number = numbered(request)
    told = visit.once(("run", number), lambda _: story(visit.archive, number))
    if told is not None and told.run.outcome == RUNNING:
        told = story(visit.archive, number)  # it may have been killed: that changes no database
    if told is None:
        raise HTTPException(404, f"The archive has no run {number}.")
    return Page("run.html", {"title": f"Run {number}", **_told(told)})


def _told(told: RunStory) -> dict[str, Any]:
    crawled = told.run.kind in ("crawl", "demo") and told.run.outcome != "skipped"
    return {
        "run": told.run,
        "took": took(told.run),
        "asked": asked_of_the_site(told.asked) if crawled else [],
        "came": what_came(told),
        "settings": sorted(told.run.settings.items()),
        "failed": told.failed[:_FAILURES_SHOWN],
        "failures": len(told.failed),
    }


@dataclass(frozen=True, slots=True)
class _State:
    name: str
    addresses: int
    reasons: tuple[tuple[str, int], ...]


def coverage(visit: Visit, request: Request) -> Page:
    """How many addresses are in which state, and why; who told of them; those nobody can account for."""
    counts = visit.once("reasons", reason_counts)
    states = [
        _State(
            state,
            sum(one.addresses for one in counts if one.state == state),
            tuple((one.reason, one.addresses) for one in counts if one.state == state),
        )
        for state in _STATES
    ]
    told = visit.once("told by", told_by_counts)
    return Page(
        "coverage.html",
        {
            "title": "Coverage",
            "states": [state for state in states if state.addresses],
            "total": sum(state.addresses for state in states),
            "told_by": {
                via: {state: number for by, state, number in told if by == via}
                for via in dict.fromkeys(via for via, _, _ in told)
            },
            "unexplained": visit.soon("unexplained", unexplained),
        },
    )


def covered(visit: Visit, request: Request) -> Page:
    """The addresses in one state, with the reason and who told of them."""
    state, reason = request.path_params["state"], request.query_params.get("reason")
    if state not in _STATES:
        raise HTTPException(404, f"There is no state {state[:40]!r}: {', '.join(_STATES)}.")
    numbers = visit.once(
        ("addresses", state, reason), lambda connection: address_numbers(connection, state, reason)
    )
    paging = paged(request.query_params, len(numbers), "coverage", state, size=_SIZE, reason=reason)
    chosen = numbers[paging.offset : paging.offset + paging.size]
    return Page(
        "addresses.html",
        {
            "title": f"Addresses: {state}",
            "state": state,
            "reason": reason,
            "rows": addresses(visit.connection, chosen),
            "paging": paging,
        },
    )


def alarms(visit: Visit, request: Request) -> Page:
    """The fields that vanished from the site's pages, and the readings that wait in quarantine."""
    total = visit.once("quarantine", in_quarantine)
    paging = paged(request.query_params, total, "alarms", size=_SIZE)
    waiting = visit.connection.execute(
        text(
            "SELECT capture, url, captured_at, site, article_key, fields, held FROM quarantined "
            "WHERE is_latest = 1 ORDER BY captured_at DESC, capture DESC LIMIT :size OFFSET :offset"
        ),
        {"size": paging.size, "offset": paging.offset},
    ).all()
    return Page(
        "alarms.html",
        {
            "title": "Alarms",
            "alarms": read_alarms(visit.connection, cleared=True),
            "waiting": waiting,
            "paging": paging,
        },
    )
