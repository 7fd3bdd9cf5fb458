"""Reading captures again: against crawling the same pages, and against only iterating over their files."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks import server
from benchmarks.crawling import ARTICLES, QUICK_ARTICLES, our_crawl, run_python
from benchmarks.measure import BrokenRun, Figure, Samples, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.peers import installed
from benchmarks.site import MadeSite, make_site
from benchmarks.waiting import Cost, waited
from storage.archive import open_archive
from storage.compare import archive_digest
from storage.warc import FOLDER

AIM = 0.2
"""At least five times as fast."""
NEAR_S = 0.02
"""Seconds in which a site near by answers."""
CRAWLS = {"at once": "our crawl of them", "near": f"crawl, {NEAR_S * 1000:.0f} ms away"}
FASTWARC, WARCIO = "fastwarc", "warcio"
_WARCIO = ("warcio==1.8.1",)
_SCRIPT = Path(__file__).with_name("iterate_warc.py")
PAGES_A_SECOND = 1500
_WHY = (
    "1,500 pages a second on two cores leave 1.3 ms of a core for a page; taking it from its file, reading "
    "it by rules in Python and comparing takes three to six (the CPU time below), so that it would want five "
    "to ten cores."
)


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
        pythons = _pythons(extent)
        iterated: dict[str, list[Cost]] = {name: [] for name in pythons}
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            took = {}
            for name, wait in (("near", NEAR_S), ("at once", 0.0)):
                served.answer_after(wait)
                took[name] = our_crawl(served, site, Path(folder), f"{name}-{number}")
            again = _reread(Path(folder) / f"at once-{number}", site, Path(folder))
            alone = {
                name: _iterate(name, pythons[name], Path(folder) / f"at once-{number}") for name in pythons
            }
            if number:
                rereads.append(again)
                for name, cost in alone.items():
                    iterated[name].append(cost)
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
    described += [
        f"{name}: every record of the same WARC files is read to its end by that library, in one process; "
        "nothing is done with it"
        for name in pythons
    ]
    return Measured(described, _figures(rereads, crawls, iterated, pages))


def _pythons(extent: Extent) -> dict[str, Path]:
    """The Python of each library that only iterates; warcio's is installed, but not for a first look. Raises
    `NotMeasurable` when it can't be."""
    ours = {FASTWARC: Path(sys.executable)}
    return ours if extent.quick else {**ours, WARCIO: installed(WARCIO, _WARCIO)}


def _iterate(library: str, python: Path, archive: Path) -> Cost:
    """Raises `BrokenRun` when it does not find as many answers as the archive has captures."""
    files = sorted(str(path) for path in (archive / FOLDER).glob("*.warc.gz"))
    with tempfile.TemporaryFile() as out:
        cost = waited([str(python), "-I", str(_SCRIPT), library, *files], stdout=out)
        out.seek(0)
        said = out.read().decode().strip()
    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        sql = "SELECT count(*) FROM capture WHERE record_type = 'response'"
        wanted = connection.exec_driver_sql(sql).scalar()
    if cost.status != 0 or said != str(wanted):
        raise BrokenRun(f"{library} found {said or 'no'} of {wanted} answers in the WARC files")
    return cost


def _figures(
    rereads: list[Cost], crawls: dict[str, list[Cost]], iterated: dict[str, list[Cost]], pages: int
) -> list[Figure]:
    def a_page(costs: list[Cost], clock: str) -> Samples:
        return spread([getattr(cost, clock) / pages for cost in costs])

    told = (
        ("near", "wall", "wall time of the process", AIM),
        ("at once", "wall", "wall time of the process", None),
        ("at once", "cpu", "CPU time of the process", None),
        ("at once", "crawl", "wall time without start-up", None),
    )
    name = "reading captures again"
    ours = a_page(rereads, "crawl")
    return [
        Figure(name, None, "wall time without start-up", ours, None, 1 / PAGES_A_SECOND, why_missed=_WHY),
        *(
            Figure(name, CRAWLS[crawl], of, a_page(rereads, clock), a_page(crawls[crawl], clock), aim)
            for crawl, clock, of, aim in told
        ),
        *(
            Figure(name, f"{library} alone", of, a_page(rereads, clock), a_page(costs, clock))
            for library, costs in iterated.items()
            for clock, of in (("wall", "wall time of the process"), ("cpu", "CPU time of all its processes"))
        ),
    ]


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
