"""What was measured, against what limit or aim."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

A_PAGE = "seconds a page"
"""The unit of figures that people read as pages in a second."""


class BrokenRun(Exception):
    """What ran did not do its job, so its time means nothing. The message is one line."""


class NotMeasurable(Exception):
    """It can't be measured here (a program or the history is missing). The message says why, in one line."""


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

    def show(self, form: str | None = None) -> str:
        """`median (low–high)`, each in the given format, or with three digits that count."""
        numbers = (self.median, self.low, self.high)
        middle, low, high = (short(one) if form is None else f"{one:{form}}" for one in numbers)
        return f"{middle} ({low}–{high})"

    def over(self, limit: Samples) -> Samples:
        """Ratios pair by pair: what ran one right after the other met the same machine."""
        return Samples(tuple(mine / its for mine, its in zip(self.values, limit.values, strict=True)))

    def rates(self) -> Samples:
        """Seconds for one as numbers in a second, and back."""
        return Samples(tuple(1 / value for value in self.values))


@dataclass(frozen=True)
class Figure:
    """What something costs us, so that less is better: a ratio, when a limit was measured in turns with it;
    what it is, without one (`absolute`)."""

    name: str
    limit_name: str | None
    """None: there is no limit, and `aim` is for our own cost."""
    clock: str
    """What is counted: `CPU time`, `wall time`, `peak memory`, …"""
    ours: Samples
    limit: Samples | None
    aim: float | None = None
    """The ratio (without a limit: the cost) that is just good enough; None for a figure that is only told."""
    unit: str = A_PAGE
    """Of the samples: `seconds a page` (told as pages/s), or any other (`ms`, `MB`, `bytes a page`)."""
    at_least: bool = False
    """Whether `aim` is how many times as fast (small, …) as the limit we are to be at least."""
    why_missed: str = ""
    """Why the aim is missed, for as long as it is; a sentence for the page."""
    articles: int | None = None
    """Size of the archive that was asked, where the same is measured at several: then the page has a column
    for each (`benchmarks.by_size`)."""

    @property
    def what(self) -> str:
        """Its name for people, with the size and what is counted."""
        size = "" if self.articles is None else f" of {self.articles:,} articles"
        return f"{self.name}{size}, {self.clock}"

    @property
    def ratio(self) -> Samples | None:
        """How many times the limit we take (`at_least`: how many times ours it takes); None without one."""
        if self.limit is None:
            return None
        return self.limit.over(self.ours) if self.at_least else self.ours.over(self.limit)

    @property
    def judged(self) -> float:
        """The number that is compared with the aim: the median ratio, or our median cost."""
        return (self.ratio or self.ours).median

    @property
    def met(self) -> bool | None:
        """Whether the aim is met; None without one."""
        if self.aim is None:
            return None
        return self.judged >= self.aim if self.at_least else self.judged <= self.aim

    @property
    def aim_text(self) -> str:
        """The aim for people: `at most 1.5`; nothing without one."""
        if self.aim is None:
            return ""
        if self.unit == A_PAGE and self.limit is None:
            return f"at least {1 / self.aim:,.0f} pages/s"
        unit = "" if self.limit is not None else f" {self.unit}"
        return f"{'at least' if self.at_least else 'at most'} {self.aim:g}{unit}"

    @property
    def verdict(self) -> str:
        """`met`, or `MISSED by 12 %`; nothing without an aim."""
        if self.aim is None:
            return ""
        missed_by = abs(self.judged / self.aim - 1) if self.aim else self.judged
        return "met" if self.met else f"MISSED by {missed_by:.0%}".replace("%", " %")

    @property
    def relation(self) -> str:
        """What the ratio is."""
        return "times as good" if self.at_least else "times the limit"

    def shown(self, samples: Samples) -> str:
        """Samples of this figure with their unit, as people read them."""
        if self.unit == A_PAGE:
            return f"{samples.rates().show(',.0f')} pages/s"
        return f"{samples.show()} {self.unit}"

    def lines(self) -> list[str]:
        """The figure for people."""
        aim = f"   aim: {self.aim_text}: {self.verdict}" if self.aim is not None else ""
        head, ours = f"  {self.what}", f"    {'msarchive':<20} {self.shown(self.ours)}"
        if self.limit is None or self.ratio is None:
            return [head, ours + aim]
        return [
            head,
            ours,
            f"    {self.limit_name:<20} {self.shown(self.limit)}",
            f"    {self.relation:<20} {self.ratio.show('.2f')}{aim}",
        ]

    def as_plain(self) -> dict[str, Any]:
        """The figure for programs: every sample, and what came of them; `figure_of` reads it back."""
        ratio = self.ratio
        return {
            "name": self.name,
            "limit": self.limit_name,
            "clock": self.clock,
            "unit": self.unit,
            "ratio": ratio and {"median": ratio.median, "min": ratio.low, "max": ratio.high},
            "aim": self.aim,
            "at_least": self.at_least,
            "met": self.met,
            "why_missed": self.why_missed,
            "articles": self.articles,
            "samples": {
                "ours": list(self.ours.values),
                "limit": None if self.limit is None else list(self.limit.values),
            },
        }


def figure_of(plain: dict[str, Any]) -> Figure:
    """The figure that `as_plain` wrote. Raises `KeyError` when it is none."""
    samples = plain["samples"]
    return Figure(
        plain["name"],
        plain["limit"],
        plain["clock"],
        Samples(tuple(samples["ours"])),
        None if samples["limit"] is None else Samples(tuple(samples["limit"])),
        plain["aim"],
        plain["unit"],
        plain["at_least"],
        plain["why_missed"],
        plain.get("articles"),  # files that were written before there were sizes say nothing of them
    )


def absolute(
    name: str,
    clock: str,
    unit: str,
    values: Sequence[float],
    aim: float | None = None,
    why_missed: str = "",
    articles: int | None = None,
) -> Figure:
    """A figure without a limit: what was measured in `unit`, one sample a run, to be at most `aim`."""
    return Figure(
        name, None, clock, spread(values), None, aim, unit, why_missed=why_missed, articles=articles
    )


def spread(values: Sequence[float]) -> Samples:
    """Samples of what was measured, one after the other."""
    return Samples(tuple(values))


def short(value: float) -> str:
    """A number with about three digits that count: `1,234`, `56.7`, `8.90`, `0.0123`."""
    for least, form in ((100, ",.0f"), (10, ".1f"), (1, ".2f")):
        if abs(value) >= least:
            return f"{value:{form}}"
    return f"{value:.3g}"
