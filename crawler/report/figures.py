"""The pictures, a function each, over plain numbers. Each returns an `<svg>` whose axes name their units.

Colour is never the only thing that tells parts apart: there are patterns, labels or numbers too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from typing import TYPE_CHECKING

from crawler.report.labels import number, plural, short
from crawler.report.periods import Periods
from crawler.report.svg import (
    INK,
    LEVELS,
    MUTED,
    ON_SHADES,
    SERIES,
    SHADES,
    WIDTH,
    as_svg,
    canvas,
    drawing,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\")
"""Beside the colours of `SERIES`, for who can't tell them apart."""
_BAR = 24
"""Height of a bar that lies, with what parts it from the next."""
_AROUND = 66
"""Height of title and axis."""
_LETTERS = "JFMAMJJASOND"
_MOST_LETTERS = 36
_YEAR_WIDTH = 34


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a stacked bar is made of."""

    name: str
    values: Sequence[int]


def lying_bars(
    name: str, title: str, bars: Sequence[tuple[str, float]], axis: str, *, percent: bool = False
) -> str:
    """Bars one beneath the other, each with its name (a site's text, perhaps) and its number."""
    with drawing():
        figure = canvas(_AROUND + _BAR * len(bars))
        axes = figure.subplots()
        places = range(len(bars))
        axes.barh(places, [value for _, value in bars], color=SERIES[0], height=0.72)
        axes.set_yticks(places, [short(label) for label, _ in bars], parse_math=False)
        axes.set_ylim(len(bars) - 0.5, -0.5)
        most = 100.0 if percent else max((value for _, value in bars), default=1) or 1
        axes.set_xlim(0, most * 1.16)
        for place, (_, value) in zip(places, bars, strict=True):
            told = f"{number(round(value, 1))} %" if percent else number(value)
            axes.text(value + most * 0.012, place, told, va="center")
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        _whole_numbers(axes, "x")
        if percent:
            axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel(axis)
        _titled(axes, title)
        said = "; ".join(f"{short(label)}: {number(round(value, 1))}" for label, value in bars)
        return as_svg(figure, name, title, f"Bar chart. {axis}. {said}.")


def standing_bars(
    name: str, title: str, periods: Periods, parts: Sequence[Part], axis: str, what: str
) -> str:
    """Bars side by side over stretches of time, stacked where there are several parts; a part without
    anything is left out."""
    with drawing():
        shown = [(place, part) for place, part in enumerate(parts) if any(part.values)]
        figure = canvas(250)
        axes = figure.subplots()
        _stacked(axes, shown, periods.number)
        _over_time(axes, periods)
        axes.set_ylabel(what)
        axes.set_xlabel(axis)
        _titled(axes, title)
        if len(parts) > 1:
            _legend(figure, axes)
        names = periods.names
        said = "; ".join(f"{part.name}: {plural(sum(part.values), 'time')}" for _, part in shown)
        if len(parts) == 1:
            most = max(range(periods.number), key=lambda place: parts[0].values[place])
            said = f"The most in {names[most]}: {parts[0].values[most]:,}"
        return as_svg(
            figure, name, title, f"Bar chart. {what} by {periods.unit}, {names[0]} to {names[-1]}. {said}."
        )


def numbered_bars(
    name: str, title: str, labels: Sequence[str], parts: Sequence[Part], axis: str, what: str
) -> str:
    """Bars side by side, each with a short label beneath, stacked; a part without anything is left out."""
    with drawing():
        shown = [(place, part) for place, part in enumerate(parts) if any(part.values)]
        figure = canvas(250)
        axes = figure.subplots()
        _stacked(axes, shown, len(labels))
        every = max(1, -(-len(labels) * max(map(len, labels)) * 9 // (WIDTH - 80)))
        axes.set_xticks(range(0, len(labels), every), list(labels[::every]), parse_math=False)
        axes.set_ylabel(what)
        axes.set_xlabel(axis)
        _titled(axes, title)
        _legend(figure, axes)
        said = "; ".join(f"{part.name}: {sum(part.values):,}" for _, part in shown)
        return as_svg(figure, name, title, f"Bar chart. {what}, {plural(len(labels), 'bar')}. {said}.")


def growing(name: str, title: str, days: Sequence[str], lines: Sequence[Part], what: str) -> str:
    """Lines that climb over time, each with its name and its last number at its end."""
    from matplotlib.dates import AutoDateFormatter, AutoDateLocator, date2num

    with drawing():
        figure = canvas(260)
        axes = figure.subplots()
        at = date2num([date.fromisoformat(day) for day in days])
        for place, line in enumerate(lines):
            axes.step(
                at, line.values, where="post", color=SERIES[place], linewidth=2.5, marker="o^s"[place % 3],
                markersize=4 if len(at) <= 40 else 0, linestyle=("-", "--", ":")[place % 3],
                label=f"{line.name}: {line.values[-1]:,}",
            )  # fmt: skip
        axes.set_ylim(0, max(max(line.values) for line in lines) * 1.08)
        _whole_numbers(axes, "y")
        locator = AutoDateLocator(minticks=2, maxticks=5)
        formatter = AutoDateFormatter(locator, defaultfmt="%Y-%m-%d")
        formatter.scaled = {365.0: "%Y", 30.0: "%Y-%m", 1.0: "%Y-%m-%d"}
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(formatter)
        axes.tick_params(axis="x", pad=9)  # a whole date beneath the first point reaches under the 0
        axes.set_ylabel(what)
        axes.set_xlabel("Day of the capture (UTC)")
        _titled(axes, title)
        _legend(figure, axes)
        said = "; ".join(f"{line.name} from {line.values[0]:,} to {line.values[-1]:,}" for line in lines)
        return as_svg(figure, name, title, f"Line chart, {days[0]} to {days[-1]}. {said}.")


def ratings(name: str, title: str, panels: Mapping[str, Sequence[tuple[str, int]]]) -> str:
    """How often each value of a rating was given, a panel a rating: (value, articles) from the least on."""
    with drawing():
        figure = canvas(230)
        for place, (axes, (rating, bars)) in enumerate(
            zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True)
        ):
            most = max((many for _, many in bars), default=1)
            axes.bar(range(len(bars)), [many for _, many in bars], color=SERIES[place], width=0.72)
            axes.set_xticks(range(len(bars)), [value for value, _ in bars])
            axes.set_ylim(0, most * 1.15)
            _whole_numbers(axes, "y")
            for at, (_, many) in enumerate(bars):
                axes.text(at, many + most * 0.02, f"{many:,}", ha="center", va="bottom")
            axes.grid(visible=False, axis="x")
            axes.set_xlabel(rating)
            if place == 0:
                axes.set_ylabel("Articles")
        figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=13)
        said = " ".join(
            f"{rating}: " + "; ".join(f"{value}: {many:,}" for value, many in bars) + "."
            for rating, bars in panels.items()
        )
        return as_svg(figure, name, title, f"Bar charts of how many articles have each value. {said}")


def shaded(
    name: str, title: str, rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[int | None]],
    axis: str, described: str,
) -> str:  # fmt: skip
    """A table of numbers, the more the darker; None is a cell that says nothing. Long column names stand
    upright."""
    from matplotlib.patches import Rectangle

    with drawing():
        upright = max(map(len, columns)) > 4
        most = max((cell for row in cells for cell in row if cell), default=1)
        figure = canvas(_AROUND + 26 * len(rows) + (min(max(map(len, columns)), 22) * 7 if upright else 14))
        axes = figure.subplots()
        small = 11 if len(columns) <= 12 and most < 1000 else 9.5
        for at, row in enumerate(cells):
            for place, cell in enumerate(row):
                if cell is None:
                    continue
                # By the square root: one name that is everywhere must not leave all others alike.
                level = min(LEVELS - 1, int(LEVELS * sqrt(cell / most) - 1e-9)) if cell else None
                colour = "none" if level is None else SHADES[level]
                axes.add_patch(Rectangle((place - 0.48, at - 0.46), 0.96, 0.92, facecolor=colour))
                axes.text(
                    place, at, f"{cell:,}" if cell else "·", ha="center", va="center", fontsize=small,
                    color=MUTED if level is None else ON_SHADES[level],
                )  # fmt: skip
        axes.set_xlim(-0.5, len(columns) - 0.5)
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_yticks(range(len(rows)), [short(row, 24) for row in rows], parse_math=False)
        axes.set_xticks(
            range(len(columns)), [short(column, 22) for column in columns], parse_math=False,
            rotation=90 if upright else 0,
        )  # fmt: skip
        axes.grid(visible=False)
        axes.tick_params(length=0)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.set_xlabel(axis)
        _titled(axes, title)
        return as_svg(figure, name, title, described)


def _stacked(axes: Axes, parts: Sequence[tuple[int, Part]], bars: int) -> None:
    under = [0] * bars
    for place, part in parts:
        axes.bar(
            range(bars), part.values, bottom=under, color=SERIES[place], hatch=HATCHES[place], width=0.8,
            label=part.name,
        )  # fmt: skip
        under = [low + value for low, value in zip(under, part.values, strict=True)]
    axes.set_xlim(-0.7, max(bars, 3) - 0.3)
    axes.set_ylim(0, max(max(under, default=0), 1) * 1.08)
    _whole_numbers(axes, "y")
    axes.grid(visible=False, axis="x")


def _over_time(axes: Axes, periods: Periods) -> None:
    """Months as letters with the year beneath the first and each January, quarters likewise; years as they
    are, as many as there is room for."""
    width = (WIDTH - 80) / max(periods.number, 3)
    years = -(-_YEAR_WIDTH // width)  # so many bars are as wide as a year's number
    labels, last, beneath = [], -years, ""
    if (periods.months == 3 and width > 22) or (periods.months == 1 and periods.number <= _MOST_LETTERS):
        beneath = "\n"
    for place, (year, month) in enumerate(periods.beginnings):
        label = ""
        if periods.months < 12:
            if beneath:
                label = f"Q{month // 3 + 1}" if periods.months == 3 else _LETTERS[month - 1]
            to_january = (12 - month + 1) // periods.months
            if month == 1 or (place == 0 and (to_january >= years or to_january >= periods.number)):
                label += f"{beneath}{year:04}"
        elif place - last >= years:
            label, last = f"{year:04}", place
        labels.append(label)
    axes.set_xticks(range(periods.number), labels)


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(
            handles, labels, loc="outside lower left", ncols=3, handlelength=1.6, handleheight=1.1,
            columnspacing=1.4, labelcolor=INK, fontsize=11.5,
        )  # fmt: skip


def _whole_numbers(axes: Axes, which: str) -> None:
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def _titled(axes: Axes, title: str) -> None:
    """Over the whole picture's width, not only over the axes."""
    figure = axes.get_figure()
    assert figure is not None
    figure.suptitle(title, x=0.01, ha="left", fontweight="bold", fontsize=13)
