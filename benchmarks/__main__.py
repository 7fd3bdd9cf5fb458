"""`python -m benchmarks`: measures, prints, and fails when what it measured did not work."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.captures import measure_captures, why_not
from benchmarks.crawling import measure_crawling
from benchmarks.measure import BrokenRun, Figure, machine, machine_lines
from benchmarks.reading import measure_reading
from benchmarks.rereading import measure_rereading

RUNS, QUICK_RUNS = 5, 2
ARTICLES, QUICK_ARTICLES = 1000, 200
READING_RUNS = 3
"""So many times as many as crawls: reading takes less time, and its ratio is told more exactly."""


def main(arguments: list[str] | None = None) -> int:
    """Run what `arguments` say; the exit status: 0, or 1 when a contender did not do its job."""
    chosen = _parser().parse_args(arguments)
    passes, every = (1, 3) if chosen.quick else (READING_RUNS, 1)
    runs = chosen.runs or (QUICK_RUNS if chosen.quick else RUNS)
    articles = chosen.articles or (QUICK_ARTICLES if chosen.quick else ARTICLES)
    where = machine()
    began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    print("\n".join(machine_lines(where)))
    told: dict[str, list[Figure]] = {}
    try:
        if chosen.only in (None, "reading"):
            described, told["reading"] = measure_reading(runs * passes, every)
            _print(f"Reading, one core, {runs * passes} passes in turns", described, told["reading"])
        if chosen.only in (None, "crawling"):
            described, told["crawling"] = measure_crawling(runs, articles, not chosen.quick, _tell)
            _print(f"Crawling on loopback without delay, {runs} runs in turns", described, told["crawling"])
        if chosen.only in (None, "rereading"):
            described, told["rereading"] = measure_rereading(runs, articles, not chosen.quick, _tell)
            _print(f"Reading captures again, {runs} rounds", described, told["rereading"])
        if chosen.only in (None, "captures"):
            told |= _captures(runs, articles, not chosen.quick)
    except BrokenRun as error:
        print(f"benchmark is void: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if chosen.json is not None:
        result = {
            "began": began,
            "machine": where,
            "runs": runs,
            "articles": articles,
            "figures": {part: [figure.as_plain() for figure in figures] for part, figures in told.items()},
        }
        chosen.json.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _captures(runs: int, articles: int, warm_up: bool) -> dict[str, list[Figure]]:
    title, reason = "Crawling with captures and before", why_not()
    if reason is not None:
        print(f"\n{title}: not measured, {reason}")
        return {}
    described, figures = measure_captures(runs, articles, warm_up, _tell)
    _print(f"{title}, {runs} runs in turns", described, figures)
    return {"captures": figures}


def _print(title: str, described: list[str], figures: list[Figure]) -> None:
    print(f"\n{title}: median (smallest–largest)")
    for line in (*described, *(line for figure in figures for line in figure.lines())):
        print(line, flush=True)


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Reading, crawling, reading again and keeping captures, as ratios against limits "
        "that are measured in the same run. Loopback only.",
    )
    parser.add_argument("--quick", action="store_true", help="a first look: two runs, a small site")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write every sample there, too")
    parser.add_argument(
        "--only", choices=("reading", "crawling", "rereading", "captures"), help="one of them"
    )
    parser.add_argument("--runs", metavar="N", type=_number, help=f"runs of each contender [{RUNS}]")
    parser.add_argument("--articles", metavar="N", type=_number, help=f"articles of the site [{ARTICLES}]")
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
