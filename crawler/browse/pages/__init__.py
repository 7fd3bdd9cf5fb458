"""The pages, a module for each kind, and the addresses under which they are found."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.pages.about import about
from crawler.browse.pages.article import article, captures_of, evidence_of
from crawler.browse.pages.articles import articles, go, journal, topic
from crawler.browse.pages.captures import archived, capture, record, response
from crawler.browse.pages.changes import changes
from crawler.browse.pages.history import difference, history
from crawler.browse.pages.names import all_journals, all_topics
from crawler.browse.pages.runs import alarms, coverage, covered, run, runs
from crawler.browse.pages.search import find
from crawler.browse.pages.start import have_ready, start

__all__ = ["ROUTES", "Handler", "have_ready"]

Handler = Callable[[Visit, Request], "Page | Response"]
"""Makes a page, or a whole response, from one snapshot. Raises `HTTPException` for what can't be answered."""

_ARTICLE = "{site}/{key:anything}"
ROUTES: tuple[tuple[str, Handler], ...] = (
    ("/", start),
    ("/articles", articles),
    ("/search", find),
    ("/go", go),
    (f"/article/{_ARTICLE}", article),
    (f"/evidence/{_ARTICLE}", evidence_of),
    (f"/captures/{_ARTICLE}", captures_of),
    (f"/history/{_ARTICLE}", history),
    (f"/difference/{_ARTICLE}", difference),
    ("/capture/{number:int}", capture),
    ("/archived/{number:int}", archived),
    ("/record/{number:int}", record),
    ("/response/{number:int}", response),
    ("/topics", all_topics),
    ("/topic/{group:anything}", topic),
    ("/journals", all_journals),
    ("/journal/{group:anything}", journal),
    ("/changes", changes),
    ("/runs", runs),
    ("/run/{number:int}", run),
    ("/coverage", coverage),
    ("/coverage/{state}", covered),
    ("/alarms", alarms),
    ("/about", about),
)
