"""What drafting a profile goes by: pages as they came, and guesses with the pages that bear them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from spiders.reading.addresses import canonical
from spiders.reading.decoding import decode, parse
from spiders.reading.tree import Document, Element, text_of
from spiders.reading.words import squeeze


@dataclass(frozen=True)
class SeenPage:
    """A page that was looked at."""

    url: str
    """Canonical."""
    body: bytes = field(repr=False)
    content_type: str | None = None

    @cached_property
    def document(self) -> Document | None:
        """Its tree; None when there is no HTML in it."""
        root = parse(decode(self.body, self.content_type))
        return None if root is None else Document.of(root)

    @cached_property
    def links(self) -> Sequence[SeenLink]:
        """Its links to pages, in document order."""
        if self.document is None:
            return ()
        root = self.document.root
        base = next((element.get("href") for element in root.iter("base") if element.get("href")), None)
        start = (canonical(base, self.url) if base else None) or self.url
        found = []
        for element in root.iter("a", "area"):
            href = element.get("href")
            target = canonical(href, start) if href and not href.startswith("#") else None
            if target is not None:
                found.append(SeenLink(target, _words(element), (element.get("rel") or "").lower()))
        return found

    @cached_property
    def language(self) -> str | None:
        """The language that it says it is in (`de`, of `de-AT`, too); None when it says nothing."""
        said = "" if self.document is None else self.document.root.get("lang") or ""
        return said.partition("-")[0].strip().lower() or None


@dataclass(frozen=True, slots=True)
class SeenLink:
    """A link, and what it says."""

    url: str
    """Absolute, canonical."""
    words: str
    """Its text, or the description of the picture in it; "" without either."""
    rel: str


@dataclass(frozen=True, slots=True)
class Looked:
    """The pages that a draft is made from."""

    start: str
    """The address it began with."""
    articles: tuple[SeenPage, ...]
    others: tuple[SeenPage, ...]
    """Lists, the front page: what was looked at besides."""
    addresses: tuple[str, ...]
    """All addresses known that are like those of the articles."""
    passed_over: tuple[str, ...] = ()
    """Why pages that were chosen are missing, one line each."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One thing that a draft says."""

    value: str
    pages: int
    """How many of the pages bear it out."""
    of: int
    """How many could have."""

    @property
    def borne_out(self) -> str:
        """`5 of 6 pages`."""
        return self.borne_out_by("pages")

    def borne_out_by(self, what: str) -> str:
        """The same of things that are no pages: `5 of 6 addresses`."""
        return f"{self.pages} of {self.of} {what}"


@dataclass(frozen=True)
class Draft:
    """All guesses; a profile is written from it."""

    name: str
    title: str
    scheme: str
    hosts: tuple[str, ...]
    start: tuple[str, ...]
    sitemaps: tuple[str, ...]
    article: Guess
    listing: tuple[str, ...]
    parts: Mapping[str, Guess] = field(default_factory=dict)
    """`takeaway`, `topics`, `details`, `cards`, `boilerplate` -> heading."""
    sections: Mapping[str, Guess] = field(default_factory=dict)
    """Key -> heading, in the pages' order."""
    labels: Mapping[str, tuple[Guess, ...]] = field(default_factory=dict)
    source_labels: Mapping[str, tuple[Guess, ...]] = field(default_factory=dict)
    rating_words: Mapping[str, float] = field(default_factory=dict)
    date_order: str = "MDY"
    date_evidence: str = ""
    """Why dates are taken to be in that order, in words."""
    languages: tuple[str, ...] = ("en",)
    selectors: Mapping[str, Guess] = field(default_factory=dict)
    state: Guess | None = None
    """The pages that hold a framework's embedded data of their article; None when none does."""
    state_keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    passages: Sequence[tuple[str, Guess]] = ()
    """Name and anchor of each passage that the pages share."""
    unclear: tuple[str, ...] = ()
    """What could not be told, one line each."""


def _words(element: Element) -> str:
    words = squeeze(text_of(element))
    if not words:
        alts = (squeeze(image.get("alt") or "") for image in element.iter("img"))
        words = next(filter(None, alts), "")
    return words or squeeze(element.get("title") or element.get("aria-label") or "")
