"""What commands answer of an archive in PostgreSQL is, to the byte, what they answer of it in SQLite."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.history import changes
from tests.cli.conftest import Run
from tests.postgresql import Server


@pytest.fixture(scope="module")
def key(archive: Path) -> str:
    """An article that was edited."""
    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        return changes(connection, since="2000-01-01")[-1].key


EXPORTS = ("jsonl", "csv", "sqlite", "parquet", "bibtex", "ris", "csl-json", "jsonld")


@pytest.mark.parametrize(
    "question",
    [
        "list --json", "list --sort title --topic fatigue", "show {key} --json",
        "show {key} --evidence --json", "history {key} --json", "diff {key}",
        "changes --since 2000-01-01 --json", "related {key} --json", "related --duplicates --json",
        "topics --json", "journals --json", "boilerplate --json", "runs --json",
        "runs 2 --json", "coverage --json", "alarms --json", "list --as-of 2099-01-01 --json",
        "search fatigue --sort date --counts", "search topic:fatigue -relapse", "search nothing:like:this",
        "inspect --capture 2 --json",
    ],
)  # fmt: skip
def test_a_question_has_one_answer(run: Run, archive: Path, url: str, key: str, question: str) -> None:
    asked = question.format(key=key).split()
    here = run(*asked, "--archive", archive)
    there = run(*asked, "--archive", archive, "--database", url)
    assert (there.code, there.out, there.err) == (here.code, here.out, here.err)
    assert here.code == 0


@pytest.mark.parametrize("form", EXPORTS)
def test_an_export_has_the_same_bytes(run: Run, archive: Path, url: str, tmp_path: Path, form: str) -> None:
    history = ["--history"] if form in ("jsonl", "csv") else []
    for name, more in (("here", ()), ("there", ("--database", url))):
        (tmp_path / name).mkdir()
        assert run("export", form, *history, "-o", f"{name}/x", "--archive", archive, *more).code == 0
    assert _files(tmp_path / "there") == _files(tmp_path / "here") != {}


@pytest.mark.parametrize("part", [[], ["--run", "1"]])
def test_a_package_has_the_same_bytes(
    run: Run, server: Server, crawled: Path, tmp_path: Path, part: list[str]
) -> None:
    pack = ("wacz", *part, "--archive", crawled, "-o")
    here = run(*pack, "here.wacz")
    there = run(*pack, "there.wacz", "--database", server.copy_of(crawled))
    assert (there.code, there.err) == (here.code, here.err)
    assert there.out.replace("there", "here") == here.out
    assert (tmp_path / "there.wacz").read_bytes() == (tmp_path / "here.wacz").read_bytes()


def test_a_report_is_the_same_page(run: Run, archive: Path, url: str, tmp_path: Path) -> None:
    assert run("report", "-o", "here.html", "--archive", archive).code == 0
    assert run("report", "-o", "there.html", "--archive", archive, "--database", url).code == 0
    assert (tmp_path / "there.html").read_bytes() == (tmp_path / "here.html").read_bytes()


def _files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}
