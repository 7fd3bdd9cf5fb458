"""The tables as they were at an earlier time, as SQL: which rows were there, and what their columns said.

`storage.as_of` puts it in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from storage.cards import FROM_CARD
from storage.views import VIEWS, View

_NOT_NARROWED = frozenset({"runs", "urls", "search_documents", "alarms", "field_coverage", "quarantined"})
"""Views that stay: of runs, addresses and doubts about readings only the present is kept; the search index
has a view of its own."""

_IN_FORCE = """
(SELECT c.revision_id FROM main.capture c JOIN main.revision o ON o.id = c.revision_id
 WHERE c.article_key = x.article_key AND c.captured_at <= :at
 ORDER BY c.captured_at DESC, o.first_seen_at DESC, o.number DESC LIMIT 1)"""
"""The revision that the latest capture shows; among equals as `Revisions.renumber` has it."""

_LAST_CAPTURE = "(SELECT max(c.captured_at) FROM main.capture c WHERE {0} AND c.captured_at <= :at)"

_URL = """
(SELECT coalesce(t.url, u.url) FROM main.capture c JOIN main.url u ON u.id = c.url_id
 LEFT JOIN main.url t ON t.id = c.target_url_id
 WHERE c.article_key = x.id AND c.captured_at <= :at AND c.kind <> 'unchanged'
 ORDER BY c.captured_at DESC, c.id DESC LIMIT 1)"""

_GONE = """
(SELECT CASE e.event WHEN 'gone' THEN e.at END FROM main.article_event e
 WHERE e.article_key = x.id AND e.event IN ('gone', 'back') AND e.at <= :at
 ORDER BY e.at DESC, e.event LIMIT 1)"""

# As `Cards` has it: a 304 vouches for a page, and says nothing new of what its cards point to.
_LIST_SEEN = _LAST_CAPTURE.format("c.card_list_id = l.id AND c.kind <> 'unchanged'")


def _card(column: str, only: str, order: str) -> str:
    return f"""
(SELECT k.{column} FROM main.card k JOIN main.card_list l ON l.id = k.card_list_id
 WHERE k.article_id = x.article_id AND l.site = x.site AND {only} AND l.first_seen_at <= :at
 ORDER BY {order}{_LIST_SEEN} DESC, l.digest DESC, k.position LIMIT 1)"""


def _published(column: str, of_card: str) -> str:
    """The date of the cards seen by then; for want of any the page's own."""
    return f"""
CASE WHEN EXISTS (SELECT 1 FROM main.card k JOIN main.card_list l ON l.id = k.card_list_id
                  WHERE k.article_id = x.article_id AND l.site = x.site AND k.date_raw IS NOT NULL
                    AND l.first_seen_at <= :at) THEN {of_card}
     WHEN x.published_source <> '{FROM_CARD}' THEN x.{column} END"""


_DATED = "k.date_raw IS NOT NULL"
_DATED_ORDER = "k.date_iso IS NULL, "

NARROWED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "article": (
        "x.first_seen_at <= :at",
        {
            "url": _URL,
            "last_seen_at": _LAST_CAPTURE.format("c.article_key = x.id"),
            "gone_since": _GONE,
            "published_raw": _published("published_raw", _card("date_raw", _DATED, _DATED_ORDER)),
            "published_iso": _published("published_iso", _card("date_iso", _DATED, _DATED_ORDER)),
            "published_precision": _published(
                "published_precision", _card("date_precision", _DATED, _DATED_ORDER)
            ),
            "published_source": _published("published_source", f"'{FROM_CARD}'"),
            "teaser": _card("teaser", "k.teaser IS NOT NULL", ""),
        },
    ),
    "revision": (
        "x.first_seen_at <= :at",
        {
            "is_current": f"CASE WHEN x.id = {_IN_FORCE} THEN 1 ELSE 0 END",
            "last_seen_at": _LAST_CAPTURE.format("c.revision_id = x.id"),
        },
    ),
    "capture": ("x.captured_at <= :at", {}),
    "article_event": ("x.at <= :at", {}),
    "card_list_sighting": (
        "x.first_seen_at <= :at",
        {
            "last_seen_at": "CASE WHEN x.url_id IS NOT NULL THEN "
            + _LAST_CAPTURE.format("c.card_list_id = x.card_list_id AND c.url_id = x.url_id")
            + " ELSE "
            + _LAST_CAPTURE.format(
                "c.card_list_id = x.card_list_id AND c.url_id IS NULL AND c.article_key = x.article_key"
            )
            + " END"
        },
    ),
}
"""Table -> the rows that were there, and the columns that said something else."""


def narrowed_views() -> tuple[View, ...]:
    """The public views that show the past when the tables below them do."""
    return tuple(view for view in VIEWS if view.name not in _NOT_NARROWED)


def narrowed(table: str, columns: Iterable[str], schema: str, moment: str) -> str:
    """The SELECT for `table` as it was: `columns` are all it has, `schema` is where the real tables stand,
    `moment` SQL for the time."""
    where, said = NARROWED[table]
    chosen = ", ".join(f"{said.get(name, f'x.{name}')} AS {name}" for name in columns)
    statement = f"SELECT {chosen} FROM main.{table} x WHERE {where}"
    return statement.replace("main.", f"{schema}.").replace(":at", moment)
