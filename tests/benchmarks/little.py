"""`python -m tests.benchmarks.little`: the benchmarks with two measurements, one that is over at once and one
that has a file and a command at work and never ends."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks import __main__ as program
from benchmarks.measure import absolute
from benchmarks.measurements import Extent, Measured, Measurement
from benchmarks.waiting import waited

_SLEEPS = "import sys, time; open(sys.argv[1], 'w').close(); time.sleep(999)"


@dataclass(frozen=True)
class Short(Measurement):
    def measure(self, extent: Extent) -> Measured:
        return Measured([], [absolute("it", "wall time", "s", [1.0] * extent.runs)])


@dataclass(frozen=True)
class Endless(Measurement):
    def measure(self, extent: Extent) -> Measured:
        with tempfile.TemporaryDirectory() as folder:
            waited([sys.executable, "-c", _SLEEPS, str(Path(folder, "at-work"))])
        raise AssertionError("it never ends")


if __name__ == "__main__":
    program.MEASUREMENTS = (Short("short", "It", ""), Endless("endless", "Another", ""))
    sys.exit(program.main())
