"""Several workers at one site and one archive in PostgreSQL, without delay: what sharing costs and brings."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from json import loads
from pathlib import Path
from sys import executable
from time import monotonic

from benchmarks.crawling import check_asked, crawl_command, python_environment
from benchmarks.measure import BrokenRun, Figure, Samples, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.nginx import Nginx
from benchmarks.postgresql_server import PostgreSQL, postgresql
from benchmarks.site import MadeSite, make_site
from benchmarks.waiting import CHECKOUT, Waiting
from storage.archive import open_archive

ARTICLES, QUICK_ARTICLES = 500, 150
SQLITE, ALONE = "one process, SQLite", "one process, PostgreSQL"
WORKERS = {1: "1 worker", 2: "2 workers", 4: "4 workers"}
_WALL, _CRAWL = "wall time of all processes", "wall time without start-up"


@dataclass(frozen=True)
class Took:
    """Seconds of one crawl, by however many processes."""

    wall: float
    """From starting the first process to the end of the last."""
    crawl: float
    """Of the process that was longest at it, as it says: without its start-up."""


@dataclass(frozen=True)
class _Place:
    """What crawls work with."""

    served: Nginx
    site: MadeSite
    server: PostgreSQL
    folder: Path


def measure(extent: Extent) -> Measured:
    """Crawl the made site by each number of workers, and by one process into each database, in turns. Unless
    it is to be quick, a round that is not counted comes first.

    Raises `NotMeasurable` without nginx or PostgreSQL, `BrokenRun` when a page is not asked for exactly once
    or an article is missing.
    """
    names = [SQLITE, ALONE, *WORKERS.values()]
    taken: dict[str, list[Took]] = {name: [] for name in names}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="msarchive-bench-")))
        served = stack.enter_context(Nginx(folder / "n"))
        server = stack.enter_context(postgresql())
        site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        place = _Place(served, site, server, folder)
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            at = number % len(names)
            for name in names[at:] + names[:at]:
                took = _crawl(place, name)
                if number:
                    taken[name].append(took)
                extent.tell(f"round {number} of {extent.runs}: {name} {took.wall:.1f} s")
        version = server.run("postgres", "--version")
    return Measured(_described(site, version), _figures(taken, len(site.html_paths)))


def _crawl(place: _Place, name: str) -> Took:
    number = next((number for number, called in WORKERS.items() if called == name), 1)
    archive = place.folder / "archive"
    database = None if name == SQLITE else place.server.new()
    options = [] if database is None else ["--database", database]
    options += ["--shared"] if name in WORKERS.values() else []
    command = [executable, *crawl_command(place.served, archive, *options)]
    environment = python_environment(place.folder)
    begin, said = monotonic(), [place.folder / f"said-{one}" for one in range(number)]
    with ExitStack() as stack:
        outs = [stack.enter_context(path.open("wb")) for path in said]
        errors = stack.enter_context((place.folder / "errors").open("wb"))
        running: list[Waiting] = []
        try:
            for out in outs:
                running.append(Waiting(command, cwd=CHECKOUT, env=environment, stdout=out, stderr=errors))
            costs = [one.end() for one in running]
        except BaseException:
            for one in running:
                one.kill()
            raise
    wall = monotonic() - begin
    if any(cost.status for cost in costs):
        lines = (place.folder / "errors").read_text("utf-8", "replace").strip().splitlines()
        raise BrokenRun(f"{name}: a crawl failed: {lines[-1] if lines else 'no word'}")
    _check(place, name, archive, database)
    shutil.rmtree(archive)
    if database is not None:
        place.server.drop(database)
    return Took(wall, max(float(loads(path.read_bytes())["seconds"]) for path in said))


def _check(place: _Place, name: str, archive: Path, database: str | None) -> None:
    """Raises `BrokenRun` unless everything was asked for once, in one run, and every article is there."""
    check_asked(name, place.served.asked(), place.site.html_paths | place.site.feed_paths)
    with (
        open_archive(archive, read_only=True, database=database) as opened,
        opened.engine.connect() as connection,
    ):
        runs = connection.exec_driver_sql("SELECT count(*) FROM run WHERE outcome = 'complete'").scalar()
        held = {tuple(row) for row in connection.exec_driver_sql("SELECT id, title, takeaway FROM articles")}
    made = {(article.id, article.title, article.takeaway) for article in place.site.articles.values()}
    if runs != 1 or held != made:
        raise BrokenRun(f"{name}: {runs} complete runs, {len(held & made)} of {len(made)} articles")


def _figures(taken: dict[str, list[Took]], pages: int) -> list[Figure]:
    def a_page(name: str, clock: str) -> Samples:
        return spread([(took.wall if clock == _WALL else took.crawl) / pages for took in taken[name]])

    pairs = [(ALONE, SQLITE), *((name, limit) for limit in (ALONE, SQLITE) for name in WORKERS.values())]
    return [
        Figure(name, limit, clock, a_page(name, clock), a_page(limit, clock))
        for clock in (_WALL, _CRAWL)
        for name, limit in pairs
    ]


def _described(site: MadeSite, version: str) -> list[str]:
    return [
        f"{len(site.html_paths):,} pages ({len(site.articles):,} articles) of 25 kB, served by nginx",
        f"{version}, on the same machine, with its own settings: a commit waits for the disk",
        f"{ALONE}, {SQLITE}: the same crawl without `--shared`",
        "workers ask one site one request at a time, over all of them, as one process does; with a delay, "
        "as at any real site, all of these take as long as the delay says",
    ]
