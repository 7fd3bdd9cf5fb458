"""What an article takes on the disk after one crawl and after ten, against what others keep of the site."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.crawling import ARTICLES, QUICK_ARTICLES, Serving, crawl_into
from benchmarks.httrack import NAME as HTTRACK
from benchmarks.httrack import httrack, httrack_program
from benchmarks.measure import BrokenRun, Figure, absolute, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.nginx import Nginx
from benchmarks.site import MadeSite, make_site
from benchmarks.wget import NAME as WGET
from benchmarks.wget import wget, wget_program
from storage.archive import FILE_NAME
from storage.warc import FOLDER

UNIT = "bytes an article"
RAW = "raw HTML of all pages"
CRAWLS, QUICK_CRAWLS = 10, 3
Sizes = dict[str, float]


def measure(extent: Extent) -> Measured:
    """Each round crawls a site ten times into a new archive while 2 % of its articles change in between; wget
    fetches it as often, HTTrack first and last.

    Raises `NotMeasurable` without wget or nginx, `BrokenRun` when one of them does not fetch the whole site.
    Without HTTrack its figures are left out.
    """
    wget_program()
    crawls = QUICK_CRAWLS if extent.quick else CRAWLS
    first: list[Sizes] = []
    last: list[Sizes] = []
    for number in range(1, extent.runs + 1):
        sizes = _round(extent, crawls)
        first.append(sizes[0])
        last.append(sizes[-1])
        told = ", ".join(f"{name} {size / 1000:.1f} kB" for name, size in sizes[-1].items())
        extent.tell(f"round {number} of {extent.runs}, an article after {crawls} crawls: {told}")
    figures = [*_figures(first, "after one crawl"), *_figures(last, f"after {crawls} crawls")]
    return Measured(_described(extent, crawls, HTTRACK in first[0]), figures)


def _round(extent: Extent, crawls: int) -> list[Sizes]:
    """Bytes an article after each crawl."""
    sizes = []
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as name, Nginx(Path(name, "n")) as served:
        folder, raw, kept_by_wget, mirror = Path(name), 0, 0, httrack_program()
        for number in range(crawls):
            site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES), editions=number)
            if number:
                served.put(site.answers)
            else:
                served.start(site.answers)
            _crawl(served, folder, site, number)
            raw += sum(len(site.answers[path][1]) for path in site.html_paths)
            fetched = folder / "wget"
            kept_by_wget += wget(served, site.html_paths, fetched).warc.stat().st_size
            shutil.rmtree(fetched)
            database = (folder / "archive" / FILE_NAME).stat().st_size
            captures = sum(path.stat().st_size for path in (folder / "archive" / FOLDER).glob("*.warc.gz"))
            now = {"database": database, "captures": captures, RAW: raw, WGET: kept_by_wget}
            if mirror is not None and number in (0, crawls - 1):
                now[HTTRACK] = httrack(mirror, served, folder / "mirror")
                served.asked()
            sizes.append({what: size / len(site.articles) for what, size in now.items()})
    return sizes


def _crawl(served: Serving, folder: Path, site: MadeSite, number: int) -> None:
    with crawl_into(served, folder, folder / "archive", "--refresh", "all") as (_, told):
        changed = len(site.changed) if number else len(site.articles)
        if told["outcome"] != "complete" or told["counts"]["new_revisions"] != changed:
            made = told["counts"]["new_revisions"]
            raise BrokenRun(
                f"crawl {number + 1} ended {told['outcome']} with {made} of {changed} new revisions"
            )
    served.asked()


def _figures(rounds: list[Sizes], when: str) -> list[Figure]:
    taken = {name: spread([sizes[name] for sizes in rounds]) for name in rounds[0]}
    both = spread([sizes["database"] + sizes["captures"] for sizes in rounds])

    def against(limit: str, ours: str) -> Figure:
        samples = both if ours == "database and captures" else taken[ours]
        return Figure(f"{ours} {when}", limit, "on the disk", samples, taken[limit], unit=UNIT)

    figures = [
        against(WGET, "captures"),
        against(RAW, "captures"),
        against(RAW, "database and captures"),
    ]
    if HTTRACK in taken:
        figures.append(against(HTTRACK, "database and captures"))
    values = taken["database"].values
    return [*figures, absolute(f"database, with search index, {when}", "on the disk", UNIT, values)]


def _described(extent: Extent, crawls: int, mirrored: bool) -> list[str]:
    articles = extent.size(ARTICLES, QUICK_ARTICLES)
    return [
        f"a site of {articles:,} articles, pages of 25 kB; divided by the articles. Between two of the "
        f"{crawls} crawls 2 % of the articles change; each crawl asks for everything",
        f"{RAW}: as the server has them, not compressed, once for each crawl; {WGET}: requests and "
        "responses, compressed, a new file for each crawl",
        f"{HTTRACK}: with its cache; it keeps the newest page only, and no earlier ones"
        if mirrored
        else "HTTrack is not installed: no figures of it",
        "made text repeats itself more than a real site: all compressed sizes are smaller than they would be",
    ]
