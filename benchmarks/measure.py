"""What was measured, against what limit, and on what machine."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

_LIBRARIES = ("msarchive", "scrapy", "twisted", "uvloop", "parsel", "lxml", "sqlalchemy")


class BrokenRun(Exception):
    """What ran did not do its job, so its time means nothing. The message is one line."""


@dataclass(frozen=True)
class Samples:
    """The same thing measured several times."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.values)

    @property
    def low(self) -> float:
        """The smallest."""
        return min(self.values)

    @property
    def high(self) -> float:
        """The largest."""
        return max(self.values)

    def show(self, form: str = ".2f") -> str:
        """`median (low-high)`, each in the given format."""
        return f"{self.median:{form}} ({self.low:{form}}–{self.high:{form}})"

    def over(self, limit: Samples) -> Samples:
        """Ratios pair by pair: what ran one right after the other met the same machine."""
        return Samples(tuple(mine / its for mine, its in zip(self.values, limit.values, strict=True)))

    def rates(self) -> Samples:
        """Seconds for one as numbers in a second, and back."""
        return Samples(tuple(1 / value for value in self.values))


@dataclass(frozen=True)
class Figure:
    """Seconds a page takes us and takes the limit, measured in turns."""

    name: str
    limit_name: str
    clock: str
    """What the seconds are: `CPU time`, `wall time`, …"""
    ours: Samples
    limit: Samples
    aim: float | None = None
    """The largest ratio that is good enough; None for a figure that is only told."""

    @property
    def ratio(self) -> Samples:
        """How many times as long as the limit we take."""
        return self.ours.over(self.limit)

    @property
    def met(self) -> bool | None:
        """Whether the median ratio is within the aim; None without one."""
        return None if self.aim is None else self.ratio.median <= self.aim

    def lines(self) -> list[str]:
        """The figure for people."""
        aim = ""
        if self.aim is not None:
            aim = f"   aim: at most {self.aim:g}: {'met' if self.met else 'MISSED'}"
        return [
            f"  {self.name}, {self.clock}",
            f"    {'msarchive':<20} {self.ours.rates().show(',.0f')} pages/s",
            f"    {self.limit_name:<20} {self.limit.rates().show(',.0f')} pages/s",
            f"    {'times the limit':<20} {self.ratio.show()}{aim}",
        ]

    def as_plain(self) -> dict[str, Any]:
        """The figure for programs; seconds a page."""
        return {
            "name": self.name,
            "limit": self.limit_name,
            "clock": self.clock,
            "ratio": {"median": self.ratio.median, "min": self.ratio.low, "max": self.ratio.high},
            "aim": self.aim,
            "met": self.met,
            "seconds_a_page": {"ours": list(self.ours.values), "limit": list(self.limit.values)},
        }


def machine() -> dict[str, Any]:
    """The size of the machine and the versions of what ran; None where the system does not tell."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_gb": _memory_gb(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "system": f"{platform.system()} {platform.release()}",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "sqlite": sqlite3.sqlite_version,
        **{name: _version(name) for name in _LIBRARIES},
    }


def machine_lines(told: dict[str, Any]) -> list[str]:
    """The machine for people."""
    versions = ", ".join(f"{name} {told[name]}" for name in (*_LIBRARIES, "sqlite") if told[name])
    return [
        f"{told['cores']} cores ({told['processor']}), {told['memory_gb']} GB, {told['system']}, "
        f"load {told['load']} when it began",
        f"{told['python']}, {versions}",
    ]


def spread(values: Sequence[float]) -> Samples:
    """Samples of what was measured, one after the other."""
    return Samples(tuple(values))


def _processor() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine() or None
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _memory_gb() -> int | None:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3)
    except (AttributeError, ValueError, OSError):
        return None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
