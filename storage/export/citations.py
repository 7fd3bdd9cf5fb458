"""What is cited of an article: the summary on the site, the study it is about, and our copy of the summary.

Three things that are never mixed: the summary's entry has the site's address, the day on which it was last
seen there, and the record that holds it in the archive; the study's entry has what the page printed of the
study, and nothing else. It is only an entry where the page printed something to find it by.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from sqlalchemy import Connection

from storage.export.choice import Choice
from storage.export.documents import documents

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_OF_REVISION = (
    "revision", "first_seen_at", "last_seen_at", "title", "takeaway", "credibility", "credibility_scale",
    "interest", "interest_scale", "reading_minutes", "journal", "topics", "description",
)  # fmt: skip
"""Columns that `articles` has of the current revision and `revisions` of each."""


@dataclass(frozen=True, slots=True)
class ArchivedCopy:
    """Where in the archive the summary's page is kept."""

    file: str
    """WARC file in the archive's folder `captures`."""
    offset: int
    """Where the record begins in it, in bytes."""
    record_id: str
    """Its WARC-Record-ID, a `urn:uuid:`."""
    at: str
    """When it was fetched or imported (UTC)."""

    @property
    def place(self) -> str:
        """Where it is, in one line."""
        return f"captures/{self.file}, byte {self.offset}, record {self.record_id}"


@dataclass(frozen=True, slots=True)
class Study:
    """What the page printed of the study it is about."""

    key: str
    title: str | None
    authors: tuple[str, ...]
    """As printed: which part is a family name is for the reader to say."""
    journal: str | None
    date: str | None
    """ISO text, only as precise as printed."""
    doi: str | None
    pmid: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Rating:
    """A rating that the site gives its summary."""

    name: str
    value: float
    best: float


@dataclass(frozen=True, slots=True)
class Summary:
    """An article of the site, as it was at a revision."""

    key: str
    """Names the entry: the site and the article, told apart without regard to case."""
    id: str
    """What the archive calls the article."""
    site: str
    title: str | None
    takeaway: str | None
    description: str | None
    url: str | None
    date: str | None
    """ISO text, only as precise as printed."""
    seen_at: str
    """When the site last showed it like this (UTC)."""
    topics: tuple[str, ...]
    ratings: tuple[Rating, ...]
    minutes: int | None
    copy: ArchivedCopy | None
    """None when no capture of it is known."""
    study: Study | None
    """None when the page printed nothing of it, not even its journal."""

    @property
    def cited_study(self) -> Study | None:
        """The study where it can be cited: a journal alone is none."""
        study = self.study
        found = study is not None and (study.title or study.doi or study.pmid or study.url)
        return study if found else None

    @property
    def host(self) -> str | None:
        """The site's host; None when the article's address is unknown."""
        return urlsplit(self.url).hostname if self.url is not None else None

    @property
    def origin(self) -> str | None:
        """The site's own address; None likewise."""
        return None if self.url is None else "{0.scheme}://{0.netloc}/".format(urlsplit(self.url))


def summaries(
    connection: Connection, choice: Choice, tell: Callable[[int], None] = lambda done: None
) -> Iterator[Summary]:
    """What there is to cite of the chosen articles, in the order of their keys; with history every revision,
    oldest first."""
    more = ("article_captures", *(("article_revisions",) if choice.history else ()))
    wanted = replace(choice, fields=("articles", *more))
    for document in documents(connection, wanted, tell):
        for revision in document.get("article_revisions", (document,)):
            at = {**document, **{name: revision[name] for name in _OF_REVISION}}
            yield _summary(at, document, choice.history)


def entry_key(site: str, key: str) -> str:
    """A name for an entry that differs from every other without regard to case, as BibTeX compares them.

    Small letters and digits stand for themselves, a capital is `_` and its small letter, anything else its
    code between dots: `aB3` is `a_b3`.
    """
    return f"{_folded(site)}-{_folded(key)}"


def _folded(text: str) -> str:
    def sign(match: re.Match[str]) -> str:
        character = match[0]
        return f"_{character.lower()}" if "A" <= character <= "Z" else f".{ord(character):x}."

    return re.sub(r"[^a-z0-9]", sign, text)


def _summary(at: Mapping[str, Any], current: Mapping[str, Any], is_history: bool) -> Summary:
    key = entry_key(at["site"], at["key"])
    return Summary(
        key=f"{key}-r{at['revision']}" if is_history else key,
        id=at["key"],
        site=at["site"],
        title=at["title"],
        takeaway=at["takeaway"],
        description=at["description"],
        url=at["url"],
        date=at["published_on"],
        seen_at=at["last_seen_at"],
        topics=tuple(at["topics"] or ()),
        ratings=tuple(
            Rating(name.capitalize(), at[name], at[f"{name}_scale"])
            for name in ("credibility", "interest")
            if at[name] is not None
        ),
        minutes=at["reading_minutes"],
        copy=_copy(at["article_captures"], at["revision"]),
        study=_study(current, f"{key}-study"),
    )


def _copy(captures: Sequence[Mapping[str, Any]], revision: int) -> ArchivedCopy | None:
    """The latest record that shows a revision; rather one with the page itself than one that refers to it."""
    shown = [one for one in captures if one["revision"] == revision]
    if not shown:
        return None
    best = max(shown, key=lambda one: (one["record_type"] != "revisit", one["captured_at"], one["id"]))
    return ArchivedCopy(best["warc_file"], best["warc_offset"], best["record_id"], best["captured_at"])


def _study(article: Mapping[str, Any], key: str) -> Study | None:
    printed = {name: article[f"source_{name}"] for name in ("title", "doi", "pmid", "url")}
    journal = article["source_journal"] or article["journal"]
    if journal is None and not any(printed.values()):
        return None
    return Study(
        key=key,
        authors=tuple(article["source_authors"] or ()),
        journal=journal,
        date=article["source_published_on"],
        **printed,
    )


def one_line(text: str) -> str:
    """Text without line breaks and control characters: no value may begin a line of its own."""
    return " ".join("".join(" " if category(c) in _BREAKS else c for c in text).split())


def copy_note(copy: ArchivedCopy) -> str:
    """The archived copy in one line."""
    return f"Archived copy: {copy.place}, fetched {copy.at}"


def study_note(study: Study) -> str:
    """Which study a summary is about, in one line. Not as `DOI: …`: reference managers would take that for
    the summary's own."""
    named = f"“{one_line(study.title)}”" if study.title else "a study"
    return f"Summary of {named} (entry {study.key})"
