"""What the archive is, what the pages show, and the data dictionary of its public views."""

from __future__ import annotations

from starlette.requests import Request

from crawler.browse.library import Visit
from crawler.browse.page import Page
from storage.overview import size_on_disk
from storage.views import VIEWS


def about(visit: Visit, request: Request) -> Page:
    """Every public view with its columns, as the data dictionary has them."""
    return Page(
        "about.html",
        {
            "title": "About",
            "directory": str(visit.archive.directory.absolute()),
            "bytes": visit.once("size", lambda _: size_on_disk(visit.archive.directory)),
            "views": VIEWS,
        },
    )
