"""Runs `msarchive` in processes that a nursery forks, with something happening to them on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.crawl.crawling import CHECKOUT, clean_environment
from tests.torture.plan import Plan

PATIENCE_S = 60.0
"""A command on the tiny site that takes longer hangs, whatever else the machine does."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended."""

    code: int
    """Its exit code; that of a signal is negative."""
    hung: bool
    out: str
    err: str
    fired: tuple[str, str] | None
    """The event that the plan's signal or fault came at; None when it never came to it."""
    total: int | None
    """How many events there were; None when it was killed."""
    names: tuple[tuple[str, str], ...]
    seconds: float

    @property
    def result(self) -> dict[str, Any]:
        """What the command said of itself with --json; empty when it could not begin."""
        lines = self.out.strip()
        return json.loads(lines) if lines.startswith("{") else {}


class Nursery:
    """Runs `msarchive` in forked processes. A context manager, for one thread."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=clean_environment(PYTHONPATH=str(CHECKOUT)),
            start_new_session=True,  # Ctrl-C is for who reads the figures
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(
        self,
        archive: Path,
        arguments: Sequence[str],
        plan: Plan | None = None,
        *,
        signal: int | None = None,
        after: float = 0.0,
        environment: dict[str, str] | None = None,
        whole_end: bool = False,
    ) -> Ended:
        """Run a command to its end; `signal` is sent `after` so many seconds.

        `whole_end`: the interpreter is taken apart, too, as it is when nobody watches. Else the process ends
        when threads and exit handlers have: freeing memory takes longer than all of a small crawl.
        """
        out, err, report = (self._scratch / name for name in ("out", "err", "report"))
        order = {
            "arguments": list(arguments), "archive": str(archive), "plan": (plan or Plan()).as_json(),
            "out": str(out), "err": str(err), "report": str(report), "signal": signal, "after": after,
            "patience": PATIENCE_S, "environment": environment or {}, "whole_end": whole_end,
        }  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        told: dict[str, Any] = {}
        for line in report.read_text().splitlines() if report.exists() else ():
            told.update(json.loads(line))
        fired = told.get("fired")
        return Ended(
            answer["code"], answer["hung"], out.read_text(), err.read_text(),
            None if fired is None else (fired[0], fired[1]), told.get("total"),
            tuple((kind, what) for kind, what in told.get("names", ())),
            answer["seconds"],
        )  # fmt: skip
