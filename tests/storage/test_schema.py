"""The schema: what migrations make, models say and views show is one and the same."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import StaticPool

from storage.archive import open_archive
from storage.migrations import HEAD, KNOWN, newest
from storage.migrations.freeze import TARGET, frozen
from storage.migrations.upgrade import config, upgrade
from storage.models import Base
from storage.views import VIEWS, views_are_current
from tests.storage.build import House, article

ROOT = Path(__file__).parents[2]


def _schema(engine_sql: list[tuple[str, str]]) -> dict[str, list[str]]:
    # A column that was added later stands behind the last one, on its line.
    lines = re.compile(r"\n|, (?=[a-z_]+ (?:TEXT|INTEGER|REAL))")
    return {name: sorted(line.strip(", \t") for line in lines.split(sql)) for name, sql in engine_sql}


@pytest.mark.sqlite("about its schema; tests/database/test_verify.py holds PostgreSQL's")
def test_migrations_make_exactly_what_the_models_say(house: House) -> None:
    with house.archive.engine.begin() as connection:
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
    with fresh.connect() as wanted, house.archive.engine.connect() as made:
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


@pytest.mark.sqlite("about its schema; tests/database/test_verify.py holds PostgreSQL's")
def test_a_new_archive_is_what_the_migrations_make_to_the_letter(house: House) -> None:
    migrated = create_engine("sqlite://", poolclass=StaticPool)
    with migrated.begin() as wanted, house.archive.engine.connect() as made:
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


@pytest.mark.sqlite("about its schema; tests/database/test_verify.py holds PostgreSQL's")
def test_the_plain_shell_question_works(house: House) -> None:
    house.save(article())
    with sqlite3.connect(house.archive.path) as plain:
        rows = plain.execute("select title, journal, published_on from articles").fetchall()
    plain.close()
    assert rows == [("A title aB3dE6", "Brain, Behavior & Cells", None)]
