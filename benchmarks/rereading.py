"""Reading an archive's captures again, against crawling the same pages on the same machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import server
from benchmarks.crawling import ARTICLES, QUICK_ARTICLES, Cost, our_crawl, run_python
from benchmarks.measure import BrokenRun, Figure, Samples, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.site import MadeSite, make_site
from storage.archive import open_archive
from storage.compare import archive_digest

AIM = 0.2
"""At least five times as fast."""
NEAR_S = 0.02
"""Seconds in which a site near by answers."""
CRAWLS = {"at once": "our crawl of them", "near": f"crawl, {NEAR_S * 1000:.0f} ms away"}


def measure(extent: Extent) -> Measured:
    """Each round crawls the site twice, once as if it were near by and once as if it were here, and reads
    again what came; unless it is to be quick, a round that is not counted comes first.

    Raises `BrokenRun` when not everything is read, or the archive holds anything else afterwards.
    """
    with server.Served() as served, tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
        site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        crawls: dict[str, list[Cost]] = {name: [] for name in CRAWLS}
        rereads = []
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            took = {}
            for name, wait in (("near", NEAR_S), ("at once", 0.0)):
                served.answer_after(wait)
                took[name] = our_crawl(served, site, Path(folder), f"{name}-{number}")
            again = _reread(Path(folder) / f"at once-{number}", site, Path(folder))
            if number:
                rereads.append(again)
                for name, cost in took.items():
                    crawls[name].append(cost)
            told = ", ".join(f"{CRAWLS[name]} {cost.wall:.1f} s" for name, cost in took.items())
            extent.tell(f"round {number} of {extent.runs}: {told}, reread {again.wall:.1f} s")
    pages = len(site.html_paths)
    memory = max(cost.memory_mb for cost in rereads)
    described = [
        f"{pages:,} pages, read with as many processes as there are cores; peak memory of the first: "
        f"{memory:.0f} MB",
        f"{CRAWLS['at once']}: of a server on loopback that has the answer ready; {CRAWLS['near']}: of one "
        "that gives it that much later",
    ]
    return Measured(described, _figures(rereads, crawls, pages))


def _figures(rereads: list[Cost], crawls: dict[str, list[Cost]], pages: int) -> list[Figure]:
    def a_page(costs: list[Cost], clock: str) -> Samples:
        return spread([getattr(cost, clock) / pages for cost in costs])

    told = (
        ("near", "wall", "wall time of the process", AIM),
        ("at once", "wall", "wall time of the process", None),
        ("at once", "cpu", "CPU time of the process", None),
        ("at once", "crawl", "wall time without start-up", None),
    )
    return [
        Figure(
            "reading captures again", CRAWLS[crawl], name, a_page(rereads, clock),
            a_page(crawls[crawl], clock), aim,
        )
        for crawl, clock, name, aim in told
    ]  # fmt: skip


def _reread(archive: Path, site: MadeSite, folder: Path) -> Cost:
    before = _content(archive)
    command = ["-m", "crawler.cli", "reread", "--archive", str(archive), "--all", "--json"]
    with run_python(command, folder) as (took, told):
        read = sum(part.get("captures", 0) for part in told["sites"])
        if read != len(site.html_paths):
            raise BrokenRun(f"{read} of {len(site.html_paths)} captures were read again")
        if _content(archive) != before:
            raise BrokenRun("the archive holds something else after its captures were read again")
        return took


def _content(archive: Path) -> dict[str, str]:
    with open_archive(archive, read_only=True) as opened:
        return archive_digest(opened)
