"""Peak memory of a crawl, of few pages and of very many: the frontier is in the database, not in memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import shared_crawl
from benchmarks.measure import Figure, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.small_pages import crawl_small

FEW, MANY, QUICK_MANY = 1_000, 100_000, 1_200
AIM = 1.1
WHY_MISSED = (
    "What is remembered between pages is bounded, and fills up within the first 5,000 pages, after which "
    "a crawl has all but some 5 MB of what it ever takes: those are for settling at its end."
)


def measure(extent: Extent) -> Measured:
    """Crawl a site of few pages and one of many in turns. `--articles` says how many are many. The last
    round's archives are kept for whoever wants such ones (`benchmarks.shared_crawl`).

    Raises `BrokenRun` when a crawl does not end with every page in its archive.
    """
    many = extent.size(MANY, QUICK_MANY)
    few = min(FEW, max(1, many // 10))
    peaks: dict[int, list[float]] = {few: [], many: []}
    shared_crawl.forget()
    for number in range(1, extent.runs + 1):
        for count in peaks:
            with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
                archive = Path(folder) / "archive"
                peaks[count].append(crawl_small(count, Path(folder), archive).memory_mb)
                if number == extent.runs:
                    shared_crawl.keep(count, archive)
            extent.tell(f"run {number} of {extent.runs}: {count:,} pages, {peaks[count][-1]:.0f} MB")
    described = [
        f"short pages on loopback, without delay; a crawl of {many:,} against one of {few:,}",
        "the largest of its processes, as the operating system counts it",
    ]
    figure = Figure(
        f"a crawl of {many:,} pages", f"of {few:,} pages", "peak memory",
        spread(peaks[many]), spread(peaks[few]), AIM, "MB", why_missed=WHY_MISSED,
    )  # fmt: skip
    return Measured(described, [figure])
