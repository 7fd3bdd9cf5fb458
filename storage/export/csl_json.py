"""CSL-JSON, as citation processors read it: a `webpage` for a summary, an `article-journal` for the study."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storage.export.citations import Study, Summary, copy_note, one_line, study_note

Item = dict[str, Any]


def items(summary: Summary, *, with_study: bool) -> Iterator[Item]:
    """The item of a summary, and that of its study if it has one that is to be written."""
    study, copy = summary.cited_study, summary.copy
    notes = [study_note(study)] if study is not None else []
    notes += [copy_note(copy)] if copy is not None else []
    yield _filled(
        {
            "id": summary.key,
            "type": "webpage",
            "title": summary.title,
            "container-title": summary.host,
            "issued": _date(summary.date),
            "accessed": _date(summary.seen_at[:10]),
            "URL": summary.url,
            "abstract": summary.takeaway,
            "keyword": ", ".join(summary.topics),
            "archive": None if copy is None else f"msarchive of {summary.site}",
            "archive_location": None if copy is None else copy.place,
            "note": one_line("; ".join(notes)),
        }
    )
    if study is not None and with_study:
        yield _study(study)


def _study(study: Study) -> Item:
    return _filled(
        {
            "id": study.key,
            "type": "article-journal",
            "title": study.title,
            "author": [{"literal": one_line(name)} for name in study.authors],
            "container-title": study.journal,
            "issued": _date(study.date),
            "DOI": study.doi,
            "PMID": study.pmid,
            "URL": study.url,
        }
    )


def _filled(item: Item) -> Item:
    """Without what is absent, and every text in one line."""
    return {
        name: one_line(value) if isinstance(value, str) else value for name, value in item.items() if value
    }


def _date(iso: str | None) -> dict[str, Any] | None:
    return None if iso is None else {"date-parts": [[int(part) for part in iso.split("-")]]}


_TEXT = {"type": "string"}
_TEXTS = (
    "title", "container-title", "URL", "abstract", "keyword", "archive", "archive_location", "note", "DOI",
    "PMID",
)  # fmt: skip
_DATE = {
    "type": "object",
    "properties": {
        "date-parts": {
            "type": "array",
            "items": {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
            "minItems": 1,
            "maxItems": 1,
        }
    },
    "required": ["date-parts"],
    "additionalProperties": False,
}
_AUTHORS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {"literal": _TEXT},
        "required": ["literal"],
        "additionalProperties": False,
    },
}
SCHEMA: dict[str, Any] = {
    "description": "Summaries and the studies they are about, as CSL-JSON.",
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": _TEXT,
            "type": {"enum": ["webpage", "article-journal"]},
            **dict.fromkeys(_TEXTS, _TEXT),
            "issued": _DATE,
            "accessed": _DATE,
            "author": _AUTHORS,
        },
        "required": ["id", "type"],
        "additionalProperties": False,
    },
}
"""The JSON Schema of what `items` gives, as a list."""
