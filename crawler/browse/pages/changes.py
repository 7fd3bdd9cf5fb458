"""What happened on the site, the latest first."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawler.browse.addresses import here
from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.pages.history import event_of
from crawler.browse.paging import paged
from storage.feed import SORTS, Sort, entries, feed

_NAMES: dict[Sort, str] = {
    "all": "everything",
    "new": "new articles",
    "changed": "changed articles",
    "whole": "gone, back or moved",
}


def changes(visit: Visit, request: Request) -> Page:
    """Articles first seen, changed, gone, back and moved, of any article."""
    wanted = request.query_params.get("what", "all")
    if wanted not in SORTS:
        raise HTTPException(400, f"Changes are {', '.join(SORTS)}, not {wanted[:40]!r}.")
    (sort,) = (each for each in SORTS if each == wanted)
    order = visit.once(("feed", sort), lambda connection: feed(connection, sort))
    paging = paged(request.query_params, len(order), "changes", what=None if sort == "all" else sort)
    return Page(
        "changes.html",
        {
            "title": "Changes",
            "events": [
                event_of(entry) for entry in entries(visit.connection, order, paging.offset, paging.size)
            ],
            "paging": paging,
            "sorts": [
                (_NAMES[each], here("changes", what=None if each == "all" else each), each == sort)
                for each in SORTS
            ],
        },
    )
