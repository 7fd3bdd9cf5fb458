"""What the archive showed at an earlier time: the public views over the tables as they were then.

For as long as `as_of` lasts, the connection's own temporary views stand before the tables of the same names
(https://sqlite.org/lang_naming.html: the temp schema is searched first) and narrow them to what had been
captured by then; the public views are put before themselves, over these. So every query over the views, ours
or a user's, answers as of that time, and none can say it otherwise than today's.

Time is the site's, that is, the captures': an old page imported today counts from its own date on. Values are
as today's readings have them: a later reader's correction is no change of the site's. Runs and addresses
(`runs`, `urls`) and what boilerplate is, are as of now.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection

from storage.cards import FROM_CARD
from storage.views import VIEWS

_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

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

_NARROWED: Mapping[str, tuple[str, Mapping[str, str]]] = {
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
            "is_current": f"x.id = {_IN_FORCE}",
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


@contextmanager
def as_of(connection: Connection, at: str | None) -> Iterator[None]:
    """Let the public views answer as of `at` (UTC text, as `storage.moments` gives it); None is now.

    For a reader's connection, outside any other `as_of`. Raises `ValueError` for text in another form.
    """
    if at is None:
        yield
        return
    if not _UTC.fullmatch(at):
        raise ValueError(f"not UTC text: {at!r}")
    made: list[str] = []
    try:
        with _temporary_allowed(connection):
            for table, (where, columns) in _NARROWED.items():
                made.append(table)
                connection.exec_driver_sql(_narrowed(connection, table, where, columns, at))
            for view in VIEWS:
                if view.name not in _NOT_NARROWED:
                    made.append(view.name)
                    connection.exec_driver_sql(view.ddl.replace("CREATE VIEW", "CREATE TEMP VIEW", 1))
        yield
    finally:
        # The connection goes back to its pool, and answers others as of now.
        with _temporary_allowed(connection):
            for name in reversed(made):
                connection.exec_driver_sql(f"DROP VIEW IF EXISTS temp.{name}")


def is_past(connection: Connection) -> bool:
    """Whether the connection answers as of an earlier time."""
    return bool(connection.exec_driver_sql("SELECT EXISTS (SELECT 1 FROM temp.sqlite_master)").scalar())


def _narrowed(connection: Connection, table: str, where: str, columns: Mapping[str, str], at: str) -> str:
    names = connection.exec_driver_sql(f"SELECT name FROM pragma_table_info('{table}', 'main')").scalars()
    chosen = ", ".join(f"{columns.get(name, f'x.{name}')} AS {name}" for name in names)
    statement = f"CREATE TEMP VIEW {table} AS SELECT {chosen} FROM main.{table} x WHERE {where}"
    return statement.replace(":at", f"'{at}'")


@contextmanager
def _temporary_allowed(connection: Connection) -> Iterator[None]:
    """Readers may write nothing, and that takes in temporary views, which touch no file of the archive."""
    only = connection.exec_driver_sql("PRAGMA query_only").scalar()
    connection.exec_driver_sql("PRAGMA query_only = OFF")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA query_only = {int(bool(only))}")
