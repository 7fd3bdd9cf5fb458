"""How a crawl ended: one outcome, one reason, one exit code, and the counts behind them."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

from crawler.cli.errors import as_user_error
from crawler.clock import utc_now
from crawler.exits import ExitCode
from crawler.in_the_way import in_the_way
from crawler.robots_rules import DISALLOWED
from crawler.site_change import look_for_change
from pipelines.session import CrawlSession
from spiders.pages import OVER_LIMIT
from storage.postgresql.sharing import merged

logger = logging.getLogger(__name__)

_PAGES = ("summary", "listing", "other", "unreadable", "sitemap", "gone", "error", "unchanged")
"""Kinds of captures that say that something besides robots.txt was asked for."""

Outcome = Literal["complete", "incomplete", "stopped", "limit", "failed", "blocked", "changed"]


@dataclass(frozen=True)
class CrawlResult:
    """What a crawl came to."""

    outcome: Outcome
    reason: str
    """One line, without a full stop."""
    exit_code: ExitCode
    counts: Mapping[str, int]
    """Of this run: `requests`, `answers`, `bytes`, `summary`, `new_articles`, `new_revisions`, `new_urls`,
    `unanswered`, `refused`, and one for each kind of capture."""
    states: Mapping[str, int]
    """Of the whole URL table: how many addresses are in each state, and how many are still `due`."""
    failed: tuple[tuple[str, str], ...]
    """Addresses without a usable answer, and why."""
    seconds: float
    resumed: bool
    error: BaseException | None = field(default=None, compare=False)
    """What ended it, for `failed`; None otherwise."""


def conclude(session: CrawlSession, reason: str) -> CrawlResult:
    """Settle the archive and write the run's end; `reason` is Scrapy's for closing the spider.

    Never raises: what goes wrong here makes the run a failed one, too.
    """
    states: Mapping[str, int] = {}
    failed: tuple[tuple[str, str], ...] = ()
    full: Mapping[str, int] = {}
    session.error = session.error or session.disk_low
    is_last = True
    try:
        session.committing.commit()
        is_last = _is_last(session)
        if session.error is None and is_last:
            if reason == "finished":
                session.blocked = session.blocked or session.standing.at_end()
            reason = reason if look_for_change(session, reason) else "shutdown"
            session.writer.settle(utc_now())
        if session.error is None:
            states = dict(session.frontier.counts())
            failed = tuple((url, why) for url, why in session.frontier.failed())
            full = session.frontier.refused_for(OVER_LIMIT)
    except Exception as error:
        session.error = session.error or error
    outcome, text, code = judge(session, reason, states, failed, full)
    try:
        if is_last:
            session.writer.end_run(outcome, text, dict(session.counts), exit_code=code)
        else:
            _leave(session)
    except Exception as error:
        if session.error is None:
            session.error = error
            outcome, text, code = judge(session, reason, states, failed, full)
    if session.error is not None and as_user_error(session.error) is None:
        logger.error("The crawl ended with an unexpected error", exc_info=session.error)
    return CrawlResult(
        outcome=outcome,
        reason=text,
        exit_code=code,
        counts=dict(session.counts),
        states=states,
        failed=failed,
        seconds=monotonic() - session.started,
        resumed=session.resumed,
        error=session.error,
    )


def _is_last(session: CrawlSession) -> bool:
    """Whether the run ends with this crawl; not while other workers are at it. What all have counted is this
    one's to tell then."""
    sharing = session.writer.sharing
    if sharing is None:
        return True
    if not sharing.is_last():
        return False
    workers, counts = sharing.counts_of_others()
    session.counts = merged(session.counts, counts)
    session.counts["workers"] = workers + 1
    return True


def _leave(session: CrawlSession) -> None:
    """End a worker's part in a run that others go on with, or break off for what it has found."""
    sharing = session.writer.sharing
    assert sharing is not None, "others are at the run"
    if session.robots_failure is not None:
        sharing.robots.fail(session.robots_failure)
    session.writer.leave_run(session.counts, session.blocked)


def judge(
    session: CrawlSession,
    reason: str,
    states: Mapping[str, int],
    failed: tuple[tuple[str, str], ...],
    full: Mapping[str, int],
) -> tuple[Outcome, str, ExitCode]:
    """Outcome, reason and exit code. The worst thing that is true of the run decides:

    an error; no connection; robots.txt; blocked by the site; stopped by a signal; the site has changed; a
    limit on the crawl; robots.txt disallowing everything; a reader that failed; a limit of the profile's;
    addresses that failed. `full` says how many addresses a limit of the profile's kept out (by `OVER_LIMIT`).
    """
    counts = session.counts
    if session.error is not None:
        known = as_user_error(session.error)
        if known is not None and known.code == ExitCode.BUSY:
            # No other run's doing, for this one has the lock: something else keeps the database from us.
            return "failed", "the archive can't be used: its database is locked", ExitCode.STORAGE
        if known is not None:
            return "failed", str(known), known.code
        return "failed", _line(session.error), ExitCode.ERROR
    if not counts["answers"] and counts["no_connection"]:
        why = session.robots_failure or (failed[0][1] if failed else "no connection")
        return "failed", f"no connection to {session.profile.canonical_host}: {why}", ExitCode.NO_CONNECTION
    if session.robots_failure is not None:
        text = f"robots.txt of {session.profile.canonical_host} can't be had ({session.robots_failure})"
        return "failed", f"{text}, so nothing may be asked", ExitCode.ROBOTS
    if session.blocked is not None:
        return "blocked", f"{session.blocked}; the next crawl goes on from here", ExitCode.BLOCKED
    if reason in ("shutdown", "killed"):
        return "stopped", "stopped by a signal; the next crawl goes on from here", ExitCode.STOPPED
    if session.changed is not None:
        return "changed", session.changed, ExitCode.CHANGED
    if session.limit_reached or reason.startswith("closespider_"):
        return "limit", f"{_limit(session, reason)}; the next crawl goes on from here", ExitCode.LIMIT
    if reason != "finished":
        return "failed", f"ended early: {reason}", ExitCode.ERROR
    if counts["refused"] and not counts["unanswered"] and not any(counts[kind] for kind in _PAGES):
        everything = session.refusal == DISALLOWED
        text = "robots.txt disallows everything" if everything else f"nothing may be asked: {session.refusal}"
        return "failed", text, ExitCode.ROBOTS
    if counts["reader_failures"]:
        number = counts["reader_failures"]
        text = f"the reader failed on {number} of {counts['answers']} pages (a bug); their captures are kept"
        return "incomplete", text, ExitCode.ERROR
    instead = in_the_way(session.obstacles[url] for url, _ in failed if url in session.obstacles)
    lacks = f"{len(failed)} of {_known(states)} addresses failed{instead}" if failed else ""
    if full:
        # Unlike with a limit on the crawl its round is over: what is due by its age comes again.
        text = "; ".join(filter(None, (_full(full), lacks)))
        return "incomplete", text, ExitCode.LIMIT
    if failed:
        return "incomplete", lacks, ExitCode.INCOMPLETE
    if states.get("due"):
        text = f"ended with {states['due']} addresses still to be asked (a bug); the next crawl goes on"
        return "failed", text, ExitCode.ERROR
    return "complete", "every address known has its answer", ExitCode.OK


def _limit(session: CrawlSession, reason: str) -> str:
    return (
        f"limit of {session.max_pages} pages reached"
        if session.limit_reached
        else f"limit reached ({reason})"
    )


def _full(full: Mapping[str, int]) -> str:
    limits = ", ".join(dict.fromkeys(OVER_LIMIT[reason] for reason in full))
    number = sum(full.values())
    them = "1 address is" if number == 1 else f"{number:,} addresses are"
    return f"the profile's limit is reached ({limits}): {them} left for the next crawl"


def _known(states: Mapping[str, int]) -> int:
    return sum(number for state, number in states.items() if state not in ("due", "refused"))


def _line(error: BaseException) -> str:
    with contextlib.suppress(Exception):
        first = (str(error).splitlines() or [""])[0]
        return f"unexpected {type(error).__name__}: {first}"[:500]
    return f"unexpected {type(error).__name__}"
