"""Readers beside a crawl, and who is told to wait: one writer at a time, named; readers never."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.lock import holder
from tests.cli.conftest import Run, run
from tests.crawl.crawling import crawl, kill, start_crawl
from tests.torture.readers import read_beside_crawls
from tests.torture.tinysite import TinySite

__all__ = ["run"]
SECONDS = float(os.environ.get("MSARCHIVE_READERS_SECONDS", "60"))
PAUSE = 1.0
"""Seconds between two commands of a reader, so that other tests have a processor, too."""
DELAY = 0.5
"""Seconds between two requests of the crawls."""


def test_eight_readers_beside_crawls_are_never_refused(tmp_path: Path) -> None:
    seen = read_beside_crawls(tmp_path, readers=8, seconds=SECONDS, pause=PAUSE, delay=DELAY)
    assert seen.failures == []
    assert seen.crawls >= 1
    assert seen.least >= 1


@pytest.fixture
def site() -> Iterator[TinySite]:
    with TinySite() as running:
        yield running


def test_a_second_writer_of_any_kind_is_told_who_holds_the_archive(
    run: Run, site: TinySite, tmp_path: Path
) -> None:
    archive = tmp_path / "archive"
    assert crawl(archive, site.base_url).code == 0
    page = tmp_path / "page.html"
    page.write_bytes(site.script["/news/view/a-made-study-aB3dE1"].body)  # type: ignore[union-attr]
    site.stall = frozenset({"/robots.txt"})
    at_work = start_crawl(archive, site.base_url)
    try:
        while holder(archive) is None:
            assert at_work.poll() is None
            time.sleep(0.02)
        for command in (
            ["import", page, "--site", "sample"],
            ["reread", "--all"],
            ["verify", "--repair"],
            ["crawl", "--site", "sample", "--start", f"{site.base_url}/"],
        ):
            told = run(*command, "--archive", archive)
            assert told.code == 4, told
            assert f"process {at_work.pid}" in told.err
            assert socket.gethostname() in told.err
            assert " since 20" in told.err
        skipped = [
            one
            for one in json.loads(run("runs", "--json", "--archive", archive).out)
            if one["outcome"] == "skipped"
        ]
        # What is a run leaves a row; a repair is none.
        assert [one["kind"] for one in reversed(skipped)] == ["import", "reread", "crawl"]
        assert {(one["site"], one["exit_code"]) for one in skipped} == {("sample", 4)}
        assert all(f"process {at_work.pid}" in one["reason"] for one in skipped)
        assert run("list", "--archive", archive).code == 0
    finally:
        kill(at_work)
    assert holder(archive) is None
    assert run("reread", "--all", "--archive", archive).code == 0


def test_the_note_beside_the_lock_says_which_command_holds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["/usr/bin/msarchive", "crawl", "--contact", "me@example.org"])
    with open_archive(tmp_path, create=True):
        found = holder(tmp_path)
        assert found is not None
        assert (found.pid, found.host, found.command) == (
            os.getpid(),
            socket.gethostname(),
            "msarchive crawl",
        )
        assert str(found).startswith(f"process {os.getpid()} (msarchive crawl) on ")
    assert holder(tmp_path) is None


def test_a_number_that_another_process_bears_by_now_is_no_holder(tmp_path: Path) -> None:
    with open_archive(tmp_path, create=True):
        note = json.loads((tmp_path / ".lock.json").read_text())
    note["began"] = f"{note['began']}0"
    (tmp_path / ".lock.json").write_text(json.dumps(note))
    assert holder(tmp_path) is None
    del note["began"]
    (tmp_path / ".lock.json").write_text(json.dumps(note))
    assert holder(tmp_path) is not None  # as an older version wrote it: who is alive is believed


def test_a_lock_dies_with_its_process(site: TinySite, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    site.stall = frozenset({"/news"})
    at_work = start_crawl(archive, site.base_url)
    while "/news" not in site.paths:
        assert at_work.poll() is None
        time.sleep(0.02)
    at_work.send_signal(signal.SIGKILL)
    at_work.communicate()
    assert (archive / ".lock.json").exists()
    site.stall = frozenset()
    assert crawl(archive, site.base_url).code == 0
