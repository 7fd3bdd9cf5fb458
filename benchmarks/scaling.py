"""Reading captures again: what a page costs of few captures, and of very many."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.crawling import run_python
from benchmarks.measure import BrokenRun, Figure, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_crawl import crawled, forget
from benchmarks.small_pages import PAGES_BESIDE

FEW, MANY, QUICK_MANY = 1_000, 100_000, 300
AIM = 1.25


def measure(extent: Extent) -> Measured:
    """Read the archives of a crawl of few short pages and of one of many again, in turns: those that were
    kept (`benchmarks.shared_crawl`), or new ones. `--articles` says how many are many.

    Raises `BrokenRun` when not everything is crawled, or read again.
    """
    many = extent.size(MANY, QUICK_MANY)
    few = min(FEW, max(1, many // 10))
    seconds: dict[int, list[float]] = {few: [], many: []}
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
        archives = {}
        for count in seconds:
            archives[count] = crawled(count)
            extent.tell(f"{count:,} pages were crawled")
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            for count, taken in seconds.items():
                a_page = _reread(archives[count], Path(folder), count + PAGES_BESIDE)
                if number:
                    taken.append(a_page)
                extent.tell(f"round {number} of {extent.runs}: {count:,}, {1 / a_page:,.0f} pages/s")
    forget()
    described = [
        f"short pages, read with as many processes as there are cores; {many:,} captures against {few:,}",
    ]
    ours, limit = spread(seconds[many]), spread(seconds[few])
    figure = Figure(
        f"a page of {many:,}, read again",
        f"a page of {few:,}",
        "wall time without start-up",
        ours,
        limit,
        AIM,
    )
    return Measured(described, [figure])


def _reread(archive: Path, folder: Path, pages: int) -> float:
    """Seconds a page."""
    command = ["-m", "crawler.cli", "reread", "--archive", str(archive), "--all", "--json"]
    with run_python(command, folder) as (took, told):
        read = sum(part.get("captures", 0) for part in told["sites"])
        if read != pages:
            raise BrokenRun(f"{read} of {pages} captures were read again")
        return took.crawl / pages
