"""What an article takes on the disk, against the pages themselves and wget's WARC file of the same site."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import server
from benchmarks.crawling import ARTICLES, QUICK_ARTICLES, our_crawl
from benchmarks.measure import Figure, absolute, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.site import make_site
from benchmarks.wget import NAME as WGET
from benchmarks.wget import wget, wget_program
from storage.archive import FILE_NAME
from storage.warc import FOLDER

UNIT = "bytes an article"
RAW = "raw HTML of all pages"


def measure(extent: Extent) -> Measured:
    """Crawl the made site into an archive, and have wget fetch the same pages into a WARC file.

    Raises `NotMeasurable` without wget, `BrokenRun` when one of them does not fetch the whole site.
    """
    wget_program()
    taken: dict[str, list[float]] = {"database": [], "captures": [], "all": [], RAW: [], WGET: []}
    with server.Served() as served, tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
        site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        for number in range(1, extent.runs + 1):
            our_crawl(served, site, Path(folder), f"archive-{number}")
            archive = Path(folder, f"archive-{number}")
            database = (archive / FILE_NAME).stat().st_size
            captures = sum(path.stat().st_size for path in (archive / FOLDER).glob("*.warc.gz"))
            sizes = {
                "database": database,
                "captures": captures,
                "all": database + captures,
                RAW: sum(len(site.answers[path][1]) for path in site.html_paths),
                WGET: wget(served, site.html_paths, Path(folder, f"wget-{number}")).warc.stat().st_size,
            }
            for name, size in sizes.items():
                taken[name].append(size / len(site.articles))
            told = ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in sizes.items())
            extent.tell(f"round {number} of {extent.runs}: {told}")
    pages = len(site.html_paths)
    described = [
        f"{pages:,} pages of {len(site.articles):,} articles, after one crawl; divided by the articles",
        f"{RAW}: as the server has them, not compressed; {WGET}: requests and responses, compressed",
        "made text repeats itself more than a real site: all compressed sizes are smaller than they would be",
    ]
    return Measured(described, _figures(taken))


def _figures(taken: dict[str, list[float]]) -> list[Figure]:
    def against(limit: str, name: str, what: str) -> Figure:
        return Figure(what, limit, "on the disk", spread(taken[name]), spread(taken[limit]), unit=UNIT)

    return [
        against(WGET, "captures", "captures"),
        against(RAW, "captures", "captures"),
        against(RAW, "all", "database and captures"),
        absolute("database, with search index", "on the disk", UNIT, taken["database"]),
    ]
