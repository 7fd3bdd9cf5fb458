"""Puts the whole site together: every path with the page that answers there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from gzip import compress
from types import MappingProxyType

from . import feeds, lists
from .content import resource, words
from .editions import CHANGED_ON, Edition, edition
from .layouts import classic, framework, semantic
from .markup import Frame, attr
from .model import Article
from .redesigns import redesigned

WRITTEN_ON = date(2025, 12, 20)
STATIC = (
    *("site.css", "app.css", "app.js", "logo.svg", "star_on.svg", "star_off.svg"),
    *(f"art-{number}.svg" for number in range(1, 9)),
)
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Page:
    """One answer of the site. `etag` and `last_modified` are None where the status is not 200."""

    status: int
    content_type: str
    body: bytes
    gzipped: bytes | None = None
    etag: str | None = None
    last_modified: datetime | None = None
    location: str | None = None


def page_of(body: bytes, content_type: str, modified: date) -> Page:
    """Return a page that is there, with its validators; all but archives are also kept gzipped."""
    gzipped = None if content_type == "application/gzip" else compress(body, 6, mtime=0)
    etag = hashlib.sha256(body).hexdigest()[:20]
    return Page(200, content_type, body, gzipped, etag, datetime.combine(modified, time(6), UTC))


@lru_cache(maxsize=16)
def build(changes: tuple[str, ...], base_url: str, redesign: str | None = None) -> Mapping[str, Page]:
    """Return all pages of the edition with `changes`, by path (`/news?page=2` for the listing's others).

    `redesign` is one of `redesigns.REDESIGNS`; None is the site as it always looked. The same arguments
    always give the same bytes. A page that looks different from the unchanged site's was last modified at a
    time that grows with the number of changes, so applying one more never steps back.
    """
    pages = {path: _redesigned(page, path, redesign) for path, page in _pages(edition(changes), base_url)}
    if changes or redesign is not None:
        unchanged = build((), base_url)
        moment = datetime.combine(CHANGED_ON, time(6), UTC) + timedelta(days=len(changes))
        for path, page in pages.items():
            before = unchanged.get(path)
            if page.status == 200 and (before is None or before.body != page.body):
                pages[path] = Page(200, page.content_type, page.body, page.gzipped, page.etag, moment)
            elif before is not None and page.status == 200:
                pages[path] = before
    return MappingProxyType(pages)


def _redesigned(page: Page, path: str, redesign: str | None) -> Page:
    if (
        redesign is None
        or page.status != 200
        or page.last_modified is None
        or "html" not in page.content_type
    ):
        return page
    # Both charsets of the oldest layout leave the other's bytes alone: latin-1 carries every byte through.
    body = redesigned(page.body.decode("latin-1"), path, redesign).encode("latin-1")
    return page_of(body, page.content_type, page.last_modified.date())


def _pages(site: Edition, base_url: str) -> Iterator[tuple[str, Page]]:
    plain = Frame(base_url, words(), (), site.footer_note)
    for name in STATIC:
        yield f"/static/{name}", page_of(resource("static", name), TYPES[name.rpartition(".")[2]], WRITTEN_ON)
    for article in site.articles:
        frame = Frame(base_url, words(), site.cards(article.id), site.footer_note)
        page = _article_page(article, frame)
        yield article.path, page
        if article.second_path:
            yield article.second_path, page
        for path in article.old_paths:
            yield path, _redirect(base_url + article.path)
    for path, text in lists.pages(site, plain):
        yield path, page_of(text.encode("utf-8"), HTML, WRITTEN_ON)
    for path, content_type, body in feeds.files(site, base_url):
        yield path, page_of(body, content_type, WRITTEN_ON)
    for lost in site.lost:
        yield lost.path, error_page(lost.status, site, base_url)


def _article_page(article: Article, frame: Frame) -> Page:
    if article.layout == "classic":
        # Old sites say ISO-8859-1 and send windows-1252; what neither has is written as a reference.
        text = classic.article_page(article, frame)
        charset = "utf-8" if article.encoding == "utf-8" else "windows-1252"
        body = text.encode(charset, "xmlcharrefreplace")
        content_type = (
            "text/html" if article.charset_in == "meta" else f"text/html; charset={article.encoding}"
        )
        return page_of(body, content_type, article.updated)
    render = {"semantic": semantic.article_page, "framework": framework.article_page}[article.layout]
    return page_of(render(article, frame).encode("utf-8"), HTML, article.updated)


def _redirect(target: str) -> Page:
    body = (
        f'<!doctype html><title>Moved</title><p>Moved to <a href="{attr(target)}">its new address</a>.</p>\n'
    )
    return Page(301, HTML, body.encode("utf-8"), location=target)


def error_page(status: int, site: Edition, base_url: str) -> Page:
    """Return the page for 404 or 410, in the site's dress."""
    frame = Frame(base_url, words(), (), site.footer_note)
    title, text = {
        404: ("Page not found", "There is no page at this address. Perhaps a letter got lost on the way."),
        410: ("Summary withdrawn", "This summary has been withdrawn and will not come back."),
    }[status]
    link = '<a href="/news">See all summaries</a>'
    main = f'<section class="plain"><h1>{title}</h1>\n<p>{text} {link}.</p></section>'
    return Page(status, HTML, semantic.page(frame, title, main).encode("utf-8"))
