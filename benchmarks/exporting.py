"""Exporting a large archive in every format: how long it takes, and that memory does not grow with it."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections import deque
from pathlib import Path

from benchmarks.crawling import Cost, waited
from benchmarks.made_archive import Plan, make_archive
from benchmarks.measure import BrokenRun, Figure, absolute
from benchmarks.measurements import Extent, Measured
from storage.export.formats import FORMATS

ARTICLES = 100_000
QUICK_ARTICLES = 1_000
MEMORY_MB = 200.0
"""The most that an export may take, however large the archive."""
_PROGRAM = "from crawler.cli import main; main()"


def measure(extent: Extent) -> Measured:
    """Each round exports the whole archive once in each format, in processes of their own.

    Raises `BrokenRun` when an export does not hold every article.
    """
    count = extent.size(ARTICLES, QUICK_ARTICLES)
    taken: dict[str, list[Cost]] = {form: [] for form in FORMATS}
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as name:
        folder = Path(name)
        deque(make_archive(folder / "archive", Plan(count)), maxlen=0)
        for number in range(1, extent.runs + 1):
            for form, costs in taken.items():
                costs.append(_export(form, folder, count))
                extent.tell(f"run {number}, {form}: {costs[-1].wall:.1f} s, {costs[-1].memory_mb:.0f} MB")
    return Measured(
        [
            f"An archive made of {count:,} articles is exported whole, without its history, by "
            "`msarchive export FORMAT`.",
            "Peak memory is the process's, interpreter and libraries included.",
        ],
        [figure for form, costs in taken.items() for figure in _figures(form, costs)],
    )


def _figures(form: str, costs: list[Cost]) -> list[Figure]:
    return [
        absolute(f"export {form}", "peak memory", "MB", [cost.memory_mb for cost in costs], MEMORY_MB),
        absolute(f"export {form}", "wall time", "s", [cost.wall for cost in costs]),
    ]


def _export(form: str, folder: Path, count: int) -> Cost:
    target = folder / f"export.{form}"
    options = [form, "-o", str(target), "--archive", str(folder / "archive"), "--json"]
    with tempfile.TemporaryFile() as out:
        cost = waited([sys.executable, "-c", _PROGRAM, "export", *options], stdout=out)
        if cost.status != 0:
            raise BrokenRun(f"export {form} exited {cost.status}")
        out.seek(0)
        told = json.load(out)
    if told["articles"] != count:
        raise BrokenRun(f"export {form} holds {told['articles']:,} of {count:,} articles")
    if target.is_dir():
        shutil.rmtree(target)
    else:
        for file in folder.glob(f"{target.name}*"):
            file.unlink()
    return cost
