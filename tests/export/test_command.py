"""`msarchive export` as its user meets it: exit codes, what is said, what is left behind."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from storage.export import csv_tables
from tests.cli.conftest import Run, one_line, run
from tests.places import Places, database_of, opened
from tests.storage.build import House, article

__all__ = ["run"]


@pytest.fixture
def small(both: Places, tmp_path: Path) -> Iterator[Path]:
    """An archive with one article, which a writer holds open."""
    house = House(tmp_path / "archive")
    house.save(article("aB3dE6"))
    yield house.directory
    house.archive.close()


@pytest.mark.parametrize(
    ("fails", "code"), [(OSError(errno.ENOSPC, "No space left on device"), 7), (KeyboardInterrupt(), 5)]
)
def test_what_can_not_be_finished_leaves_nothing(
    small: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, fails: BaseException, code: int
) -> None:
    def failing(*_: object) -> bytes:
        raise fails

    monkeypatch.setattr(csv_tables, "_taken", failing)
    ended = run("export", "csv", "-o", "tables", "--archive", small)
    assert ended.code == code
    one_line(ended.err.strip())
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_it_works_beside_a_writer_and_says_what_it_wrote(small: Path, run: Run) -> None:
    told = run("export", "jsonl", "-o", "a.jsonl", "--archive", small)
    assert told.code == 0
    assert "1 article" in told.out
    assert "Last complete run" in told.out
    assert run("export", "jsonl", "-o", "b.jsonl", "--archive", small, "--json").json["articles"] == 1


def test_a_file_can_go_to_standard_output(small: Path, run: Run) -> None:
    told = run("export", "jsonl", "-o", "-", "--archive", small)
    assert (json.loads(told.out)["id"], told.err) == ("aB3dE6", "")


def test_nothing_that_matches_is_a_valid_export(small: Path, tmp_path: Path, run: Run) -> None:
    for form in ("csv", "jsonl", "bibtex", "csl-json", "jsonld", "sqlite"):
        told = run("export", form, "-o", f"x.{form}", "--query", "nosuchword", "--archive", small)
        assert told.code == 0
        assert "no article matches" in one_line(told.err)
        assert (tmp_path / f"x.{form}").exists()
    assert json.loads((tmp_path / "x.csl-json").read_text()) == []
    assert json.loads((tmp_path / "x.jsonld").read_text())["@graph"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["csv", "-o", "-"], "folder"),
        (["sqlite", "-o", "-"], "file"),
        (["bibtex", "-o", "x", "--fields", "title"], "--fields"),
        (["csv", "-o", "x", "--fields", "nosuch"], "no field"),
        (["csv", "-o", "nosuch/x"], "can't write"),
        (["jsonl", "-o", "archive"], "is a folder"),
        (["csv", "-o", "archive", "--force"], "no export"),
        (["jsonl", "-o", "x", "--query", "credibility:>=many"], ""),
    ],
)
def test_what_is_wrong_is_said_in_one_line(small: Path, run: Run, options: list[str], said: str) -> None:
    ended = run("export", *options, "--archive", small)
    assert ended.code == 2
    assert said in one_line(ended.err)


ENDLESS = """
PRAGMA legacy_alter_table = ON;
ALTER TABLE journal RENAME TO some_journal;
CREATE VIEW journal AS
WITH RECURSIVE n (id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM n) SELECT id, '' AS name, '' AS normal FROM n;
"""
"""Makes an archive whose first article is looked for a journal of it without end."""


@contextmanager
def without_end(archive: Path) -> Iterator[None]:
    """Let what asks for journals never be answered, as far as a test can wait."""
    if database_of(archive) is None:
        with closing(sqlite3.connect(archive / "archive.db")) as database:
            database.executescript(ENDLESS)
        yield
        return
    with opened(archive, read_only=True) as holding, holding.engine.connect() as connection:
        connection.exec_driver_sql("SET default_transaction_read_only = off")
        connection.commit()
        connection.exec_driver_sql("LOCK TABLE journal IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("form", ["sqlite", "csv", "bibtex"])
def test_a_signal_stops_one_long_statement(
    both: Places, small: Path, tmp_path: Path, form: str, number: signal.Signals
) -> None:
    with without_end(small):
        program = subprocess.Popen(
            [sys.executable, "-m", "crawler.cli", "export", form, "-o", tmp_path / "x", *both.options(small)],
            stderr=subprocess.PIPE,
        )
        try:
            while not list(tmp_path.glob(".x.*.part")):  # after it there is only the statement
                assert program.poll() is None
                time.sleep(0.01)
            program.send_signal(number)
            _, said = program.communicate(timeout=60)
        finally:
            program.kill()
    assert (program.returncode, said.decode().strip()) == (5, "msarchive: stopped")
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_what_a_killed_export_left_goes_with_the_next_to_the_same_place(
    small: Path, tmp_path: Path, run: Run
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)  # which is at work
    for pid in (gone.pid, os.getpid(), other.pid):
        (tmp_path / f".x.{pid}.part").touch()
        (tmp_path / f".t.{pid}.part").mkdir()
        (tmp_path / f".t.{pid}.part" / "articles.csv").touch()
    (tmp_path / f".t.{gone.pid}.old").mkdir()
    (tmp_path / f".y.{gone.pid}.part").touch()
    for form, name in (("jsonl", "x"), ("csv", "t")):
        assert run("export", form, "-o", name, "--archive", small).code == 0
    kept = {f".x.{other.pid}.part", f".t.{other.pid}.part", f".y.{gone.pid}.part"}
    # There was nothing at its place: what had stood there is not lost.
    assert {path.name for path in tmp_path.glob(".*")} == kept | {f".t.{gone.pid}.old"}
    assert run("export", "csv", "-o", "t", "--force", "--archive", small).code == 0
    assert {path.name for path in tmp_path.glob(".*")} == kept
    other.communicate()
