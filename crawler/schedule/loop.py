"""The scheduler's loop: wait until a crawl is due, run it, and never two at once.

A time that passed while a crawl was at work, the scheduler was not running, or the machine slept, was
missed: however many were, one crawl makes up for them. Which times had their crawl is asked of the archive,
which knows when its last one began, whoever began it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from signal import SIGKILL, Signals

from crawler.exits import ExitCode
from crawler.logs import tell
from crawler.schedule.child import Child, Ended
from crawler.schedule.clock import Clock
from crawler.schedule.plan import MOST_COUNTED, Plan

CORRECTION = timedelta(hours=3)
"""A clock that goes back by more was put right: what it had said counts no more (as cron(8) has it). After a
smaller step the schedule stands still until the clock has caught up, and nothing runs twice."""
_LOOK_EVERY_S = 30.0
"""How soon a clock that was set, or a machine that woke up, is noticed."""
_STOP_WITHIN = timedelta(seconds=90)
"""After that a crawl that does not stop is killed, which costs it what is in flight and no more."""


@dataclass(frozen=True, slots=True)
class State:
    """What the scheduler is at, for `/health` and `/metrics`. Times are UTC."""

    next_at: datetime | None = None
    """When the next crawl begins; None while one is at work."""
    running_since: datetime | None = None
    last_began: datetime | None = None
    last_ended: datetime | None = None
    last: Ended | None = None
    """How the last crawl of this process ended; None before the first."""
    begun: int = 0
    """Crawls begun by this process."""
    missed: int = 0
    """Times due, seen by this process, at which none was begun."""


class Scheduler:
    """Runs crawls by a plan until it is stopped."""

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        begin: Callable[[], Child],
        last_began: Callable[[], datetime | None],
        *,
        jitter: timedelta,
        random: Random,
    ) -> None:
        """`begin` starts a crawl; `last_began` says when the archive's last one did (None: none is known)."""
        self.state = State()
        self._plan = plan
        self._clock = clock
        self._begin = begin
        self._last_began = last_began
        self._jitter = jitter
        self._random = random

    def run(self) -> ExitCode:
        """Crawl whenever it is time.

        Returns when a signal came: `OK`, or `STOPPED` when a crawl was stopped by it, which the next goes on
        with.
        """
        tell("schedule.started", f"crawling at {self._plan.expression} ({self._plan.zone})")
        now = self._clock.now()
        covered = self._known_crawl(now) or now
        while True:
            begun = self._await_turn(covered)
            if begun is None:
                tell("schedule.stopped", "stopped; nothing was at work")
                return ExitCode.OK
            covered = begun
            if self._run_one():
                tell("schedule.stopped", "stopped, and the crawl with it; the next goes on from there")
                return ExitCode.STOPPED

    def _known_crawl(self, now: datetime) -> datetime | None:
        """When the archive's last crawl began; None for none, or one in a future that a wrong clock saw."""
        began = self._last_began()
        return None if began is None or began > now + CORRECTION else began

    def _await_turn(self, covered: datetime) -> datetime | None:
        """Sleep until a crawl is to begin; the time then, or None when a signal came first.

        Every time due up to `covered` had its crawl.
        """
        turn: datetime | None = None
        while True:
            now = self._clock.now()
            if now < covered - CORRECTION:
                told = "the clock was set back; going by what it says now"
                tell("schedule.clock", told, level=logging.WARNING)
                covered, turn = now, None
            if turn is not None and now >= turn:
                covered = max(covered, self._known_crawl(now) or covered)
                if self._plan.after(covered) <= now:
                    self._count_missed(covered, now)
                    return now
                turn = None  # somebody else's crawl has begun meanwhile
            if turn is None:
                turn = self._turn(covered, now)
                continue
            if self._clock.wait(min(_LOOK_EVERY_S, (turn - now).total_seconds())):
                self.state = replace(self.state, next_at=None)
                return None

    def _turn(self, covered: datetime, now: datetime) -> datetime:
        """When the next crawl begins: when it is due, or at once if that was missed; and the jitter."""
        due = self._plan.after(covered)
        turn = max(due, now) + self._jitter * self._random.random()
        self.state = replace(self.state, next_at=turn)
        why = f"{self._plan.local(due)} was missed; " if due < now else ""
        tell(
            "schedule.waiting", f"{why}next crawl at {self._plan.local(turn)}",
            next_at=turn.isoformat(timespec="seconds").replace("+00:00", "Z"), late=due < now,
        )  # fmt: skip
        return turn

    def _count_missed(self, covered: datetime, now: datetime) -> None:
        more = self._plan.count(covered, now) - 1
        if more > 0:
            self.state = replace(self.state, missed=self.state.missed + more)
            least = "at least " if more >= MOST_COUNTED - 1 else ""
            text = f"{least}{more} more times were due; one crawl makes up for them all"
            tell("schedule.missed", text, missed=more, level=logging.WARNING)

    def _run_one(self) -> bool:
        """One crawl from beginning to end. Returns whether a signal has come meanwhile."""
        began = self._clock.now()
        child = self._begin()
        self.state = replace(
            self.state, next_at=None, running_since=began, last_began=began, begun=self.state.begun + 1
        )
        tell("schedule.crawl_began", f"crawl began as process {child.pid}", pid=child.pid)
        asked_at: datetime | None = None
        while (ended := child.ended()) is None:
            for number in self._clock.wait(_LOOK_EVERY_S if asked_at is None else 1.0):
                asked_at = asked_at or self._clock.now()
                tell("schedule.stopping", f"{number.name}: passing it on to the crawl", signal=number.name)
                child.send(number)
            if asked_at is not None and self._clock.now() - asked_at > _STOP_WITHIN:
                tell("schedule.stopping", "the crawl does not stop: killing it", signal="SIGKILL")
                child.send(Signals(SIGKILL))
        now = self._clock.now()
        self.state = replace(self.state, running_since=None, last_ended=now, last=ended)
        level = logging.INFO if ended.exit_code in FINE else logging.WARNING
        seconds = max(0.0, round((now - began).total_seconds(), 3))
        tell(
            "schedule.crawl_ended", f"crawl ended: {ended}", level=level, exit_code=ended.exit_code,
            signal=ended.signal, seconds=seconds,
        )  # fmt: skip
        return asked_at is not None


FINE = frozenset({ExitCode.OK, ExitCode.INCOMPLETE, ExitCode.BUSY, ExitCode.STOPPED, ExitCode.LIMIT})
"""Ends that mend themselves with the next crawl; everything else is for a person to look at."""
