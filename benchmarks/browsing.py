"""The pages of `msarchive browse` on large archives, over real HTTP."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

from sqlalchemy import text

from benchmarks.measure import BrokenRun, absolute
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_archive import aimed_at, archives_by_size, told_of
from crawler.browse.addresses import here
from storage.archive import open_archive

AIM_MS = 200.0
REQUESTS = 9
"""Of each page in each run; the run's figure is the middle one."""
_PROGRAM = "from crawler.cli import main; main()"
_PATIENCE_S = 900
_FIRST, _READY = "first answer", "until everything is counted"
_UNAIMED = {_FIRST, _READY}


def measure(extent: Extent) -> Measured:
    """Each run starts the server anew for each archive, waits until it has counted, and asks for each page in
    turns.

    Raises `BrokenRun` when a page is not answered with 200.
    """
    requests = 2 if extent.quick else REQUESTS
    archives = archives_by_size(extent)
    paths = {count: _paths(directory, count) for count, directory in archives.items()}
    taken: dict[int, dict[str, list[float]]] = {count: {} for count in archives}
    for number in range(1, extent.runs + 1):
        for count, directory in archives.items():
            for page, milliseconds in _asked(directory, paths[count], requests).items():
                taken[count].setdefault(page, []).append(milliseconds)
            slowest = max(taken[count].keys() - _UNAIMED, key=lambda page: taken[count][page][-1])
            told = f"slowest is {slowest} with {taken[count][slowest][-1]:.0f} ms"
            extent.tell(f"run {number}, {count:,} articles: {told}")
    aimed = aimed_at(list(archives))
    return Measured(
        [
            f"{told_of(extent, list(archives))}; `msarchive browse` in a process of its own, asked over one "
            "connection",
            f"each run is the middle one of {requests} requests, after a first one that is not counted: what "
            "is dear is had once whenever the archive has changed",
            f"{_FIRST}: the first page of a server that has just started, before anything is counted",
            f"{_READY}: from the server's start, while it is asked once for every page",
        ],
        [
            absolute(
                page, "wall time", "ms", values, AIM_MS if count == aimed and page not in _UNAIMED else None,
                articles=count,
            )
            for count, pages in taken.items()
            for page, values in pages.items()
        ],
    )  # fmt: skip


def _asked(directory: Path, paths: dict[str, str], requests: int) -> dict[str, float]:
    """Page -> milliseconds."""
    with _served(directory) as client:
        began = time.perf_counter()
        taken = {_FIRST: _ask(client, "/")}
        _until_ready(client, paths)
        taken[_READY] = (time.perf_counter() - began) * 1000
        for page, path in paths.items():
            taken[page] = median(_ask(client, path) for _ in range(requests))
    return taken


def _paths(directory: Path, count: int) -> dict[str, str]:
    """Page -> its address, in an archive of any size."""
    with open_archive(directory, read_only=True) as archive, archive.engine.connect() as connection:
        site, key = connection.execute(
            text(
                "SELECT a.site, a.key FROM revision r JOIN article a ON a.id = r.article_key "
                "ORDER BY r.number DESC, a.id LIMIT 1"
            )
        ).one()
        topic = connection.execute(
            text(
                "SELECT normal FROM topic JOIN revision_topic ON topic_id = id GROUP BY id "
                "ORDER BY count(*) DESC LIMIT 1"
            )
        ).scalar_one()
    of = f"{site}/{key}"
    return {
        "first page": "/",
        "articles": "/articles",
        "articles, far on": f"/articles?page={max(1, count // 50)}",
        "articles by rating": "/articles?sort=credibility",
        "article": f"/article/{of}",
        "article as of a date": f"/article/{of}?as_of=2024-12-31",
        "history": f"/history/{of}",
        "difference": f"/difference/{of}",
        "evidence": f"/evidence/{of}",
        "captures": f"/captures/{of}",
        "capture": "/capture/5",
        "archived page": "/archived/5",
        "search, a common word": "/search?q=ms",
        "search, rare words": "/search?q=lamp+morning",
        "topics": "/topics",
        "the largest topic": here("topic", topic),
        "journals": "/journals",
        "changes": "/changes",
        "runs": "/runs",
        "the largest run": "/run/1",
        "coverage": "/coverage",
        "addresses": "/coverage/stored",
        "about": "/about",
    }


@contextmanager
def _served(directory: Path) -> Iterator[http.client.HTTPConnection]:
    command = [sys.executable, "-c", _PROGRAM, "browse", "--archive", str(directory), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            address = urlsplit(process.stdout.readline().partition(" ")[0])
            client = http.client.HTTPConnection(address.netloc, timeout=_PATIENCE_S)
            yield client
            client.close()
        finally:
            process.terminate()


def _until_ready(client: http.client.HTTPConnection, paths: dict[str, str]) -> None:
    """Ask once for every page, and wait until what the background counts is there."""
    for path in paths.values():
        _ask(client, path)
    until = time.monotonic() + _PATIENCE_S
    for path, unready in (("/", b"is being counted"), ("/coverage", b"is being looked up")):
        while unready in _body(client, path):
            if time.monotonic() > until:
                raise BrokenRun(f"{path} has not counted after {_PATIENCE_S} s")
            time.sleep(0.5)


def _ask(client: http.client.HTTPConnection, path: str) -> float:
    """Milliseconds until the answer is there, whole."""
    began = time.perf_counter()
    _body(client, path)
    return (time.perf_counter() - began) * 1000


def _body(client: http.client.HTTPConnection, path: str) -> bytes:
    client.request("GET", path)
    answer = client.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise BrokenRun(f"{path} is answered with {answer.status}")
    return body
