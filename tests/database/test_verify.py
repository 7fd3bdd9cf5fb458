"""`msarchive verify --database`: what is PostgreSQL's own. tests/storage/test_verify.py has the rest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from crawler.exits import ExitCode
from storage.verify import rows
from tests.cli.conftest import Run, one_line
from tests.postgresql import Server, name_in

_UNCHECKED = "note: server-unchecked: the server has no data checksums"


@pytest.fixture
def damaged(archive: Path, server: Server) -> Iterator[str]:
    """A database with the archive, to damage."""
    url = server.new_like(server.copy_of(archive))
    yield url
    server.drop(url)


def change(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def test_the_answer_is_sqlites_but_for_what_only_the_server_can_look_at(
    run: Run, archive: Path, url: str
) -> None:
    here = run("verify", "--archive", archive)
    there = run("verify", "--archive", archive, "--database", url)
    note, summary = there.out.splitlines()
    assert note.startswith(_UNCHECKED)
    assert "no extension amcheck" in note
    assert (there.code, there.err, summary) == (0, "", f"{here.out.strip()}, 1 note")
    assert run("verify", "--archive", archive, "--database", url, "--json").json["sound"]


def test_amcheck_is_asked_where_it_is(run: Run, archive: Path, damaged: str) -> None:
    change(damaged, "CREATE SCHEMA tools", "CREATE EXTENSION amcheck SCHEMA tools")
    said = run("verify", "--archive", archive, "--database", damaged)
    assert said.out.splitlines()[0] == f"{_UNCHECKED} (pg_checksums)"


def test_an_index_that_is_torn_is_told_by_it(run: Run, archive: Path, damaged: str, server: Server) -> None:
    change(damaged, "CREATE EXTENSION amcheck")
    overwrite(server, damaged, "uq_passage_sha256", 8192 + 40, b"\xff" * 1000)
    said = run("verify", "--archive", archive, "--database", damaged)
    assert said.code == ExitCode.DAMAGED
    assert "damage: database-damaged: index uq_passage_sha256: " in said.out


def test_a_page_that_is_torn_is_told(run: Run, archive: Path, damaged: str, server: Server) -> None:
    overwrite(server, damaged, "passage", 8, b"\xff" * 16)
    said = run("verify", "--archive", archive, "--database", damaged)
    assert said.code == ExitCode.DAMAGED
    assert "damage: database-damaged: pages can't be checked: invalid page in block 0" in said.out
    assert "captures in 2 WARC files" in said.out.splitlines()[-1]  # all else was looked at


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("DROP VIEW topics", "view topics is missing"),
        ("DROP TRIGGER url_history_heard ON url", "trigger url_history_heard is missing"),
        ("ALTER TABLE url DISABLE TRIGGER url_history_changed", "trigger url_history_changed is missing"),
        ("ALTER TABLE capture DROP CONSTRAINT ck_capture_kind", "constraint ck_capture_kind of capture"),
        ("ALTER TABLE capture DROP CONSTRAINT fk_capture_url_id", "fk_capture_url_id is missing"),
        ("ALTER TABLE url ALTER COLUMN state DROP NOT NULL", "column url.state is not as this version"),
        ("DROP INDEX ix_article_search_words", "index ix_article_search_words is missing"),
        ("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'ix_capture_url'::regclass", "not valid"),
        ("DROP TABLE url_history CASCADE", "table url_history is missing"),
    ],
)
def test_what_is_not_as_this_version_makes_it_is_told(
    run: Run, archive: Path, damaged: str, statement: str, told: str
) -> None:
    change(damaged, statement)
    said = run("verify", "--archive", archive, "--database", damaged)
    assert said.code == ExitCode.DAMAGED
    assert any(line.startswith("damage: schema-changed: ") and told in line for line in said.out.splitlines())


def test_a_word_too_many_in_the_index_is_told(run: Run, archive: Path, damaged: str) -> None:
    change(damaged, "INSERT INTO article_search VALUES (99999, 'word:1A')")
    assert "damage: search-index: " in run("verify", "--archive", archive, "--database", damaged).out


def test_what_somebody_added_is_none_of_our_business(run: Run, archive: Path, damaged: str) -> None:
    change(damaged, "CREATE TABLE mine (x int)", "CREATE INDEX mine_too ON url (reason)")
    assert run("verify", "--archive", archive, "--database", damaged).code == 0


def test_the_folder_has_to_be_named(run: Run, url: str) -> None:
    ran = run("verify", "--database", url)
    assert ran.code == ExitCode.USAGE
    assert "--archive names the one that has the WARC files" in one_line(ran.err)


def test_a_role_that_may_not_read_is_no_damage(run: Run, archive: Path, damaged: str) -> None:
    change(damaged, "CREATE ROLE barred LOGIN", "GRANT SELECT ON alembic_version TO barred")
    try:
        as_barred = damaged.replace("msarchive@", "barred@")
        ran = run("verify", "--archive", archive, "--database", as_barred)
    finally:
        change(damaged, "DROP OWNED BY barred", "DROP ROLE barred")
    assert ran.code == ExitCode.STORAGE
    assert "permission denied" in one_line(ran.err)


def test_a_server_that_goes_away_is_no_damage(
    run: Run, archive: Path, damaged: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = rows.revisits
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name_in(damaged)}'"

    def gone(db: rows.Db) -> Iterator[rows.Finding]:
        change(server.address("postgres"), end)
        return begin(db)

    monkeypatch.setattr(rows, "revisits", gone)
    ran = run("verify", "--archive", archive, "--database", damaged)
    assert ran.code == ExitCode.STORAGE
    assert one_line(ran.err)


def overwrite(server: Server, url: str, relation: str, offset: int, data: bytes) -> None:
    """Bytes of a relation's file, while the server does not look."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        [path] = connection.execute(f"SELECT pg_relation_filepath('{relation}')").fetchone() or [""]
    server.down()
    try:
        with (server.folder / "data" / path).open("r+b") as file:
            file.seek(offset)
            file.write(data)
    finally:
        server.up()
