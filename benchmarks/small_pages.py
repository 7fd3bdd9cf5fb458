"""A site of very many short articles that only its sitemaps list: for what grows with their number."""

from __future__ import annotations

from html import escape
from pathlib import Path

from benchmarks import server
from benchmarks.crawling import crawl_into
from benchmarks.made_texts import MadeArticle, Texts
from benchmarks.measure import BrokenRun
from benchmarks.waiting import Cost

_SEED = 1
_A_SITEMAP_LISTS = 1_000
_HTML, _XML = "text/html; charset=utf-8", "application/xml"
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES_BESIDE = 1
"""Pages that are no articles: where a crawl begins."""


def small_site(base_url: str, count: int) -> dict[str, tuple[str, bytes]]:
    """All answers of a site of `count` articles at `base_url`: path to content type and body."""
    # Texts of their own, as a real site's: pages of the same few sentences are near-copies of one another.
    articles = list(map(Texts(_SEED, count).article, range(count)))
    paths = [f"/news/view/article-{number}-{article.id}" for number, article in enumerate(articles)]
    answers = {"/robots.txt": ("text/plain", f"Sitemap: {base_url}/sitemap.xml\n".encode())}
    parts = range(0, count, _A_SITEMAP_LISTS)
    listed = "".join(f"<sitemap><loc>{base_url}/sitemaps/{part}.xml</loc></sitemap>" for part in parts)
    answers["/sitemap.xml"] = (_XML, _document("sitemapindex", listed))
    for part in parts:
        rows = "".join(
            f"<url><loc>{base_url}{path}</loc></url>" for path in paths[part : part + _A_SITEMAP_LISTS]
        )
        answers[f"/sitemaps/{part}.xml"] = (_XML, _document("urlset", rows))
    answers["/"] = (_HTML, b"<!DOCTYPE html><title>News</title><h1>News</h1>")
    for path, article in zip(paths, articles, strict=True):
        answers[path] = (_HTML, _page(article))
    return answers


def crawl_small(count: int, folder: Path, archive: Path) -> Cost:
    """Crawl a site of `count` articles into a new archive. Raises `BrokenRun` unless all of it is there."""
    with server.Served() as served:
        served.start(small_site(served.base_url, count))
        with crawl_into(served, folder, archive) as (cost, told):
            if told["outcome"] != "complete" or told["counts"]["new_articles"] != count:
                raise BrokenRun(f"a crawl of {count:,} pages ended {told['outcome']}")
            return cost


def _document(root: str, rows: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="{_NAMESPACE}">{rows}</{root}>'.encode()


def _page(article: MadeArticle) -> bytes:
    found, audience, considerations = article.sections
    return (
        f"<!DOCTYPE html><html><head><title>{escape(article.title)}</title></head>"
        f"<body><main><h1>{escape(article.title)}</h1>"
        f"<h2>Key Takeaway</h2><p>{escape(article.takeaway)}</p>"
        f"<h2>What They Found</h2><p>{escape(found)}</p>"
        f"<h2>Who Should Care and Why</h2><p>{escape(audience)}</p>"
        f"<h2>Important Considerations</h2><p>{escape(considerations)}</p></main></body></html>"
    ).encode()
