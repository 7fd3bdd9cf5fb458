"""Editions: what the site holds after any of the changes that it can go through between two visits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from .content import Lost, article_from, base_articles, toml, words
from .model import Article, Card, Passage, Rating, Section, card_of

CHANGES = ("edit", "new", "remove", "withdraw", "return", "move", "footer")
CHANGED_ON = date(2026, 3, 2)
RETURNED_ON = date(2026, 3, 9)
CARDS_SHOWN = 6


@dataclass(frozen=True)
class Edition:
    """The whole site after `changes`: articles, lost pages, and perhaps a note at the foot of every page."""

    changes: tuple[str, ...]
    articles: tuple[Article, ...]
    lost: tuple[Lost, ...]
    footer_note: str | None

    def newest(self) -> list[Article]:
        """Return all articles, newest date first; equal dates in the order of their ids."""
        return sorted(self.articles, key=lambda article: (-article.day.toordinal(), article.id))

    def cards(self, article_id: str | None = None) -> tuple[Card, ...]:
        """Return the six newest cards as the page of `article_id` shows them (its own left out)."""
        others = [article for article in self.newest() if article.id != article_id]
        return tuple(card_of(article) for article in others[:CARDS_SHOWN])

    def shows(self, article: Article) -> bool:
        """Return whether a card or listing shows `article`: these alone print its date and teaser."""
        carded = {card.path for one in self.articles for card in self.cards(one.id)}
        return not article.unlisted or article.path in carded

    def listing(self) -> list[Card]:
        """Return what the listing shows, newest first: the listed articles, and a page that is gone."""
        cards = [card_of(article) for article in self.newest() if not article.unlisted]
        cards += [Card(lost.path, lost.title, lost.date, "", "") for lost in self.lost if lost.title]
        return sorted(cards, key=lambda card: -card.day.toordinal())


def parse_changes(changes: str | Iterable[str]) -> tuple[str, ...]:
    """Return the named changes in their fixed order; a text may name several, with commas.

    Raises ValueError for a name that is not in `CHANGES`.
    """
    names = changes.split(",") if isinstance(changes, str) else list(changes)
    wanted = {name.strip() for name in names if name.strip()}
    if unknown := wanted - set(CHANGES):
        raise ValueError(f"unknown change {sorted(unknown)[0]!r}: choose from {', '.join(CHANGES)}")
    return tuple(name for name in CHANGES if name in wanted)


def edition(changes: str | Iterable[str] = ()) -> Edition:
    """Return the site after `changes`, in whatever order they are named."""
    return _edition(parse_changes(changes))


def truth(edition: str | Iterable[str] = ()) -> tuple[Article, ...]:
    """Return the articles that the site promises after the changes named in `edition`.

    Gone pages are not among them. The order is that of the content files, new articles last.
    """
    return _edition(parse_changes(edition)).articles


@lru_cache
def _edition(changes: tuple[str, ...]) -> Edition:
    plan = toml("changes")
    articles = {article.id: article for article in base_articles()}
    lost = list(words().lost)
    if "edit" in changes:
        wanted = plan["edit"]
        articles[wanted["id"]] = _edited(articles[wanted["id"]], wanted)
    if "new" in changes:
        articles |= {entry["id"]: article_from(entry, CHANGED_ON) for entry in plan["article"]}
    for change, status in (("remove", 410), ("withdraw", 404)):
        wanted = plan[change]["id"]
        if change in changes and "return" in changes:
            articles[wanted] = replace(articles[wanted], updated=RETURNED_ON)
        elif change in changes:
            lost.append(Lost(articles.pop(wanted).path, "", "", status))
    if "move" in changes:
        moved = articles[plan["move"]["id"]]
        old_slugs = (*moved.old_slugs, moved.slug)
        articles[moved.id] = replace(
            moved, slug=plan["move"]["slug"], old_slugs=old_slugs, updated=CHANGED_ON
        )
    note = plan["footer"]["text"] if "footer" in changes else None
    return Edition(changes, tuple(articles.values()), tuple(lost), note)


def _edited(article: Article, wanted: dict[str, str | int]) -> Article:
    """Return `article` with another takeaway, another rating and one sentence exchanged."""
    old, new = str(wanted["replace"]), str(wanted["with"])

    def exchanged(passage: Passage) -> Passage:
        return replace(passage, sentences=tuple(new if one == old else one for one in passage.sentences))

    return replace(
        article,
        takeaway=str(wanted["takeaway"]),
        credibility=Rating(int(wanted["credibility"])),
        sections=tuple(
            Section(section.heading, tuple(map(exchanged, section.passages))) for section in article.sections
        ),
        updated=CHANGED_ON,
    )
