"""Metadata for Datasette (docs.datasette.io/en/stable/metadata.html), which shows it beside every table."""

from __future__ import annotations

from typing import Any

from storage.models import Base
from storage.search_index import TABLE
from storage.views import VIEWS, View
from storage.views.search import SEARCH_DOCUMENTS

_FACETS = {
    "articles": ["journal_group", "published_precision"],
    "article_topics": ["topic_group"],
    "captures": ["kind", "origin"],
    "urls": ["state", "kind"],
}
_INSIDE = "(A table behind the views; it may change from version to version.) "
_FURTHER = {
    "alembic_version": {
        "description": f"{_INSIDE}Which schema the archive has.",
        "columns": {"version_num": "Number of the latest migration."},
    },
    "about": {
        "description": "What a snapshot stands for: program, run, choice, rows of each table.",
        "columns": {"name": "What is told.", "value": "As JSON."},
    },
}
_LABELS = {"articles": "title", "runs": "started_at", "captures": "url"}


def metadata(databases: tuple[str, ...]) -> dict[str, Any]:
    """What Datasette's `--metadata` takes, for files of these names (`archive.db` is `archive`): archives, or
    snapshots that `export sqlite` wrote."""
    tables = {view.name: _table(view) for view in VIEWS} | _tables() | _FURTHER
    # It sees which index belongs to the view, and not by what number.
    tables[SEARCH_DOCUMENTS.name] |= {"fts_table": TABLE, "fts_pk": "id"}
    return {
        "title": "An archive of research summaries",
        "description": "Text is as printed; times are UTC; dates are only as precise as printed.",
        "databases": {name: {"tables": tables} for name in databases},
    }


def _table(view: View) -> dict[str, Any]:
    said: dict[str, Any] = {
        "description": view.doc,
        "columns": {name: doc for name, (_, doc) in view.columns.items()},
    }
    units = {name: kind.unit for name, (kind, _) in view.columns.items() if kind.unit is not None}
    if units:
        said["units"] = units
    if view.name in _FACETS:
        said["facets"] = _FACETS[view.name]
    if view.name in _LABELS:
        said["label_column"] = _LABELS[view.name]
    return said


def _tables() -> dict[str, dict[str, Any]]:
    """Not hidden: Datasette hides with a table all whose names begin as its name does, as `articles`."""
    return {
        str(mapper.local_table.description): {
            "description": _INSIDE + " ".join((mapper.class_.__doc__ or "").split()),
            "columns": {column.name: column.doc for column in mapper.local_table.columns},
        }
        for mapper in Base.registry.mappers
    }
