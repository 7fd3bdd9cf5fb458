"""Lists of articles: all of them, a topic's, a journal's; and the way from an id or address to its page."""

from __future__ import annotations

from array import array

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse

from crawler.browse.addresses import here
from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.pages.naming import unknown
from crawler.browse.paging import paged
from spiders.reading.addresses import canonical
from storage.listing import ORDERS, Order, article_numbers, article_rows
from storage.queries import find_articles
from storage.spellings import Spelling, journal_spellings, topic_spellings

ORDER_NAMES: dict[Order, str] = {
    "date": "date",
    "seen": "first seen",
    "title": "title",
    "credibility": "credibility",
    "interest": "interest",
}


def articles(visit: Visit, request: Request) -> Page:
    """Every article."""
    return _list(visit, request, "Articles", ("articles",), ())


def topic(visit: Visit, request: Request) -> Page:
    """The articles of a topic, whichever way it is spelled."""
    group = request.path_params["group"]
    spellings = visit.once(
        ("spellings of topic", group), lambda connection: topic_spellings(connection, group)
    )
    return _list(visit, request, "Topic", ("topic", group), spellings)


def journal(visit: Visit, request: Request) -> Page:
    """The articles of a journal, whichever way it is spelled."""
    group = request.path_params["group"]
    spellings = visit.once(
        ("spellings of journal", group), lambda connection: journal_spellings(connection, group)
    )
    return _list(visit, request, "Journal", ("journal", group), spellings)


def _list(
    visit: Visit, request: Request, kind: str, path: tuple[str, ...], spellings: tuple[Spelling, ...]
) -> Page:
    if len(path) > 1 and not spellings:
        raise HTTPException(404, f"The archive has no {kind.lower()} {path[1]!r}.")
    order = _order(request)
    of_topic = path[1] if kind == "Topic" else None
    of_journal = path[1] if kind == "Journal" else None

    def numbers(connection: Connection) -> array[int]:
        return article_numbers(connection, order, topic_group=of_topic, journal_group=of_journal)

    found = visit.once((*path, order), numbers)
    paging = paged(request.query_params, len(found), *path, sort=None if order == "date" else order)
    rows = article_rows(visit.connection, found[paging.offset : paging.offset + paging.size])
    return Page(
        "articles.html",
        {
            "title": spellings[0].name if spellings else kind,
            "kind": kind,
            "spellings": spellings,
            "rows": rows,
            "paging": paging,
            "orders": [
                (ORDER_NAMES[each], here(*path, sort=None if each == "date" else each), each == order)
                for each in ORDERS
            ],
        },
    )


def _order(request: Request) -> Order:
    wanted = request.query_params.get("sort", "date")
    for order in ORDERS:
        if order == wanted:
            return order
    raise HTTPException(400, f"Articles can be sorted by {', '.join(ORDERS)}, not by {wanted[:40]!r}.")


def go(visit: Visit, request: Request) -> RedirectResponse:
    """To the article that an id, key or address names, as `msarchive show` finds it."""
    wanted = request.query_params.get("to", "").strip()
    if not wanted:
        raise HTTPException(400, "Say where to go: /go?to=ID, or an address on the site.")
    name = (canonical(wanted) or wanted) if "://" in wanted else wanted
    found = find_articles(visit.connection, name)
    if not found:
        raise HTTPException(404, unknown(visit.connection, wanted[:200]))
    return RedirectResponse(here("article", *found[0]), 303, {"Cache-Control": "no-store"})
