"""The time of day, and sleep that a signal ends."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Protocol

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
_MOST_AT_ONCE = 64


class Clock(Protocol):
    """What the scheduler knows of time."""

    def now(self) -> datetime:
        """The present (UTC)."""

    def wait(self, seconds: float) -> tuple[signal.Signals, ...]:
        """Sleep; the signals that came, oldest first. Ends early with the first, or with a child's end."""


class SignalClock:
    """The system's clock. Signals come through a pipe: a handler that did more than that could meet the main
    thread in the middle of anything."""

    def __init__(self, pipe: int) -> None:
        self._pipe = pipe

    def now(self) -> datetime:
        """The present (UTC)."""
        return datetime.now(UTC)

    def wait(self, seconds: float) -> tuple[signal.Signals, ...]:
        """Sleep until a signal comes (SIGTERM, SIGINT, SIGCHLD), `seconds` at most."""
        ready, _, _ = select.select([self._pipe], [], [], max(0.0, seconds))
        numbers = os.read(self._pipe, _MOST_AT_ONCE) if ready else b""
        return tuple(signal.Signals(number) for number in numbers if number != signal.SIGCHLD)


@contextlib.contextmanager
def signal_clock() -> Iterator[SignalClock]:
    """The clock of the main thread, which takes SIGTERM, SIGINT and SIGCHLD until the block ends."""
    reading, writing = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    handled = (*STOP_SIGNALS, signal.SIGCHLD)
    before = {number: signal.signal(number, lambda *_: None) for number in handled}
    wakeup = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield SignalClock(reading)
    finally:
        signal.set_wakeup_fd(wakeup)
        for number, handler in before.items():
            signal.signal(number, handler)
        os.close(reading)
        os.close(writing)
