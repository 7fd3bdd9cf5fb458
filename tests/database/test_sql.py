"""`msarchive sql` on PostgreSQL: anything can be asked of the views, nothing done to the archive."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crawler.exits import ExitCode
from tests.cli.conftest import Run, ask, one_line
from tests.postgresql import Server
from tests.storage.build import House, article, at

ENDLESS = "with recursive n(x) as (select 1 union all select x + 1 from n) select count(*) from n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[str]:
    house = House(tmp_path_factory.mktemp("sql") / "archive")
    house.save(article("aaaaaa", title="Iron then"))
    house.save(article("aaaaaa", title="Iron now"), when=at(2000))
    copied = server.copy_of(house.directory)
    with psycopg.connect(copied) as connection:
        connection.execute("CREATE SEQUENCE counting")  # what a SELECT alone can change
    yield copied
    house.archive.close()


@pytest.fixture
def sample(url: str, monkeypatch: pytest.MonkeyPatch, run: Run, tmp_path: Path) -> Run:
    ask(monkeypatch, tmp_path, url)
    return run


_STATE = """
SELECT (SELECT array_agg(oid ORDER BY oid) FROM pg_class), (SELECT count(*) FROM article),
       (SELECT array_agg(r::text ORDER BY id) FROM revision r), (SELECT last_value FROM counting)
"""


def _state(url: str) -> tuple[object, ...]:
    with psycopg.connect(url) as connection:
        return connection.execute(_STATE).fetchall()[0]


def test_an_answer_is_a_table(sample: Run) -> None:
    out = sample("sql", "select id, credibility, gone_since from articles order by id").out
    assert out == "id      credibility  gone_since\naaaaaa          4.0        NULL\n"


def test_values_of_other_types_are_text(sample: Run) -> None:
    asked = "select date '2026-03-01' as d, array[1, 2] as a, true as t, 1.5 as n, '\\x00ff'::bytea as b"
    assert sample("sql", "--json", asked).json == [
        {"d": "2026-03-01", "a": "[1, 2]", "t": 1, "n": 1.5, "b": "00ff"}
    ]


def test_the_past_is_asked_in_the_same_words(sample: Run) -> None:
    asked = ("sql", "--json", "select title from articles")
    assert sample(*asked, "--as-of", "2026-03-01").json == [{"title": "Iron then"}]
    assert sample(*asked).json == [{"title": "Iron now"}]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from article", "drop view articles", "create table x (y int)", "create temp table x (y int)",
        "set transaction read write", "vacuum", "commit", "copy article to '/tmp/article'",
        "copy (select 1) to program 'id'", "do $$ begin end $$", "listen x", "truncate article",
        "select nextval('counting')", "select * from revision for update",
    ],
)  # fmt: skip
def test_nothing_can_be_changed(sample: Run, url: str, statement: str) -> None:
    before = _state(url)
    ran = sample("sql", statement)
    assert ran.code == ExitCode.USAGE
    assert "only reading is possible here" in one_line(ran.err)
    assert _state(url) == before


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("select * from nosuch", '"nosuch" does not exist'),
        ("select 1; select 2", "multiple commands"),
        ("select 1; commit; drop table article cascade", "multiple commands"),
        ("with x as (delete from article returning 1) select * from x", "data-modifying"),
        ("select set_config('transaction_read_only', 'off', false)", "read-write mode"),
        ("", "end of input"),
        ("/* only this */", "end of input"),
        ("select $1", "parameters"),
        ("select \ud800", "characters that are no text"),
        ("select abs(-9223372036854775808)", "out of range"),
        ("(" * 5000, ""),
    ],
)
def test_what_cant_be_answered_is_one_line(sample: Run, statement: str, told: str) -> None:
    ran = sample("sql", statement)
    assert ran.code == ExitCode.USAGE, ran
    assert told in one_line(ran.err)


def test_a_limit_of_time_is_kept_and_nothing_stays_behind(sample: Run) -> None:
    ran = sample("sql", ENDLESS, "--time-limit", "0.2")
    assert ran.code == ExitCode.USAGE
    assert "not done within 0.2 s" in one_line(ran.err)
    assert sample("sql", "select 1 as one", "--time-limit", "60").out == "one\n  1\n"
