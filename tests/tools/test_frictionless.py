"""The data package of an export is valid by the tool of those who specified it."""

from __future__ import annotations

import json
from pathlib import Path

from storage.archive import open_archive
from storage.export.choice import Choice
from storage.export.exporting import Export

from .programs import program, run


def exported(archive: Path, target: Path) -> Path:
    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        Export(connection, Choice(history=True), "csv", program_version="0").to_folder(target)
    return target


def test_every_table_is_valid(archive: Path, tmp_path: Path) -> None:
    folder = exported(archive, tmp_path / "tables")
    done = run(program("frictionless", "frictionless"), "validate", "--json", "datapackage.json", cwd=folder)
    told = json.loads(done.stdout)
    assert told["valid"], done.stdout[:2000]
    names = {path.stem for path in folder.glob("*.csv")}
    assert {task["name"] for task in told["tasks"]} == names


def test_a_changed_cell_is_found(archive: Path, tmp_path: Path) -> None:
    folder = exported(archive, tmp_path / "tables")
    topics = folder / "article_topics.csv"
    topics.write_text(topics.read_text("utf-8").replace(",1,", ",one,", 1), "utf-8")
    done = run(program("frictionless", "frictionless"), "validate", "--json", "datapackage.json", cwd=folder)
    assert not json.loads(done.stdout)["valid"]
