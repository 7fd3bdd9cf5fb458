"""Small helpers that all layouts write their markup with."""

from __future__ import annotations

import html
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from string import Template

from .content import Words, resource
from .model import Article, Card, Passage, Rating, Source


@dataclass(frozen=True)
class Frame:
    """What a page needs beside its own content: the site's address and words, cards, the note at the foot."""

    base_url: str
    words: Words
    cards: tuple[Card, ...]
    footer_note: str | None


def esc(text: str) -> str:
    """Return `text` for use as element content; quotes stay as they are."""
    return html.escape(text, quote=False)


def attr(text: str) -> str:
    """Return `text` for use inside a double-quoted attribute."""
    return html.escape(text, quote=True)


@lru_cache
def template(layout: str, name: str) -> Template:
    """Return the template `templates/<layout>/<name>.html`."""
    return Template(resource("templates", layout, f"{name}.html").decode("utf-8"))


def fill(layout: str, name: str, /, **values: str) -> str:
    """Return a template with its names filled in; the values are markup already."""
    return template(layout, name).substitute(values)


def each(pattern: str, texts: Iterable[str]) -> str:
    """Return `pattern` once for each text, escaped, where the pattern says `{}`; nothing in between."""
    return "".join(pattern.replace("{}", esc(text)) for text in texts)


def sentences(passage: Passage, line_break: str = "<br>") -> str:
    """Return the inside of a paragraph: its sentences, held together the way the passage says."""
    if passage.glue == "span":
        return each("<span>{}</span>", passage.sentences)
    return {"": " ", "br": line_break}[passage.glue].join(map(esc, passage.sentences))


def ratings(article: Article) -> list[tuple[str, Rating]]:
    """Return the labels and ratings that the page of `article` draws."""
    both = (("Credibility", article.credibility), ("Interest", article.interest))
    return [(label, rating) for label, rating in both if rating]


def source_rows(source: Source, between_authors: str, link: str) -> list[tuple[str, str]]:
    """Return labels and markup of the "More Details"; `link` says `{}` for the target."""
    rows = [
        ("Original Title", source.title),
        ("Authors", between_authors.join(source.authors)),
        ("Journal", source.journal),
        ("Published", source.published),
        ("DOI", source.doi),
        ("PMID", source.pmid),
    ]
    made = [(label, esc(value)) for label, value in rows if value]
    return [*made, ("Link", link.replace("{}", attr(source.link)))] if source.link else made


def embedded_json(data: object) -> str:
    """Return `data` as JSON that is safe inside a script element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")


def iso(card: Card) -> str:
    """Return a card's date as ISO 8601."""
    return card.day.isoformat()
