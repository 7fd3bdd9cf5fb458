"""A whole crawl into an archive, from nginx on loopback, against bare Scrapy spiders and wget."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

from benchmarks.measure import BrokenRun, Figure, Samples, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.site import MadeSite, make_site
from benchmarks.waiting import CHECKOUT, Cost, waited
from storage.archive import open_archive

ARTICLES, QUICK_ARTICLES = 1000, 200
"""Of a site that is crawled for other figures, too."""
MANY_ARTICLES = 2640
"""With their listings some 3,000 pages."""
DEFAULT = "Scrapy, as it comes"
TUNED = "Scrapy, our settings"
WGET = "wget --warc-file"
_WHY_READING = (
    "Reading a page takes longer than fetching it from loopback (see Reading pages), in one process of "
    "Python's beside the crawl's own, which meanwhile keeps the exchange, its digests and the rows of "
    "each page; the other one does neither, and keeps nothing."
)
_WHY = {
    "default": _WHY_READING,
    "tuned": _WHY_READING,
    "wget": "wget is a program in C that is told all addresses beforehand, reads nothing and writes no "
    "archive but the WARC file; reading alone takes longer than all of what it does.",
}


class Serving(Protocol):
    """A server of a made site that counts what it was asked for."""

    base_url: str

    def asked(self) -> Counter[str]:
        """How often each path was asked for since the last call."""


def measure(extent: Extent) -> Measured:
    """Crawl the made site with each contender.

    Every contender runs once a round, and the next round begins with another; unless it is to be quick, a
    round that is not counted comes first. Raises `NotMeasurable` without nginx or wget, `BrokenRun` when one
    of them does not fetch the whole site exactly once, or an article is missing from the archive.
    """
    from benchmarks.nginx import Nginx
    from benchmarks.wget import wget, wget_program

    wget_program()
    with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder, Nginx(Path(folder, "n")) as served:
        site = make_site(served.base_url, extent.size(MANY_ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        place = Path(folder)
        contenders: dict[str, Callable[[int], Cost]] = {
            "ours": lambda number: our_crawl(served, site, place, f"archive-{number}"),
            "default": lambda _: _bare(served, site, place, "default"),
            "tuned": lambda _: _bare(served, site, place, "tuned"),
            "wget": lambda number: wget(served, site.html_paths, place / f"wget-{number}").cost,
        }
        taken: dict[str, list[Cost]] = {name: [] for name in contenders}
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            for name in _turned(list(contenders), number):
                cost = contenders[name](number)
                if number:
                    taken[name].append(cost)
                extent.tell(
                    f"crawl {number} of {extent.runs}: {name} {cost.wall:.1f} s, CPU {cost.cpu:.1f} s"
                )
            shutil.rmtree(place / f"archive-{number}")
    return Measured(_described(site, taken), _figures(taken, len(site.html_paths)))


def _figures(taken: dict[str, list[Cost]], pages: int) -> list[Figure]:
    def a_page(name: str, clock: str) -> Samples:
        return spread([getattr(cost, clock) / pages for cost in taken[name]])

    told = (
        ("default", DEFAULT, "wall", "wall time of the process", 1.5),
        ("tuned", TUNED, "wall", "wall time of the process", 0.8),
        ("wget", WGET, "wall", "wall time of the process", 1.0),
        ("default", DEFAULT, "crawl", "wall time without start-up", None),
        ("tuned", TUNED, "crawl", "wall time without start-up", None),
        ("default", DEFAULT, "cpu", "CPU time of all its processes", None),
        ("tuned", TUNED, "cpu", "CPU time of all its processes", None),
        ("wget", WGET, "cpu", "CPU time of all its processes", None),
    )
    return [
        Figure(
            "whole crawl",
            named,
            clock_name,
            a_page("ours", clock),
            a_page(limit, clock),
            aim,
            at_least=True,
            why_missed=_WHY[limit],
        )
        for limit, named, clock, clock_name, aim in told
    ]


def _described(site: MadeSite, taken: dict[str, list[Cost]]) -> list[str]:
    sizes = sorted(len(site.answers[path][1]) for path in site.html_paths)
    memory = ", ".join(
        f"{name} {max(cost.memory_mb for cost in costs):.0f} MB" for name, costs in taken.items()
    )
    return [
        f"{len(site.html_paths):,} pages ({len(site.articles):,} articles), "
        f"{sizes[len(sizes) // 2] / 1000:.1f} kB each, served by nginx on loopback",
        "ours: exact WARC files, reading, archive, search index; politeness off; also asks for "
        f"{len(site.feed_paths)} files (robots.txt, sitemaps)",
        f"{DEFAULT}: its settings, and a spider that hands every link to Scrapy, whose filter drops what it "
        "has had; nothing is kept",
        f"{TUNED}: as little as can be: an XPath for links, a set of what it has asked for; nothing is kept",
        f"{WGET}: fetches a list of the same addresses, reads nothing",
        f"peak memory of the largest process: {memory}",
    ]


def our_crawl(
    served: Serving, site: MadeSite, folder: Path, name: str, *, module: str = "crawler.cli"
) -> Cost:
    """Crawl the site into the archive `name` in `folder`. Raises `BrokenRun` unless all of it is there.

    `module` is run as the command line.
    """
    archive = folder / name
    with crawl_into(served, folder, archive, module=module) as (took, told):
        check_asked("our crawl", served.asked(), site.html_paths | site.feed_paths)
        if told["outcome"] != "complete" or told["counts"]["answers"] != len(site.answers):
            raise BrokenRun(f"our crawl ended {told['outcome']} after {told['counts']['answers']} answers")
        _check_archive(archive, site)
        return took


@contextmanager
def crawl_into(
    served: Serving, folder: Path, archive: Path, *options: str, module: str = "crawler.cli"
) -> Iterator[tuple[Cost, dict[str, Any]]]:
    """Crawl what is served into an archive, without delay; what it cost and the JSON it printed. Raises
    `BrokenRun` when it fails. `folder` keeps compiled modules."""
    command = crawl_command(served, archive, *options, module=module)
    with run_python(command, folder) as (took, told):
        yield took, told


def crawl_command(served: Serving, archive: Path, *options: str, module: str = "crawler.cli") -> list[str]:
    """What has Python crawl what is served into an archive, without delay, and print JSON."""
    command = ["-m", module, "crawl", "--archive", str(archive), "--site", "sample"]
    command += ["--start", f"{served.base_url}/", "--allow-private", urlsplit(served.base_url).netloc]
    return [*command, "--delay", "0", "--json", *options]


def _bare(served: Serving, site: MadeSite, folder: Path, kind: str) -> Cost:
    with run_python(["-m", "benchmarks.bare", served.base_url, kind], folder) as (took, told):
        check_asked(f"the {kind} spider", served.asked(), site.html_paths)
        if told["pages"] != len(site.html_paths):
            raise BrokenRun(f"the {kind} spider saw {told['pages']} of {len(site.html_paths)} pages")
        return took


def check_asked(who: str, asked: Counter[str], wanted: frozenset[str]) -> None:
    """Raises `BrokenRun` unless exactly these were asked for, each once."""
    missing, extra = sorted(wanted - set(asked)), sorted(set(asked) - wanted)
    again = sorted(path for path, times in asked.items() if times > 1)
    for what, paths in (
        ("never asked for", missing),
        ("asked in vain for", extra),
        ("asked again for", again),
    ):
        if paths:
            raise BrokenRun(f"{who} {what} {len(paths)} of {len(wanted)} addresses, such as {paths[0]}")


def _check_archive(directory: Path, site: MadeSite) -> None:
    """Raises `BrokenRun` unless the archive holds every article, under its id, as the site shows it."""
    with open_archive(directory, read_only=True) as archive, archive.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, title, takeaway FROM articles").all()
    held = {tuple(row) for row in rows}
    made = {(article.id, article.title, article.takeaway) for article in site.articles.values()}
    if held != made:
        raise BrokenRun(f"the archive holds {len(held & made)} of {len(made)} articles as they are")


@contextmanager
def run_python(
    arguments: list[str], folder: Path, checkout: Path = CHECKOUT
) -> Iterator[tuple[Cost, dict[str, Any]]]:
    """Run this Python with `arguments` in a checkout to its end; what it cost and the JSON it printed.

    Raises `BrokenRun` when it fails. The output goes through files: nobody has to read while it runs.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        environment = python_environment(folder)
        cost = waited([sys.executable, *arguments], stdout=out, stderr=err, cwd=checkout, env=environment)
        out.seek(0)
        err.seek(0)
        said = err.read().decode("utf-8", "replace").strip().splitlines()
        if cost.status != 0:
            raise BrokenRun(f"{arguments[1]} exited {cost.status}: {said[-1] if said else 'no word'}")
        told: dict[str, Any] = json.loads(out.read())
        yield replace(cost, crawl=_seconds(told)), told


def _seconds(told: dict[str, Any]) -> float:
    """How long the work itself took, as its process says; of a reread over all its sites."""
    parts = told.get("sites", [told])
    return sum(float(part["seconds"]) for part in parts)


def python_environment(folder: Path) -> dict[str, str]:
    """The environment without anything that would configure a crawl; compiled modules are kept in `folder`.

    Where the environment forbids keeping them, every process would compile Scrapy anew.
    """
    dropped = ("MSARCHIVE_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "PYTHONPYCACHEPREFIX": str(folder / "compiled")}


def _turned(names: list[str], number: int) -> list[str]:
    at = number % len(names)
    return names[at:] + names[:at]
