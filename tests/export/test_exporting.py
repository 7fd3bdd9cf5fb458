"""Exports as files: whole or not at all, the same bytes each time, and what they say they are."""

from __future__ import annotations

import errno
import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Connection, text

from storage.export import csv_tables, folders
from storage.export.choice import Choice, NoSuchField
from storage.export.exporting import Export
from storage.whole import TargetExists

ONE = Choice(selected="SELECT id FROM article WHERE key = :search_key", parameters={"search_key": "Sx1jR8"})


def export(connection: Connection, form: str, choice: Choice = Choice(), **options: Any) -> Export:  # noqa: B008
    return Export(connection, choice, form, program_version="0", **options)


def held(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_the_same_archive_gives_the_same_bytes(connection: Connection, tmp_path: Path, form: str) -> None:
    for name in ("a", "b"):
        export(connection, form, Choice(history=True)).to_folder(tmp_path / name)
    assert held(tmp_path / "a") == held(tmp_path / "b")


def test_checksums_hold(connection: Connection, tmp_path: Path) -> None:
    export(connection, "csv").to_folder(tmp_path / "t")
    export(connection, "jsonl").to_file(tmp_path / "a.jsonl")
    for sums in (tmp_path / "t" / "SHA256SUMS", tmp_path / "a.jsonl.sha256"):
        lines = sums.read_text().splitlines()
        assert lines
        for line in lines:
            digest, name = line.split("  ")
            assert hashlib.sha256((sums.parent / name).read_bytes()).hexdigest() == digest


def test_a_table_has_the_rows_of_its_view(connection: Connection, tmp_path: Path) -> None:
    exported = export(connection, "parquet", Choice(history=True)).to_folder(tmp_path / "t")
    for name in ("articles", "article_sections", "journals", "revision_changes", "article_events"):
        expected = connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one()
        assert exported.rows[name] == expected
        found = duckdb.sql(f"SELECT count(*) FROM '{tmp_path}/t/{name}.parquet'").fetchall()
        assert found == [(expected,)]


def test_parquet_has_types(connection: Connection, tmp_path: Path) -> None:
    export(connection, "parquet").to_folder(tmp_path / "t")
    frame = pd.read_parquet(tmp_path / "t" / "articles.parquet")
    assert str(frame["first_seen_at"].dtype) == "datetime64[ms, UTC]"
    day = frame[frame["published_precision"] == "day"].iloc[0]
    assert isinstance(day["published_on_day"], date)
    assert day["published_on_day"].isoformat() == day["published_on"]
    assert list(frame["topics"].dropna().iloc[0])
    file = tmp_path / "t" / "articles.parquet"
    by_duckdb = duckdb.sql(f"SELECT typeof(topics), typeof(first_seen_at) FROM '{file}' LIMIT 1")
    assert by_duckdb.fetchall() == [("VARCHAR[]", "TIMESTAMP WITH TIME ZONE")]


def test_each_line_is_valid_by_the_schema_beside_it(connection: Connection, tmp_path: Path) -> None:
    export(connection, "jsonl", Choice(history=True)).to_file(tmp_path / "a.jsonl")
    about = json.loads((tmp_path / "a.jsonl.about.json").read_text())
    validator = Draft202012Validator(about["schema"])
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    for line in lines:
        validator.validate(line)
    assert about["articles"] == len(lines)
    edited = next(line for line in lines if line["id"] == "Sx1jR8")
    assert [one["revision"] for one in edited["article_revisions"]] == [1, 2]
    assert {change["field"] for change in edited["revision_changes"]} >= {"takeaway", "credibility"}
    assert [event["event"] for event in edited["article_events"]] == ["gone", "back"]


def test_it_says_what_it_stands_for(connection: Connection, tmp_path: Path) -> None:
    export(connection, "csv", ONE).to_folder(tmp_path / "t")
    said = folders.about(tmp_path / "t")
    assert said is not None
    runs = connection.execute(text("SELECT max(id) FROM runs WHERE outcome = 'complete'")).scalar_one()
    assert said["complete_run"]["id"] == runs
    assert said["rows"]["articles"] == 1


def test_only_what_is_chosen(connection: Connection, tmp_path: Path) -> None:
    one = Choice(selected=ONE.selected, parameters=ONE.parameters, fields=("title", "article_sections"))
    export(connection, "csv", one).to_folder(tmp_path / "t")
    assert sorted(held(tmp_path / "t")) == [
        "SHA256SUMS",
        "article_sections.csv",
        "articles.csv",
        "datapackage.json",
    ]
    assert (tmp_path / "t" / "articles.csv").read_text().splitlines()[0] == "title"
    with pytest.raises(NoSuchField, match="did you mean title"):
        export(connection, "csv", Choice(fields=("titel",))).to_folder(tmp_path / "u")
    with pytest.raises(NoSuchField, match="--history"):
        export(connection, "csv", Choice(fields=("article_events",))).to_folder(tmp_path / "u")


def test_an_empty_choice_is_a_valid_export(connection: Connection, tmp_path: Path) -> None:
    none = Choice(selected="SELECT id FROM article WHERE 1 = 0")
    assert export(connection, "csv", none).to_folder(tmp_path / "t").articles == 0
    assert pd.read_csv(tmp_path / "t" / "articles.csv").empty
    assert export(connection, "parquet", none).to_folder(tmp_path / "u").articles == 0
    assert pd.read_parquet(tmp_path / "u" / "articles.parquet").empty
    assert export(connection, "jsonl", none).to_file(tmp_path / "a.jsonl").size == 0


@pytest.mark.parametrize("fails", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_nothing_is_left_of_what_fails(
    connection: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: BaseException
) -> None:
    def full(*_: object, **__: object) -> bytes:
        raise fails

    monkeypatch.setattr(csv_tables, "_taken", full)
    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(type(fails)):
        export(connection, "csv").to_folder(tmp_path / "t")
    with pytest.raises(type(fails)):
        export(connection, "jsonl").to_file(tmp_path / "a.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_overwritten(connection: Connection, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    for replace in (False, True):
        with pytest.raises(TargetExists):
            export(connection, "csv").to_folder(tmp_path / "mine", replace=replace)
    export(connection, "csv").to_folder(tmp_path / "t")
    export(connection, "csv", ONE).to_folder(tmp_path / "t", replace=True)
    assert (tmp_path / "t" / "articles.csv").read_text().count("\n") == 2
    export(connection, "jsonl").to_file(tmp_path / "a.jsonl")
    with pytest.raises(TargetExists):
        export(connection, "jsonl").to_file(tmp_path / "a.jsonl")
    export(connection, "jsonl", ONE).to_file(tmp_path / "a.jsonl", replace=True)
    assert (tmp_path / "a.jsonl").read_text().count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "a.jsonl", "a.jsonl.about.json", "a.jsonl.sha256", "mine", "t",
    ]  # fmt: skip
