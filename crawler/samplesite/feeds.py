"""What the site offers to robots: robots.txt, and a sitemap index with a plain and a gzipped sitemap."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from gzip import compress

from .editions import Edition
from .markup import esc

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
XML = "application/xml; charset=utf-8"
PAGES_CHANGED = date(2025, 12, 20)


def files(site: Edition, base_url: str) -> Iterator[tuple[str, str, bytes]]:
    """Yield path, content type and bytes of robots.txt and of all sitemaps.

    An article that has moved stands there at the address it had first.
    """
    robots = f"User-agent: *\nDisallow: /internal/\n\nSitemap: {base_url}/sitemap.xml\n"
    yield "/robots.txt", "text/plain; charset=utf-8", robots.encode("ascii")
    listed = [article for article in site.articles if article.in_sitemap]
    entries = [((article.old_paths or (article.path,))[0], article.updated) for article in listed]
    half = len(entries) // 2
    parts = {"/sitemaps/articles-1.xml": entries[:half], "/sitemaps/articles-2.xml.gz": entries[half:]}
    others = ["/", "/news", "/privacy"]
    others += [article.second_path for article in site.articles if article.second_path]
    others += [lost.path for lost in site.lost if lost.status == 404]
    parts["/sitemaps/pages.xml"] = [(path, PAGES_CHANGED) for path in others]
    for path, part in parts.items():
        body = _document("urlset", "url", base_url, part)
        if path.endswith(".gz"):
            yield path, "application/gzip", compress(body, 9, mtime=0)
        else:
            yield path, XML, body
    index = [(path, max(changed for _, changed in part)) for path, part in parts.items()]
    yield "/sitemap.xml", XML, _document("sitemapindex", "sitemap", base_url, index)


def _document(root: str, element: str, base_url: str, entries: Iterable[tuple[str, date]]) -> bytes:
    rows = "".join(
        f"  <{element}><loc>{esc(base_url + path)}</loc><lastmod>{changed}</lastmod></{element}>\n"
        for path, changed in entries
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return f'{head}<{root} xmlns="{NAMESPACE}">\n{rows}</{root}>\n'.encode()
