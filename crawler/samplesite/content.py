"""Loads the site's words from the package's data files."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any

from .model import Article, Passage, Rating, Section, Source, slug_of

ARTICLE_FILES = ("symptoms", "treatment", "biology", "living", "tools", "newest")
FIRST_UPDATE = date(2025, 6, 2)
SECTIONS = (
    ("found", "What They Found"),
    ("care", "Who Should Care and Why"),
    ("mind", "Important Considerations"),
)


@dataclass(frozen=True)
class Lost:
    """A page that is gone (410) or never was (404). Without a title, no listing shows it."""

    path: str
    title: str
    date: str
    status: int


@dataclass(frozen=True)
class Words:
    """The words that all pages share. `closing` holds `{journal}` where the article's journal stands."""

    name: str
    tagline: str
    intro: str
    copyright: str
    closing_heading: str
    closing: tuple[str, ...]
    privacy: tuple[str, ...]
    lost: tuple[Lost, ...]


def resource(*parts: str) -> bytes:
    """Return the bytes of a data file of this package."""
    return files(__package__).joinpath(*parts).read_bytes()


@lru_cache
def toml(name: str) -> dict[str, Any]:
    """Return the parsed content file `name` (without its ending)."""
    return tomllib.loads(resource("content", f"{name}.toml").decode("utf-8"))


@lru_cache
def words() -> Words:
    """Return the shared words of the site."""
    data = dict(toml("site"))
    data["lost"] = [Lost(**entry) for entry in data["lost"]]
    fields: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
    return Words(**fields)


@lru_cache
def base_articles() -> tuple[Article, ...]:
    """Return all articles of the unchanged site, in the order of the files."""
    entries = [entry for name in ARTICLE_FILES for entry in toml(name)["article"]]
    return tuple(
        article_from(entry, FIRST_UPDATE + timedelta(days=2 * index)) for index, entry in enumerate(entries)
    )


def article_from(entry: Mapping[str, Any], updated: date) -> Article:
    """Return the article that a table of a content file describes."""
    fields = dict(entry)
    source = fields.pop("source", None)
    old_slug = fields.pop("old_slug", None)
    title = fields["title"]
    return Article(
        **{key: fields.pop(key) for key in ("id", "layout", "takeaway", "journal", "date", "description")},
        title=fields.pop("title"),
        slug=slug_of(title),
        credibility=_rating(fields.pop("credibility", None)),
        interest=_rating(fields.pop("interest", None)),
        reading_minutes=fields.pop("minutes", None),
        sections=_sections(fields),
        topics=tuple(sorted(fields.pop("topics"))),
        source=_source(source, entry["journal"]) if source else None,
        updated=updated,
        card_title=fields.pop("card_title", title),
        card_description=fields.pop("card_description", entry["description"]),
        old_slugs=(old_slug,) if old_slug else (),
        **fields,
    )


def _rating(value: int | None) -> Rating | None:
    return None if value is None else Rating(value)


def _sections(fields: dict[str, Any]) -> tuple[Section, ...]:
    """Take the section texts out of `fields` and return them in the order of the page."""
    glue = fields.pop("glue", "")
    sections = []
    extras = fields.pop("section", [])
    for key, heading in SECTIONS:
        sections.append(Section(heading, passages(fields.pop(key), glue)))
        sections += [
            Section(extra["heading"], passages(extra["text"], glue))
            for extra in extras
            if extra["after"] == heading
        ]
    return tuple(sections)


def passages(text: str, glue: str = "") -> tuple[Passage, ...]:
    """Return the passages of a text: a line is a sentence, an empty line a border, "- " begins an item.

    With `glue` "block", each sentence is a passage of its own.
    """
    made: list[Passage] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = paragraph.split("\n")
        sentences = tuple(line for line in lines if not line.startswith("- "))
        if glue == "block":
            made += [Passage((sentence,)) for sentence in sentences]
        else:
            made.append(Passage(sentences, glue))
        made += [Passage((line[2:],), is_item=True) for line in lines if line.startswith("- ")]
    return tuple(made)


def _source(entry: Mapping[str, Any], journal: str) -> Source:
    return Source(
        title=entry["title"],
        authors=tuple(entry["authors"]),
        journal=journal,
        published=entry.get("published"),
        doi=entry.get("doi"),
        pmid=entry.get("pmid"),
        link=entry.get("link") or (f"https://doi.org/{entry['doi']}" if "doi" in entry else None),
    )
