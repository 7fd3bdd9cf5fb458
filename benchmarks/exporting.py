"""Exporting a large archive in every format: how long it takes, and that memory does not grow with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import BrokenRun, Figure, absolute
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_archive import shared_archive
from benchmarks.waiting import Cost, waited
from storage.export.formats import FORMATS

ARTICLES = 100_000
QUICK_ARTICLES = 1_000
SHARE = 10
"""Every format is timed on a tenth of it: all of it in all formats takes ten minutes a round."""
MEMORY_MB = 200.0
"""The most that an export may take, however large the archive."""
LARGE = ("parquet", "sqlite")
"""What is made once of all of it: what takes most memory, and what writes most."""
_PROGRAM = "from crawler.cli import main; main()"


def measure(extent: Extent) -> Measured:
    """Each round exports a smaller archive once in each format, in processes of their own; a large one is
    exported once, for its memory.

    Raises `BrokenRun` when an export does not hold every article.
    """
    count = extent.size(ARTICLES, QUICK_ARTICLES)
    few = max(count // SHARE, 1)
    taken: dict[str, list[Cost]] = {form: [] for form in FORMATS}
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as name:
        folder = Path(name)
        _make(folder / "archive", few)
        for number in range(1, extent.runs + 1):
            for form, costs in taken.items():
                costs.append(_export(form, folder / "archive", folder, few))
                extent.tell(f"run {number}, {form}: {costs[-1].wall:.1f} s, {costs[-1].memory_mb:.0f} MB")
        large = {form: _export(form, shared_archive(extent, count), folder, count) for form in LARGE}
    return Measured(
        [
            f"An archive made of {few:,} articles is exported whole, without its history, by "
            f"`msarchive export FORMAT`; and one of {count:,} once in {' and '.join(LARGE)}, for the memory "
            "it takes (one run, whose time is no figure).",
            "Peak memory is the process's, interpreter and libraries included.",
        ],
        [
            *(figure for form, costs in taken.items() for figure in _figures(form, costs)),
            *(
                absolute(f"export {form} of {count:,}", "peak memory", "MB", [cost.memory_mb], MEMORY_MB)
                for form, cost in large.items()
            ),
        ],
    )


def _make(archive: Path, articles: int) -> None:
    command = [sys.executable, "-m", "benchmarks.made_archive", str(archive), "--articles", str(articles)]
    if waited(command, stderr=subprocess.DEVNULL).status != 0:
        raise BrokenRun("the archive could not be made")


def _figures(form: str, costs: list[Cost]) -> list[Figure]:
    return [
        absolute(f"export {form}", "peak memory", "MB", [cost.memory_mb for cost in costs], MEMORY_MB),
        absolute(f"export {form}", "wall time", "s", [cost.wall for cost in costs]),
    ]


def _export(form: str, archive: Path, folder: Path, count: int) -> Cost:
    target = folder / f"export.{form}"
    options = [form, "-o", str(target), "--archive", str(archive), "--json"]
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
