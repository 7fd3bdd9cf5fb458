"""`msarchive demo`: a crawl to look around in, the same archive however often it runs."""

from __future__ import annotations

import json
import shlex
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler import samplesite
from crawler.cli.demo import CHANGES
from crawler.samplesite import SampleSite, truth

from .crawling import CHECKOUT, ask, clean_environment, finish, start_crawl


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
        cwd=CHECKOUT,
    )


def demo(archive: Path) -> dict[str, Any]:
    done = run("demo", "--archive", str(archive), "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "demo archive"
    assert demo(folder)["crawl"]["counts"]["new_articles"] == len(truth())
    return folder


def test_what_it_suggests_to_try_next_works(archive: Path) -> None:
    done = run("demo", "--archive", str(archive))
    assert done.returncode == 0
    assert "Nothing new" in done.stdout
    lines = done.stdout.split("Try next\n")[1].splitlines()
    assert len(lines) == 4
    for line in lines[:2]:
        words = shlex.split(line)
        assert words[0] == "msarchive"
        tried = run(*words[1:])
        assert tried.returncode == 0, tried.stderr
        assert tried.stdout.strip()


def test_when_its_port_is_taken_it_is_still_the_same_site(archive: Path) -> None:
    before = ask(archive, "SELECT url, state FROM urls ORDER BY url")
    port = urlsplit(before[0][0]).port
    with socket.create_server(("127.0.0.1", port or 0)):
        again = demo(archive)
    assert again["crawl"]["counts"]["new_articles"] == again["crawl"]["counts"]["new_urls"] == 0
    assert again["crawl"]["counts"]["new_revisions"] == 0
    assert ask(archive, "SELECT url, state FROM urls ORDER BY url") == before


def test_two_crawls_of_one_archive_at_once_are_one_too_many(tmp_path: Path) -> None:
    with SampleSite(delay=0.02) as site:
        one, two = (start_crawl(tmp_path / "archive", site.base_url) for _ in range(2))
        codes = sorted([finish(one).code, finish(two).code])
    assert codes == [0, 4]


def test_the_command_offers_every_change_that_the_sample_site_knows() -> None:
    assert CHANGES == samplesite.CHANGES
