"""What is printed and written as JSON is what the schemas say of it, no more and no less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from crawler.json_forms import forms
from storage.models import Base
from storage.schema.datasette import metadata
from storage.views import VIEWS
from tests.cli.conftest import Run, ask, run
from tests.conftest import Database

__all__ = ["run"]

PRINTED = {
    "list": [["list"], ["list", "--as-of", "2030-01-01"]],
    "search": [["search", "fatigue", "--as-of", "2030-01-01"], ["search", "fatigue", "--counts"]],
    "show": [["show", "Sx1jR8"], ["show", "Sx1jR8", "--as-of", "2030-01-01"], ["show", "u5LbN8"]],
    "related": [["related", "Sx1jR8"], ["related", "u5LbN8", "--as-of", "2030-01-01"]],
    "duplicates": [["related", "--duplicates", "--as-of", "2030-01-01"]],
    "topic-list": [["topics"], ["journals", "--as-of", "2030-01-01"]],
    "boilerplate-list": [["boilerplate"], ["boilerplate", "--as-of", "2030-01-01"]],
    "history": [["history", "Sx1jR8"]],
    "changes": [["changes", "--since", "2020-01-01"]],
    "status": [["status"]],
}  # fmt: skip
WRITTEN = {"jsonl": [], "jsonl-history": ["--history"], "csl-json": [], "jsonld": []}


def validate(form: str, value: Any) -> None:
    schema = forms()[form].schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


@pytest.fixture
def run_on_it(lived: Path, database: Database, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Commands ask an archive that has lived, in both databases."""
    ask(monkeypatch, lived, database(lived))
    return run


@pytest.mark.parametrize("form", PRINTED)
def test_what_a_command_prints(form: str, run_on_it: Run) -> None:
    for command in PRINTED[form]:
        printed = run_on_it(*command, "--json")
        assert printed.code == 0, printed.err
        validate(form, printed.json)


@pytest.mark.parametrize("form", WRITTEN)
def test_what_an_export_writes(form: str, run_on_it: Run) -> None:
    name = form.removesuffix("-history")
    assert run_on_it("export", name, "-o", "x", *WRITTEN[form]).code == 0
    text = Path("x").read_text()
    for value in text.splitlines() if name == "jsonl" else [text]:
        validate(form, json.loads(value))


def test_every_form_is_listed_and_printed(run: Run) -> None:
    listed = run("schema", "--json").json
    assert set(listed) == {*forms(), "datasette"}
    for name in (*PRINTED, *WRITTEN, "articles", "captures"):
        printed = run("schema", name)
        assert printed.json == forms()[name].schema()
    assert run("schema", "articles", "--table").json["primaryKey"] == ["key", "site"]
    for wrong in (["nosuch"], ["nosuch", "--table"], ["list", "--table"]):
        refused = run("schema", *wrong)
        assert refused.code == 2
        assert len(refused.err.splitlines()) == 1


def test_datasette_is_told_of_every_column() -> None:
    told = metadata(("archive", "snapshot"))["databases"]
    assert set(told) == {"archive", "snapshot"}
    for view in VIEWS:
        said = told["archive"]["tables"][view.name]
        assert said["description"] == view.doc
        assert said["columns"] == {name: doc for name, (_, doc) in view.columns.items()}
    for table in Base.metadata.tables.values():
        said = told["archive"]["tables"][table.name]
        assert said["description"]
        assert all(said["columns"][column.name] for column in table.columns)
