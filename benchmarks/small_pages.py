"""A site of very many short articles that only its sitemaps list: for what grows with their number."""

from __future__ import annotations

import string
from pathlib import Path
from random import Random

from benchmarks import server
from benchmarks.crawling import crawl_into
from benchmarks.measure import BrokenRun
from benchmarks.waiting import Cost
from crawler.samplesite import edition

_A_SITEMAP_LISTS = 1_000
_DIGITS = string.digits + string.ascii_letters
_HTML, _XML = "text/html; charset=utf-8", "application/xml"
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
PAGES_BESIDE = 1
"""Pages that are no articles: where a crawl begins."""


def small_site(base_url: str, count: int) -> dict[str, tuple[str, bytes]]:
    """All answers of a site of `count` articles at `base_url`: path to content type and body."""
    sentences = sorted(
        {
            sentence
            for article in edition(()).articles
            for section in article.sections
            for passage in section.passages
            for sentence in passage.sentences
        }
    )
    random = Random("msarchive")
    paths = [f"/news/view/article-{number}-{_id(number)}" for number in range(count)]
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
    for number, path in enumerate(paths):
        answers[path] = (_HTML, _page(number, random.sample(sentences, 4)))
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


def _page(number: int, text: list[str]) -> bytes:
    title = f"Article {number}"
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><main><h1>{title}</h1>"
        f"<h2>Key Takeaway</h2><p>{text[0]}</p><h2>What They Found</h2><p>{text[1]}</p>"
        f"<h2>Who Should Care and Why</h2><p>{text[2]}</p>"
        f"<h2>Important Considerations</h2><p>{text[3]}</p></main></body></html>"
    ).encode()


def _id(number: int) -> str:
    """Six characters, another for each number."""
    digits = ""
    for _ in range(6):
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits
