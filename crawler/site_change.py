"""When a crawl ends: has the site changed, or have only a few of its pages?"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from crawler.clock import utc_now
from crawler.diagnosis import stands_there
from crawler.reading_again import DAMAGED, Again
from pipelines.session import CrawlSession
from storage.judging import Standing
from storage.readings import NewReading
from storage.record_json import decode
from storage.site_losses import Loss

_MOST_NAMED = 3


def look_for_change(session: CrawlSession, reason: str) -> bool:
    """Judge the readings in quarantine: raise alarms, let the others go, and tell the session what stands.

    `reason` is Scrapy's for closing the spider. A crawl that was stopped or failed has seen too little: it
    leaves them to the next one. Whether it came to its end: False when a signal has cut it short. Raises
    what the archive's writer raises.
    """
    whole = True
    judging, run = session.writer.judging, session.writer.run_id
    ended = reason == "finished" or session.limit_reached or reason.startswith("closespider_")
    if run is not None and ended and not session.stopping:
        losses = judging.new_losses()
        found = _instead(losses, session) if losses else []
        free = judging.judge(found, run, utc_now())
        if free:
            whole = _let_go(free, session)
    standing = judging.standing()
    if standing:
        session.changed = changed_line(standing)
    return whole


def changed_line(standing: list[Standing]) -> str:
    """One line about the alarms that stand."""
    named = [f"{one.field} on {one.lost:,} of {one.pages:,} pages" for one in standing[:_MOST_NAMED]]
    more = f" and {len(standing) - _MOST_NAMED} more" if len(standing) > _MOST_NAMED else ""
    return f"the site has changed: lost {', '.join(named)}{more} (see 'msarchive alarms')"


def _instead(losses: list[Loss], session: CrawlSession) -> list[tuple[Loss, str]]:
    profile = session.profile
    again = Again(session.directory, profile, session.database)
    try:
        pages = {loss.since: again.page(loss.since) for loss in losses}
    finally:
        again.close()
    return [
        (loss, stands_there(loss.field, page.reading if page is not None else None, profile))
        for loss in losses
        for page in (pages[loss.since],)
    ]


def _let_go(captures: list[int], session: CrawlSession) -> bool:
    """Store what was held without need, each in its own transaction; whether all was done. A kill or a
    signal leaves the rest to the next crawl."""
    again = Again(session.directory, session.profile, session.database)
    try:
        with signals_told() as told:
            for capture_id in captures:
                if told:
                    return False
                (data,) = again.read([(capture_id, None)])
                if data != DAMAGED:  # it waits for `verify` to be repaired
                    reading = decode(NewReading, data)
                    session.counts["new_revisions"] += session.writer.release(capture_id, reading)
                    session.counts["released"] += 1
    finally:
        again.close()
    return True


@contextmanager
def signals_told() -> Iterator[list[int]]:
    """The signals to stop that come meanwhile: the event loop, which answers them, has to wait for us."""
    told: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield told
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def tell(number: int, frame: FrameType | None) -> None:
        told.append(number)
        handler = before[signal.Signals(number)]
        if callable(handler):
            handler(number, frame)

    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, tell)
    try:
        yield told
    finally:
        for number, handler in before.items():
            if callable(handler) and signal.getsignal(number) is tell:
                signal.signal(number, handler)


__all__ = ["changed_line", "look_for_change", "signals_told"]
