"""Crawls for tests: each in a process of its own, as a user would run it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.places import database_of, rows

CHECKOUT = Path(__file__).parents[2]
_ONE_CRAWL = """
import json, sys
from pathlib import Path
from crawler.cli.crawl import as_plain
from crawler.cli.errors import as_user_error
from crawler.run import CrawlOptions, run_crawl
told = json.loads(sys.argv[1])
before = told.pop("before", "")
exec(before)
told["archive"], told["start"] = Path(told["archive"]), tuple(told["start"])
told["allow_private"] = tuple(told.get("allow_private", ()))
if told.get("urls"):
    told["urls"] = Path(told["urls"])
try:
    result = run_crawl(CrawlOptions(**told))
except Exception as error:
    known = as_user_error(error)
    if known is None:
        raise
    print(json.dumps({"error": str(known), "exit_code": int(known.code)}))
    sys.exit(known.code)
print(json.dumps(as_plain(result)))
sys.exit(result.exit_code)
"""


@dataclass(frozen=True)
class Crawled:
    """A crawl that ended."""

    code: int
    result: dict[str, Any]
    stderr: str


def start_crawl(archive: Path, base_url: str, **options: Any) -> subprocess.Popen[str]:
    """Begin a crawl of the sample site's kind at `base_url`, without delay and with quick retries."""
    told: dict[str, Any] = {
        "archive": str(archive),
        "database": database_of(archive),
        "site": "sample",
        "start": [f"{base_url}/", f"{base_url}/news"],
        "retry_wait": 0.05,
        "progress": "none",
        **options,
    }
    return subprocess.Popen(
        [sys.executable, "-c", _ONE_CRAWL, json.dumps(told)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )


def finish(process: subprocess.Popen[str], *, timeout: float = 60) -> Crawled:
    """Wait for a crawl's end; kill it when it takes more than so many seconds."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    lines = out.strip().splitlines()
    return Crawled(process.returncode, json.loads(lines[-1]) if lines else {}, err)


def crawl(archive: Path, base_url: str, **options: Any) -> Crawled:
    """A whole crawl."""
    return finish(start_crawl(archive, base_url, **options))


def kill(process: subprocess.Popen[str]) -> None:
    """SIGKILL, and wait until it is gone."""
    process.send_signal(signal.SIGKILL)
    process.communicate()


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without anything that would configure a crawl, but that the servers which tests start
    on loopback may be connected to."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MSARCHIVE_")}
    return {**kept, "MSARCHIVE_ALLOW_PRIVATE": "127.0.0.1", **more}


def ask(archive: Path, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    """Rows of a query against the archive's public views."""
    return rows(archive, sql, **values)


def states(archive: Path) -> Mapping[str, tuple[str, str]]:
    """Path (with query) -> state and reason, for every address in the table."""
    found = ask(archive, "SELECT url, state, reason FROM urls")
    return {url if "127.0.0.1" not in url else _path(url): (state, reason) for url, state, reason in found}


def _path(url: str) -> str:
    return "/" + url.split("/", 3)[3]
