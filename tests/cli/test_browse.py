"""`msarchive browse`, as it is typed."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.crawl.crawling import clean_environment
from tests.storage.build import House, article


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    house = House(tmp_path / "archive")
    house.save(article())
    house.archive.close()
    return house.directory


def command(*arguments: object, before: str = "") -> list[str]:
    begin = f"{before}\nfrom crawler.cli import main\nmain()"
    return [sys.executable, "-c", begin, "browse", *map(str, arguments)]


def run(*arguments: object, before: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments, before=before),
        env=clean_environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_is_and_ends_cleanly(directory: Path, number: int) -> None:
    with subprocess.Popen(
        command("--archive", directory, "--port", 0),
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        address, _, said = process.stdout.readline().partition(" ")
        assert said == f"shows {directory}; Ctrl-C ends it\n"
        assert httpx.get(address, timeout=30).status_code == 200
        process.send_signal(number)
        assert process.wait(30) == 0
        assert (process.stdout.read(), process.stderr.read()) == ("", "")


def test_a_port_that_is_taken_is_said_in_a_line(directory: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = run("--archive", directory, "--port", taken.getsockname()[1])
    assert done.returncode == 2
    assert done.stderr.startswith("msarchive: can't listen on 127.0.0.1 port ")
    assert done.stderr.count("\n") == 1


def test_no_archive_is_said_before_anything_is_served(tmp_path: Path) -> None:
    done = run("--archive", tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "no archive in" in done.stderr


def test_without_the_extra_it_says_what_to_install(directory: Path) -> None:
    done = run("--archive", directory, before="import sys; sys.modules['starlette'] = None")
    assert done.returncode == 2
    assert "pip install 'msarchive[browse]'" in done.stderr
