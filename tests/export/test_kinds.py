"""What the views say of their columns is true of an archive that has lived."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from sqlalchemy import Connection, text

from storage.schema import json_schema
from storage.schema.values import meant
from storage.views import VIEWS, View
from storage.views.kinds import Kind

BY_NAME = {view.name: view for view in VIEWS}


@pytest.fixture(params=VIEWS, ids=lambda view: view.name)
def view(request: pytest.FixtureRequest) -> View:
    found = request.param
    assert isinstance(found, View)
    return found


def test_its_rows_are_valid_by_its_json_schema(view: View, connection: Connection) -> None:
    schema = json_schema.document(view.name, json_schema.of_object(view.columns, view.doc))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for row in connection.execute(text(f"SELECT * FROM {view.name}")).mappings():
        validator.validate({name: meant(view.columns[name][0], value) for name, value in row.items()})


@pytest.mark.parametrize("view", [view for view in VIEWS if view.key], ids=lambda view: view.name)
def test_its_key_identifies_its_rows(view: View, connection: Connection) -> None:
    key = ", ".join(view.key)
    twice = connection.execute(text(f"SELECT {key} FROM {view.name} GROUP BY {key} HAVING count(*) > 1"))
    assert twice.all() == []


def test_what_it_refers_to_is_there(view: View, connection: Connection) -> None:
    for name, kind in references(view).items():
        target, _, column = str(kind.refers_to).partition(".")
        assert column in BY_NAME[target].columns
        dangling = connection.execute(
            text(f"SELECT {name} FROM {view.name} WHERE {name} NOT IN (SELECT {column} FROM {target})")
        )
        assert dangling.all() == [], name


def references(view: View) -> dict[str, Kind]:
    return {name: kind for name, (kind, _) in view.columns.items() if kind.refers_to is not None}
