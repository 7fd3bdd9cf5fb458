"""JSON-LD in the words of schema.org: a page is an `Article` that is based on a `MedicalScholarlyArticle` in
a `Periodical`; the site's ratings are its `Rating`s, our capture is where the page is archived."""

from __future__ import annotations

from typing import Any

from storage.export.citations import ArchivedCopy, Rating, Study, Summary
from storage.schema.json_schema import DATE_PATTERN

CONTEXT = "https://schema.org"
Node = dict[str, Any]


def node(summary: Summary) -> Node:
    """A summary with its study and its archived copy."""
    site = _site(summary)
    return _filled(
        {
            "@type": "Article",
            "@id": summary.url or f"urn:msarchive:{summary.key}",
            "identifier": summary.id,
            "url": summary.url,
            "headline": summary.title,
            "abstract": summary.takeaway,
            "description": summary.description,
            "datePublished": summary.date,
            "timeRequired": None if summary.minutes is None else f"PT{summary.minutes}M",
            "about": [{"@type": "Thing", "name": topic} for topic in summary.topics],
            "contentRating": [_rating(rating, site) for rating in summary.ratings],
            "publisher": site,
            "isBasedOn": None if summary.study is None else _study(summary.study),
            "archivedAt": None if summary.copy is None else _copy(summary.copy),
        }
    )


def _site(summary: Summary) -> Node:
    return _filled({"@type": "Organization", "name": summary.host or summary.site, "url": summary.origin})


def _rating(rating: Rating, site: Node) -> Node:
    return {
        "@type": "Rating",
        "name": rating.name,
        "ratingValue": _number(rating.value),
        "bestRating": _number(rating.best),
        "author": site,
    }


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def _study(study: Study) -> Node:
    identifiers = [
        {"@type": "PropertyValue", "propertyID": name, "value": value}
        for name, value in (("DOI", study.doi), ("PMID", study.pmid))
        if value
    ]
    return _filled(
        {
            "@type": "MedicalScholarlyArticle",
            "@id": f"urn:msarchive:{study.key}",
            "headline": study.title,
            "author": [{"@type": "Person", "name": name} for name in study.authors],
            "datePublished": study.date,
            "isPartOf": {"@type": "Periodical", "name": study.journal} if study.journal else None,
            "identifier": identifiers,
            "url": study.url,
        }
    )


def _copy(copy: ArchivedCopy) -> Node:
    return {
        "@type": "WebPage",
        "@id": copy.record_id,
        "dateCreated": copy.at,
        "encodingFormat": "application/warc",
        "isPartOf": {"@type": "DigitalDocument", "name": f"captures/{copy.file}"},
        "position": copy.offset,
    }


def _filled(node: Node) -> Node:
    return {name: value for name, value in node.items() if value not in (None, [], "")}


_TEXT = {"type": "string"}
_NUMBER = {"type": "number"}
_DATE = {"type": "string", "pattern": DATE_PATTERN}


def _of(kind: str, required: tuple[str, ...], **properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {"@type": {"const": kind}, "@id": _TEXT, **properties},
        "required": ["@type", *required],
        "additionalProperties": False,
    }


def _list(of: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": of, "minItems": 1}


_SITE = _of("Organization", ("name",), name=_TEXT, url=_TEXT)
_ARTICLE = _of(
    "Article",
    ("@id", "identifier", "publisher"),
    identifier=_TEXT, url=_TEXT, headline=_TEXT, abstract=_TEXT, description=_TEXT, datePublished=_DATE,
    timeRequired={"type": "string", "pattern": r"^PT\d+M$"},
    about=_list(_of("Thing", ("name",), name=_TEXT)),
    contentRating=_list(
        _of(
            "Rating", ("name", "ratingValue", "bestRating", "author"),
            name=_TEXT, ratingValue=_NUMBER, bestRating=_NUMBER, author=_SITE,
        )
    ),
    publisher=_SITE,
    isBasedOn=_of(
        "MedicalScholarlyArticle",
        ("@id",),
        headline=_TEXT, author=_list(_of("Person", ("name",), name=_TEXT)), datePublished=_DATE,
        isPartOf=_of("Periodical", ("name",), name=_TEXT),
        identifier=_list(_of("PropertyValue", ("propertyID", "value"), propertyID=_TEXT, value=_TEXT)),
        url=_TEXT,
    ),
    archivedAt=_of(
        "WebPage",
        ("@id", "dateCreated", "isPartOf", "position"),
        dateCreated={"type": "string", "format": "date-time"}, encodingFormat=_TEXT,
        isPartOf=_of("DigitalDocument", ("name",), name=_TEXT), position={"type": "integer"},
    ),
)  # fmt: skip
SCHEMA: dict[str, Any] = {
    "description": "Summaries with the studies they are based on and their archived copies.",
    "type": "object",
    "properties": {"@context": {"const": CONTEXT}, "@graph": {"type": "array", "items": _ARTICLE}},
    "required": ["@context", "@graph"],
    "additionalProperties": False,
}
"""The JSON Schema of the whole file."""
