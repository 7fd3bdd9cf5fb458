"""What one process takes, from its start to its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHECKOUT = Path(__file__).parents[1]
_LAUNCH = Path(__file__).with_name("launch.py")


@dataclass(frozen=True)
class Cost:
    """What one process (a crawl, say) took, in seconds for all of its work."""

    wall: float
    """From starting the process to its end."""
    cpu: float
    """User and system time of the process, as the operating system counts it."""
    crawl: float
    """Wall time of the crawl alone, as its process says: without the interpreter's start-up and imports."""
    memory_mb: float
    """Peak resident memory, of the largest of its processes."""
    status: int = 0
    """Exit status of the process; negative: the signal that ended it."""


def waited(command: list[str], **options: Any) -> Cost:
    """Run a command to its end (`options` as of `subprocess.Popen`), and what it cost.

    What interrupts the wait ends the command with all of its processes. Raises `OSError` when it can't be
    started.
    """
    return Waiting(command, **options).end()


class Waiting:
    """A command that runs (`options` as of `subprocess.Popen`), until its `end`."""

    def __init__(self, command: list[str], **options: Any) -> None:
        theirs, ours = os.pipe()
        launch = [sys.executable, "-I", "-S", str(_LAUNCH), str(ours), *command]
        try:
            self._process = subprocess.Popen(
                launch, pass_fds=(ours,), start_new_session=True, **{"cwd": CHECKOUT, **options}
            )
        except BaseException:
            os.close(theirs)
            raise
        finally:
            os.close(ours)
        self._told = theirs

    def end(self) -> Cost:
        """What it cost, once it has ended. Raises as `waited`."""
        with open(self._told, "rb") as pipe:  # noqa: PTH123 (a descriptor is no path)
            try:
                said = pipe.read()
                self._process.wait()
            except BaseException:
                self.kill()
                raise
        took = json.loads(said or b'{"error": "what measures it was ended"}')
        if "error" in took:
            raise OSError(took["error"])
        return Cost(took["wall"], took["cpu"], took["wall"], took["memory_mb"], took["status"])

    def kill(self) -> None:
        """End it with all of its processes, at once."""
        if self._process.returncode is None:  # after its end the number may be another's
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
