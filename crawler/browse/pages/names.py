"""The lists of topics and of journals, their spellings grouped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawler.browse.addresses import here
from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.paging import paged
from storage.spellings import Group, journals, topics

Kind = Literal["topics", "journals"]
Order = Literal["articles", "name"]
_READ: dict[Kind, Callable[[Connection], tuple[Group, ...]]] = {"topics": topics, "journals": journals}
_SIZE = 100


def all_topics(visit: Visit, request: Request) -> Page:
    """Every topic with how many articles have it."""
    return _list(visit, request, "topics", "topic")


def all_journals(visit: Visit, request: Request) -> Page:
    """Every journal with how many articles name it."""
    return _list(visit, request, "journals", "journal")


def groups_by(visit: Visit, kind: Kind, order: Order = "articles") -> tuple[Group, ...]:
    """All topics or journals, kept until the archive changes."""
    found = visit.once(kind, _READ[kind])
    return tuple(sorted(found, key=lambda one: (one.name.casefold(), one.name))) if order == "name" else found


def _list(visit: Visit, request: Request, kind: Kind, one: str) -> Page:
    title = kind.capitalize()
    wanted = request.query_params.get("sort", "articles")
    if wanted not in ("articles", "name"):
        raise HTTPException(400, f"{title} can be sorted by articles or name, not by {wanted[:40]!r}.")
    order: Order = "name" if wanted == "name" else "articles"
    found = groups_by(visit, kind, order)
    paging = paged(
        request.query_params, len(found), kind, size=_SIZE, sort=None if order == "articles" else order
    )
    return Page(
        "names.html",
        {
            "title": title,
            "one": one,
            "rows": found[paging.offset : paging.offset + paging.size],
            "paging": paging,
            "most": max((each.articles for each in found), default=0),
            "orders": [
                ("number of articles", here(kind), order == "articles"),
                ("name", here(kind, sort="name"), order == "name"),
            ],
        },
    )
