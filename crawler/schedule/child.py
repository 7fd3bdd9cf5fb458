"""A crawl as a process of its own: what it leaks or breaks ends with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: by one of the two."""

    exit_code: int | None
    signal: str | None
    """Name of the signal that killed it, like `SIGKILL` (which the system sends when memory runs out)."""

    def __str__(self) -> str:
        return f"exit code {self.exit_code}" if self.signal is None else f"killed by {self.signal}"


class Child(Protocol):
    """A crawl that was begun."""

    pid: int

    def ended(self) -> Ended | None:
        """How it ended; None while it runs."""

    def send(self, number: signal.Signals) -> None:
        """Pass a signal on."""


class CrawlChild:
    """`msarchive` with `arguments`, in a process group of its own: a Ctrl-C at the terminal reaches it once,
    from its parent, and not twice."""

    def __init__(self, arguments: Sequence[str], *, json_log: bool) -> None:
        environment = dict(os.environ)
        if json_log:
            environment["MSARCHIVE_LOG_FORMAT"] = "json"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", *arguments],
            stdin=subprocess.DEVNULL,
            env=environment,
            process_group=0,
        )
        self.pid = self._process.pid

    def ended(self) -> Ended | None:
        """How it ended; None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        if code >= 0:
            return Ended(code, None)
        try:
            return Ended(None, signal.Signals(-code).name)
        except ValueError:  # a real-time signal has no name
            return Ended(None, f"signal {-code}")

    def send(self, number: signal.Signals) -> None:
        """Pass a signal on; nothing when it has ended already."""
        self._process.send_signal(number)
