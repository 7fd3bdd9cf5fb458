"""Crawling an unchanged site once more, against the first crawl: requests, bytes, seconds."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.crawling import ARTICLES, QUICK_ARTICLES, crawl_into
from benchmarks.measure import BrokenRun, Figure, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.nginx import Nginx
from benchmarks.site import MadeSite, make_site
from benchmarks.waiting import Cost

FIRST = "the first crawl"
DUE = "the next crawl, by lastmod"
ALL = "everything asked again"


@dataclass(frozen=True)
class Visit:
    """What one crawl asked of the site."""

    cost: Cost
    requests: int
    """As nginx counted them."""
    sent: int
    """Bytes of all answers, heads and all, as nginx counted them."""


def measure(extent: Extent) -> Measured:
    """Each round crawls the site into a new archive, then by the policy, then asking for everything; nothing
    changes on the site. Unless it is to be quick, a round that is not counted comes first.

    Raises `NotMeasurable` without nginx, `BrokenRun` when a crawl does not end well, or finds a change.
    """
    taken: dict[str, list[Visit]] = {FIRST: [], DUE: [], ALL: []}
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder, Nginx(Path(folder, "n")) as served:
        site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            archive = Path(folder, f"archive-{number}")
            for name, options in ((FIRST, ()), (DUE, ()), (ALL, ("--refresh", "all"))):
                visit = _visit(served, archive, site, options, fresh=name != FIRST)
                if number:
                    taken[name].append(visit)
                told = f"{visit.requests:,} requests, {visit.sent / 1e6:.1f} MB, {visit.cost.wall:.1f} s"
                extent.tell(f"round {number} of {extent.runs}: {name}: {told}")
            shutil.rmtree(archive)
    return Measured(_described(site), _figures(taken))


def _visit(served: Nginx, archive: Path, site: MadeSite, options: tuple[str, ...], *, fresh: bool) -> Visit:
    with crawl_into(served, archive.parent, archive, *options) as (cost, told):
        _check(told, site, fresh)
    asked = served.asked()
    return Visit(cost, asked.total(), served.bytes_sent)


def _check(told: dict[str, Any], site: MadeSite, again: bool) -> None:
    counts = told["counts"]
    wanted = 0 if again else len(site.articles)
    if told["outcome"] != "complete" or counts["new_revisions"] != wanted:
        raise BrokenRun(f"a crawl ended {told['outcome']} with {counts['new_revisions']} new revisions")


def _figures(taken: dict[str, list[Visit]]) -> list[Figure]:
    def figure(name: str, clock: str, unit: str, values: dict[str, list[float]]) -> Figure:
        return Figure(name, FIRST, clock, spread(values[name]), spread(values[FIRST]), unit=unit)

    figures = []
    for name in (DUE, ALL):
        for clock, unit, of in (
            ("requests", "requests", lambda visit: float(visit.requests)),
            ("bytes of the answers", "MB", lambda visit: visit.sent / 1e6),
            ("wall time of the process", "s", lambda visit: visit.cost.wall),
            ("CPU time of all its processes", "s", lambda visit: visit.cost.cpu),
        ):
            values = {which: [of(visit) for visit in visits] for which, visits in taken.items()}
            figures.append(figure(name, clock, unit, values))
    return figures


def _described(site: MadeSite) -> list[str]:
    return [
        f"{len(site.html_paths):,} pages ({len(site.articles):,} articles), served by nginx on loopback; "
        "nothing has changed",
        f"{DUE}: robots.txt, sitemaps and listings are asked for; the sitemaps' dates say that no "
        "article has changed (a few at random are looked at all the same, as the profile says)",
        f"{ALL}: `--refresh all`, as where sitemaps tell no dates and one wants to be sure; requests are "
        "conditional, and nginx answers 304",
    ]
