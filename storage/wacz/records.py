"""The archive's records as JSON lines, a file for each public view, and JSON Schemas that describe them.

Columns, types and descriptions are the views' own (`storage.views`): there is one source for all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from storage.quarantine_records import alarm_records, loss_records
from storage.schema import json_schema
from storage.schema.values import meant
from storage.url_records import url_records
from storage.views import VIEWS, View
from storage.wacz import ALARMS_MEMBER, LOSSES_MEMBER
from storage.wacz.selection import Selection

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
    described = json_schema.document(view.name, json_schema.of_object(view.columns, view.doc))
    return (json.dumps(described, ensure_ascii=False, indent=2) + "\n").encode()


def lines(connection: Connection, view: View, chosen: Selection) -> Iterator[bytes]:
    """The rows of a view that belong to a selection, a JSON object a line."""
    keep = _kept(connection, view, chosen)
    order = _ORDER.get(view.name, "article_key, position")
    rows = connection.execute(
        text(f"SELECT * FROM {view.name} WHERE site = :site ORDER BY {order}"), {"site": chosen.site}
    )
    for row in rows.mappings():
        if keep is None or row[keep[0]] in keep[1]:
            yield _line({name: meant(view.columns[name][0], value) for name, value in row.items()})


def url_lines(connection: Connection, chosen: Selection) -> Iterator[bytes]:
    """The URL table of a whole archive, for making it again."""
    for row in url_records(connection, chosen.site):
        yield _line(row)


def change_lines(connection: Connection, chosen: Selection) -> dict[str, list[bytes]]:
    """What was decided on readings that had lost something, by member; none where there was nothing."""
    captures = {one.id for one in chosen.captures}
    found = {
        LOSSES_MEMBER: loss_records(connection, chosen.site, captures),
        ALARMS_MEMBER: alarm_records(connection, chosen.site, captures),
    }
    told = {member: [_line(dict(row)) for row in rows] for member, rows in found.items()}
    return {member: rows for member, rows in told.items() if rows}


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


def _line(row: dict[str, Any]) -> bytes:
    return (json.dumps(row, ensure_ascii=False) + "\n").encode()
