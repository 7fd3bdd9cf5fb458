"""Which articles are most like one, and which say nearly the same. Read-only, from the public views.

How telling a word or topic is depends on how many articles have it, and changes with every article that
comes. So what an article is about is kept (`storage.relating.keeping`), and the rest is counted when somebody
asks: an answer is never older than the archive, and nothing has to be made again because others came.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, text

from storage.views.relating import NEAR_DUPLICATES, RELATED_ARTICLES, related_select


@dataclass(frozen=True, slots=True)
class Related:
    """An article that is about the same as another."""

    site: str
    key: str
    title: str | None
    score: float
    """Of what tells the article asked about apart, the share that this one has too, from 0 to 1: rare words
    and topics count for more, and so do title and takeaway."""
    shared_topics: tuple[str, ...]
    """Grouping forms, the rarest first."""
    shared_words: tuple[str, ...]
    """In lower case and the singular, the rarest first."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An article whose text is nearly that of another."""

    site: str
    key: str
    title: str | None
    similarity: float
    """Of all runs of three words that either text has, the share that both have, from 0.7 to 1."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is like an article."""

    site: str
    key: str
    title: str | None
    near_duplicates: tuple[Duplicate, ...]
    """The nearest first."""
    related: tuple[Related, ...]
    """The one most like it first, without the near-duplicates."""


@dataclass(frozen=True, slots=True)
class Member:
    """An article of a group."""

    site: str
    key: str
    title: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """Articles of which each says nearly the same as at least one of the others."""

    articles: tuple[Member, ...]
    """By site and key."""
    least: float
    """The least similarity of a pair that was found in it."""
    most: float
    """The greatest."""


_RELATED = f"""
WITH found ({", ".join(RELATED_ARTICLES.columns)}) AS (
    {related_select(":limit")} AND a.site = :site AND a.key = :key)
SELECT related_site, related_key, title, score, shared_topics, shared_words FROM found ORDER BY rank
"""
_DUPLICATES = f"""
SELECT duplicate_site, duplicate_key, title, similarity FROM {NEAR_DUPLICATES.name}
WHERE site = :site AND article_key = :key ORDER BY similarity DESC, duplicate_site, duplicate_key
"""
_PAIRS = f"""
SELECT site, article_key, duplicate_site, duplicate_key, title, similarity FROM {NEAR_DUPLICATES.name}
ORDER BY site, article_key, duplicate_site, duplicate_key
"""


def related_to(connection: Connection, site: str, key: str, limit: int) -> list[Related]:
    """The articles most like the one of that site and key, at most `limit`, best first."""
    rows = connection.execute(text(_RELATED), {"site": site, "key": key, "limit": limit})
    return [
        Related(other_site, other_key, title, score, tuple(json.loads(topics)), tuple(json.loads(words)))
        for other_site, other_key, title, score, topics, words in rows
    ]


def like(connection: Connection, site: str, key: str, limit: int) -> Answer:
    """What is like the article of that site and key, which there has to be; at most `limit` related ones."""
    title = connection.execute(
        text("SELECT title FROM articles WHERE site = :site AND key = :key"), {"site": site, "key": key}
    ).scalar_one()
    twins = duplicates_of(connection, site, key)
    known = {(twin.site, twin.key) for twin in twins}
    found = related_to(connection, site, key, limit + len(twins))
    others = [one for one in found if (one.site, one.key) not in known]
    return Answer(site, key, title, tuple(twins), tuple(others[:limit]))


def duplicates_of(connection: Connection, site: str, key: str) -> list[Duplicate]:
    """The articles whose text is nearly that of the one of that site and key, the nearest first."""
    rows = connection.execute(text(_DUPLICATES), {"site": site, "key": key})
    return [Duplicate(*row) for row in rows]


def duplicate_groups(connection: Connection) -> list[Group]:
    """All near-duplicates of the archive, as groups that hang together; the largest first."""
    titles: dict[tuple[str, str], str | None] = {}
    pairs: list[tuple[tuple[str, str], tuple[str, str], float]] = []
    for site, key, other_site, other_key, title, similarity in connection.execute(text(_PAIRS)):
        titles[other_site, other_key] = title
        pairs.append(((site, key), (other_site, other_key), similarity))
    heads = _heads((one, other) for one, other, _ in pairs)
    members: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for article in sorted(titles):
        members.setdefault(_head(heads, article), []).append(article)
    likeness: dict[tuple[str, str], list[float]] = {}
    for one, _, similarity in pairs:
        likeness.setdefault(_head(heads, one), []).append(similarity)
    groups = [
        Group(
            tuple(Member(*article, titles[article]) for article in found),
            min(likeness[head]),
            max(likeness[head]),
        )
        for head, found in members.items()
    ]
    return sorted(groups, key=_largest_first)


def _largest_first(group: Group) -> tuple[int, str, str]:
    first = group.articles[0]
    return -len(group.articles), first.site, first.key


def is_kept(connection: Connection) -> bool:
    """Whether what articles are about has been kept yet: not before a run of this version has ended."""
    return bool(connection.execute(text("SELECT EXISTS (SELECT 1 FROM article_profile)")).scalar_one())


def _heads(
    pairs: Iterable[tuple[tuple[str, str], tuple[str, str]]],
) -> dict[tuple[str, str], tuple[str, str]]:
    """Each article's way to the head of its group (a union of sets: Tarjan, JACM 22, 1975)."""
    heads: dict[tuple[str, str], tuple[str, str]] = {}
    for one, other in pairs:
        first, second = _head(heads, one), _head(heads, other)
        if first != second:
            heads[max(first, second)] = min(first, second)
    return heads


def _head(heads: dict[tuple[str, str], tuple[str, str]], article: tuple[str, str]) -> tuple[str, str]:
    while article in heads:
        article = heads[article]
    return article
