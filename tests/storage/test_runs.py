"""Runs are told as they were: at work, ended, killed, or skipped because another held the archive."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from storage import fixity, skipped
from storage.archive import open_archive
from storage.frontier import Frontier
from storage.lock import holder
from storage.records import FoundRecord
from storage.runs import RunRow, last_run, last_success, runs, story
from storage.writer import Writer
from tests.storage.build import SITE, House, at

ROOT = Path(__file__).parents[2]


def skip(directory: Path, minute: int = 0, **changed: Any) -> skipped.SkippedRun:
    """Note a run that came second."""
    told = {
        "site": SITE, "kind": "crawl", "at": at(minute), "reason": "held by process 1", "exit_code": 4,
        "pid": 4711, "host": "there", "program_version": "0", "reader_version": "1", "profile_digest": "p",
        "settings": '{"delay": 2}', **changed,
    }  # fmt: skip
    run = skipped.SkippedRun(**told)
    skipped.note(directory, run)
    return run


def told(directory: Path, database: str | None = None) -> list[RunRow]:
    with open_archive(directory, read_only=True, database=database) as archive:
        return runs(archive)


def test_a_run_under_way_is_told_as_running(house: House) -> None:
    (row,) = told(house.directory, house.database)
    assert (row.outcome, row.ended_at, row.exit_code) == ("running", None, None)
    assert (row.pid, row.host) == (os.getpid(), socket.gethostname())


def test_a_run_that_ended_says_how(house: House) -> None:
    house.writer.end_run("limit", "ten pages", {"requests": 10, "smallest_gap_ms": 2000}, exit_code=6)
    (row,) = told(house.directory, house.database)
    assert (row.outcome, row.reason, row.exit_code) == ("limit", "ten pages", 6)
    assert row.counts == {"requests": 10, "smallest_gap_ms": 2000}


_DIES = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from storage.writer import Writer
from tests.storage.build import House, article, url_of
house = House(Path(sys.argv[1]))
house.save(article(), url=url_of("aB3dE6"), when="2099-01-01T00:00:00.000Z")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def dead(tmp_path: Path) -> Path:
    """An archive whose run was killed with one page saved."""
    child = subprocess.run([sys.executable, "-c", _DIES, str(tmp_path / "dead")], cwd=ROOT)
    assert child.returncode == -signal.SIGKILL
    return tmp_path / "dead"


def test_a_killed_run_is_told_as_killed_before_and_after_the_next_one(dead: Path) -> None:
    assert holder(dead) is None
    (row,) = told(dead)
    assert (row.outcome, row.exit_code) == ("killed", None)
    assert row.ended_at is not None  # its last sign of life
    with open_archive(dead, read_only=True) as archive:
        killed = story(archive, 1)
    assert killed is not None
    assert (killed.asked.requests, killed.asked.answers, killed.captures) == (None, 1, {"summary": 1})
    with open_archive(dead) as archive:
        writer = Writer(archive, SITE)
        writer.begin_run("crawl", program_version="0", reader_version="1", profile_digest="p", settings={})
    assert [(one.id, one.outcome, one.ended_at) for one in told(dead)][1:] == [(1, "killed", row.ended_at)]


def test_a_skipped_run_is_told_at_once_and_becomes_a_row_when_the_holder_ends(house: House) -> None:
    with house.writer.db.transaction():  # its holder is in the middle of something long
        skip(house.directory)
        (one, running) = sorted(told(house.directory, house.database), key=lambda row: row.started_at)
        assert (one.id, one.outcome, one.exit_code, one.settings) == (None, "skipped", 4, {"delay": 2})
        assert running.outcome == "running"
    house.writer.end_run("complete", "done", {}, exit_code=0)
    house.archive.close()
    assert {(row.outcome, row.id is None) for row in told(house.directory, house.database)} == {
        ("skipped", False), ("complete", False),
    }  # fmt: skip
    if house.database is None:
        assert fixity.check(house.directory / "archive.db").state == "same"


def test_what_was_noted_beside_a_holder_that_died_is_taken_in_by_the_next_writer(dead: Path) -> None:
    skip(dead, 1)
    skip(dead, 2)
    open_archive(dead).close()
    assert [row.outcome for row in told(dead)].count("skipped") == 2
    assert skipped.noted(dead) == []


def test_taken_in_twice_it_is_one_row(house: House) -> None:
    run = skip(house.directory)
    skipped.take_in(house.directory, house.archive.engine)
    skipped.note(house.directory, run)  # as if killed between the row and the note's removal
    assert [row.outcome for row in told(house.directory, house.database)].count("skipped") == 1
    skipped.take_in(house.directory, house.archive.engine)
    assert house.value("SELECT count(*) FROM run WHERE outcome = 'skipped'") == 1


def test_a_torn_note_costs_no_other(house: House) -> None:
    skip(house.directory, 1)
    with (house.directory / skipped.FILE_NAME).open("ab") as file:
        file.write(b'{"site": "sam')
    skip(house.directory, 2)
    assert [run.at for run in skipped.noted(house.directory)] == [at(1), at(2)]


def test_a_skipped_run_is_neither_the_last_one_nor_the_unfinished_one(house: House) -> None:
    house.writer.end_run("complete", "done", {}, exit_code=0)
    skip(house.directory, 3000)
    skipped.take_in(house.directory, house.archive.engine)
    with house.archive.engine.connect() as connection:
        for found in (last_run(connection), last_success(connection)):
            assert found is not None and found.outcome == "complete"


def test_what_a_run_left_failed_is_told_also_after_later_runs(house: House) -> None:
    url = "https://site.example/broken"
    Frontier(house.archive, SITE).seed([FoundRecord(url, "page", "seed")], at(0))
    house.writer.record_failure(url, "no answer", now=at(1), retry_at=None)
    house.writer.end_run("incomplete", "one failed", {"unanswered": 1}, exit_code=3)
    second = house.begin()
    house.writer.record_failure(url, "no answer", now=at(2), retry_at=None)
    house.writer.end_run("incomplete", "one failed", {"unanswered": 1}, exit_code=3)
    third = house.begin()
    house.writer.record_failure(url, "robots.txt", now=at(3), retry_at=None, final_state="refused")
    stories = [story(house.archive, run) for run in (second - 1, second, third)]
    assert [one.failed for one in stories if one is not None] == [
        ((url, "no answer"),), ((url, "no answer"),), (),
    ]  # fmt: skip
    assert story(house.archive, 99) is None


def test_many_that_come_second_at_once_lose_no_row_while_a_writer_takes_them_in(house: House) -> None:
    def skip_five(worker: int) -> None:
        for minute in range(5):
            skip(house.directory, minute, pid=worker)

    with ThreadPoolExecutor(8) as pool:
        coming = [pool.submit(skip_five, worker) for worker in range(8)]
        while not all(one.done() for one in coming):
            skipped.take_in(house.directory, house.archive.engine)
    for one in coming:
        one.result()
    skipped.take_in(house.directory, house.archive.engine)
    assert house.value("SELECT count(*) FROM run WHERE outcome = 'skipped'") == 40
