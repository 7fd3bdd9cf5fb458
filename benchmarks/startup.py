"""How long the command line takes before it does anything, against the interpreter alone."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.crawling import python_environment
from benchmarks.measure import BrokenRun, Figure, absolute, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.waiting import CHECKOUT, Cost, waited

AIM_MS = 300.0
STARTS = 7
"""In each run; the run's figure is the middle one."""
COMMANDS = {
    "msarchive --help": ["-m", "crawler.cli", "--help"],
    "msarchive search --help": ["-m", "crawler.cli", "search", "--help"],
    "msarchive status": ["-m", "crawler.cli", "status", "--json"],
}
BARE = ["-c", "pass"]
LIMIT = "python -c pass"


def measure(extent: Extent) -> Measured:
    """Start each command in turns with an interpreter that does nothing.

    Raises `BrokenRun` when one of them fails or prints nothing.
    """
    starts = 1 if extent.quick else STARTS
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
        environment = {**python_environment(Path(folder)), "MSARCHIVE_DIR": str(Path(folder, "archive"))}
        _checked(
            ["-m", "crawler.cli", "demo", "--archive", environment["MSARCHIVE_DIR"], "--json"], environment
        )
        for command in COMMANDS.values():
            _checked(command, environment)
        taken: dict[str, list[Cost]] = {name: [] for name in (*COMMANDS, LIMIT)}
        for number in range(1, extent.runs + 1):
            for name in taken:
                costs = [_start(COMMANDS.get(name, BARE), environment) for _ in range(starts)]
                taken[name].append(sorted(costs, key=lambda cost: cost.wall)[starts // 2])
            extent.tell(f"starts {number} of {extent.runs}: {_told(taken)}")
    described = [
        f"{LIMIT}: the interpreter, with this environment's site-packages; modules are compiled beforehand",
        f"each run is the middle one of {starts} starts; status is asked of the demo's archive",
    ]
    return Measured(described, list(_figures(taken)))


def _figures(taken: Mapping[str, list[Cost]]) -> list[Figure]:
    def in_ms(name: str, clock: str) -> list[float]:
        return [getattr(cost, clock) * 1000 for cost in taken[name]]

    made = []
    for name in COMMANDS:
        aim = AIM_MS if "--help" in name else None
        made.append(absolute(name, "wall time of the process", "ms", in_ms(name, "wall"), aim))
        ours, limit = spread(in_ms(name, "cpu")), spread(in_ms(LIMIT, "cpu"))
        made.append(Figure(name, LIMIT, "CPU time of the process", ours, limit, unit="ms"))
    return made


def _start(command: list[str], environment: Mapping[str, str]) -> Cost:
    return waited(
        [sys.executable, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )


def _checked(command: list[str], environment: Mapping[str, str]) -> None:
    """Run it once where it is looked at. Raises `BrokenRun` unless it does what it is there for."""
    ran = subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    if ran.returncode != 0 or not ran.stdout.strip():
        said = ran.stderr.strip().splitlines()
        raise BrokenRun(f"{command[2]} exited {ran.returncode}: {said[-1] if said else 'no word'}")
    if "--json" in command:
        json.loads(ran.stdout)


def _told(taken: Mapping[str, list[Cost]]) -> str:
    return ", ".join(f"{name} {costs[-1].wall * 1000:.0f} ms" for name, costs in taken.items())
