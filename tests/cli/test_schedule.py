"""`msarchive schedule` as a user runs it: real crawls and signals, `/health` and `/metrics`."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from prometheus_client.parser import text_string_to_metric_families

from crawler.exits import UserError
from crawler.samplesite import SampleSite
from crawler.schedule.child import Ended
from crawler.schedule.loop import State
from crawler.schedule.server import health, listen_address
from crawler.schedule.service import exit_code
from tests.crawl.crawling import CHECKOUT, ask, clean_environment, crawl
from tests.crawl.scripted import Answer, ScriptedSite, robots


class Running:
    """A scheduler at work, whose events can be waited for."""

    def __init__(self, archive: Path, base_url: str, *crawl_options: str, cron: str = "0 3 * * *") -> None:
        self.events: list[dict[str, Any]] = []
        self._seen = threading.Condition()
        self.process = subprocess.Popen(
            [
                sys.executable, "-m", "crawler.cli", "schedule", cron, "--listen", "0", "--log-format",
                "json", "--", "crawl", "--site", "sample", "--start", f"{base_url}/", "--archive",
                str(archive), *crawl_options,
            ],
            cwd=CHECKOUT, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join(timeout=60)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                with self._seen:
                    self.events.append(json.loads(line))
                    self._seen.notify_all()

    def wait_for(self, event: str, times: int = 1) -> dict[str, Any]:
        """The event, when it has come for the `times`th time."""

        def found() -> list[dict[str, Any]]:
            return [one for one in self.events if one["event"] == event]

        with self._seen:
            assert self._seen.wait_for(lambda: len(found()) >= times, timeout=60), self.events
            return found()[times - 1]

    def ask(self, path: str) -> tuple[int, str]:
        """Status and body of `/health` or `/metrics`."""
        port = self.wait_for("schedule.listening")["port"]
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@pytest.fixture
def site() -> Iterator[SampleSite]:
    with SampleSite() as running:
        yield running


@pytest.fixture
def overdue(site: SampleSite, tmp_path: Path) -> Path:
    """An archive whose last crawl was years ago."""
    archive = tmp_path / "archive"
    assert crawl(archive, site.base_url, max_pages=1).code == 6
    with sqlite3.connect(archive / "archive.db") as db:
        db.execute("UPDATE run SET started_at = '2020-01-01T03:00:00.000Z'")
    return archive


def test_a_missed_crawl_is_made_up_for_and_told_in_health_and_metrics(
    site: SampleSite, overdue: Path
) -> None:
    with Running(overdue, site.base_url) as running:
        assert running.wait_for("schedule.waiting")["late"] is True
        ended = running.wait_for("schedule.crawl_ended")
        assert ended["exit_code"] == 0
        assert running.wait_for("schedule.waiting", 2)["late"] is False
        status, body = running.ask("/health")
        told = json.loads(body)
        assert (status, told["status"], told["last_exit_code"]) == (200, "waiting", 0)
        assert told["next_crawl"].endswith("T03:00:00Z")
        status, body = running.ask("/metrics")
        values = {
            sample.name: sample.value
            for family in text_string_to_metric_families(body)
            for sample in family.samples
        }
        assert status == 200
        assert values["msarchive_last_exit_code"] == 0
        assert values["msarchive_articles"] == 66
        assert values["msarchive_schedule_crawls_total"] == 1
        assert values["msarchive_archive_readable"] == 1
        assert running.ask("/nothing")[0] == 404
        assert running.stop() == 0
        assert running.events[-1]["event"] == "schedule.stopped"
    rows = ask(overdue, "SELECT kind, outcome FROM runs ORDER BY id")
    assert rows == [("crawl", "limit"), ("crawl", "complete")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_passed_on_to_the_crawl_and_its_end_awaited(
    tmp_path: Path, number: signal.Signals
) -> None:
    archive = tmp_path / "archive"
    pages = {f"/news/view/a-title-a{n:05d}": Answer(body=b"<h1>A page</h1>", wait=0.5) for n in range(60)}
    listing = "".join(f'<a href="{path}">A page</a>' for path in pages).encode()
    with ScriptedSite({"/robots.txt": robots(), "/": Answer(body=listing), **pages}) as slow:
        assert crawl(archive, slow.base_url, start=[f"{slow.base_url}/"], max_pages=1).code == 6
        with sqlite3.connect(archive / "archive.db") as db:
            db.execute("UPDATE run SET started_at = '2020-01-01T03:00:00.000Z'")
        with Running(archive, slow.base_url) as running:
            running.wait_for("page.stored", 2)
            assert json.loads(running.ask("/health")[1])["status"] == "crawling"
            assert running.stop(number) == 5
    assert running.wait_for("schedule.crawl_ended")["exit_code"] == 5
    assert ask(archive, "SELECT outcome, exit_code FROM runs ORDER BY id DESC LIMIT 1") == [("stopped", 5)]
    _assert_free(archive)


def _assert_free(archive: Path) -> None:
    """Nobody writes to the archive any more."""
    with sqlite3.connect(archive / "archive.db", timeout=0) as db:
        db.execute("BEGIN IMMEDIATE")
        db.rollback()


def test_a_failed_crawl_leaves_the_scheduler_running_and_unwell(site: SampleSite, overdue: Path) -> None:
    with Running(overdue, site.base_url, "--urls", str(overdue / "list-that-is-gone")) as running:
        assert running.wait_for("schedule.crawl_ended")["exit_code"] == 2
        running.wait_for("schedule.waiting", 2)
        status, body = running.ask("/health")
        assert (status, json.loads(body)["status"]) == (503, "failed")
        assert running.stop() == 0


def _schedule(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", "schedule", *arguments], cwd=CHECKOUT, env=clean_environment(),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["0 3 * * *", "--", "verify"], "what is scheduled is a crawl"),
        (["0 3 * * *", "--", "crawl", "--no-such"], "No such option"),
        (["0 3 * * *", "--", "crawl"], "needs --contact"),
        (["0 3 * * *", "--listen", "0.0.0.0:9464", "--", "crawl", "--contact", "a"], "not on loopback"),
    ],
)
def test_what_would_fail_in_the_night_is_refused_at_once(arguments: list[str], said: str) -> None:
    done = _schedule(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9464", ("127.0.0.1", 9464)),
        ("localhost:1", ("127.0.0.1", 1)),
        ("[::1]:80", ("::1", 80)),
        (":7", ("127.0.0.1", 7)),
    ],
)
def test_where_it_listens(text: str, address: tuple[str, int]) -> None:
    assert listen_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "x", "1.2.3.4:80", "0.0.0.0:80", "[::]:80", "127.0.0.1:99999", "host:80", ":²"]
)
def test_it_listens_nowhere_else(text: str) -> None:
    with pytest.raises(UserError):
        listen_address(text)


def test_a_turn_that_was_slept_through_is_unwell() -> None:
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert health(State(next_at=now), now + timedelta(minutes=1), None)[0]
    well, told = health(State(next_at=now), now + timedelta(minutes=6), 0)
    assert not well
    assert told["status"] == "late"


def test_a_crawl_that_was_killed_is_told_as_a_shell_would() -> None:
    assert exit_code(None) is None
    assert exit_code(Ended(9, None)) == 9
    assert exit_code(Ended(None, "SIGKILL")) == 137


def test_a_scheduler_that_is_killed_leaves_a_crawl_that_ends_by_itself(
    site: SampleSite, overdue: Path
) -> None:
    with Running(overdue, site.base_url) as running:
        child = running.wait_for("schedule.crawl_began")["pid"]
        running.process.kill()
        running.process.wait()
    while _is_running(child):
        time.sleep(0.05)
    assert ask(overdue, "SELECT outcome FROM runs ORDER BY id DESC LIMIT 1")[0][0] in ("complete", "stopped")


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
