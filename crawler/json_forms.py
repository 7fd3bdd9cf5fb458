"""JSON Schemas (draft 2020-12) of everything that this program writes as JSON for others to read.

Made from the types and views that the JSON itself is made from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NotRequired, TypedDict

import msgspec

from crawler.checks import Check
from storage.alarms import QuarantinedRow
from storage.article_detail import ArticleDetail
from storage.boilerplate import Passage
from storage.export import files
from storage.export.choice import Choice
from storage.history import Entry
from storage.overview import Overview
from storage.queries import ArticleRow
from storage.relating.asking import Answer, Duplicate
from storage.relating.asking import Group as DuplicateGroup
from storage.schema import json_schema
from storage.schema.json_schema import Schema
from storage.search.ask import Hit
from storage.search.facets import Facets
from storage.spellings import Group as NameGroup
from storage.views import VIEWS
from storage.views.articles import ARTICLES

_AS_OF: Schema = {"type": "string", "description": "As of when it was asked (UTC); only with --as-of."}


class _Search(TypedDict):
    query: str
    searched: str
    as_of: NotRequired[str]
    hits: tuple[Hit, ...]
    total: int
    counts: NotRequired[Facets]


class _Show(TypedDict):
    as_of: NotRequired[str]
    near_duplicates: list[Duplicate]
    quarantined: list[QuarantinedRow]


class _Related(TypedDict):
    as_of: NotRequired[str]


class _History(TypedDict):
    site: str
    key: str
    entries: list[Entry]
    quarantined: list[QuarantinedRow]


class _Status(TypedDict):
    archive: str
    bytes: int
    writer: str | None
    verdict: str
    checks: list[Check]


@dataclass(frozen=True, slots=True)
class Form:
    """A form of JSON."""

    name: str
    doc: str
    schema: Callable[[], Schema]
    """Makes its JSON Schema."""


def forms() -> dict[str, Form]:
    """All forms by name: what commands print with --json, what `export` writes, a row of each view."""
    found = [
        Form("list", "what 'list --json' prints", _listed("list", ArticleRow)),
        Form("search", "what 'search --json' prints", lambda: _whole("search", _Search)),
        Form("show", "what 'show --json' prints", _show),
        Form("related", "what 'related --json' prints", lambda: _merged("related", _Related, Answer)),
        Form(
            "duplicates", "what 'related --duplicates --json' prints", _listed("duplicates", DuplicateGroup)
        ),
        Form("topic-list", "what 'topics --json' and 'journals --json' print", _topics),
        Form("boilerplate-list", "what 'boilerplate --json' prints", _listed("boilerplate-list", Passage)),
        Form("history", "what 'history --json' prints", lambda: _whole("history", _History)),
        Form("changes", "what 'changes --json' prints", lambda: _whole("changes", list[Entry])),
        Form("status", "what 'status --json' prints", _status),
        Form("jsonl", "a line of 'export jsonl'", lambda: _export("jsonl", Choice())),
        Form("jsonl-history", "the same with --history", lambda: _export("jsonl", Choice(history=True))),
        Form("csl-json", "what 'export csl-json' writes", lambda: _export("csl-json", Choice())),
        Form("jsonld", "what 'export jsonld' writes", lambda: _export("jsonld", Choice())),
    ]
    rows = [Form(view.name, f"a row of the view: {view.doc}", _row(view.name)) for view in VIEWS]
    return {form.name: form for form in (*found, *rows)}


def _row(name: str) -> Callable[[], Schema]:
    view = next(view for view in VIEWS if view.name == name)
    return lambda: json_schema.document(name, json_schema.of_object(view.columns, view.doc))


def _export(form: str, choice: Choice) -> Schema:
    schema = files.schema(form, choice)
    assert schema is not None
    return schema


def _listed(title: str, of: type) -> Callable[[], Schema]:
    """Of a list of such objects, each of which may say as of when."""

    def schema() -> Schema:
        made = _whole(title, list[of])  # type: ignore[valid-type]
        made["$defs"][of.__name__]["properties"]["as_of"] = _AS_OF
        return made

    return schema


def _topics() -> Schema:
    schema = _listed("topic-list", NameGroup)()
    whole = schema["$defs"]["Group"]
    whole["properties"]["name"] = {"type": "string", "description": "The most frequent spelling."}
    whole["required"] = ["name", *whole["required"]]
    return schema


def _show() -> Schema:
    """Of two types and a row of the view `articles`."""
    schema = _merged("show", _Show, ArticleDetail)
    schema["properties"].pop("fields")
    schema["properties"]["article"] = json_schema.of_object(ARTICLES.columns, ARTICLES.doc)
    schema["required"] = ["article" if name == "fields" else name for name in schema["required"]]
    return schema


def _status() -> Schema:
    return _merged("status", _Status, Overview)


def _merged(title: str, *parts: Any) -> Schema:
    """The schema of an object that has what each of the types has."""
    references, defined = msgspec.json.schema_components(parts, ref_template="#/$defs/{name}")
    properties: Schema = {}
    required: list[str] = []
    for reference in references:
        part = defined.pop(reference["$ref"].rpartition("/")[2])
        properties |= part["properties"]
        required += part["required"]
    whole = {"type": "object", "properties": properties, "required": required, "$defs": defined}
    return json_schema.document(title, _closed(whole))


def _whole(title: str, of: Any) -> Schema:
    return json_schema.document(title, _closed(msgspec.json.schema(of)))


def _closed(schema: Any) -> Any:
    """The same, no object with more than is said: what is printed and not described is to be noticed."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(value) for name, value in schema.items()}
    if closed.get("type") == "object" and isinstance(closed.get("properties"), dict):
        closed["additionalProperties"] = False
    return closed
