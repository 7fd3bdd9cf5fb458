"""The formats that are one file: what each writes, piece by piece, and the JSON Schema of those in JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from sqlalchemy import Connection

from storage.export import bibtex, csl_json, jsonld, ris
from storage.export.choice import Choice
from storage.export.citations import Summary, summaries
from storage.export.documents import documents, shape
from storage.schema import json_schema

Tell = Callable[[int], None]


def pieces(
    form: str, connection: Connection, choice: Choice, stands_for: dict[str, Any], tell: Tell
) -> Iterator[bytes]:
    """What a format of one file writes. `stands_for` is told in it where the format has comments."""
    if form == "jsonl":
        for document in documents(connection, choice, tell):
            yield (_json(document) + "\n").encode()
        return
    found = _with_studies(summaries(connection, choice, tell))
    if form == "bibtex":
        yield bibtex.comment(_told(stands_for))
        for summary, study in found:
            yield from bibtex.entries(summary, with_study=study)
    elif form == "ris":
        for summary, study in found:
            yield from ris.records(summary, with_study=study)
    elif form == "csl-json":
        yield from _array(
            item for summary, study in found for item in csl_json.items(summary, with_study=study)
        )
        yield b"\n"
    else:
        yield f'{{"@context": "{jsonld.CONTEXT}", "@graph": '.encode()
        yield from _array(jsonld.node(summary) for summary, _ in found)
        yield b"}\n"


def schema(form: str, choice: Choice) -> json_schema.Schema | None:
    """The JSON Schema of what a format writes, of JSON lines that of a line; None for what is no JSON."""
    if form == "jsonl":
        return json_schema.document("msarchive export jsonl: a line", shape(choice).schema)
    if form == "csl-json":
        return json_schema.document("msarchive export csl-json", csl_json.SCHEMA)
    if form == "jsonld":
        return json_schema.document("msarchive export jsonld", jsonld.SCHEMA)
    return None


def _with_studies(found: Iterable[Summary]) -> Iterator[tuple[Summary, bool]]:
    """Each with whether its study is still to be written: the revisions of an article have one."""
    last = None
    for summary in found:
        key = None if summary.cited_study is None else summary.cited_study.key
        yield summary, key is not None and key != last
        last = key


def _array(values: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    first = True
    for value in values:
        yield (("[\n" if first else ",\n") + _json(value)).encode()
        first = False
    yield b"[]" if first else b"\n]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _told(stands_for: dict[str, Any]) -> list[str]:
    run, as_of = stands_for["complete_run"], stands_for["as_of"]
    ended = "no complete run yet" if run is None else f"run {run['id']}, complete at {run['ended_at']}"
    lines = [
        f"msarchive {stands_for['program_version']}, archive of {', '.join(stands_for['sites'])}: {ended}"
    ]
    lines += [f"as of {as_of}"] if as_of is not None else []
    return lines + ([f"articles that match {stands_for['query']}"] if stands_for["query"] else [])
