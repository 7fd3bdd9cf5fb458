"""Crawls by the clock: cron's times on the year's two odd days, jumps of the clock, never two at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from signal import SIGINT, SIGKILL, SIGTERM, Signals

import pytest

from crawler.exits import ExitCode, UserError
from crawler.schedule.child import Ended
from crawler.schedule.loop import Scheduler
from crawler.schedule.plan import duration, plan


def at(text: str) -> datetime:
    """A moment in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class _End(Exception):
    """The test's time is over."""


@dataclass
class World:
    """A clock that tests move, the crawls begun by it, and the archive's memory of them."""

    now_: datetime
    until: datetime
    takes: timedelta = timedelta(minutes=10)
    jumps: list[tuple[datetime, timedelta]] = field(default_factory=list)
    """When (by the clock) it jumps, and how far."""
    signals: list[tuple[datetime, Signals]] = field(default_factory=list)
    begun: list[datetime] = field(default_factory=list)
    sent: list[Signals] = field(default_factory=list)
    known: datetime | None = None
    """When the archive's last crawl began."""
    deaf: bool = False
    """Whether crawls take no notice of signals."""
    result: Ended = field(default_factory=lambda: Ended(0, None))
    at_work: int = 0

    def now(self) -> datetime:
        return self.now_

    def wait(self, seconds: float) -> tuple[Signals, ...]:
        self.now_ += timedelta(seconds=max(seconds, 0.5))
        if self.jumps and self.now_ >= self.jumps[0][0]:
            self.now_ += self.jumps.pop(0)[1]
        if self.now_ > self.until:
            raise _End
        if self.signals and self.now_ >= self.signals[0][0]:
            return (self.signals.pop(0)[1],)
        return ()

    def begin(self) -> Crawl:
        assert self.at_work == 0, "two crawls at once"
        self.at_work += 1
        self.begun.append(self.now_)
        self.known = self.now_
        return Crawl(self, ends=self.now_ + self.takes)


@dataclass
class Crawl:
    """A crawl that takes its time, and stops when it is told to."""

    world: World
    ends: datetime
    pid: int = 4711
    stopped: Ended | None = None

    def ended(self) -> Ended | None:
        done = self.stopped or (self.world.result if self.world.now() >= self.ends else None)
        if done is not None:
            self.world.at_work -= 1
        return done

    def send(self, number: Signals) -> None:
        self.world.sent.append(number)
        if number == SIGKILL:
            self.stopped = Ended(None, "SIGKILL")
        elif not self.world.deaf:
            self.stopped = Ended(5, None)


def run(
    world: World, expression: str = "0 3 * * *", zone: str = "UTC", jitter: timedelta = timedelta(0)
) -> tuple[ExitCode | None, Scheduler]:
    """Run until a signal or the world's end; the exit code, or None for the latter."""
    made = Scheduler(
        plan(expression, zone), world, world.begin, lambda: world.known, jitter=jitter, random=Random(1)
    )
    try:
        return made.run(), made
    except _End:
        return None, made


def begun(world: World, expression: str = "0 3 * * *", zone: str = "UTC") -> list[str]:
    """When crawls began, to the minute."""
    run(world, expression, zone)
    return [f"{moment:%m-%d %H:%M}" for moment in world.begun]


def test_a_crawl_begins_whenever_it_is_due() -> None:
    world = World(at("2026-11-01T12:00"), at("2026-11-04T12:00"))
    assert begun(world) == ["11-02 03:00", "11-03 03:00", "11-04 03:00"]


def test_nothing_begins_before_it_is_due_however_long_the_wait_is_cut_up() -> None:
    world = World(at("2026-11-01T02:59:59.999999"), at("2026-11-01T03:01"))
    run(world)
    assert world.begun and world.begun[0] >= at("2026-11-01T03:00")


def test_times_that_pass_during_a_crawl_are_made_up_for_by_one() -> None:
    world = World(at("2026-11-01T00:30"), at("2026-11-01T08:00"), takes=timedelta(minutes=150))
    assert begun(world, "0 * * * *") == ["11-01 01:00", "11-01 03:30", "11-01 06:00"]


def test_what_was_missed_while_nothing_ran_is_made_up_for_by_one_crawl_at_once() -> None:
    world = World(at("2026-11-05T12:00"), at("2026-11-06T12:00"), known=at("2026-11-01T03:00"))
    _, scheduler = run(world)
    assert [f"{one:%m-%d %H:%M}" for one in world.begun] == ["11-05 12:00", "11-06 03:00"]
    assert scheduler.state.missed == 3


def test_a_new_archive_waits_for_the_first_time() -> None:
    assert begun(World(at("2026-11-05T12:00"), at("2026-11-06T02:00"))) == []


def test_nothing_is_made_up_for_when_the_last_crawl_covered_it() -> None:
    world = World(at("2026-11-05T12:00"), at("2026-11-06T02:00"), known=at("2026-11-05T03:00"))
    assert begun(world) == []


def test_a_crawl_that_somebody_else_began_in_the_meantime_counts() -> None:
    world = World(at("2026-11-05T02:00"), at("2026-11-05T12:00"))
    other = at("2026-11-05T03:00:01")
    scheduler = Scheduler(
        plan("0 3 * * *", "UTC"), world, world.begin, lambda: other if world.now_ >= other else None,
        jitter=timedelta(hours=1), random=Random(1),
    )  # fmt: skip
    with pytest.raises(_End):
        scheduler.run()
    assert world.begun == []


def test_jitter_delays_by_no_more_than_was_said_and_not_always_by_the_same() -> None:
    world = World(at("2026-11-01T12:00"), at("2026-11-12T12:00"), takes=timedelta(minutes=1))
    run(world, jitter=timedelta(minutes=30))
    delays = [one - one.replace(hour=3, minute=0, second=0, microsecond=0) for one in world.begun]
    assert len(delays) == 11
    assert all(timedelta(0) <= delay < timedelta(minutes=31) for delay in delays)
    assert len(set(delays)) == 11


def test_a_time_that_the_clocks_skip_in_spring_comes_right_after() -> None:
    # 2026-03-29: 02:00 CET is 03:00 CEST, which is 01:00 UTC.
    world = World(at("2026-03-28T00:00"), at("2026-03-31T00:00"))
    assert begun(world, "30 2 * * *", "Europe/Berlin") == ["03-28 01:30", "03-29 01:00", "03-30 00:30"]


def test_a_time_that_the_clocks_repeat_in_autumn_comes_once() -> None:
    # 2026-10-25: 03:00 CEST is 02:00 CET, which is 01:00 UTC.
    world = World(at("2026-10-24T00:00"), at("2026-10-27T00:00"))
    assert begun(world, "30 2 * * *", "Europe/Berlin") == ["10-24 00:30", "10-25 00:30", "10-26 01:30"]


def test_every_hour_is_every_hour_on_both_days() -> None:
    for day in ("2026-03-29", "2026-10-25"):
        world = World(at(f"{day}T00:00") - timedelta(minutes=1), at(f"{day}T04:30"))
        assert [one.hour for one in _begun(world, "0 * * * *", "Europe/Berlin")] == [0, 1, 2, 3, 4]


def _begun(world: World, expression: str, zone: str) -> list[datetime]:
    run(world, expression, zone)
    return world.begun


@pytest.mark.parametrize(
    "zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu"]
)
def test_over_ten_years_every_day_has_exactly_one_crawl(zone: str) -> None:
    nightly = plan("30 2 * * *", zone)
    moment, days = nightly.after(at("2026-01-01T12:00")), 1
    while (following := nightly.after(moment)) <= at("2036-01-01T12:00"):
        assert timedelta(hours=22) < following - moment < timedelta(hours=26)
        moment, days = following, days + 1
    assert days == 3652


def test_a_clock_put_forward_brings_what_it_passed_over_once() -> None:
    world = World(
        at("2026-11-01T12:00"), at("2026-11-04T12:00"), jumps=[(at("2026-11-01T13:00"), timedelta(days=2))]
    )
    assert begun(world) == ["11-03 13:00", "11-04 03:00"]


def test_a_machine_that_slept_crawls_when_it_wakes() -> None:
    world = World(
        at("2026-11-02T02:00"), at("2026-11-02T12:00"), jumps=[(at("2026-11-02T02:30"), timedelta(hours=6))]
    )
    assert begun(world) == ["11-02 08:30"]


def test_a_small_step_back_over_the_time_due_does_not_crawl_twice() -> None:
    world = World(
        at("2026-11-02T02:00"), at("2026-11-02T12:00"), takes=timedelta(seconds=20),
        jumps=[(at("2026-11-02T03:01"), -timedelta(minutes=30))],
    )  # fmt: skip
    assert begun(world) == ["11-02 03:00"]


def test_after_a_clock_was_put_right_by_years_crawls_go_on_by_the_right_one() -> None:
    world = World(
        at("2030-05-01T02:00"), at("2030-05-02T12:00"),
        jumps=[(at("2030-05-01T04:00"), at("2026-11-02T04:00") - at("2030-05-01T04:00"))],
    )  # fmt: skip
    world.until = at("2030-05-02T00:00")
    run(world)
    right = [one for one in world.begun if one.year == 2026][:2]
    assert [f"{one:%m-%d %H:%M}" for one in right] == ["11-03 03:00", "11-04 03:00"]


def test_a_crawl_of_the_archives_that_lies_in_the_future_does_not_stop_the_schedule() -> None:
    world = World(at("2026-11-02T12:00"), at("2026-11-03T12:00"), known=at("2031-01-01T03:00"))
    assert begun(world) == ["11-03 03:00"]


def test_a_signal_while_nothing_is_at_work_ends_it_at_once() -> None:
    world = World(at("2026-11-02T12:00"), at("2026-11-09T12:00"), signals=[(at("2026-11-02T13:00"), SIGTERM)])
    code, scheduler = run(world)
    assert code is ExitCode.OK
    assert scheduler.state.next_at is None


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_a_signal_during_a_crawl_is_passed_on_and_the_crawls_end_awaited(number: Signals) -> None:
    world = World(at("2026-11-02T02:00"), at("2026-11-09T12:00"), signals=[(at("2026-11-02T03:02"), number)])
    code, scheduler = run(world)
    assert code is ExitCode.STOPPED
    assert world.sent == [number]
    assert world.at_work == 0
    assert scheduler.state.last == Ended(5, None)


def test_a_crawl_that_does_not_stop_is_killed_in_the_end() -> None:
    world = World(
        at("2026-11-02T02:00"), at("2026-11-09T12:00"), takes=timedelta(days=2), deaf=True,
        signals=[(at("2026-11-02T03:02"), SIGTERM)],
    )  # fmt: skip
    code, _ = run(world)
    assert code is ExitCode.STOPPED
    assert world.sent == [SIGTERM, SIGKILL]
    assert timedelta(seconds=90) < world.now_ - at("2026-11-02T03:02") < timedelta(seconds=180)


@pytest.mark.parametrize("result", [Ended(1, None), Ended(8, None), Ended(None, "SIGKILL")])
def test_a_crawl_that_failed_does_not_end_the_schedule(result: Ended) -> None:
    world = World(at("2026-11-02T02:00"), at("2026-11-04T12:00"), result=result)
    _, scheduler = run(world)
    assert len(world.begun) == 3
    assert scheduler.state.last == result


@pytest.mark.parametrize(
    ("expression", "zone", "said"),
    [
        ("0 3 * *", "UTC", "five fields"),
        ("* * * * * *", "UTC", "five fields"),
        ("@daily", "UTC", "five fields"),
        ("60 3 * * *", "UTC", "bad minute"),
        ("0 3 * * MOO", "UTC", "bad day-of-week"),
        ("0 3 31 2 *", "UTC", "day"),
        ("0 3 * * *", "Middle/Earth", "no such time zone"),
        ("0 3 * * *", "../../etc/passwd", "no such time zone"),
        ("0 3 * * *", "", "no such time zone"),
    ],
)
def test_what_is_no_schedule_is_refused_in_one_line(expression: str, zone: str, said: str) -> None:
    with pytest.raises(UserError, match=said) as caught:
        plan(expression, zone)
    assert caught.value.code is ExitCode.USAGE
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("30m", 1800), ("2h", 7200), ("45", 45), ("0", 0), ("24h", 86400)]
)
def test_durations(text: str, seconds: int) -> None:
    assert duration(text).total_seconds() == seconds


@pytest.mark.parametrize("text", ["", "m", "-5m", "1.5h", "25h", "30 m", "1d", "9" * 400 + "h"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(UserError):
        duration(text)
