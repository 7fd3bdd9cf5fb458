"""Structured data in a page: JSON-LD, OpenGraph and other `<meta>`, links, and a framework's embedded state.

All of it is evidence beside what the page shows; `reader.py` holds the order of precedence.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import chompjs
from lxml import etree

from spiders.reading.profile import SiteProfile
from spiders.reading.tree import Document, unescaped
from spiders.reading.walked import Walked
from spiders.reading.words import comparable, squeeze, word_set

_ARTICLE_TYPES = word_set(
    "Article NewsArticle BlogPosting MedicalWebPage MedicalScholarlyArticle ScholarlyArticle Report WebPage"
)
_SAVED_FROM = re.compile(r"saved from url=\(\d+\)(\S+)")
_STATE_START = re.compile(r"^\s*(?:window\.|self\.|var |let |const )?[\w$.\[\]'\"]+\s*=\s*(?=[{\[])")
_FLIGHT = re.compile(r"self\.__next_f\.push\((\[.*\])\)\s*;?\s*$", re.S)
_FLIGHT_ROW = re.compile(r"(?:^|\n)[0-9a-f]+:(?=[\[{])")
_LARGEST_SCRIPT = 2_000_000
_MOST_NODES = 20_000


@dataclass(frozen=True, slots=True)
class Claim:
    """One value that structured data gives for a field."""

    field: str
    value: Any
    """Text, or as found for ratings and lists."""
    rule: str
    """`json-ld`, `opengraph`, `meta`, `canonical`, `saved-from`, `embedded-state`."""
    where: str


def head_claims(document: Document, found: Walked) -> list[Claim]:
    """The claims of a page's `<link>`, `<meta>` and `<title>`, in document order.

    `found` is what the walk over the document found.
    """
    claims: list[Claim] = []
    of_metas: list[Claim] = []
    for said, *_ in found.noted:
        get = said.attributes.get
        if said.tag == "link":
            address = get("href")
            if address and (get("rel") or "").lower() == "canonical":
                claims.append(Claim("url", address, "canonical", "link[rel=canonical]"))
        elif said.tag == "meta":
            name = (get("property") or get("name") or get("itemprop") or "").lower()
            if name in _META and (content := squeeze(get("content") or "")):
                field, rule = _META[name]
                of_metas.append(Claim(field, content, rule, f"meta[{name}]"))
    claims += of_metas
    title = squeeze(found.titles[0]) if found.titles else ""
    if title:
        claims.append(Claim("title", title, "title-element", "title"))
    for comment in _comments(document, found):
        match = _SAVED_FROM.search(comment)
        if match:
            claims.append(Claim("url", match[1], "saved-from", "comment"))
    return claims


def _comments(document: Document, found: Walked) -> Iterator[str]:
    """All comments, those before and behind the root, too."""
    root = document.root
    yield from [comment.text or "" for comment in root.itersiblings(etree.Comment, preceding=True)][::-1]
    yield from (unescaped(comment[3:]) for comment in found.comments)
    yield from (comment.text or "" for comment in root.itersiblings(etree.Comment))


def script_claims(
    found: Walked, profile: SiteProfile, title: str | None, article_id: str | None
) -> list[Claim]:
    """The claims of a page's JSON-LD, then of its embedded state, in document order. Broken JSON gives none.

    `title` and `article_id` are what else is known of the page; an embedded state holds many articles, and
    only the one that carries this id or this title speaks for the page.
    """
    claims: list[Claim] = []
    from_state: list[Claim] = []
    scripts = [one for one in found.noted if one.said.tag == "script"]
    for number, (said, flat, at, _) in enumerate(scripts, start=1):
        text = "" if said.is_empty else flat.texts[at]
        if not text or len(text) > _LARGEST_SCRIPT:
            continue
        where = f"(//script)[{number}]"
        kind = (said.attributes.get("type") or "").split(";")[0].strip().lower()
        if kind == "application/ld+json":
            claims += _json_ld(_loads(text), where)
        else:
            for state in _states(text, kind):
                from_state += _state(state, profile, title, article_id, where)
    return claims + from_state


_META = {
    "og:url": ("url", "opengraph"),
    "og:title": ("title", "opengraph"),
    "twitter:title": ("title", "opengraph"),
    "og:description": ("description", "opengraph"),
    "description": ("description", "meta"),
    "article:published_time": ("published", "opengraph"),
    "datepublished": ("published", "meta"),
    "citation_doi": ("source.doi", "meta"),
    "citation_pmid": ("source.pmid", "meta"),
    "citation_journal_title": ("source.journal", "meta"),
    "og:type": ("type", "opengraph"),
}


def _loads(text: str) -> Any:
    text = text.strip()
    for candidate in (text, html.unescape(text)):
        try:
            return json.loads(candidate, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _json_ld(data: Any, where: str) -> Iterator[Claim]:
    for node, path in _nodes(data, where):
        types = node.get("@type")
        listed = types if isinstance(types, list) else [types]
        names = {name for name in listed if isinstance(name, str)}
        if not names & _ARTICLE_TYPES:
            continue
        if names == {"WebPage"} and "headline" not in node:
            continue
        if re.search(r"\.(?:isBasedOn|citation|about|hasPart|itemListElement|relatedLink|mentions)\b", path):
            yield from _based_on(node, path)
            continue
        for key, field in (
            ("headline", "title"),
            ("datePublished", "published"),
            ("description", "description"),
        ):
            if isinstance(node.get(key), str) and node[key].strip():
                yield Claim(field, squeeze(html.unescape(node[key])), "json-ld", f"{path}.{key}")
        part_of = node.get("isPartOf")
        if (
            isinstance(part_of, Mapping)
            and part_of.get("@type") == "Periodical"
            and _text(part_of.get("name"))
        ):
            yield Claim("journal", _text(part_of["name"]), "json-ld", f"{path}.isPartOf.name")
        keywords = node.get("keywords")
        if keywords:
            values = keywords if isinstance(keywords, list) else str(keywords).split(",")
            topics = tuple(squeeze(str(value)) for value in values if str(value).strip())
            yield Claim("topics", topics, "json-ld", f"{path}.keywords")


def _based_on(node: Mapping[str, Any], path: str) -> Iterator[Claim]:
    if ".isBasedOn" not in path and ".citation" not in path:
        return
    for key, field in (
        ("name", "source.title"),
        ("headline", "source.title"),
        ("datePublished", "source.published"),
    ):
        if _text(node.get(key)):
            yield Claim(field, _text(node[key]), "json-ld", f"{path}.{key}")
    for key in ("sameAs", "url", "@id", "identifier"):
        value = _text(node.get(key))
        if value and "10." in value:
            yield Claim("source.doi", value, "json-ld", f"{path}.{key}")
    part_of = node.get("isPartOf")
    if isinstance(part_of, Mapping) and _text(part_of.get("name")):
        yield Claim("source.journal", _text(part_of["name"]), "json-ld", f"{path}.isPartOf.name")


def _states(text: str, kind: str) -> Iterator[Any]:
    """JSON values that a script holds as data."""
    if kind in ("application/json", "text/json", "application/x-json"):
        yield _loads(text)
        return
    if kind not in ("", "text/javascript", "application/javascript", "module"):
        return
    flight = _FLIGHT.search(text)
    if flight:
        yield from _flight_rows(flight[1])
        return
    match = _STATE_START.match(text)
    if match:
        try:
            yield chompjs.parse_js_object(text[match.end() :])
        except (ValueError, RecursionError):
            return


def _flight_rows(pushed: str) -> Iterator[Any]:
    """The JSON rows of a React Server Components stream, `self.__next_f.push([1, "1a:{…}\\n"])`."""
    data = _loads(pushed)
    if not (isinstance(data, list) and len(data) == 2 and isinstance(data[1], str)):
        return
    decoder = json.JSONDecoder(strict=False)
    for row in _FLIGHT_ROW.finditer(data[1]):
        try:
            yield decoder.raw_decode(data[1], row.end())[0]
        except (ValueError, RecursionError):
            continue


def _state(
    data: Any, profile: SiteProfile, title: str | None, article_id: str | None, where: str
) -> Iterator[Claim]:
    """What an embedded state says of this page's article, by the keys that the profile names."""
    for node, path in _nodes(data, where):
        if not _speaks_for(node, profile, title, article_id):
            continue
        for field, keys in profile.state_keys.items():
            if field == "id":
                continue
            for key in keys:
                value = node.get(key)
                if value is not None and value != "" and value != []:
                    yield Claim(_STATE_FIELDS.get(field, field), value, "embedded-state", f"{path}.{key}")
                    break
        return


_STATE_FIELDS = {"doi": "source.doi", "pmid": "source.pmid"}


def _speaks_for(
    node: Mapping[str, Any], profile: SiteProfile, title: str | None, article_id: str | None
) -> bool:
    known = {key for keys in profile.state_keys.values() for key in keys}
    if len(known & node.keys()) < 3:
        return False
    if article_id is not None:
        for key in profile.state_keys.get("id", ()):
            value = node.get(key)
            if isinstance(value, str) and (value == article_id or value.endswith(f"-{article_id}")):
                return True
    if title is not None:
        for key in profile.state_keys.get("title", ()):
            value = node.get(key)
            if isinstance(value, str) and comparable(value) == comparable(title):
                return True
    return False


def _nodes(data: Any, where: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """Every object in a JSON value with its path, outermost first; a bound keeps hostile pages cheap."""
    queue: list[tuple[Any, str]] = [(data, where)]
    for seen, (value, path) in enumerate(queue):  # grows while it is walked
        if seen >= _MOST_NODES:
            return
        if isinstance(value, Mapping):
            yield value, path
            queue += [
                (inner, f"{path}.{key}") for key, inner in value.items() if isinstance(inner, (Mapping, list))
            ]
        elif isinstance(value, list):
            queue += [
                (inner, f"{path}[{index}]")
                for index, inner in enumerate(value)
                if isinstance(inner, (Mapping, list))
            ]


def _text(value: Any) -> str:
    return squeeze(html.unescape(value)) if isinstance(value, str) else ""


def texts_of(values: Iterable[Any]) -> tuple[str, ...]:
    """The texts in a list of texts or of objects with a name (`[{"name": "Fatigue"}]`)."""
    texts = []
    for value in values:
        if isinstance(value, Mapping):
            value = value.get("name") or value.get("title") or value.get("label")
        if isinstance(value, str) and value.strip():
            texts.append(squeeze(value))
    return tuple(texts)
