"""The gate before the wire: turns, the delay, and what 429 and 503 do to it. Time is the tests' own."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from crawler.politeness import GOOD_ANSWERS, LONGEST_DELAY_S, NotAsked, Politeness, Turn


class Time:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def _soon() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def _ask(gate: Politeness, log: list[str], name: str, done: asyncio.Event) -> None:
    async with gate.turn() as turn:
        turn.asking()
        log.append(name)
        await done.wait()


def test_turns_are_taken_one_at_a_time_and_in_order() -> None:
    async def scene() -> list[list[str]]:
        gate, log, seen = Politeness(0.0), list[str](), []
        events = [asyncio.Event() for _ in range(3)]
        tasks = [
            asyncio.ensure_future(_ask(gate, log, name, done))
            for name, done in zip("abc", events, strict=True)
        ]
        for done in events:
            await _soon()
            seen.append(list(log))
            done.set()
        await asyncio.gather(*tasks)
        return seen

    assert asyncio.run(scene()) == [["a"], ["a", "b"], ["a", "b", "c"]]


def test_who_is_cancelled_while_waiting_holds_nobody_up() -> None:
    async def scene() -> list[str]:
        gate, log = Politeness(0.0), list[str]()
        first, rest = asyncio.Event(), asyncio.Event()
        rest.set()
        tasks = [
            asyncio.ensure_future(_ask(gate, log, name, rest if name != "a" else first)) for name in "abc"
        ]
        await _soon()
        tasks[1].cancel()
        first.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return log

    assert asyncio.run(scene()) == ["a", "c"]


def test_when_the_crawl_stops_who_waits_is_given_back_and_who_is_at_work_is_not() -> None:
    async def scene() -> list[Any]:
        gate, log, done = Politeness(0.0), list[str](), asyncio.Event()
        tasks = [asyncio.ensure_future(_ask(gate, log, name, done)) for name in "abc"]
        await _soon()
        gate.close()
        done.set()
        late = asyncio.ensure_future(_ask(gate, log, "late", done))
        return [*await asyncio.gather(*tasks, late, return_exceptions=True), log]

    first, second, third, late, log = asyncio.run(scene())
    assert first is None and log == ["a"]
    assert all(isinstance(one, NotAsked) for one in (second, third, late))


def test_a_long_delay_ends_when_the_crawl_stops() -> None:
    async def scene() -> BaseException | None:
        gate, done = Politeness(3600.0), asyncio.Event()
        done.set()
        await _ask(gate, [], "first", done)
        waits = asyncio.ensure_future(_ask(gate, [], "second", done))
        await _soon()
        gate.close()
        return (await asyncio.gather(waits, return_exceptions=True))[0]

    assert isinstance(asyncio.run(scene()), NotAsked)


def _opens_at(gate: Politeness, time: Time, *, asked: float, heard: float | None, ended: float) -> float:
    async def scene() -> None:
        async with gate.turn() as turn:
            time.now = asked
            turn.asking()
            if heard is not None:
                time.now = heard
                turn.hearing()
            time.now = ended

    asyncio.run(scene())
    return gate._opens_at()


def test_the_delay_counts_from_when_the_site_surely_had_the_request() -> None:
    time = Time()
    gate = Politeness(2.0, clock=time)
    assert _opens_at(gate, time, asked=1001, heard=1004, ended=1009) == 1006
    time.now = 1010
    assert _opens_at(gate, time, asked=1011, heard=None, ended=1020) == 1022


def test_the_longest_delay_that_anybody_asks_for_counts() -> None:
    gate = Politeness(2.0)
    gate.ask_delay("http://a.example", 5.0)
    gate.ask_delay("http://b.example", 1.0)
    assert gate.delay == 5.0
    gate.ask_delay("http://a.example", None)
    assert gate.delay == 2.0


def test_the_smallest_gap_is_told() -> None:
    async def scene(gaps: list[float]) -> list[float]:
        time, told = Time(), list[float]()
        gate = Politeness(0.0, on_smallest=told.append, clock=time)
        for gap in gaps:
            async with gate.turn() as turn:
                time.now += gap
                turn.asking()
        return told

    assert asyncio.run(scene([0, 5, 7, 3, 4])) == [5, 3]


def test_every_429_or_503_doubles_the_delay_and_the_time_of_silence() -> None:
    gate = Politeness(2.0, first_wait=30.0)
    assert [(gate.answered(status, None), gate.delay) for status in (429, 503, 429)] == [
        (30.0, 4.0), (60.0, 8.0), (120.0, 16.0),
    ]  # fmt: skip


def test_retry_after_is_the_time_of_silence() -> None:
    time = Time()
    gate = Politeness(2.0, clock=time)
    assert gate.answered(429, 90.0) == 90.0
    assert gate._opens_at() == 1090.0


def test_there_is_a_longest_delay_and_a_longest_silence() -> None:
    gate = Politeness(2.0)
    waits = [gate.answered(503, None) for _ in range(40)]
    assert waits[-1] == 600.0
    assert gate.delay == LONGEST_DELAY_S


def test_a_delay_above_the_longest_is_not_shortened() -> None:
    gate = Politeness(100.0)
    gate.answered(429, None)
    assert gate.delay == 100.0


def test_without_a_delay_one_begins() -> None:
    gate = Politeness(0.0, first_wait=30.0)
    gate.answered(429, None)
    assert gate.delay == 2.0


def test_good_answers_bring_the_delay_back_step_by_step() -> None:
    gate = Politeness(2.0)
    for _ in range(2):
        gate.answered(429, None)
    seen = []
    for _ in range(3 * GOOD_ANSWERS):
        gate.answered(200, None)
        seen.append(gate.delay)
    assert seen == [8.0] * (GOOD_ANSWERS - 1) + [4.0] * GOOD_ANSWERS + [2.0] * (GOOD_ANSWERS + 1)


@pytest.mark.parametrize("status", [200, 301, 304, 403, 404, 500])
def test_other_answers_ask_for_nothing(status: int) -> None:
    gate = Politeness(2.0)
    assert gate.answered(status, 90.0) is None
    assert gate.delay == 2.0


def test_a_turn_remembers_the_first_bytes() -> None:
    time = Time()
    turn = Turn(time)
    for step in range(3):
        time.now = 1000.0 + step
        turn.asking()
        turn.hearing()
    assert (turn.asked, turn.heard) == (1000.0, 1000.0)
