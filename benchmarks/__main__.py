"""`python -m benchmarks`: measures, prints, writes docs/performance.md; fails when what ran did not work."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import machine, machine_lines
from benchmarks.measure import BrokenRun, NotMeasurable
from benchmarks.measurements import MEASUREMENTS, QUICK_RUNS, RUNS, Extent, Measurement
from benchmarks.page import CHECKOUT, Result, as_plain, keep, write_page


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what `arguments` say; the exit status: 0, or 1 when a contender did not do its job."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = _parser().parse_args(given)
    if chosen.page:
        write_page(chosen.into)
        return 0
    runs = chosen.runs or (QUICK_RUNS if chosen.quick else RUNS)
    extent = Extent(runs, chosen.quick, chosen.articles, _tell, tuple(chosen.made))
    counts = runs >= RUNS and not chosen.quick
    print("\n".join(machine_lines(machine())))
    made, void = [], False
    for measurement in MEASUREMENTS:
        if chosen.only and measurement.name not in chosen.only:
            continue
        try:
            result = _measured(measurement, extent)
        except NotMeasurable as error:
            print(f"\n{measurement.title}: not measured, {error}")
            continue
        except BrokenRun as error:
            print(f"benchmark {measurement.name} is void: {error}", file=sys.stderr)
            void = True
            continue
        except KeyboardInterrupt:
            return 130
        _print(measurement, result)
        made.append(result)
        if counts:
            keep(result, chosen.into)
    if made and not counts:
        print(f"\nA first look: docs/performance.md stays as it is (it takes {RUNS} runs, and not --quick).")
    if chosen.json is not None:
        told = {result.name: as_plain(result) for result in made}
        chosen.json.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return int(void)


def _measured(measurement: Measurement, extent: Extent) -> Result:
    began, where = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), machine()
    measured = measurement.measure(extent)
    options = ["--only", measurement.name]
    if extent.runs != RUNS:
        options += ["--runs", str(extent.runs)]
    if extent.articles is not None:
        options += ["--articles", str(extent.articles)]
    if any(figure.articles is not None for figure in measured.figures):
        options += ["--made", "DIR"] * len(extent.made)  # where they lie says nothing on another machine
    command = f".venv/bin/python -m benchmarks {shlex.join(options)}"
    return Result(measurement.name, began, where, extent.runs, command, measured)


def _print(measurement: Measurement, result: Result) -> None:
    print(f"\n{measurement.title}, {result.runs} runs: median (smallest–largest)")
    for line in result.measured.described:
        print(f"  {line.strip()}")
    for figure in result.measured.figures:
        print("\n".join(figure.lines()), flush=True)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    names = [measurement.name for measurement in MEASUREMENTS]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measures against limits that are measured in the same run, and writes "
        "docs/performance.md. Loopback and made data only.",
    )
    parser.add_argument("--quick", action="store_true", help="a first look: few runs, little data, no page")
    parser.add_argument(
        "--only", choices=names, action="append", help="this one (repeatable)", metavar="NAME"
    )
    parser.add_argument("--runs", metavar="N", type=_number, help=f"runs of each contender [{RUNS}]")
    parser.add_argument("--articles", metavar="N", type=_number, help="size of what is made, in articles")
    parser.add_argument(
        "--made",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="an archive that `python -m benchmarks.made_archive DIR --articles N` made, for what measures "
        "one of that size (repeatable) [made anew, up to 100,000 articles, once for all measurements]",
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every sample there, too")
    parser.add_argument(
        "--page",
        action="store_true",
        help="measure nothing; make the page anew of the figures that are there",
    )
    parser.add_argument(
        "--into",
        metavar="DIR",
        type=Path,
        default=CHECKOUT,
        help="write benchmarks/figures and docs/performance.md below this folder [the checkout]",
    )
    parser.epilog = f"Measurements: {', '.join(names)}."
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
