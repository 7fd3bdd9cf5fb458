"""What the archive is, what the pages show, and the data dictionary of its public views."""

from __future__ import annotations

from starlette.requests import Request

from crawler.browse.library import Visit
from crawler.browse.page import Page
from storage.overview import size_of
from storage.views import VIEWS


def about(visit: Visit, request: Request) -> Page:
    """Every public view with its columns, as the data dictionary has them."""
    return Page(
        "about.html",
        {
            "title": "About",
            "directory": str(visit.archive.directory.absolute()),
            "database": visit.archive.database,
            "bytes": visit.once("size", lambda _: size_of(visit.archive)),
            "views": VIEWS,
        },
    )
