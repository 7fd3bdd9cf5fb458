"""Opening an archive: every way it can fail gives one clear line; a kill at any moment leaves it whole."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import StaticPool

from storage.archive import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveMissing,
    ArchiveNewer,
    ArchiveOlder,
    ArchiveUnwritable,
    open_archive,
)
from storage.migrations import HEAD, KNOWN, newest
from storage.migrations.freeze import TARGET, frozen
from storage.migrations.upgrade import config, upgrade
from storage.models import Base
from storage.views import VIEWS, views_are_current
from tests.storage.build import House, article, at

ROOT = Path(__file__).parents[2]


def one_line(error: BaseException, *words: str) -> None:
    said = str(error)
    assert "\n" not in said
    for word in words:
        assert word in said


def test_there_is_none(tmp_path: Path) -> None:
    for read_only in (True, False):
        with pytest.raises(ArchiveMissing) as caught:
            open_archive(tmp_path / "nothing", read_only=read_only)
        one_line(caught.value, "no archive in", "msarchive crawl")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveUnwritable) as caught:
        open_archive(tmp_path / "file" / "archive", create=True)
    one_line(caught.value, "can't make")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_the_folder_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ArchiveUnwritable) as caught:
        open_archive(tmp_path, create=True)
    one_line(caught.value, "can't write to")


def test_the_folder_is_a_device() -> None:
    with pytest.raises(ArchiveUnwritable):
        open_archive(Path("/dev/null/archive"), create=True)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [b"<html>no database</html>" * 99, b"SQLite format 3\0" + b"\xff" * 4096])
def test_it_is_no_database(tmp_path: Path, content: bytes, read_only: bool) -> None:
    (tmp_path / "archive.db").write_bytes(content)
    for _ in range(2):  # the first refusal leaves no lock behind
        with pytest.raises(ArchiveDamaged) as caught:
            open_archive(tmp_path, read_only=read_only)
        one_line(caught.value, "archive.db")
    assert (tmp_path / "archive.db").read_bytes() == content


@pytest.mark.parametrize("read_only", [True, False])
def test_it_is_another_programs_database(tmp_path: Path, read_only: bool) -> None:
    other = sqlite3.connect(tmp_path / "archive.db")
    other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(ArchiveDamaged) as caught:
        open_archive(tmp_path, read_only=read_only)
    one_line(caught.value, "no archive")


def test_an_empty_file_becomes_an_archive_only_for_a_writer(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    with pytest.raises(ArchiveMissing):
        open_archive(tmp_path, read_only=True)
    open_archive(tmp_path).close()
    open_archive(tmp_path, read_only=True).close()


@pytest.mark.parametrize("read_only", [True, False])
def test_it_is_of_a_newer_program(tmp_path: Path, read_only: bool) -> None:
    with open_archive(tmp_path, create=True) as archive, archive.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ArchiveNewer) as caught:
        open_archive(tmp_path, read_only=read_only)
    one_line(caught.value, "newer", "9999")


def test_an_older_one_is_brought_up_to_date_by_a_writer_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_archive(tmp_path, create=True).close()
    monkeypatch.setattr("storage.archive.HEAD", "0099")
    with pytest.raises(ArchiveOlder) as caught:
        open_archive(tmp_path, read_only=True)
    one_line(caught.value, "older")
    open_archive(tmp_path).close()


def test_a_second_writer_is_told_who_is_first(tmp_path: Path) -> None:
    with open_archive(tmp_path, create=True):
        for _ in range(2):
            with pytest.raises(ArchiveBusy) as caught:
                open_archive(tmp_path)
            one_line(caught.value, f"process {os.getpid()}")
        open_archive(tmp_path, read_only=True).close()
    open_archive(tmp_path).close()


@pytest.fixture
def sqlite_house(house: House) -> House:
    """An archive for what is about SQLite's own file and schema."""
    if house.database is not None:
        pytest.skip("about SQLite's file; tests/database/test_verify.py holds PostgreSQL's schema")
    return house


def test_a_reader_is_not_blocked_and_sees_whole_pages(house: House) -> None:
    house.save(article())
    with (
        open_archive(house.directory, read_only=True, database=house.database) as reader,
        reader.engine.connect() as connection,
    ):
        count = text("SELECT count(*) FROM articles")
        assert connection.execute(count).scalar() == 1
        house.save(article("bB3dE6"))
        assert connection.execute(count).scalar() == 1  # the same transaction, the same archive
        connection.rollback()
        assert connection.execute(count).scalar() == 2


def test_a_reader_cannot_write(house: House) -> None:
    with open_archive(house.directory, read_only=True, database=house.database) as reader:
        assert reader.read_only
        with pytest.raises(Exception, match=r"read-?only"), reader.engine.begin() as connection:
            connection.execute(text("DELETE FROM run"))


def test_closed_it_is_one_file_that_needs_no_neighbour(tmp_path: Path) -> None:
    house = House(tmp_path / "a")
    house.save(article())
    house.archive.close()
    house.archive.close()
    assert not list((tmp_path / "a").glob("archive.db-*"))
    shutil.copy(tmp_path / "a" / "archive.db", tmp_path / "archive.db")
    with open_archive(tmp_path, read_only=True) as copy, copy.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM articles")).scalar() == 1


def test_odd_folder_names_work(tmp_path: Path) -> None:
    directory = tmp_path / "a b?c#d%41 é"
    open_archive(directory, create=True).close()
    open_archive(directory, read_only=True).close()
    assert (directory / "archive.db").is_file()


def _schema(engine_sql: list[tuple[str, str]]) -> dict[str, list[str]]:
    # A column that was added later stands behind the last one, on its line.
    lines = re.compile(r"\n|, (?=[a-z_]+ (?:TEXT|INTEGER|REAL))")
    return {name: sorted(line.strip(", \t") for line in lines.split(sql)) for name, sql in engine_sql}


def test_migrations_make_exactly_what_the_models_say(sqlite_house: House) -> None:
    with sqlite_house.archive.engine.begin() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"compare_type": True, "include_name": lambda name, *_: "search" not in (name or "")},
        )
        assert compare_metadata(context, Base.metadata) == []
    query = text(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table', 'index') "
        "AND name NOT LIKE 'article_search%' AND name NOT LIKE 'alembic%' AND name NOT LIKE 'sqlite%'"
    )
    fresh = create_engine("sqlite://")
    Base.metadata.create_all(fresh)
    with fresh.connect() as wanted, sqlite_house.archive.engine.connect() as made:
        expected = _schema([tuple(row) for row in wanted.execute(query)])
        assert _schema([tuple(row) for row in made.execute(query)]) == expected
    fresh.dispose()


def test_the_newest_migration_is_the_one_that_opening_asks_for(house: House) -> None:
    with house.archive.engine.connect() as connection:
        scripts = ScriptDirectory.from_config(config(connection))
    assert scripts.get_heads() == [HEAD]
    assert {script.revision for script in scripts.walk_revisions()} == KNOWN


def _everything(connection: Connection) -> list[tuple[object, ...]]:
    query = text("SELECT type, name, tbl_name, rootpage > 0, sql FROM sqlite_master ORDER BY rowid")
    return [tuple(row) for row in connection.execute(query)] + [
        tuple(row) for row in connection.execute(text("SELECT * FROM alembic_version"))
    ]


def test_a_new_archive_is_what_the_migrations_make_to_the_letter(sqlite_house: House) -> None:
    migrated = create_engine("sqlite://", poolclass=StaticPool)
    with migrated.begin() as wanted, sqlite_house.archive.engine.connect() as made:
        upgrade(wanted)
        assert _everything(made) == _everything(wanted)
    migrated.dispose()


def test_the_frozen_schema_is_up_to_date() -> None:
    assert TARGET.read_text("utf-8") == frozen(), "run python -m storage.migrations.freeze"
    assert newest.REVISION == HEAD


def test_neither_making_nor_opening_an_archive_loads_the_migrations(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from storage.archive import open_archive\n"
        "for _ in range(2): open_archive(Path(sys.argv[1]), create=True).close()\n"
        "assert not {'alembic', 'storage.models'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "a")], check=True, cwd=ROOT)


def test_migrations_are_part_of_the_package() -> None:
    names = {entry.name for entry in resources.files("storage.migrations.versions").iterdir()}
    assert {"__init__.py", "0001_first_shape.py"} <= names
    assert (resources.files("storage.migrations") / "env.py").is_file()


def test_every_column_is_described() -> None:
    lacking = [str(column) for table in Base.metadata.tables.values() for column in table.c if not column.doc]
    lacking += [
        f"{view.name}.{name}" for view in VIEWS for name, (_, doc) in view.columns.items() if not doc.strip()
    ]
    assert lacking == []
    assert all((mapper.class_.__doc__ or "").strip() for mapper in Base.registry.mappers)


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_every_view_can_be_read(house: House, view: object) -> None:
    house.save(article())
    with house.archive.engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT * FROM {view.name}")  # type: ignore[attr-defined]
        assert list(rows.keys()) == list(view.columns)  # type: ignore[attr-defined]
        rows.all()


def test_a_bettered_view_is_put_in_place_at_the_next_opening(tmp_path: Path) -> None:
    with open_archive(tmp_path, create=True) as archive, archive.engine.begin() as connection:
        connection.exec_driver_sql("DROP VIEW runs")
        connection.exec_driver_sql("CREATE VIEW runs AS SELECT 1 AS old")
    with open_archive(tmp_path) as archive, archive.engine.begin() as connection:
        assert views_are_current(connection)


def test_the_plain_shell_question_works(sqlite_house: House) -> None:
    sqlite_house.save(article())
    with sqlite3.connect(sqlite_house.archive.path) as plain:
        rows = plain.execute("select title, journal, published_on from articles").fetchall()
    plain.close()
    assert rows == [("A title aB3dE6", "Brain, Behavior & Cells", None)]


_CHILD = """
import sys
from pathlib import Path
from tests.storage.build import House, article, at, card, url_of
from storage.records import FoundRecord
house = House(Path(sys.argv[1]))
print("ready", flush=True)
for n in range(100000):
    name = f"k{n:05}"
    found = (FoundRecord(url_of(f"f{n:05}"), "article", "card", f"f{n:05}"),)
    house.save(article(name), cards=(card(f"f{n:05}"),), found=found, when=at(0), body=name.encode() * 2000)
    if n % 40 == 39:
        house.writer.settle(at(1))
"""


@pytest.mark.parametrize("milliseconds", [0, 15, 60, 170, 400])
def test_killed_at_any_moment_it_holds_whole_pages(tmp_path: Path, milliseconds: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", _CHILD, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    time.sleep(milliseconds / 1000)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with open_archive(tmp_path) as archive, archive.engine.begin() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        count = text(
            "SELECT (SELECT count(*) FROM capture), (SELECT count(*) FROM articles WHERE topics IS NOT "
            "NULL), "
            "(SELECT count(*) FROM card_list), (SELECT count(*) FROM url WHERE state = 'stored' AND "
            "due_at IS NULL), "
            "(SELECT count(*) FROM url WHERE state = 'waiting'), "
            "(SELECT count(DISTINCT payload_digest) FROM capture)"
        )
        assert len(set(connection.execute(count).one())) == 1
        connection.exec_driver_sql(
            "INSERT INTO article_search (article_search, rank) VALUES ('integrity-check', 1)"
        )


_KILLED_AT = """
import os, signal, sys
from pathlib import Path
from sqlalchemy import Engine, event
from storage.archive import open_archive

left = int(sys.argv[2])

def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(Engine, sys.argv[3], count)
open_archive(Path(sys.argv[1]), create=True)
"""


@pytest.mark.parametrize(
    ("moment", "what"),
    [(2, "after_cursor_execute"), (20, "after_cursor_execute"), (50, "after_cursor_execute"), (1, "commit")],
)
def test_killed_while_it_is_made_it_can_be_made_again(tmp_path: Path, moment: int, what: str) -> None:
    arguments = [str(tmp_path / "a"), str(moment), what]
    child = subprocess.run([sys.executable, "-c", _KILLED_AT, *arguments], cwd=ROOT)
    assert child.returncode == -signal.SIGKILL
    with open_archive(tmp_path / "a", create=True) as archive, archive.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM articles")).scalar() == 0
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == [(HEAD,)]


def test_errors_share_one_ancestor() -> None:
    kinds: list[type[Exception]] = [
        ArchiveBusy, ArchiveDamaged, ArchiveMissing, ArchiveNewer, ArchiveOlder, ArchiveUnwritable
    ]  # fmt: skip
    assert all(issubclass(kind, ArchiveError) for kind in kinds)


def test_two_archives_of_the_same_content_compare_equal(new_house: Callable[[], House]) -> None:
    from storage.compare import archive_digest

    one, two = new_house(), new_house()
    for n, name in enumerate(("aaaaaa", "bbbbbb")):
        one.save(article(name), when=at(n))
    for n, name in enumerate(("bbbbbb", "aaaaaa")):
        two.save(article(name), when=at(50 + n))
    assert archive_digest(one.archive) == archive_digest(two.archive)
    two.save(article("cccccc"), when=at(99))
    assert archive_digest(one.archive) != archive_digest(two.archive)
