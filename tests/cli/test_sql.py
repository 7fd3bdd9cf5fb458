"""`msarchive sql`: anything can be asked of the views, nothing done to the archive or the terminal."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.exits import ExitCode
from storage.views import VIEWS
from tests.storage.build import House, article, at

from .conftest import Run, one_line

HOSTILE = '\x1b]0;owned\x07\u202e=1+1, "quoted"\nand a line'
ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An archive that is being written to."""
    house = House(tmp_path_factory.mktemp("sql") / "archive")
    house.save(article("aaaaaa", title="Iron then"))
    house.save(article("aaaaaa", title="Iron now"), when=at(2000))
    house.save(article("bbbbbb", title=HOSTILE), when=at(2001))
    yield house.directory
    house.archive.close()


@pytest.fixture
def sample(archive: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    monkeypatch.setenv("MSARCHIVE_DIR", str(archive))
    return run


def test_an_answer_is_a_table(sample: Run) -> None:
    out = sample("sql", "select id, credibility, gone_since from articles order by id").out
    assert out == (
        "id      credibility  gone_since\n"
        "aaaaaa          4.0        NULL\n"
        "bbbbbb          4.0        NULL\n"
    )  # fmt: skip


def test_csv_is_the_data_as_they_are(sample: Run) -> None:
    out = sample("sql", "--csv", "select id, title, gone_since, x'00ff' as b from articles order by id").out
    rows = list(csv.reader(io.StringIO(out)))
    assert rows == [
        ["id", "title", "gone_since", "b"],
        ["aaaaaa", "Iron now", "", "00ff"],
        ["bbbbbb", HOSTILE, "", "00ff"],
    ]


def test_json_is_an_object_for_each_row(sample: Run) -> None:
    assert sample("sql", "--json", "select id, title, null as n, 1 as n, 1e999 as i from articles").json == [
        {"id": "aaaaaa", "title": "Iron now", "n": None, "n_2": 1, "i": "inf"},
        {"id": "bbbbbb", "title": HOSTILE, "n": None, "n_2": 1, "i": "inf"},
    ]
    assert sample("sql", "--json", "select 1 where 0").json == []


def test_hostile_text_does_nothing_to_a_terminal(sample: Run) -> None:
    for more in ((), ("--json",)):
        out = sample("sql", 'select title, title as "\x1b[2J\u202e" from articles', *more).out
        assert not any(character in out for character in "\x1b\x07\u202e")
    assert "\x1b" not in sample("sql", 'select "\x1b[2J" from nothing').err


def test_the_past_is_asked_in_the_same_words(sample: Run) -> None:
    asked = ("sql", "--json", "select title from articles")
    assert sample(*asked, "--as-of", "2026-03-01").json == [{"title": "Iron then"}]
    assert len(sample(*asked).json) == 2


def test_full_text_search_can_be_asked(sample: Run) -> None:
    asked = (
        "select r.article_id, highlight(article_search, 0, '[', ']') as t from article_search "
        "join revisions r on r.title = article_search.title where article_search match 'now'"
    )
    assert {"article_id": "aaaaaa", "t": "Iron [now]"} in sample("sql", "--json", asked).json


@pytest.mark.parametrize(
    "statement",
    [
        "delete from article", "update revision set title = 'x'", "insert into topic values (99, 'a', 'a')",
        "drop view articles", "create table x (y)", "create temp table x (y)",
        "create temp view x as select 1", "attach ':memory:' as other", "detach main", "vacuum",
        "vacuum into 'copy.db'", "reindex", "analyze", "pragma user_version = 3", "pragma query_only = 0",
        "pragma writable_schema = 1", "pragma journal_mode = delete",
        "begin", "commit", "rollback", "savepoint s", "select load_extension('x')",
        "insert into article_search (article_search) values ('delete-all')",
        "with x as (select 1) delete from article returning 1",
        "select fts3_tokenizer('simple', x'0000000000000000')",
    ],
)  # fmt: skip
def test_nothing_can_be_changed(sample: Run, archive: Path, statement: str, tmp_path: Path) -> None:
    def files() -> dict[str, str]:
        return {
            p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in archive.glob("*.db*")
            if "shm" not in p.name
        }

    before = files()
    ran = sample("sql", statement)
    assert ran.code == ExitCode.USAGE
    assert "only reading is possible here, no " in one_line(ran.err)
    assert ran.out == ""
    assert files() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("selec", "syntax error"),
        ("select * from nosuch", "no such table: nosuch"),
        ("select 1; select 2", "one statement"),
        ("", "no statement"),
        ("/* only this */", "no statement"),
        ("select ?", "Incorrect number of bindings"),
        ("select zeroblob(1000000000)", "too big"),
        ("select cast(x'ff' as text)", "Could not decode"),
        ("select \ud800", "characters that are no text"),
        ("select \x00", "sqlstring"),
        ("select abs(-9223372036854775808)", "integer overflow"),
        ("(" * 5000, ""),
    ],
)
def test_what_cant_be_answered_is_one_line(sample: Run, statement: str, told: str) -> None:
    for form in ((), ("--csv",), ("--json",)):
        ran = sample("sql", statement, *form)
        assert ran.code == ExitCode.USAGE, ran
        assert told in one_line(ran.err) or "null character" in ran.err


def test_a_limit_of_time_is_kept_and_nothing_stays_behind(sample: Run) -> None:
    ran = sample("sql", ENDLESS, "--time-limit", "0.2")
    assert ran.code == ExitCode.USAGE
    assert "not done within 0.2 s" in one_line(ran.err)
    assert sample("sql", "select 1 as one", "--time-limit", "60").out == "one\n  1\n"


def test_ctrl_c_stops_a_question(archive: Path) -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "crawler.cli", "sql", "--archive", str(archive), "--csv",
         f"select 1 as begun union all select x from ({ENDLESS.replace('count(*)', 'count(*) as x')})"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert program.stdout is not None
    assert program.stdout.readline() == b"begun\n"  # the statement is at work
    program.send_signal(signal.SIGINT)
    _, said = program.communicate(timeout=60)
    assert program.returncode == ExitCode.STOPPED
    assert said.decode().strip() == "msarchive: stopped"


def test_without_a_statement_the_views_and_their_columns_are_told(run: Run) -> None:
    told = run("sql", "--json").json
    assert [view["view"] for view in told] == [view.name for view in VIEWS]
    for view, right in zip(told, VIEWS, strict=True):
        assert [column["column"] for column in view["columns"]] == list(right.columns)
    text = run("sql").out
    assert all(view.name in text and view.doc in text for view in VIEWS)
    assert len(list(csv.reader(io.StringIO(run("sql", "--csv").out)))) == 1 + sum(
        len(v.columns) for v in VIEWS
    )


def test_a_statement_can_come_from_a_file(sample: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("select 1 as one;\n"))
    assert json.loads(sample("sql", "--json", "-").out) == [{"one": 1}]


def test_one_form_at_a_time(sample: Run) -> None:
    assert sample("sql", "--csv", "--json", "select 1").code == ExitCode.USAGE
