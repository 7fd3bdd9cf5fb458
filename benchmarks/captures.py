"""What exact captures cost a crawl: today's program with and without them, and as they were brought in.

- *Today*: `msarchive crawl` in turns with `benchmarks.uncaptured`, which is the same program of the same
  commit without that work: it records nothing on the wire, writes no WARC file, syncs none, and puts bodies
  into the database, as was done before. Nothing else differs, so this is what the aim is for.
- *As they were brought in*: this project at `AFTER` in turns with itself at `BEFORE`, unpacked from git's
  history into a temporary folder and run in today's environment. What else came between the two is in it (a
  checksum of the database at the end, the policy of visits). Told without an aim.
- *Since then*: today's program in turns with `BEFORE`: what a crawl takes now against what it took before
  there were exact captures, with everything that made it slower or faster since.
"""

from __future__ import annotations

import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from benchmarks import server
from benchmarks.crawling import ARTICLES, QUICK_ARTICLES, check_asked, our_crawl, run_python
from benchmarks.measure import BrokenRun, Figure, Samples, spread
from benchmarks.measurements import Extent, Measured
from benchmarks.site import MadeSite, make_site
from benchmarks.waiting import CHECKOUT, Cost

BEFORE = "4e2cd8c328a096104623e7a35b3b6851cb54565c"
"""The last commit before captures went into WARC files."""
AFTER = "69aacc5bee5637ae03ebe613d36ebbf147b5f576"
"""With which they were complete: recorded on the wire, in WARC files, synced beside the statements."""
WITHOUT = "without captures"
AIM = 1.11
"""At most a tenth of the speed is lost."""


def no_history() -> str | None:
    """Why commits of before can't be measured here, in one line; None when they can."""
    for commit in (BEFORE, AFTER):
        try:
            asked = subprocess.run(
                ["git", "cat-file", "-e", f"{commit}^{{commit}}"],
                cwd=CHECKOUT,
                capture_output=True,
                check=False,
            )
        except OSError as error:
            return f"git can't be run: {error.strerror}"
        if asked.returncode != 0:
            return f"this checkout's history does not go back to {commit[:7]}"
    return None


def measure(extent: Extent) -> Measured:
    """Crawl the made site with each contender, in turns that begin with another one each round; unless it is
    to be quick, a round that is not counted comes first. A quick look is at today's program alone.

    Raises `BrokenRun` when one of them does not fetch the whole site exactly once, or an article is missing
    from its archive.
    """
    missing = "a first look leaves them out" if extent.quick else no_history()
    with server.Served() as served, tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
        place = Path(folder)
        site = make_site(served.base_url, extent.size(ARTICLES, QUICK_ARTICLES))
        served.start(site.answers)
        contenders: dict[str, Callable[[str], Cost]] = {
            "now": lambda name: our_crawl(served, site, place, name),
            "without": lambda name: our_crawl(served, site, place, name, module="benchmarks.uncaptured"),
        }
        if missing is None:
            for commit in (AFTER, BEFORE):
                checkout = _checked_out(place / commit, commit)
                contenders[commit] = lambda name, of=checkout: _crawl_of(served, site, place, name, of)  # type: ignore[misc]
        taken: dict[str, list[Cost]] = {name: [] for name in contenders}
        for number in range(1 if extent.quick else 0, extent.runs + 1):
            for name in sorted(contenders, reverse=bool(number % 2)):
                cost = contenders[name](f"{name}-{number}")
                if number:
                    taken[name].append(cost)
                extent.tell(
                    f"crawl {number} of {extent.runs}: {name} {cost.wall:.1f} s, CPU {cost.cpu:.1f} s"
                )
    pages = len(site.html_paths)
    return Measured(_described(pages, missing), _figures(taken, pages))


def _described(pages: int, missing: str | None) -> list[str]:
    history = f"commit {AFTER[:7]} against {BEFORE[:7]}: this project when exact captures were brought in"
    return [
        f"{pages:,} pages on loopback, crawled in turns",
        f"{WITHOUT}: the same program without recording, WARC records, their digests and syncs; bodies are "
        "compressed into the database (`benchmarks.uncaptured`)",
        history if missing is None else f"no figures of when they were brought in: {missing}",
    ]


def _figures(taken: dict[str, list[Cost]], pages: int) -> list[Figure]:
    def a_page(name: str, clock: str) -> Samples:
        return spread([getattr(cost, clock) / pages for cost in taken[name]])

    told = (
        ("wall", "wall time of the process", AIM),
        ("cpu", "CPU time of the process", None),
        ("crawl", "wall time without start-up", None),
    )
    pairs = [("a crawl with exact captures", "now", WITHOUT, "without", True)]
    if BEFORE in taken:
        limit = f"commit {BEFORE[:7]}"
        pairs.append(("a crawl today, against one before exact captures", "now", limit, BEFORE, True))
        pairs.append((f"commit {AFTER[:7]}, which completed them", AFTER, limit, BEFORE, False))
    return [
        Figure(what, limit_name, name, a_page(ours, clock), a_page(limit, clock), aim if aimed else None)
        for what, ours, limit_name, limit, aimed in pairs
        for clock, name, aim in told
    ]


def _checked_out(folder: Path, commit: str) -> Path:
    """The project as it was, in `folder`. Raises `BrokenRun` when it can't be had."""
    folder.mkdir()
    packed = folder / "before.tar"
    with packed.open("wb") as out:
        made = subprocess.run(
            ["git", "archive", "--format=tar", commit],
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


def _crawl_of(served: server.Served, site: MadeSite, folder: Path, name: str, checkout: Path) -> Cost:
    """A crawl by this project as it was."""
    archive = folder / name
    command = ["-m", "crawler.cli", "crawl", "--archive", str(archive), "--site", "sample"]
    command += ["--start", f"{served.base_url}/", "--delay", "0", "--json"]
    with run_python(command, folder, checkout) as (took, told):
        check_asked(f"the crawl of {checkout.name}", served.asked(), site.html_paths | site.feed_paths)
        if told["outcome"] != "complete":
            raise BrokenRun(f"the crawl of {checkout.name} ended {told['outcome']}")
    with closing(sqlite3.connect(archive / "archive.db")) as database:
        held = set(database.execute("SELECT id, title, takeaway FROM articles"))
    made = {(article.id, article.title, article.takeaway) for article in site.articles.values()}
    if held != made:
        raise BrokenRun(
            f"the archive of the crawl of {checkout.name} holds {len(held & made)} of {len(made)} articles"
        )
    return took
