"""The archive's records as JSON lines, a file for each public view, and JSON Schemas that describe them.

Columns, types and descriptions are the views' own (`storage.views`): there is one source for all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from storage.url_records import url_records
from storage.views import VIEWS, View
from storage.wacz.selection import Selection

_TYPES = {"TEXT": "string", "INTEGER": "integer", "REAL": "number"}
# Columns that hold JSON text: in a JSON file they are what they say.
_JSON: dict[str, dict[str, Any]] = {
    "topics": {"type": ["array", "null"], "items": {"type": "string"}},
    "source_authors": {"type": ["array", "null"], "items": {"type": "string"}},
    "changed_fields": {"type": ["array", "null"], "items": {"type": "string"}},
    "added": {"type": ["array", "null"]},
    "removed": {"type": ["array", "null"]},
    "headers": {"type": "array"},
    "settings": {"type": "object"},
    "counts": {"type": "object"},
}
_NAMES = (
    "articles", "article_sections", "article_topics", "article_cards", "revisions", "revision_changes",
    "article_events", "corrections", "captures", "runs",
)  # fmt: skip
_ORDER = {
    "captures": "id",
    "runs": "id",
    "articles": "key",
    "revisions": "article_key, revision",
    "revision_changes": "article_key, revision, field",
    "article_events": "article_key, at, event",
    "corrections": "id",
}
_DRAFT = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class RecordFile:
    """One file of records."""

    name: str
    """Of the view: the file is `NAME.jsonl`, its schema `NAME.schema.json`."""
    view: View


def record_files() -> tuple[RecordFile, ...]:
    """The files of a package, in their order."""
    views = {view.name: view for view in VIEWS}
    return tuple(RecordFile(name, views[name]) for name in _NAMES)


def schema(view: View) -> bytes:
    """The JSON Schema (draft 2020-12) of one line of a view's file."""
    properties = {
        name: {**(_JSON.get(name) or {"type": [_TYPES[kind], "null"]}), "description": doc}
        for name, (kind, doc) in view.columns.items()
    }
    described = {
        "$schema": _DRAFT,
        "title": view.name,
        "description": view.doc,
        "type": "object",
        "properties": properties,
        "required": list(view.columns),
        "additionalProperties": False,
    }
    return (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode()


def table_schema(view: View) -> dict[str, Any]:
    """The same as a Table Schema (specs.frictionlessdata.io/table-schema), as a data package has it."""
    return {
        "fields": [
            {"name": name, "type": _table_type(name, kind), "description": doc}
            for name, (kind, doc) in view.columns.items()
        ]
    }


def lines(connection: Connection, view: View, chosen: Selection) -> Iterator[bytes]:
    """The rows of a view that belong to a selection, a JSON object a line."""
    keep = _kept(connection, view, chosen)
    order = _ORDER.get(view.name, "article_key, position")
    rows = connection.execute(
        text(f"SELECT * FROM {view.name} WHERE site = :site ORDER BY {order}"), {"site": chosen.site}
    )
    for row in rows.mappings():
        if keep is None or row[keep[0]] in keep[1]:
            yield _line({name: _value(name, value) for name, value in row.items()})


def url_lines(connection: Connection, chosen: Selection) -> Iterator[bytes]:
    """The URL table of a whole archive, for making it again."""
    for row in url_records(connection, chosen.site):
        yield _line(row)


def _table_type(name: str, kind: str) -> str:
    if name not in _JSON:
        return _TYPES[kind]
    told = _JSON[name]["type"]
    return str(told if isinstance(told, str) else told[0])


def _kept(connection: Connection, view: View, chosen: Selection) -> tuple[str, set[Any]] | None:
    """The column that tells whether a row belongs to the selection, and its values; None: all do."""
    if chosen.whole:
        return None
    if view.name == "captures":
        return "id", {one.id for one in chosen.captures}
    if view.name == "corrections":
        return "capture", {one.id for one in chosen.captures}
    if view.name == "runs":
        return "id", {one.run for one in chosen.captures}
    shown = {one.article_key for one in chosen.captures}
    keys = {
        key
        for number, key in connection.execute(
            text("SELECT id, key FROM article WHERE site = :site"), {"site": chosen.site}
        )
        if number in shown
    }
    return ("key" if view.name == "articles" else "article_key"), keys


def _value(name: str, value: Any) -> Any:
    return json.loads(value) if name in _JSON and value is not None else value


def _line(row: dict[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()
