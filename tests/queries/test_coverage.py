"""Addresses that are not accounted for: what the commands find is what the SQL of docs/operating.md finds."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from benchmarks.made_archive import Plan, make_archive
from storage.archive import open_archive
from storage.coverage import UNEXPLAINED, unexplained


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with cards on its articles' pages."""
    folder = tmp_path_factory.mktemp("made") / "archive"
    for _ in make_archive(folder, Plan(120, runs=2, related=False)):
        pass
    return folder


@pytest.mark.parametrize(
    ("sql", "state"),
    [
        ("SELECT 1", None),
        ("UPDATE url SET state = 'gone' WHERE id = 7", "gone"),
        ("UPDATE card SET url = url || '-unheard' WHERE position = 1", "unknown"),
    ],
)
def test_what_the_commands_find_is_what_the_published_sql_finds(
    sql: str, state: str | None, made: Path, tmp_path: Path
) -> None:
    shutil.copytree(made, tmp_path / "archive")
    with open_archive(tmp_path / "archive") as archive, archive.engine.begin() as connection:
        connection.exec_driver_sql(sql)
        proven = connection.exec_driver_sql(UNEXPLAINED).all()
        found = [(one.url, one.state, one.reason) for one in unexplained(connection)]
    assert sorted(found) == sorted(map(tuple, proven))
    assert {one[1] for one in found} == (set() if state is None else {state})
