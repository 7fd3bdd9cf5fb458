"""Questions to an archive, answered read-only from the public views as plain frozen values.

Every function takes a connection, so that several answers can come from one snapshot:
`with archive.engine.connect() as connection: …`. Text is as printed, times are UTC text, dates ISO text only
as precise as printed, None is "absent".
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from typing import Literal

from sqlalchemy import Connection, RowMapping, text

from storage.dialects import NO_LIMIT
from storage.views.articles import ARTICLES

Sort = Literal["date", "title", "journal", "credibility", "interest", "seen", "id"]

# The key makes every order total, and so the same on every machine. Only the case of ASCII is passed over, as
# both databases' lower() has it.
_ORDERS: dict[Sort, str] = {
    "date": "published_on DESC NULLS LAST, lower(title), key",
    "title": "lower(title) NULLS LAST, key",
    "journal": "lower(journal) NULLS LAST, lower(title), key",
    "credibility": "credibility / credibility_scale DESC NULLS LAST, published_on DESC NULLS LAST, key",
    "interest": "interest / interest_scale DESC NULLS LAST, published_on DESC NULLS LAST, key",
    "seen": "first_seen_at DESC, key",
    "id": "key",
}
SORTS: tuple[Sort, ...] = tuple(_ORDERS)
"""What `articles` can be sorted by; dates, ratings and first sight with the greatest first."""


# CROSS JOIN keeps SQLite from beginning with the revisions (https://sqlite.org/optoverview.html#crossjoin).
OF_TOPIC = """
a.id IN (SELECT v.article_key FROM topic t CROSS JOIN revision_topic rt CROSS JOIN revision v
         WHERE t.normal = :topic AND rt.topic_id = t.id AND v.id = rt.revision_id AND v.is_current = 1)"""
"""Beside the SELECT of the view `articles`: those with a topic of that grouping form."""
_WITH_TOPIC = f"WITH found ({', '.join(ARTICLES.columns)}) AS ({ARTICLES.select} WHERE {OF_TOPIC}) "


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One article, as a line in a list."""

    key: str
    """What the archive calls it: the site's id, or `body:…`, `url:…` where there is none."""
    id: str | None
    site: str
    url: str | None
    title: str | None
    takeaway: str | None
    published_on: str | None
    journal: str | None
    credibility: float | None
    credibility_scale: float | None
    interest: float | None
    interest_scale: float | None
    topics: tuple[str, ...] | None
    gone_since: str | None


ROW_FIELDS = tuple(field.name for field in dataclass_fields(ArticleRow))
"""The columns of `articles` that a row in a list takes."""


def articles(
    connection: Connection,
    *,
    sort: Sort = "date",
    limit: int | None = None,
    topic_group: str | None = None,
    journal_part: str | None = None,
    site: str | None = None,
) -> list[ArticleRow]:
    """The articles in the archive, one row each.

    `topic_group` keeps those with a topic of that grouping form, `journal_part` those whose journal's
    grouping form contains it. `limit` None means all.
    """
    # Asked of the view `article_topics`, SQLite would look for each article twice by site and key.
    chosen, source = ("", "articles") if topic_group is None else (_WITH_TOPIC, "found")
    conditions = {
        "instr(journal_group, :journal) > 0": journal_part,
        "site = :site": site,
    }
    where = " AND ".join(condition for condition, value in conditions.items() if value is not None) or "TRUE"
    columns, order = ", ".join(ROW_FIELDS), _ORDERS[sort]
    rows = connection.execute(
        text(f"{chosen}SELECT {columns} FROM {source} WHERE {where} ORDER BY {order} LIMIT :limit"),
        {
            "topic": topic_group,
            "journal": journal_part,
            "site": site,
            "limit": NO_LIMIT if limit is None else limit,
        },
    ).mappings()
    return [article_row(row) for row in rows]


def article_row(row: RowMapping) -> ArticleRow:
    """A row with the columns `ROW_FIELDS` of `articles` as a value."""
    values = {name: row[name] for name in ROW_FIELDS}
    return ArticleRow(**{**values, "topics": json_list(values["topics"])})


def count_articles(connection: Connection) -> int:
    """How many articles the archive holds."""
    return int(connection.execute(text("SELECT count(*) FROM articles")).scalar_one())


def find_articles(connection: Connection, wanted: str) -> list[tuple[str, str]]:
    """(site, key) of the articles that `wanted` names: an id or key, case and all, or an address.

    An address may be an old one: redirects and aliases lead on. More than one only when several sites share
    the archive and the id.
    """
    # One after the other: no index helps with `OR`, and only keys have one.
    for column in ("key", "url") if ":" in wanted else ("key",):
        # Sorted here: told to, SQLite would go through all articles in the order of their keys.
        rows = connection.execute(
            text(f"SELECT site, key FROM articles WHERE {column} = :wanted"), {"wanted": wanted}
        )
        found = sorted((site, key) for site, key in rows)
        if found:
            return found
    return _by_address(connection, wanted)


def _by_address(connection: Connection, url: str) -> list[tuple[str, str]]:
    rows = connection.execute(
        text(
            """
            WITH RECURSIVE leads_to (url, hops) AS (
                SELECT url, 0 FROM urls WHERE url = :url
                UNION
                SELECT urls.target, hops + 1 FROM leads_to JOIN urls ON urls.url = leads_to.url
                WHERE urls.target IS NOT NULL AND hops < 10)
            SELECT DISTINCT articles.site, articles.key
            FROM leads_to JOIN urls ON urls.url = leads_to.url
            JOIN articles ON articles.site = urls.site
             AND (articles.id = urls.article_id OR articles.url = urls.url)
            ORDER BY 1, 2
            """
        ),
        {"url": url},
    )
    return [(site, key) for site, key in rows]


def ids_but_for_case(connection: Connection, wanted: str) -> list[str]:
    """Ids that differ from `wanted` in nothing but case."""
    rows = connection.execute(
        text("SELECT key FROM article WHERE lower(key) = lower(:wanted) AND key <> :wanted ORDER BY key"),
        {"wanted": wanted},
    )
    return list(rows.scalars())


def address_state(connection: Connection, url: str) -> tuple[str, str] | None:
    """State and reason of an address; None when it was never heard of."""
    row = connection.execute(text("SELECT state, reason FROM urls WHERE url = :url"), {"url": url}).first()
    return None if row is None else (row.state, row.reason)


def article_id_of(connection: Connection, capture_id: int) -> str | None:
    """The site's id of the article that a capture shows; None when it shows none, or the id is unknown."""
    found = connection.execute(
        text("SELECT article_id FROM captures WHERE id = :capture"), {"capture": capture_id}
    ).scalar_one_or_none()
    return None if found is None else str(found)


def topic_names(connection: Connection) -> list[str]:
    """Every topic of the articles as printed, the most frequent first."""
    rows = connection.execute(
        text("SELECT topic FROM article_topics GROUP BY topic ORDER BY count(*) DESC, topic")
    )
    return list(rows.scalars())


def json_list(value: str | None) -> tuple[str, ...] | None:
    """A column that holds a JSON list of text, as a tuple; None for NULL."""
    return None if value is None else tuple(json.loads(value))
