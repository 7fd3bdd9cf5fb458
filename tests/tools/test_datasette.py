"""Datasette shows an archive, and a snapshot, with what each table and column holds."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from storage.archive import open_archive
from storage.export.choice import Choice
from storage.export.exporting import Export
from storage.schema.datasette import metadata

from .programs import program, run


class Shown(HTMLParser):
    """The descriptions on a table's page: of the table, and of its columns by name."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.table, self.columns = "", dict[str, str]()
        self._within: list[str] = []
        self._name = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if tag in ("dt", "dd") or "metadata-description" in kind:
            self._within.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._within and self._within[-1] == tag:
            self._within.pop()

    def handle_data(self, data: str) -> None:
        where = self._within[-1] if self._within else ""
        if where == "dt":
            self._name = data.strip()
        elif where == "dd":
            self.columns[self._name] = self.columns.get(self._name, "") + data
        elif where == "div":
            self.table += data


@pytest.fixture(scope="module")
def described(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """An archive, a snapshot of it, and our metadata for both."""
    folder = tmp_path_factory.mktemp("datasette")
    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        Export(connection, Choice(), "sqlite", program_version="0").to_file(folder / "snapshot.db")
    (folder / "metadata.json").write_text(json.dumps(metadata(("archive", "snapshot"))), "utf-8")
    return archive / "archive.db", folder / "snapshot.db", folder / "metadata.json"


def got(described: tuple[Path, Path, Path], path: str) -> str:
    database, snapshot, told = described
    done = run(program("datasette", "datasette"), database, snapshot, "--metadata", told, "--get", path)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("table", ["archive/articles", "archive/capture", "snapshot/captures"])
def test_a_table_is_shown_with_what_it_and_its_columns_hold(
    described: tuple[Path, Path, Path], table: str
) -> None:
    name, _, of = table.partition("/")
    said = metadata((name,))["databases"][name]["tables"][of]
    shown = Shown(got(described, f"/{table}?_size=1"))
    assert shown.columns == said["columns"]
    assert " ".join(shown.table.split()) == said["description"]


def test_every_table_that_it_lists_is_described(described: tuple[Path, Path, Path]) -> None:
    told: dict[str, Any] = metadata(("archive", "snapshot"))["databases"]
    for name in told:
        listed = json.loads(got(described, f"/{name}.json"))
        tables = {table["name"]: table["columns"] for table in listed["tables"] if not table["hidden"]}
        assert tables
        for table, columns in tables.items():
            assert set(told[name]["tables"][table]["columns"]) == set(columns)


def test_the_text_can_be_searched(described: tuple[Path, Path, Path]) -> None:
    for table in ("archive/search_documents", "snapshot/articles"):
        found = json.loads(got(described, f"/{table}.json?_search=fatigue&_shape=array"))
        assert found
        assert all(re.search("fatigue", json.dumps(row), re.IGNORECASE) for row in found)
