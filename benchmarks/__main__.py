"""`python -m benchmarks`: measures, prints, writes docs/performance.md; fails when what ran did not work."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

from benchmarks.durations import plan_lines
from benchmarks.machine import machine, machine_lines
from benchmarks.measure import BrokenRun, NotMeasurable
from benchmarks.measurements import MEASUREMENTS, QUICK_RUNS, RUNS, Extent, Measured, Measurement
from benchmarks.page import CHECKOUT, Result, as_plain, keep, results, write_page
from benchmarks.scratch import scratch


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what `arguments` say; the exit status: 0, or 1 when a contender did not do its job."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    chosen = _parser().parse_args(given)
    if chosen.page:
        write_page(chosen.into)
        return 0
    runs = chosen.runs or (QUICK_RUNS if chosen.quick else RUNS)
    extent = Extent(runs, chosen.quick, chosen.articles, _tell, tuple(chosen.made), chosen.up_to)
    wanted = [one for one in MEASUREMENTS if not chosen.only or one.name in chosen.only]
    counts = runs >= RUNS and not chosen.quick
    print("\n".join(machine_lines(machine())))
    print("\n".join(plan_lines(wanted, _last(extent, chosen.into))), flush=True)
    made: list[Result] = []
    try:
        with scratch():
            void = _measure_all(wanted, extent, made, chosen.into if counts else None, chosen.json)
    except (KeyboardInterrupt, SystemExit) as stopped:
        done = ", ".join(result.name for result in made) or "nothing"
        _tell(f"stopped; measured before that: {done}")
        return 130 if isinstance(stopped, KeyboardInterrupt) else int(stopped.code or 0)
    if made and not counts:
        print(f"\nA first look: docs/performance.md stays as it is (it takes {RUNS} runs, and not --quick).")
    return int(void)


def _measure_all(
    wanted: Sequence[Measurement], extent: Extent, made: list[Result], page: Path | None, told: Path | None
) -> bool:
    """Measure one after the other; whether one of them was void.

    What is made goes into `made`, onto the page below `page` and into the file `told` before the next begins.
    """
    _write(made, told)
    void = False
    for measurement in wanted:
        try:
            result = _measured(measurement, extent)
            made.append(result)
            _print(measurement, result)
            if page is not None:
                keep(result, page)
            _write(made, told)
        except NotMeasurable as error:
            print(f"\n{measurement.title}: not measured, {error}", flush=True)
        except BrokenRun as error:
            print(f"benchmark {measurement.name} is void: {error}", file=sys.stderr, flush=True)
            void = True
        except Exception:  # a fault of ours: hours of others are not lost for it
            print(f"benchmark {measurement.name} is void:", file=sys.stderr)
            traceback.print_exc()
            void = True
    return void


def _measured(measurement: Measurement, extent: Extent) -> Result:
    began, where, begin = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), machine(), monotonic()
    measured = measurement.measure(extent)
    command, took = _command(measurement.name, extent, measured), round(monotonic() - begin, 1)
    return Result(measurement.name, began, where, extent.runs, command, measured, took)


def _command(name: str, extent: Extent, measured: Measured) -> str:
    """What measures the same again."""
    options = ["--only", name]
    if extent.runs != RUNS:
        options += ["--runs", str(extent.runs)]
    if extent.articles is not None:
        options += ["--articles", str(extent.articles)]
    if any(figure.articles is not None for figure in measured.figures):
        options += ["--made", "DIR"] * len(extent.made)  # where they lie says nothing on another machine
        options += [] if extent.up_to is None else ["--up-to", str(extent.up_to)]
    return f".venv/bin/python -m benchmarks {shlex.join(options)}"


def _last(extent: Extent, checkout: Path) -> dict[str, float]:
    """By name, seconds that measurements took which were made in the same way before."""
    if extent.quick:
        return {}
    return {
        name: result.took_s
        for name, result in results(checkout).items()
        if result.took_s is not None and result.command == _command(name, extent, result.measured)
    }


def _write(made: Sequence[Result], path: Path | None) -> None:
    if path is not None:
        told = {result.name: as_plain(result) for result in made}
        path.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")


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
        "one of that size (repeatable) [made anew, once for all measurements]",
    )
    parser.add_argument(
        "--up-to",
        metavar="N",
        type=_number,
        help="make no archive of more articles than N for what is measured at several sizes; that of "
        "1,000,000 takes most of an hour and 15 GB below TMPDIR [all sizes]",
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
