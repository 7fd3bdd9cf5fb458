"""Searching, with what is found divided by topic, journal, year and rating."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawler.asking import parse
from crawler.browse.addresses import here
from crawler.browse.library import Visit
from crawler.browse.page import Page, asked_time
from crawler.browse.paging import SIZE, page_number, paged
from storage.as_of import as_of
from storage.search.ask import SORTS, Found, Sort, search
from storage.search.facets import Facet, facets
from storage.search.query import Query, SearchError
from storage.search.ratings import rating_facets

_MOST_VALUES = 8
_LONGEST = 2_000
"""Characters of a query: far more than anybody types, far less than would take long to read."""
_MOST_CHOSEN = 20
_PATIENCE_S = 1.0
"""How long the counts of a search are waited for; of very many articles they are there at the next look."""
_DEEPEST = 10_000
"""Rows that can be paged through; whoever wants more of a search than that exports it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A value to narrow the search by, or one that was chosen."""

    label: str
    articles: int | None
    """None for one that was chosen."""
    address: str
    """The search with it, or without it when it was chosen."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for."""

    typed: str
    chosen: tuple[str, ...]
    sort: Sort
    as_of: str | None

    def at(self, *, chosen: tuple[str, ...] | None = None, sort: Sort | None = None) -> str:
        wanted = self.sort if sort is None else sort
        return here(
            "search",
            q=self.typed,
            only=self.chosen if chosen is None else chosen,
            sort=None if wanted == "relevance" else wanted,
            as_of=self.as_of,
        )


def find(visit: Visit, request: Request) -> Page:
    """What matches `?q=` and every `?only=`; without any, all articles. What makes no sense is 400."""
    asked, at = _asked(request)
    try:
        query = parse(asked.typed, *asked.chosen)
    except SearchError as error:
        return _page(asked, {"problem": _sentence(error)}, status=400)
    offset = (page_number(request.query_params) - 1) * SIZE
    if offset >= _DEEPEST:
        raise HTTPException(400, f"A search can be paged through for {_DEEPEST:,} articles: narrow it.")
    with as_of(visit.connection, at):
        found = search(visit.connection, query, sort=asked.sort, limit=SIZE, offset=offset)
    divided = visit.soon(
        ("facets", query, at), lambda connection: _divided(connection, query, at), _PATIENCE_S
    )
    choices = None if divided is None else _choices(asked, divided)
    return _page(asked, {**_found(asked, found, request), "facets": choices, "query": query})


def _asked(request: Request) -> tuple[_Asked, str | None]:
    given = request.query_params
    typed, chosen = given.get("q", "").strip(), tuple(dict.fromkeys(filter(None, given.getlist("only"))))
    if len(typed) + sum(map(len, chosen)) > _LONGEST or len(chosen) > _MOST_CHOSEN:
        raise HTTPException(400, "That is too much to search for.")
    wanted = given.get("sort", "relevance")
    for sort in SORTS:
        if sort == wanted:
            shown, at = asked_time(given)
            return _Asked(typed, chosen, sort, shown), at
    raise HTTPException(400, f"A search can be sorted by {', '.join(SORTS)}, not by {wanted[:40]!r}.")


def _divided(connection: Connection, query: Query, at: str | None) -> dict[str, tuple[Facet, ...]]:
    with as_of(connection, at):
        found = facets(connection, query, most=_MOST_VALUES)
        return {
            "Topics": found.topics,
            "Journals": found.journals,
            "Years": found.years,
            "Credibility": rating_facets(connection, query, "credibility"),
            "Interest": rating_facets(connection, query, "interest"),
        }


def _choices(asked: _Asked, divided: dict[str, tuple[Facet, ...]]) -> dict[str, list[Choice]]:
    return {
        name: [
            Choice(value.label, value.articles, asked.at(chosen=(*asked.chosen, value.filter)))
            for value in values
            if value.filter not in asked.chosen
        ]
        for name, values in divided.items()
    }


def _found(asked: _Asked, found: Found, request: Request) -> dict[str, object]:
    paging = paged(
        request.query_params,
        found.total,
        "search",
        q=asked.typed,
        only=asked.chosen,
        sort=None if asked.sort == "relevance" else asked.sort,
        as_of=asked.as_of,
    )
    return {
        "hits": found.hits,
        "paging": paging,
        "orders": [(each, asked.at(sort=each), each == asked.sort) for each in SORTS],
    }


def _page(asked: _Asked, values: dict[str, object], status: int = 200) -> Page:
    chosen = [
        Choice(each, None, asked.at(chosen=tuple(other for other in asked.chosen if other != each)))
        for each in asked.chosen
    ]
    title = f"Search: {asked.typed}" if asked.typed else "Search"
    told = {"title": title, "q": asked.typed, "as_of": asked.as_of, "chosen": chosen, "problem": None}
    return Page("search.html", {**told, **values}, status)


def _sentence(error: SearchError) -> str:
    said = str(error)
    return f"{said[:1].upper()}{said[1:]}."
