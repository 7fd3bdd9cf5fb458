"""Table Schema (specs.frictionlessdata.io/table-schema) of a table, as a data package has it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from storage.schema.json_schema import DATE_PATTERN
from storage.views.kinds import Holds, Kind

_TYPES: dict[Holds, dict[str, Any]] = {
    Holds.TEXT: {"type": "string"},
    Holds.INTEGER: {"type": "integer"},
    Holds.NUMBER: {"type": "number"},
    Holds.FLAG: {"type": "boolean"},
    # Not `date`: that has no way to say "March 2021".
    Holds.DATE: {"type": "string"},
    Holds.DAY: {"type": "date"},
    Holds.TIME: {"type": "datetime"},
    Holds.TEXTS: {"type": "array"},
    Holds.PAIRS: {"type": "array"},
    Holds.OBJECT: {"type": "object"},
}


def table_schema(
    columns: Mapping[str, tuple[Kind, str]],
    key: Sequence[str] = (),
    *,
    tables: Mapping[str, tuple[str, Collection[str]]] | None = None,
) -> dict[str, Any]:
    """The Table Schema of `columns`; `key` are those that identify a row.

    `tables` are the other views in the same package, with the names and columns that they have there: foreign
    keys lead only into those.
    """
    schema: dict[str, Any] = {"fields": [_field(name, kind, doc) for name, (kind, doc) in columns.items()]}
    if key:
        schema["primaryKey"] = list(key)
    foreign = _foreign_keys(columns, tables or {})
    if foreign:
        schema["foreignKeys"] = foreign
    return schema


def _field(name: str, kind: Kind, doc: str) -> dict[str, Any]:
    constraints: dict[str, Any] = {"required": True} if kind.required else {}
    if kind.holds is Holds.DATE:
        constraints["pattern"] = DATE_PATTERN
    if kind.among:
        constraints["enum"] = list(kind.among)
    said = f"{doc} Unit: {kind.unit}." if kind.unit else doc
    field = {"name": name, **_TYPES[kind.holds], "description": said}
    return {**field, "constraints": constraints} if constraints else field


def _foreign_keys(
    columns: Mapping[str, tuple[Kind, str]], tables: Mapping[str, tuple[str, Collection[str]]]
) -> Sequence[dict[str, Any]]:
    """Those that lead into `tables`; what refers to several columns of one view is one key."""
    leading: dict[str, list[tuple[str, str]]] = {}
    for name, (kind, _) in columns.items():
        if kind.refers_to is not None:
            view, _, column = kind.refers_to.partition(".")
            resource, known = tables.get(view, ("", ()))
            if column in known:
                leading.setdefault(resource, []).append((name, column))
    return [
        {
            "fields": [name for name, _ in pairs],
            "reference": {"resource": resource, "fields": [column for _, column in pairs]},
        }
        for resource, pairs in leading.items()
    ]
