"""Which few pages a draft is made from: those that a list, sitemap or article leads to, or saved ones."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from crawler.drafting.addresses import article_pattern, asked_for, family, other_pages, shape_of
from crawler.drafting.model import Looked, SeenLink, SeenPage
from crawler.exits import ExitCode, UserError
from crawler.page_files import NotAPage, page_bytes, page_files, saved_from
from spiders.reading import read_page
from spiders.reading.addresses import canonical
from spiders.reading.decoding import looks_like_html
from spiders.reading.profile import SiteProfile, profile_from

if TYPE_CHECKING:
    from crawler.fetcher import Fetcher

_LIKE_A_TITLE = "a saved page's title"
FEWEST_ARTICLES = 2
"""What recurs shows on two pages at least."""
_GOES_ON_AFTER = (ExitCode.ERROR, ExitCode.ROBOTS)
"""Of a fault with one page, the site's others may still be asked."""
_SITEMAP = re.compile(rb"<(?:[\w.-]+:)?(?:urlset|sitemapindex)\b")


def look_at_site(start: str, articles: int, fetcher: Fetcher) -> Looked:
    """Fetch a few pages: the start, the front page where the start lists nothing, and so many articles.

    `start` is the canonical address of a page that lists articles, of a sitemap, or of an article. Raises
    `UserError` with one line when there are no articles to look at.
    """
    first, links = _start(start, fetcher)
    host = urlsplit(start).netloc
    known = family(links, host)
    is_article = first is not None and _is_article(first.url, known)
    others = [first] if first is not None and not is_article else []
    more = _another_list(first, is_article, links, known, articles, start)
    other = _page_or_none(more, fetcher) if more is not None else None
    if other is not None and other.url != start:
        others.append(other)
        known = family([*links, *other.links], host) if first is not None else known
    if is_article and first is not None:
        known = tuple(dict.fromkeys((first.url, *known)))
    if not known:
        raise UserError(
            f"no articles found: of {len(links)} links on {start} no two look like articles of one site; "
            "give a page that lists articles"
        )
    pages = [first] if is_article and first is not None else []
    passed_over: list[str] = []
    for url in _spread([url for url in known if url not in {page.url for page in pages}], articles):
        if len(pages) >= articles:
            break
        try:
            page = _page(url, fetcher)
        except UserError as error:
            if error.code not in _GOES_ON_AFTER:
                raise
            passed_over.append(str(error))
            continue
        if _is_article(page.url, known):
            pages.append(page)
        else:
            passed_over.append(f"{url} led to {page.url}, which looks like no article")
    return _enough(Looked(start, tuple(pages), tuple(others), known, tuple(passed_over)))


def look_at_files(paths: Sequence[Path]) -> Looked:
    """Saved pages, files or folders of them, by the addresses that they tell of themselves.

    Raises `UserError` with one line when too few of them are articles, or do not tell their address.
    """
    pages: dict[str, SeenPage] = {}
    passed_over = []
    for path in page_files(paths)[0]:
        try:
            url, body = _saved_page(path)
        except NotAPage as error:
            passed_over.append(str(error))
            continue
        pages.setdefault(url, SeenPage(url, body))
    host = _host(list(pages))
    passed_over += [f"{url}: not on {host}" for url in pages if urlsplit(url).netloc != host]
    pages = {url: page for url, page in pages.items() if urlsplit(url).netloc == host}
    own = family([SeenLink(url, _LIKE_A_TITLE, "") for url in pages], host)
    if not own:
        why = f" ({passed_over[0]})" if passed_over else ""
        raise UserError(
            f"no articles found: of {len(pages)} pages that tell their address no two are alike{why}"
        )
    articles = [page for url, page in pages.items() if url in own]
    others = [page for url, page in pages.items() if url not in own]
    links = [
        link.url for page in pages.values() for link in page.links if shape_of(link.url) == shape_of(own[0])
    ]
    known = tuple(dict.fromkeys((*own, *links)))
    return _enough(Looked(own[0], tuple(articles), tuple(others), known, tuple(passed_over)))


def _saved_page(path: Path) -> tuple[str, bytes]:
    """A saved page's address and bytes. Raises `NotAPage`, also when it does not tell its address."""
    body, form = page_bytes(path)
    url = saved_from(body) or _own_address(body)
    if form != "html" or url is None:
        raise NotAPage(f"{path}: does not tell its address")
    return url, body


def _another_list(
    first: SeenPage | None, is_article: bool, links: Sequence[SeenLink], known: Sequence[str], articles: int,
    start: str,
) -> str | None:  # fmt: skip
    """The address of one more page that may list articles: the front page, or a short list's next page."""
    if first is None or is_article:
        return urljoin(start, "/")
    turns = other_pages(first.url, links, known) if known and len(known) < 2 * articles else {}
    return next(iter(turns), None)


def _start(start: str, fetcher: Fetcher) -> tuple[SeenPage | None, list[SeenLink]]:
    """The page that it begins with, and its links; no page where it is a sitemap."""
    answer = fetcher.fetch(start)
    if _SITEMAP.search(answer.body[:4096]) or urlsplit(start).path.endswith(".gz"):
        return None, list(_sitemap_links(answer.body, start, fetcher))
    page = _checked(SeenPage(canonical(answer.url) or start, answer.body, answer.content_type))
    return page, list(page.links)


def _sitemap_links(body: bytes, url: str, fetcher: Fetcher) -> Iterator[SeenLink]:
    """The addresses of a sitemap; of an index those of the first of its sitemaps that has any."""
    from spiders.sitemaps import read_sitemap

    profile = _knowing_nothing(url)
    found = read_sitemap(body, url=url, depth=0, profile=profile).found
    pages = [entry for entry in found if entry.kind != "sitemap" and not entry.refused]
    if not pages:
        for entry in [entry for entry in found if entry.kind == "sitemap" and not entry.refused][:3]:
            inner = fetcher.fetch(entry.url).body
            found = read_sitemap(inner, url=entry.url, depth=1, profile=profile).found
            pages = [page for page in found if page.kind != "sitemap" and not page.refused]
            if len(pages) >= FEWEST_ARTICLES:
                break
    for entry in pages:
        yield SeenLink(entry.url, "", "")


def _page(url: str, fetcher: Fetcher) -> SeenPage:
    answer = fetcher.fetch(url)
    return _checked(SeenPage(canonical(answer.url) or url, answer.body, answer.content_type))


def _page_or_none(url: str, fetcher: Fetcher) -> SeenPage | None:
    try:
        return _page(url, fetcher)
    except UserError as error:
        if error.code not in _GOES_ON_AFTER:
            raise
        return None


def _checked(page: SeenPage) -> SeenPage:
    """The page. Raises `UserError` where it is no HTML, or something stands in its place."""
    kind = (page.content_type or "").split(";")[0].strip() or "of no declared type"
    reading = read_page(
        page.body, profile=_knowing_nothing(page.url), url=page.url, content_type=page.content_type
    )
    if reading.form != "html" or page.document is None or not looks_like_html(page.body):
        raise UserError(f"{page.url} is no HTML page ({kind})")
    if reading.obstacle is not None:
        raise UserError(f"{page.url} can't be read: {reading.reason}")
    return page


def _is_article(url: str, known: Sequence[str]) -> bool:
    if not known:
        return False
    pattern = article_pattern(known).value
    return shape_of(url) == shape_of(known[0]) and re.search(pattern, asked_for(url)) is not None


def _spread(addresses: Sequence[str], wanted: int) -> list[str]:
    """So many addresses evenly over the list, old and new; behind them the others, should some fail."""
    step = max(1, len(addresses) // max(wanted, 1))
    chosen = list(addresses[::step])
    taken = set(chosen)
    return [*chosen, *(url for url in addresses if url not in taken)][: 2 * wanted]


def _enough(looked: Looked) -> Looked:
    count = len(looked.articles)
    if count >= FEWEST_ARTICLES:
        return looked
    why = f" ({looked.passed_over[0]})" if looked.passed_over else ""
    code = ExitCode.ERROR
    if count == 0 and looked.passed_over and all("robots.txt forbids" in text for text in looked.passed_over):
        code = ExitCode.ROBOTS
    raise UserError(f"{count} of the site's articles could be looked at, and two is the least: what recurs "
                    f"tells the parts{why}", code)  # fmt: skip


def _own_address(body: bytes) -> str | None:
    """The address that a page names as its own, by its canonical link or OpenGraph."""
    document = SeenPage("http://invalid/", body).document
    if document is None:
        return None
    root = document.root
    links = [link.get("href") for link in root.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    named = links + [meta.get("content") for meta in root.iter("meta") if meta.get("property") == "og:url"]
    return next((url for text in named if text and (url := canonical(text))), None)


def _host(urls: Sequence[str]) -> str:
    """The host of most addresses."""
    hosts = [urlsplit(url).netloc for url in urls]
    return max(sorted(set(hosts)), key=hosts.count, default="")


def _knowing_nothing(url: str) -> SiteProfile:
    """A profile of a site of which only its host is known."""
    parts = urlsplit(url)
    return profile_from(
        {
            "name": "unknown",
            "addresses": {"hosts": [parts.netloc], "scheme": parts.scheme, "start": []},
            "parts": {"sections": {}},
            "labels": {"source": {}},
        },
        url,
    )
