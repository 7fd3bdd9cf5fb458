"""The data dictionary says what the archive holds, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from storage import dictionary as module
from storage.archive import open_archive
from storage.dictionary import PATH, Undocumented, dictionary
from storage.models import Base
from storage.views import VIEWS, View


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    folder = tmp_path_factory.mktemp("empty")
    open_archive(folder, create=True).close()
    with open_archive(folder, read_only=True) as archive, archive.engine.connect() as connection:
        yield connection


def test_the_file_is_what_the_program_would_write() -> None:
    written = (Path(__file__).parents[2] / PATH).read_text("utf-8")
    assert written == dictionary(), "run: python -m storage.dictionary"


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_views_columns_are_those_described(connection: Connection, view: View) -> None:
    found = connection.execute(text(f"SELECT * FROM {view.name}"))
    assert list(found.keys()) == list(view.columns)
    assert view.doc.endswith(".")
    assert all(doc.strip().endswith((".", "…")) for _, doc in view.columns.values())


def test_every_column_of_every_table_is_described() -> None:
    assert [
        f"{table.name}.{column.name}"
        for table in Base.metadata.tables.values()
        for column in table.columns
        if not (column.doc or "").strip()
    ] == []


def test_every_table_of_an_archive_is_in_it(connection: Connection) -> None:
    tables = connection.execute(
        text("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'article_search%'")
    ).scalars()
    described = dictionary()
    assert [name for name in tables if name not in ("alembic_version", "sqlite_stat1", "sqlite_sequence")
            and f"### {name}\n" not in described] == []  # fmt: skip


@pytest.mark.parametrize(
    "view",
    [View("v", "", {"a": ("TEXT", "x")}, "SELECT 1"), View("v", "A view.", {"a": ("TEXT", " ")}, "SELECT 1")],
)
def test_a_missing_description_is_an_error(monkeypatch: pytest.MonkeyPatch, view: View) -> None:
    monkeypatch.setattr(module, "VIEWS", (view,))
    with pytest.raises(Undocumented):
        dictionary()
