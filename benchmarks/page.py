"""docs/performance.md: made of the figures that lie in benchmarks/figures, a file for each measurement.

A measurement that is made again replaces its own file and leaves the others as they were, each with its date
and machine; so the page can be made piece by piece.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.by_size import table_by_size
from benchmarks.durations import spoken
from benchmarks.machine import machine_lines
from benchmarks.measure import A_PAGE, Figure, Samples, figure_of
from benchmarks.measurements import MEASUREMENTS, Measured, Measurement

CHECKOUT = Path(__file__).parents[1]
_FIGURES = Path("benchmarks", "figures")
_PAGE = Path("docs", "performance.md")

_HEAD = """\
# Performance

What `make bench` measured; it writes this page, so nobody edits it. Each section has its own date, and can be
measured anew by itself with the command that it names. [benchmarks/README.md](../benchmarks/README.md)
explains what is done and why.

Wherever there is one, a figure is a **ratio against a named limit** that was measured in turns with it
in the same run: seconds and megabytes say as much about the machine as about the program. Each figure is the
median of all runs, with the smallest and the largest in brackets. *Times the limit*: so many times the time
(memory, bytes) that the limit takes; less is better. *Times as good*: so many times as fast (small); more is
better.
"""


@dataclass(frozen=True)
class Result:
    """A measurement as it was made once."""

    name: str
    began: str
    """UTC."""
    machine: dict[str, Any]
    runs: int
    command: str
    measured: Measured
    took_s: float | None = None
    """Wall time of all of it, with making what was measured on; None in files of before that was noted."""


def keep(result: Result, checkout: Path = CHECKOUT) -> None:
    """Write the figures of a measurement in place of those it had, and the page anew."""
    folder = checkout / _FIGURES
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{result.name}.json").write_text(
        json.dumps(as_plain(result), indent=2, ensure_ascii=False) + "\n", "utf-8"
    )
    write_page(checkout)


def write_page(checkout: Path = CHECKOUT) -> None:
    """Make the page of the figures that are there."""
    path = checkout / _PAGE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page(results(checkout)), "utf-8")


def results(checkout: Path = CHECKOUT) -> dict[str, Result]:
    """The figures that are there, by measurement; those of measurements that are no more are left out."""
    paths = ((one.name, checkout / _FIGURES / f"{one.name}.json") for one in MEASUREMENTS)
    return {name: _of_plain(json.loads(path.read_text("utf-8"))) for name, path in paths if path.exists()}


def as_plain(result: Result) -> dict[str, Any]:
    """A result for programs."""
    return {
        "name": result.name,
        "began": result.began,
        "took_s": result.took_s,
        "machine": result.machine,
        "runs": result.runs,
        "command": result.command,
        "described": result.measured.described,
        "figures": [figure.as_plain() for figure in result.measured.figures],
    }


def _of_plain(plain: dict[str, Any]) -> Result:
    measured = Measured(plain["described"], [figure_of(one) for one in plain["figures"]])
    return Result(
        plain["name"],
        plain["began"],
        plain["machine"],
        plain["runs"],
        plain["command"],
        measured,
        plain.get("took_s"),
    )


def page(made: dict[str, Result]) -> str:
    """The whole page, as Markdown."""
    there = [(one, made[one.name]) for one in MEASUREMENTS if one.name in made]
    missing = [one.title for one in MEASUREMENTS if one.name not in made]
    parts = [_HEAD, *_aims(there), *(_section(one, result) for one, result in there)]
    if missing:
        parts.append("## Not measured yet\n\n" + "\n".join(f"- {title}" for title in missing) + "\n")
    return "\n".join(parts)


def _aims(there: list[tuple[Measurement, Result]]) -> Iterator[str]:
    aimed = [
        (one, figure) for one, result in there for figure in result.measured.figures if figure.aim is not None
    ]
    if not aimed:
        return
    rows = [
        (
            f"[{one.title}](#{_anchor(one.title)}): {figure.what}",
            figure.limit_name or "",
            _compared(figure),
            figure.aim_text,
            _bold(figure.verdict),
        )
        for one, figure in aimed
    ]
    met = sum(bool(figure.met) for _, figure in aimed)
    why = [f"- {figure.what}: {figure.why_missed}" for _, figure in aimed if _unmet(figure)]
    yield f"## Aims\n\n{met} of {len(aimed)} aims are met.\n"
    yield _table(("What", "Limit", "Median", "Aim", ""), rows)
    if why:
        yield "Why those are missed that are:\n\n" + "\n".join(why) + "\n"


def _unmet(figure: Figure) -> bool:
    return figure.met is False and bool(figure.why_missed)


def _section(one: Measurement, result: Result) -> str:
    described = "".join(f"- {line.strip()}\n" for line in result.measured.described)
    where = "; ".join(machine_lines(result.machine))
    took = "" if result.took_s is None else f" in {spoken(result.took_s)}"
    return (
        f"## {one.title}\n\n"
        f"Measured {result.began[:10]} {result.began[11:16]} UTC, {result.runs} runs{took}, by\n\n"
        f"    {result.command}\n\n"
        f"on {where}.\n\n"
        f"{described}\n" + "\n".join(_tables(result.measured.figures))
    )


def _tables(figures: Sequence[Figure]) -> Iterator[str]:
    """What was measured at one size, and what was at several."""
    sized = [figure for figure in figures if figure.articles is not None]
    others = [figure for figure in figures if figure.articles is None]
    if others:
        yield _table(("What", "msarchive", "Limit", "Ratio", "Aim"), _rows(others))
    if sized:
        yield _table(*table_by_size(sized))


def _rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    return [
        (
            f"{figure.name}, {figure.clock}",
            figure.shown(figure.ours),
            "" if figure.limit is None else f"{figure.limit_name}: {figure.shown(figure.limit)}",
            "" if figure.ratio is None else f"{figure.ratio.show('.2f')} {figure.relation}",
            f"{figure.aim_text}: {_bold(figure.verdict)}" if figure.aim is not None else "",
        )
        for figure in figures
    ]


def _compared(figure: Figure) -> str:
    if figure.ratio is not None:
        return f"{figure.judged:.2f} {figure.relation}"
    middle = Samples((figure.ours.median,))
    return figure.shown(middle).split(" ")[0] + f" {'pages/s' if figure.unit == A_PAGE else figure.unit}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(one.replace('|', chr(92) + '|') for one in row)} |\n" for row in cells)


def _bold(verdict: str) -> str:
    return f"**{verdict}**" if verdict.startswith("MISSED") else verdict


def _anchor(title: str) -> str:
    """The heading's address in the page, as GitHub makes it."""
    kept = "".join(sign for sign in title.lower() if sign.isalnum() or sign in " -_")
    return kept.replace(" ", "-")
