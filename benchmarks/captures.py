"""A crawl that keeps what came over the wire, against this project's own crawl from before it did."""

from __future__ import annotations

import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks import server
from benchmarks.crawling import ARTICLES, CHECKOUT, QUICK_ARTICLES, Cost, check_asked, our_crawl, run_python
from benchmarks.measure import BrokenRun, Figure, NotMeasurable, Samples, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.site import MadeSite, make_site

BEFORE = "c550a7ab86671e87ced5ae4ad52d08eaaf77f9ec"
"""The last commit before captures went into WARC files."""
LIMIT = "crawl before captures"
AIM = 1.11
"""At most a tenth of the speed is lost."""


def why_not() -> str | None:
    """Why it can't be measured here, in one line; None when it can."""
    try:
        asked = subprocess.run(
            ["git", "cat-file", "-e", f"{BEFORE}^{{commit}}"], cwd=CHECKOUT, capture_output=True, check=False
        )
    except OSError as error:
        return f"git can't be run: {error.strerror}"
    if asked.returncode == 0:
        return None
    return f"this checkout's history does not go back to {BEFORE[:7]}, which it is to be compared with"


def measure(extent: Extent) -> Measured:
    """Crawl the made site with both. Each round begins with the other one; unless it is to be quick, a round
    that is not counted comes first.

    Raises `NotMeasurable` without the history, `BrokenRun` when one of them does not fetch the whole site
    exactly once, or an article is missing from its archive.
    """
    reason = why_not()
    if reason is not None:
        raise NotMeasurable(reason)
    with server.Served() as served, tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
        place = Path(folder)
        before = _checked_out(place / "before")
        site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        contenders: dict[str, Callable[[str], Cost]] = {
            "now": lambda name: our_crawl(served, site, place, f"now-{name}"),
            "before": lambda name: _crawl_before(served, site, place, f"before-{name}", before),
        }
        taken: dict[str, list[Cost]] = {name: [] for name in contenders}
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            for name in sorted(contenders, reverse=bool(number % 2)):
                cost = contenders[name](str(number))
                if number:
                    taken[name].append(cost)
                extent.tell(f"crawl {number} of {extent.runs}: {name} {cost.wall:.1f} s")
    pages = len(site.html_paths)
    described = [
        f"{LIMIT}: this project at commit {BEFORE[:7]}, which kept bodies in the database; the same site, "
        f"{pages:,} pages",
        "everything else that has changed since then, for better or worse, is in the figures too",
    ]
    return Measured(described, _figures(taken, pages))


def _figures(taken: dict[str, list[Cost]], pages: int) -> list[Figure]:
    def a_page(name: str, clock: str) -> Samples:
        return spread([getattr(cost, clock) / pages for cost in taken[name]])

    told = (
        ("wall", "wall time of the process", AIM),
        ("cpu", "CPU time of the process", None),
        ("crawl", "wall time without start-up", None),
    )
    return [
        Figure("a crawl with captures", LIMIT, name, a_page("now", clock), a_page("before", clock), aim)
        for clock, name, aim in told
    ]


def _checked_out(folder: Path) -> Path:
    """The project as it was, in `folder`. Raises `BrokenRun` when it can't be had."""
    folder.mkdir()
    packed = folder / "before.tar"
    with packed.open("wb") as out:
        made = subprocess.run(
            ["git", "archive", "--format=tar", BEFORE],
            cwd=CHECKOUT,
            stdout=out,
            stderr=subprocess.PIPE,
            check=False,
        )
    if made.returncode != 0:
        said = made.stderr.decode("utf-8", "replace").strip()
        raise BrokenRun(f"git archive failed: {said.splitlines()[-1] if said else made.returncode}")
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")
    packed.unlink()
    return folder


def _crawl_before(served: server.Served, site: MadeSite, folder: Path, name: str, checkout: Path) -> Cost:
    archive = folder / name
    command = ["-m", "crawler.cli", "crawl", "--archive", str(archive), "--site", "sample"]
    command += ["--start", f"{served.base_url}/", "--delay", "0", "--json"]
    with run_python(command, folder, checkout) as (took, told):
        check_asked("the crawl before captures", served.asked(), site.html_paths | site.feed_paths)
        if told["outcome"] != "complete":
            raise BrokenRun(f"the crawl before captures ended {told['outcome']}")
    with closing(sqlite3.connect(archive / "archive.db")) as database:
        held = set(database.execute("SELECT id, title, takeaway FROM articles"))
    made = {(article.id, article.title, article.takeaway) for article in site.articles.values()}
    if held != made:
        raise BrokenRun(
            f"the archive of the crawl before captures holds {len(held & made)} of {len(made)} articles"
        )
    return took
