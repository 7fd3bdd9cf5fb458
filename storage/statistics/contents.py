"""What the articles are like: their dates, topics, journals and ratings, and which fields they have."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, groupby

from sqlalchemy import Connection, text

_DATES = "SELECT coalesce(substr(published_on, 1, 7), ''), count(*) FROM articles GROUP BY 1 ORDER BY 1"
_TOPICS = (
    "SELECT t.site, t.article_key, t.topic_group, t.topic, substr(a.published_on, 1, 7) "
    "FROM articles a JOIN article_topics t ON t.site = a.site AND t.article_key = a.key "
    "ORDER BY t.site, t.article_key"
)
_JOURNALS = (
    "SELECT journal_group, journal, count(*) FROM articles WHERE journal IS NOT NULL "
    "GROUP BY 1, 2 ORDER BY 1, 2"
)
_RATINGS = "SELECT {0}, {0}_scale, count(*) FROM articles WHERE {0} IS NOT NULL GROUP BY 1, 2 ORDER BY 2, 1"
_FIELDS: Mapping[str, str] = {
    "title": "title IS NOT NULL",
    "takeaway": "takeaway IS NOT NULL",
    "credibility": "credibility IS NOT NULL",
    "interest": "interest IS NOT NULL",
    "reading time": "reading_minutes IS NOT NULL",
    "journal": "journal IS NOT NULL",
    "topics": "topics IS NOT NULL",
    "date": "published_on IS NOT NULL",
    "teaser": "teaser IS NOT NULL",
    "original paper": "coalesce(source_title, source_doi, source_pmid, source_url) IS NOT NULL",
    "DOI": "source_doi IS NOT NULL",
    "address": "url IS NOT NULL",
}
_SECTIONS = (
    "SELECT kind, count(DISTINCT site || ' ' || article_key) FROM article_sections GROUP BY 1 ORDER BY 1"
)


@dataclass(frozen=True, slots=True)
class Named:
    """A topic or a journal, its spellings taken together."""

    group: str
    """The form that groups its spellings."""
    name: str
    """Its most frequent spelling, as printed."""
    spellings: tuple[str, ...]
    """As printed, the most frequent first."""
    articles: int
    """How many articles have it."""
    by_date: Mapping[str, int]
    """Articles by month (`2026-05`) or, where only that is known, year (`2026`); '' for those without a date.
    Empty for a journal."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two topics that stand on the same articles."""

    one: str
    """Its group, the smaller of the two as text."""
    other: str
    articles: int


@dataclass(frozen=True, slots=True)
class Rating:
    """How often articles are rated so."""

    value: float
    scale: float | None
    """The best value; None when unknown."""
    articles: int


@dataclass(frozen=True, slots=True)
class Contents:
    """What the articles are like now."""

    articles: int
    by_date: Mapping[str, int]
    """Articles by the month that the site dates them (`2026-05`), by year (`2026`) where no more is printed;
    '' for those without a date. Dates may lie in the future."""
    topics: tuple[Named, ...]
    """The most frequent first."""
    without_topics: int
    pairs: tuple[Pair, ...]
    """Of the most frequent topics those that occur together, the most frequent pair first."""
    journals: tuple[Named, ...]
    """The most frequent first."""
    ratings: Mapping[str, tuple[Rating, ...]]
    """`credibility` and `interest`, the least value first."""
    fields: Mapping[str, int]
    """Field -> how many articles have it; sections as `section: findings`."""


def contents(connection: Connection, *, paired: int = 40) -> Contents:
    """What the articles are like. Pairs are counted among the `paired` most frequent topics."""
    articles = int(connection.execute(text("SELECT count(*) FROM articles")).scalar_one())
    topics, pairs, with_topics = _topics(connection, paired)
    by_date = {month: int(number) for month, number in connection.execute(text(_DATES))}
    return Contents(
        articles=articles,
        by_date=by_date,
        topics=topics,
        without_topics=articles - with_topics,
        pairs=pairs,
        journals=_journals(connection),
        ratings={
            name: tuple(Rating(*row) for row in connection.execute(text(_RATINGS.format(name))))
            for name in ("credibility", "interest")
        },
        fields=_fields(connection),
    )


def _topics(connection: Connection, paired: int) -> tuple[tuple[Named, ...], tuple[Pair, ...], int]:
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    dated: dict[str, Counter[str]] = defaultdict(Counter)
    sets: Counter[frozenset[str]] = Counter()
    for month, topics in _by_article(connection):
        for group, topic in topics:
            spelled[group][topic] += 1
        groups = frozenset(group for group, _ in topics)
        sets[groups] += 1
        for group in groups:
            dated[group][month] += 1
    named = _ordered(
        Named(group, *_names(spelled[group]), months.total(), dict(sorted(months.items())))
        for group, months in dated.items()
    )
    return named, _pairs(sets, {one.group for one in named[:paired]}), sets.total()


def _by_article(connection: Connection) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Of each article that has topics the month ('' without one), and (group, topic as printed) of each."""
    rows = connection.execute(text(_TOPICS))
    for _, found in groupby(rows, key=lambda row: (row[0], row[1])):
        listed = list(found)
        yield listed[0][4] or "", [(row[2], row[3]) for row in listed]


def _pairs(sets: Mapping[frozenset[str], int], among: set[str]) -> tuple[Pair, ...]:
    counted: Counter[tuple[str, str]] = Counter()
    for groups, articles in sets.items():
        for one, other in combinations(sorted(groups & among), 2):
            counted[one, other] += articles
    found = (Pair(one, other, articles) for (one, other), articles in counted.items())
    return tuple(sorted(found, key=lambda pair: (-pair.articles, pair.one, pair.other)))


def _journals(connection: Connection) -> tuple[Named, ...]:
    spelled: dict[str, Counter[str]] = defaultdict(Counter)
    for group, name, articles in connection.execute(text(_JOURNALS)):
        spelled[group][name] += articles
    return _ordered(Named(group, *_names(names), names.total(), {}) for group, names in spelled.items())


def _names(spelled: Counter[str]) -> tuple[str, tuple[str, ...]]:
    names = tuple(sorted(spelled, key=lambda name: (-spelled[name], name)))
    return names[0], names


def _ordered(named: Iterable[Named]) -> tuple[Named, ...]:
    return tuple(sorted(named, key=lambda one: (-one.articles, one.group)))


def _fields(connection: Connection) -> dict[str, int]:
    sums = ", ".join(
        f"coalesce(sum(CASE WHEN {condition} THEN 1 ELSE 0 END), 0)" for condition in _FIELDS.values()
    )
    row = connection.execute(text(f"SELECT {sums} FROM articles")).one()
    found = {name: int(number) for name, number in zip(_FIELDS, row, strict=True)}
    sections = connection.execute(text(_SECTIONS))
    return found | {f"section: {kind}": int(number) for kind, number in sections}
