"""An export imported into an empty archive is the same data: exported again, it is the same bytes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.as_of import as_of
from storage.export.choice import Choice
from storage.export.exporting import Export
from storage.export.restoring import EXPORTED
from tests.cli.conftest import Run, one_line, run
from tests.places import opened

__all__ = ["run"]
pytestmark = pytest.mark.usefixtures("both")

OWN = {"article_captures.csv", "article_events.csv", "datapackage.json", "SHA256SUMS"}
"""What tells of an archive's own captures, and of when it was made."""


@pytest.fixture(scope="module")
def exported(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the archive exported in both forms, with its history."""
    folder = tmp_path_factory.mktemp("exported")
    write(lived, folder)
    return folder


def write(archive: Path, folder: Path, *, history: bool = True) -> None:
    choice = Choice(history=history)
    with opened(archive, read_only=True) as found, found.engine.connect() as connection:
        Export(connection, choice, "csv", program_version="0").to_folder(folder / "csv")
        Export(connection, choice, "jsonl", program_version="0").to_file(folder / "all.jsonl")


def tables(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in OWN}


@pytest.mark.parametrize("form", ["csv", "all.jsonl"])
def test_what_is_imported_is_exported_again(form: str, exported: Path, tmp_path: Path, run: Run) -> None:
    assert run("import", exported / form, "--archive", "again").code == 0
    (tmp_path / "second").mkdir()
    write(tmp_path / "again", tmp_path / "second")
    assert tables(tmp_path / "second" / "csv") == tables(exported / "csv")
    for name in ("article_captures.csv", "article_events.csv"):
        lines = [
            (folder / "csv" / name).read_text().count("\n") for folder in (exported, tmp_path / "second")
        ]
        assert lines[0] == lines[1]
    assert run("verify", "--archive", "again").code == 0


def test_every_value_says_that_it_came_from_an_export(exported: Path, tmp_path: Path, run: Run) -> None:
    assert run("import", exported / "csv", "--archive", "again").code == 0
    with opened(tmp_path / "again", read_only=True) as archive, archive.engine.connect() as connection:
        rules = connection.execute(
            text("SELECT DISTINCT rule, claim FROM article_evidence WHERE rule <> 'card'")
        ).all()
        assert [tuple(row) for row in rules] == [("export", "taken")]
        kinds = connection.execute(text("SELECT DISTINCT media_type, origin FROM captures")).all()
        assert [tuple(row) for row in kinds] == [(EXPORTED, "import")]
        settings = connection.execute(text("SELECT settings FROM runs")).scalar_one()
        assert len(json.loads(settings)["export"]) == 64
        with as_of(connection, "2100-01-01T00:00:00.000Z"):
            dated = "SELECT count(*) FROM articles WHERE published_on IS NOT NULL"
            then = connection.execute(text(dated)).scalar_one()
        assert connection.execute(text(dated)).scalar_one() == then
    assert run("reread", "--archive", "again", "--site", "sample").code == 0
    (tmp_path / "second").mkdir()
    write(tmp_path / "again", tmp_path / "second")
    assert tables(tmp_path / "second" / "csv") == tables(exported / "csv")


def test_without_its_history_only_the_number_of_revisions_is_lost(
    lived: Path, tmp_path: Path, run: Run
) -> None:
    for folder, archive in (("first", lived), ("second", tmp_path / "again")):
        (tmp_path / folder).mkdir()
        write(archive, tmp_path / folder, history=False)
        if folder == "first":
            assert run("import", tmp_path / "first" / "csv", "--archive", "again").code == 0
    first, second = tables(tmp_path / "first" / "csv"), tables(tmp_path / "second" / "csv")
    changed = {name for name in first if first[name] != second[name]}
    assert changed == {"articles.csv"}
    differing = [
        (one, other)
        for one, other in zip(
            first["articles.csv"].splitlines(), second["articles.csv"].splitlines(), strict=True
        )
        if one != other
    ]
    assert [one.partition(b",")[0] for one, _ in differing] == [b"Sx1jR8"]


def test_an_interrupted_import_goes_on(exported: Path, run: Run) -> None:
    assert run("import", exported / "csv", "--archive", "again").code == 0
    again = run("import", exported / "csv", "--archive", "again", "--json").json
    assert (again["articles"], again["known"]) == (0, 66)


def test_what_can_not_be_imported_is_said_in_one_line(
    exported: Path, lived: Path, tmp_path: Path, run: Run
) -> None:
    refused = run("import", exported / "csv", "--archive", lived)
    assert refused.code == 1
    assert "empty archive" in one_line(refused.err)
    shutil.copytree(exported / "csv", tmp_path / "touched")
    (tmp_path / "touched" / "articles.csv").write_text("id\n1\n")
    refused = run("import", "touched", "--archive", "again")
    assert refused.code == 2
    assert "its checksum differs" in one_line(refused.err)
    assert run("export", "csv", "-o", "part", "--fields", "title", "--archive", lived).code == 0
    assert "--fields" in one_line(run("import", "part", "--archive", "again").err)
    assert not (tmp_path / "again").exists()
