"""The public views: what SQL users read. Plain names, one documented column at a time.

The views hold no data: they are put in place anew whenever a writer opens an archive whose views differ from
these (`sync_views`), so that a view can be bettered without a migration. Column order is that of the data
dictionary.
"""

from __future__ import annotations

from sqlalchemy import Connection

from storage.views.articles import (
    ARTICLE_ABSENCES,
    ARTICLE_CARDS,
    ARTICLE_SECTIONS,
    ARTICLE_TOPICS,
    ARTICLE_UNPLACED,
    ARTICLES,
    BOILERPLATE,
    JOURNALS,
    TOPICS,
)
from storage.views.crawl import CAPTURES, RUNS, URL_HISTORY, URLS
from storage.views.evidence import CORRECTIONS, EVIDENCE
from storage.views.history import ARTICLE_EVENTS, REVISION_CHANGES, REVISIONS
from storage.views.relating import NEAR_DUPLICATES, RELATED_ARTICLES
from storage.views.revision_parts import REVISION_ABSENCES, REVISION_SECTIONS, REVISION_TOPICS
from storage.views.search import SEARCH_DOCUMENTS
from storage.views.site_change import ALARMS, FIELD_COVERAGE, QUARANTINE
from storage.views.view import View

__all__ = ["VIEWS", "View", "drop_views", "sync_views", "views_are_current"]

VIEWS: tuple[View, ...] = (
    ARTICLES,
    ARTICLE_SECTIONS,
    ARTICLE_TOPICS,
    ARTICLE_CARDS,
    ARTICLE_UNPLACED,
    ARTICLE_ABSENCES,
    TOPICS,
    JOURNALS,
    BOILERPLATE,
    RELATED_ARTICLES,
    NEAR_DUPLICATES,
    REVISIONS,
    REVISION_SECTIONS,
    REVISION_TOPICS,
    REVISION_ABSENCES,
    REVISION_CHANGES,
    ARTICLE_EVENTS,
    EVIDENCE,
    CORRECTIONS,
    CAPTURES,
    RUNS,
    URLS,
    URL_HISTORY,
    ALARMS,
    FIELD_COVERAGE,
    QUARANTINE,
    SEARCH_DOCUMENTS,
)
"""In the order of the data dictionary."""


def drop_views(connection: Connection) -> None:
    """Remove all views, so that a migration may change the tables below them."""
    for name in _stored_views(connection):
        connection.exec_driver_sql(f'DROP VIEW "{name}"')


def sync_views(connection: Connection) -> bool:
    """Make the archive's views be `VIEWS`; say whether anything had to be changed."""
    if views_are_current(connection):
        return False
    drop_views(connection)
    for view in VIEWS:
        connection.exec_driver_sql(view.ddl)
    return True


def views_are_current(connection: Connection) -> bool:
    """Whether the archive's views are exactly `VIEWS`."""
    return _stored_views(connection) == {view.name: view.ddl for view in VIEWS}


def _stored_views(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view'")
    return {row[0]: row[1] for row in rows}
