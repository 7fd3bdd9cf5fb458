"""Pages as the spider would yield them, for tests of what comes after."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spiders.page import Fetched, Found, Page, UrlKind
from spiders.reading.model import PageKind, Passage, Reading, Section, Topic
from spiders.sites import load_profile

PROFILE = load_profile("sample").at("http://127.0.0.1:8000/")
BASE = "http://127.0.0.1:8000"
ARTICLE = f"{BASE}/news/view/a-small-study-aB3dE6"


def fetched(url: str | None = ARTICLE, status: int | None = 200, **more: Any) -> Fetched:
    """An answer at noon."""
    headers = more.pop("headers", (("Content-Type", "text/html; charset=utf-8"), ("ETag", '"abc"')))
    return Fetched(
        url=url,
        fetched_at="2026-11-23T12:00:00.000Z",
        status=status,
        headers=headers,
        body=more.pop("body", b"<p>page"),
        origin="crawl",
        **more,
    )


def summary(**fields: Any) -> Reading:
    """A summary with a takeaway, two sections and a topic."""
    reading = Reading(
        kind=PageKind.SUMMARY,
        reason=None,
        form="html",
        url=ARTICLE,
        article_id="aB3dE6",
        title="A small study",
        takeaway="Cold helps.",
        sections=(
            Section("findings", "What They Found", ("Much.",)),
            Section("other", "Funding", ("A grant.", "Please read with care.")),
        ),
        topics=(Topic("Multiple sclerosis (MS)"),),
        boilerplate=(Passage("Please read with care.", "Please read with care."),),
        unplaced=("A footer.",),
    )
    return replace(reading, **fields)


def page(kind: UrlKind = "article", reading: Reading | None = None, **more: Any) -> Page:
    """A page around it."""
    found: tuple[Found, ...] = more.pop("found", ())
    return Page(more.pop("fetched", fetched()), kind, reading, found=found, **more)
