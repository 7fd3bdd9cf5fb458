"""`msarchive copy`: an archive goes into PostgreSQL and comes back, and each row is seen to be the same."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, inspect, text

from crawler.exits import ExitCode
from storage.archive import open_archive
from storage.copying import NotTheSame, compared, tables
from storage.views import VIEWS
from tests.cli.conftest import Run, one_line
from tests.postgresql import Server


def test_there_and_back_is_the_same_archive(archive: Path, server: Server, run: Run, tmp_path: Path) -> None:
    there = run("copy", "--archive", archive, "--to", (database := server.new()), "--json").json
    assert there["rows"] == sum(table["rows"] for table in there["tables"]) > 500
    back = run("copy", "--archive", archive, "--database", database, "--to", "again", "--json").json
    assert back["tables"] == there["tables"]
    assert {table["name"] for table in there["tables"]} == {table.name for table in tables()}
    assert run("verify", "--archive", "again").out.startswith("sound: ")
    for question in (
        ("list", "--json"),
        ("search", "fatigue", "--json"),
        ("changes", "--since", "2000-01-01"),
    ):
        assert run(*question, "--archive", "again").out == run(*question, "--archive", archive).out


def test_what_is_said_names_each_table_and_where_the_captures_are(
    archive: Path, server: Server, run: Run
) -> None:
    ran = run("copy", "--archive", archive, "--to", server.new())
    assert "each read back and the same as in the archive" in ran.out
    assert all(f"\n{table.name} " in ran.out for table in tables())
    assert f"The captures stay in {archive}" in ran.out


def test_every_view_has_the_same_rows_now_and_then(archive: Path, url: str) -> None:
    from storage.as_of import as_of

    def rows(database: str | None, at: str | None) -> dict[str, list[str]]:
        with (
            open_archive(archive, read_only=True, database=database) as opened,
            opened.engine.connect() as connection,
            as_of(connection, at),
        ):
            return {
                view.name: sorted(
                    repr(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {view.name}"))
                )
                for view in VIEWS
            }

    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        before = connection.execute(text("SELECT max(captured_at) FROM captures WHERE run = 1")).scalar_one()
    assert rows(None, None) == rows(url, None)
    assert rows(None, before) == rows(url, before)
    assert rows(url, before)["articles"] != rows(url, None)["articles"]


def test_the_schemas_are_the_same(archive: Path, url: str) -> None:
    engines = (
        create_engine(f"sqlite:///{archive / 'archive.db'}"),
        create_engine(url.replace("postgresql:", "postgresql+psycopg:", 1)),
    )
    here, there = map(inspect, engines)
    for table in tables():
        for look in (here, there):
            assert {column["name"] for column in look.get_columns(table.name)} == set(table.columns.keys())
            assert {c["name"] for c in look.get_columns(table.name) if c["nullable"]} == {
                c.name for c in table.columns if c.nullable
            }
        for what in ("get_foreign_keys", "get_indexes", "get_check_constraints"):
            assert {one["name"] for one in getattr(here, what)(table.name)} == {
                one["name"]
                for one in getattr(there, what)(table.name)
                if not one.get("duplicates_constraint")
            }, (table.name, what)
        assert (
            here.get_pk_constraint(table.name)["constrained_columns"]
            == (there.get_pk_constraint(table.name)["constrained_columns"])
        )
    for engine in engines:
        engine.dispose()


def test_a_row_that_is_not_the_same_is_named(archive: Path, server: Server, run: Run) -> None:
    database = server.new()
    run("copy", "--archive", archive, "--to", database)
    with psycopg.connect(database) as connection:
        connection.execute("UPDATE journal SET normal = normal || 'x' WHERE id = 2")
    with (
        open_archive(archive, read_only=True) as one,
        open_archive(archive, read_only=True, database=database) as other,
        one.engine.connect() as original,
        other.engine.connect() as copy,
        pytest.raises(NotTheSame, match="row 2 of journal differs in normal"),
    ):
        compared(original, copy, lambda doing, what: None)


def test_what_postgresql_cannot_keep_is_told_and_nothing_stays(
    archive: Path, server: Server, run: Run, tmp_path: Path
) -> None:
    odd = tmp_path / "odd"
    run("copy", "--archive", archive, "--to", odd)
    with closing(sqlite3.connect(odd / "archive.db", isolation_level=None)) as connection:
        connection.execute("UPDATE passage SET text = 'a' || char(0) || 'b' WHERE id = 3")
    database = server.new()
    ran = run("copy", "--archive", odd, "--to", database)
    assert ran.code == ExitCode.STORAGE
    assert "passage holds what PostgreSQL can't keep" in one_line(ran.err)
    with psycopg.connect(database) as connection:
        assert (
            connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall() == []
        )
    assert "no archive in postgresql://" in one_line(run("list", "--database", database).err)


def test_a_database_or_folder_with_something_in_it_is_left_alone(archive: Path, url: str, run: Run) -> None:
    ran = run("copy", "--archive", archive, "--to", url)
    assert ran.code == ExitCode.USAGE
    assert "holds tables already" in one_line(ran.err)
    ran = run("copy", "--archive", archive, "--database", url, "--to", archive)
    assert ran.code == ExitCode.USAGE
    assert "there is an archive in" in one_line(ran.err)


def test_captures_that_are_not_there_are_told_or_left(url: str, run: Run, tmp_path: Path) -> None:
    ran = run("copy", "--archive", "elsewhere", "--database", url, "--to", "again")
    assert ran.code == ExitCode.STORAGE
    assert "--without-captures" in one_line(ran.err)
    assert not (tmp_path / "again" / "archive.db").exists()
    assert (
        run("copy", "--archive", "elsewhere", "--database", url, "--to", "again", "--without-captures").code
        == ExitCode.OK
    )
    assert run("list", "--archive", "again").code == ExitCode.OK


def test_a_role_that_may_only_read_reads_everything(
    archive: Path, server: Server, url: str, run: Run
) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
        connection.execute("GRANT USAGE ON SCHEMA as_of TO reader")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public, as_of TO reader")
    reader = url.replace("msarchive@", "reader@", 1)
    for question in (("list", "--json"), ("list", "--as-of", "2099-01-01"), ("runs",), ("coverage",)):
        asked = (*question, "--archive", archive, "--database")
        assert run(*asked, reader).out == run(*asked, url).out != ""
    with psycopg.connect(reader) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM article")


def test_without_the_driver_the_extra_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    ran = run("list", "--database", "postgresql:///nothing")
    assert ran.code == ExitCode.USAGE
    assert "msarchive[postgresql]" in one_line(ran.err)


@pytest.mark.parametrize("typed", ["mysql://x/y", "postgresql+asyncpg://x/y", "nonsense", ""])
def test_what_is_no_database_is_one_line(run: Run, typed: str) -> None:
    ran = run("list", "--database", typed)
    assert ran.code == ExitCode.USAGE
    assert "postgresql://" in one_line(ran.err)


@pytest.mark.parametrize("url", ["me:secret@127.0.0.1:1/archive", "127.0.0.1:1/archive?password=secret"])
def test_a_password_is_never_shown(run: Run, url: str) -> None:
    ran = run("list", "--database", f"postgresql://{url}")
    assert ran.code == ExitCode.STORAGE
    assert "secret" not in one_line(ran.err)


def test_the_demonstration_which_makes_a_folder_refuses_a_database(run: Run, tmp_path: Path) -> None:
    ran = run("demo", "--database", "postgresql:///archive")
    assert ran.code == ExitCode.USAGE
    assert list(tmp_path.iterdir()) == []
    assert "works with a folder's archive.db only" in one_line(ran.err)
