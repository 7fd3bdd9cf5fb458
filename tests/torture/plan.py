"""What is to happen to a crawl, and at which of its events: the part that the crawl's own process keeps."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

Kind = Literal["step", "statement", "write", "sync", "open", "change"]
"""`step`: before and after a named function of ours; `statement`: before a SQL statement; `write`, `sync`,
`open`: before such a call for a file of the archive, ours or SQLite's; `change`: before another change of a
file or folder (truncate, rename, remove, make)."""
KINDS: tuple[Kind, ...] = ("step", "statement", "write", "sync", "open", "change")


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens at the `at`th event (from 1) of these kinds; 0: nothing, events are only counted."""

    at: int = 0
    kinds: tuple[Kind, ...] = KINDS
    what: str | None = None
    """Only events of this name count; None: all."""
    fault: str | None = None
    """Name of the errno or SQLite error that the call fails with; None: a signal is sent instead."""
    lasting: bool = False
    """Whether every event of these kinds fails from then on, as on a disk that is full."""
    torn: bool = False
    """Whether the first half of what is written still is, when a write is killed or fails."""
    signal: int = signal.SIGKILL
    names: bool = False
    """Whether the names of all events are reported at the end."""

    def as_json(self) -> str:
        """For the other process."""
        return json.dumps(asdict(self))


def plan_from(text: str) -> Plan:
    """What `Plan.as_json` wrote."""
    told = json.loads(text)
    return Plan(**{**told, "kinds": tuple(told["kinds"])})


class Watch:
    """Counts the events of this process and does what the plan says. For any number of threads."""

    def __init__(self, plan: Plan, report: int) -> None:
        self._plan = plan
        self._report = report
        """Descriptor that lines of JSON are written to."""
        self._write = os.write  # the real one, whatever is put in its place later
        self._lock = threading.Lock()
        self._count = 0
        self._fired = False
        self._names: list[tuple[str, str]] = []

    def reached(self, kind: Kind, what: str, half: Callable[[], object] | None = None) -> str | None:
        """An event is about to happen: the name of the error it has to fail with; None when it may go on.

        Does not return when the plan kills here. `half` does a part of it, for a torn one.
        """
        plan = self._plan
        with self._lock:
            if plan.names:
                self._names.append((kind, what))
            if kind not in plan.kinds or plan.what not in (None, what):
                return None
            self._count += 1
            due = self._count == plan.at
            if not due and not (plan.lasting and self._fired):
                return None
            if due:
                self._fired = True
                self._tell({"fired": [kind, what]})
        if plan.torn and half is not None and due:
            half()
        if plan.fault is not None:
            return plan.fault
        os.kill(os.getpid(), plan.signal)
        return None

    def ended(self) -> None:
        """Report how many events there were: the process ends of itself."""
        self._tell({"total": self._count, "names": self._names})

    def _tell(self, what: object) -> None:
        self._write(self._report, (json.dumps(what) + "\n").encode())
