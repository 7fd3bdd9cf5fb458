"""`msarchive export` as its user meets it: exit codes, what is said, what is left behind."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from storage.export import csv_tables
from tests.cli.conftest import Run, one_line, run
from tests.storage.build import House, article

__all__ = ["run"]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """An archive with one article, which a writer holds open."""
    house = House(tmp_path / "archive")
    house.save(article("aB3dE6"))
    return house.directory


@pytest.mark.parametrize(
    ("fails", "code"), [(OSError(errno.ENOSPC, "No space left on device"), 7), (KeyboardInterrupt(), 5)]
)
def test_what_can_not_be_finished_leaves_nothing(
    small: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch, fails: BaseException, code: int
) -> None:
    def failing(*_: object) -> bytes:
        raise fails

    monkeypatch.setattr(csv_tables, "_taken", failing)
    ended = run("export", "csv", "-o", "tables", "--archive", small)
    assert ended.code == code
    one_line(ended.err.strip())
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]


def test_it_works_beside_a_writer_and_says_what_it_wrote(small: Path, run: Run) -> None:
    told = run("export", "jsonl", "-o", "a.jsonl", "--archive", small)
    assert told.code == 0
    assert "1 article" in told.out
    assert "Last complete run" in told.out
    assert run("export", "jsonl", "-o", "b.jsonl", "--archive", small, "--json").json["articles"] == 1


def test_a_file_can_go_to_standard_output(small: Path, run: Run) -> None:
    told = run("export", "jsonl", "-o", "-", "--archive", small)
    assert (json.loads(told.out)["id"], told.err) == ("aB3dE6", "")


def test_nothing_that_matches_is_a_valid_export(small: Path, tmp_path: Path, run: Run) -> None:
    for form in ("csv", "jsonl", "bibtex", "csl-json", "jsonld", "sqlite"):
        told = run("export", form, "-o", f"x.{form}", "--query", "nosuchword", "--archive", small)
        assert told.code == 0
        assert "no article matches" in one_line(told.err)
        assert (tmp_path / f"x.{form}").exists()
    assert json.loads((tmp_path / "x.csl-json").read_text()) == []
    assert json.loads((tmp_path / "x.jsonld").read_text())["@graph"] == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["csv", "-o", "-"], "folder"),
        (["sqlite", "-o", "-"], "file"),
        (["bibtex", "-o", "x", "--fields", "title"], "--fields"),
        (["csv", "-o", "x", "--fields", "nosuch"], "no field"),
        (["csv", "-o", "nosuch/x"], "can't write"),
        (["jsonl", "-o", "archive"], "is a folder"),
        (["csv", "-o", "archive", "--force"], "no export"),
        (["jsonl", "-o", "x", "--query", "credibility:>=many"], ""),
    ],
)
def test_what_is_wrong_is_said_in_one_line(small: Path, run: Run, options: list[str], said: str) -> None:
    ended = run("export", *options, "--archive", small)
    assert ended.code == 2
    assert said in one_line(ended.err)
