"""Workers that die or hang at any instant: nothing is lost, nothing is stored twice, and nobody waits for
them.

The environment variable MSARCHIVE_KILLS says how many are killed (10; `make torture` has 100).
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from tests.cli.conftest import Run, run
from tests.crawl.crawling import finish
from tests.postgresql import Server
from tests.workers.company import PAGES_UNDER_WAY, Company, Massacre
from tests.workers.conftest import Content, in_any_order

__all__ = ["run"]
KILLS = int(os.environ.get("MSARCHIVE_KILLS", "10"))
KILLS_A_CRAWL = 5


@pytest.mark.timeout(60 + 30 * KILLS)
@pytest.mark.parametrize("number", range(0, KILLS, KILLS_A_CRAWL))
def test_killed_at_any_instant_every_page_is_stored_once(
    number: int, company: Company, site: SampleSite, alone: Callable[[], Content], run: Run
) -> None:
    massacre = Massacre(company, site, random.Random(number))
    ended = massacre.carry_out(KILLS_A_CRAWL)
    assert {one.code for one in ended} == {0}, ended
    assert massacre.kills > 0
    # What was under way when a worker died is asked for once more, and nothing else.
    assert massacre.asked_again() <= massacre.kills * PAGES_UNDER_WAY
    assert company.stored_more_than_once() == []
    assert company.rows("SELECT outcome FROM run") == [("complete",)]
    assert company.rows("SELECT count(*) FROM warc_file WHERE sha256 IS NULL") == [(0,)]
    assert in_any_order(company.folder, company.url) == alone()
    there = company.folder / "copy"
    assert run("copy", "--archive", company.folder, "--database", company.url, "--to", there).code == 0
    assert run("verify", "--archive", there).code == 0


def test_when_all_are_killed_the_next_ones_go_on(
    company: Company, site: SampleSite, alone: Callable[[], Content]
) -> None:
    for _ in range(2):
        enough = len(site.requests) + 20
        company.start(3)
        company.wait_for(lambda enough=enough: company.at_work() == 3 and len(site.requests) > enough)  # type: ignore[misc]
        for worker in list(company.workers):
            company.kill(worker)
    company.start(2)
    assert {one.code for one in company.finish()} == {0}
    assert [outcome for (outcome,) in company.rows("SELECT outcome FROM run ORDER BY id")] == [
        "killed", "killed", "complete",
    ]  # fmt: skip
    assert company.stored_more_than_once() == []
    assert in_any_order(company.folder, company.url) == alone()
    assert company.rows("SELECT count(*) FROM workers.lease") == [(0,)]
    assert company.rows("SELECT DISTINCT run_id FROM workers.worker") == [(3,)], (
        "of earlier runs none is kept"
    )


def test_what_a_hanging_one_has_taken_goes_to_the_others(
    company: Company, site: SampleSite, alone: Callable[[], Content]
) -> None:
    site.delay, company.lease = 0.05, 3.0
    hangs, *_ = company.start(3)
    company.wait_for(lambda: company.at_work() == 3)
    company.wait_for(lambda: _has_taken(company, hangs.pid))
    hangs.send_signal(signal.SIGSTOP)
    taken = company.rows(
        "SELECT url_id FROM workers.lease l JOIN workers.worker w ON w.id = l.worker "
        f"WHERE w.pid = {hangs.pid}"
    )
    assert taken
    others = [worker for worker in company.workers if worker is not hangs]
    company.wait_for(
        lambda: company.rows("SELECT count(*) FROM url WHERE due_at IS NOT NULL") == [(0,)], seconds=60
    )
    assert all(worker.poll() is None or worker.returncode == 0 for worker in others)
    hangs.send_signal(signal.SIGCONT)
    # In the middle of a transaction, for which the others wait, it loses its session.
    assert finish(hangs).code in (0, ExitCode.STORAGE)
    company.workers.remove(hangs)
    assert {one.code for one in company.finish()} == {0}
    assert company.stored_more_than_once() == [], "it stored what others had taken over"
    assert in_any_order(company.folder, company.url) == alone()


def _has_taken(company: Company, pid: int) -> bool:
    return bool(
        company.rows(
            "SELECT 1 FROM workers.lease l JOIN workers.worker w ON w.id = l.worker "
            f"WHERE w.pid = {pid} AND l.until > clock_timestamp() + interval '2 seconds'"
        )
    )


def test_one_that_hangs_in_the_middle_of_a_transaction_holds_up_nobody(
    company: Company, alone: Callable[[], Content]
) -> None:
    company.lease = 2.0
    pause = (
        "from storage.writer import Writer\nfrom pathlib import Path\nimport os, signal\n"
        "save, number = Writer._save, iter(range(10 ** 6))\n"
        "def hang(self, *told):\n"
        "    if next(number) == 5: os.kill(os.getpid(), signal.SIGSTOP)\n"
        "    return save(self, *told)\n"
        "Writer._save = hang\n"
    )
    (hangs,) = company.start(before=pause)
    status = Path(f"/proc/{hangs.pid}/status")
    company.wait_for(lambda: "State:\tT" in status.read_text("utf-8"))
    company.start(2)
    others = company.workers[1:]
    company.wait_for(lambda: all(other.poll() is not None for other in others))
    hangs.send_signal(signal.SIGCONT)
    ended = finish(hangs)
    company.workers.remove(hangs)
    assert ended.code == ExitCode.STORAGE
    assert {one.code for one in company.finish()} == {0}
    assert company.stored_more_than_once() == []
    assert in_any_order(company.folder, company.url) == alone()


def test_a_session_that_is_lost_ends_its_worker_alone(company: Company, alone: Callable[[], Content]) -> None:
    first, *_ = company.start(3)
    company.wait_for(lambda: company.at_work() == 3)
    company.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE application_name LIKE 'msarchive: process {first.pid} %'"
    )
    lost = finish(first)
    company.workers.remove(first)
    assert lost.code == ExitCode.STORAGE, lost
    assert {one.code for one in company.finish()} == {0}
    assert company.rows("SELECT outcome FROM run") == [("complete",)]
    assert company.stored_more_than_once() == []
    assert in_any_order(company.folder, company.url) == alone()


def test_a_server_that_goes_away_ends_all_and_they_go_on(
    site: SampleSite, alone: Callable[[], Content], tmp_path: Path
) -> None:
    server = Server()
    try:
        company = Company(tmp_path / "archive", server.new(), site.base_url)
        company.start(3)
        company.wait_for(lambda: company.at_work() == 3)
        server.down()
        assert {one.code for one in company.finish()} == {ExitCode.STORAGE}
        server.up()
        time.sleep(0.1)
        company.start(2)
        assert {one.code for one in company.finish()} == {0}
        assert company.stored_more_than_once() == []
        assert in_any_order(company.folder, company.url) == alone()
    finally:
        server.up()
        server.stop()
