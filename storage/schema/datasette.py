"""Metadata for Datasette (docs.datasette.io/en/stable/metadata.html), which shows it beside every table."""

from __future__ import annotations

from typing import Any

from storage.views import VIEWS, View

_FACETS = {
    "articles": ["journal_group", "published_precision"],
    "article_topics": ["topic_group"],
    "captures": ["kind", "origin"],
    "urls": ["state", "kind"],
}
_LABELS = {"articles": "title", "runs": "started_at", "captures": "url"}


def metadata(databases: tuple[str, ...]) -> dict[str, Any]:
    """What Datasette's `--metadata` takes, for files of these names (`archive.db` is `archive`): archives, or
    snapshots that `export sqlite` wrote."""
    tables = {view.name: _table(view) for view in VIEWS}
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
