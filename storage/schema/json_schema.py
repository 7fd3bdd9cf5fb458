"""JSON Schema (draft 2020-12, json-schema.org/draft/2020-12) of rows and of what is made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from storage.views.kinds import Holds, Kind

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]

DATE_PATTERN = r"^\d{4}(-\d\d(-\d\d)?)?$"
"""ISO text of a year, a month or a day."""
_TIME_PATTERN = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$"
_TEXT: Schema = {"type": "string"}
_SHAPES: dict[Holds, Schema] = {
    Holds.TEXT: _TEXT,
    Holds.INTEGER: {"type": "integer"},
    Holds.NUMBER: {"type": "number"},
    Holds.FLAG: {"type": "boolean"},
    Holds.DATE: {"type": "string", "pattern": DATE_PATTERN},
    Holds.DAY: {"type": "string", "format": "date"},
    Holds.TIME: {"type": "string", "format": "date-time", "pattern": _TIME_PATTERN},
    Holds.TEXTS: {"type": "array", "items": _TEXT},
    Holds.PAIRS: {"type": "array", "items": {"type": "array", "items": _TEXT, "minItems": 2, "maxItems": 2}},
    Holds.OBJECT: {"type": "object"},
}


def of_column(kind: Kind, doc: str) -> Schema:
    """The schema of a column's values."""
    shape = dict(_SHAPES[kind.holds])
    if kind.among:
        shape["enum"] = list(kind.among)
    if not kind.required:
        shape["type"] = [shape["type"], "null"]
        if kind.among:
            shape["enum"].append(None)
    if kind.unit:
        doc = f"{doc} Unit: {kind.unit}."
    return {**shape, "description": doc}


def of_object(
    columns: Mapping[str, tuple[Kind, str]],
    doc: str,
    *,
    more: Mapping[str, Schema] | None = None,
    optional: Iterable[str] = (),
) -> Schema:
    """The schema of an object with a property for each column, and those of `more`; all there but
    `optional`."""
    properties = {name: of_column(kind, said) for name, (kind, said) in columns.items()} | dict(more or {})
    absent = set(optional)
    return {
        "description": doc,
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in absent],
        "additionalProperties": False,
    }


def document(title: str, schema: Mapping[str, Any]) -> Schema:
    """A schema that stands for itself."""
    return {"$schema": DRAFT, "title": title, **schema}


def array_of(items: Schema, doc: str) -> Schema:
    """The schema of a list."""
    return {"description": doc, "type": "array", "items": items}
