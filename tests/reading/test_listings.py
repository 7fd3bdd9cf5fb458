"""Listing pages: their cards, and the links to their other pages, however the pager is built."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from spiders.reading import read_page
from spiders.reading.model import PageKind, Reading

from .records import PROFILE

BASE = "https://mymsbuddy.com"
ITEMS = [
    ("soup-and-sleep-AbC123", "Soup and Sleep", "5/1/2026", "A bowl of soup before bed did nothing much"),
    (
        "a-second-look-at-soup-aBc123",
        "A Second Look at Soup",
        "4/1/2026",
        "The same cooks, and other sleepers",
    ),
    ("walking-uphill-Zz9Yy8", "Walking Uphill", "12/31/2026", "Hills tire everyone; here is by how much in"),
]


def _article(slug: str, title: str, date: str, teaser: str) -> str:
    return (
        f'<article><a href="/news/view/{slug}"><img src="/i/{slug}.jpg" alt="{title}"></a><h2><a '
        f'href="/news/view/{slug}">{title}</a></h2><time>{date}</time><p>{teaser}</p></article>'
    )


def _row(slug: str, title: str, date: str, teaser: str) -> str:
    return f'<tr><td>{date}</td><td><a href="/news/view/{slug}">{title}</a></td><td>{teaser}</td></tr>'


def _link(slug: str, title: str, date: str, teaser: str) -> str:
    inner = f"<b>{title}</b><span>{date} · 3 min read</span><p>{teaser}</p>"
    return f'<li><a href="/news/view/{slug}">{inner}</a></li>'


def _flat(slug: str, title: str, date: str, teaser: str) -> str:
    return f'<h3><a href="/news/view/{slug}">{title}</a></h3><p>{date}</p><p>{teaser}</p>'


def _archived(slug: str, title: str, date: str, teaser: str) -> str:
    return _article(slug, title, date, teaser).replace(
        "/news/view/", "https://web.archive.org/web/20260101000000/https://mymsbuddy.com/news/view/"
    )


def _dated_first(slug: str, title: str, date: str, teaser: str) -> str:
    return f'<p>{date}</p><p><a href="/news/view/{slug}">{title}</a></p><p>{teaser}</p>'


def lists(items: Sequence[tuple[str, str, str, str]]) -> dict[str, str]:
    """The same list in each of the ways in which lists are built."""
    return {
        "articles": "".join(_article(*item) for item in items),
        "table": f"<table>{''.join(_row(*item) for item in items)}</table>",
        "links": f"<ul>{''.join(_link(*item) for item in items)}</ul>",
        "flat": "".join(_flat(*item) for item in items),
        "dates first": "".join(_dated_first(*item) for item in items),
    }


LISTS = lists(ITEMS)
WITHOUT_TEASERS = lists([(*item, "") for *item, _ in ITEMS])
AROUND = {
    "another page of the list": '<p><a href="/news/archive/2025">Older: 2025</a></p>',
    "a note": "<div><div>Each summary was read by two people before it stood here, by one since.</div></div>",
    "a frame without a name": "</main><div><p>© 2026 Plainly, an invented publisher</p></div><main>",
    "bare words": "© 2026 Plainly, an invented publisher",
}


def read(body: str, url: str = f"{BASE}/news", head: str = "") -> Reading:
    page = (
        f"<!doctype html><html><head><title>News</title>{head}</head><body><nav><a href='/'>Home</a>"
        f"<a href='/news'>News</a></nav><main><h1>Latest News</h1>{body}</main><footer>"
        "<a href='/privacy'>Privacy</a></footer></body></html>"
    )
    return read_page(page.encode(), profile=PROFILE, url=url)


@pytest.mark.parametrize("name", LISTS)
def test_a_listing_gives_its_cards(name: str) -> None:
    reading = read(LISTS[name])
    assert reading.kind is PageKind.LISTING
    got = [(card.url, card.title, card.date and card.date.raw, card.teaser) for card in reading.cards]
    assert got == [(f"{BASE}/news/view/{slug}", *rest) for slug, *rest in ITEMS]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("name", LISTS)
def test_what_stands_below_a_list_is_nothing_of_its_last_card(name: str, around: str) -> None:
    assert read(LISTS[name] + AROUND[around]).cards == read(LISTS[name]).cards
    cards = read(WITHOUT_TEASERS[name] + AROUND[around]).cards
    assert [(card.title, card.date and card.date.raw, card.teaser) for card in cards] == [
        (title, date, None) for _, title, date, _ in ITEMS
    ]


@pytest.mark.parametrize("name", LISTS)
def test_nor_is_it_of_the_only_one(name: str) -> None:
    below = AROUND["a frame without a name"]
    for items in (ITEMS[:1], [(*ITEMS[0][:3], "")]):
        (card,) = read(lists(items)[name] + below).cards
        assert (card.date and card.date.raw) == items[0][2]
        assert "©" not in (card.teaser or "")


def test_nor_where_nothing_leads_to_the_articles() -> None:
    cards = "".join(f"<h3>{title}</h3><b>{title}</b><p>{date}</p>" for _, title, date, _ in ITEMS)
    *_, last = read(f"{cards}<p>© 2026 Plainly, an invented publisher</p>").cards
    assert (last.title, last.teaser) == ("Walking Uphill", None)


def test_a_listing_played_back_by_a_web_archive_leads_to_the_site() -> None:
    reading = read(
        "".join(_archived(*item) for item in ITEMS)
        + '<a href="/web/20260101000000/https://mymsbuddy.com/news?page=2">2</a>',
        "https://web.archive.org/web/20260101000000/https://mymsbuddy.com/news",
    )
    assert (reading.kind, reading.url) == (PageKind.LISTING, f"{BASE}/news")
    assert [card.url for card in reading.cards] == [f"{BASE}/news/view/{slug}" for slug, *_ in ITEMS]
    assert [link.url for link in reading.links if link.kind == "pagination"] == [f"{BASE}/news?page=2"]


@pytest.mark.parametrize(
    ("pager", "pages"),
    [
        ('<a rel="next" href="/news?cursor=Zm9v">→</a>', ["/news?cursor=Zm9v"]),
        ('<a href="?page=2">2</a><a href="?page=3">3</a>', ["/news?page=2", "/news?page=3"]),
        ('<a href="/news/page/2/">Older posts »</a>', ["/news/page/2/"]),
        ('<a href="/news/page/2">2</a> … <a href="/news/page/14">14</a>', ["/news/page/2", "/news/page/14"]),
        ('<a class="btn" href="/news?offset=12">Load more</a>', ["/news?offset=12"]),
        ('<a href="/news?page=2" aria-label="Next page"><svg></svg></a>', ["/news?page=2"]),
        ('<a href="/news?page=2">Next <span class="sr-only">page</span></a>', ["/news?page=2"]),
        ('<a href="/news?paged=2#list">Older</a>', ["/news?paged=2"]),
        ('<a rel="nofollow next" href="/news?p=2">2</a>', ["/news?p=2"]),
        ('<ul><li><a href="/news?page=2&amp;utm_source=x">2</a></li></ul>', ["/news?page=2"]),
        ('<a href="/news?sort=title">Sort by title</a><a href="#top">Top</a>', []),
        ('<a href="https://elsewhere.example/news?page=2">Next</a>', []),
    ],
)
def test_links_to_other_pages_of_a_list(pager: str, pages: list[str]) -> None:
    reading = read(LISTS["articles"] + pager)
    found = [link.url.removeprefix(BASE) for link in reading.links if link.kind == "pagination"]
    assert found == pages
    assert {link.url for link in reading.links if link.kind == "article"} == {
        f"{BASE}/news/view/{slug}" for slug, *_ in ITEMS
    }


@pytest.mark.parametrize("rel", ["next", "NEXT", "next prefetch"])
def test_a_list_that_names_its_next_page_in_the_head(rel: str) -> None:
    reading = read(LISTS["flat"], head=f'<link rel="{rel}" href="/news/page/2">')
    assert [link.url for link in reading.links if link.kind == "pagination"] == [f"{BASE}/news/page/2"]


def test_a_listing_whose_cards_are_headed_like_an_article_is_no_article() -> None:
    item = ("what-they-found-x1Y2z3", "What They Found", "1/1/2026", "A review of reviews, all of them short")
    reading = read(LISTS["articles"] + _article(*item))
    assert reading.kind is PageKind.LISTING
    assert len(reading.cards) == 4


def test_an_empty_last_page_of_a_list_is_no_summary() -> None:
    reading = read("<p>No more articles.</p>", f"{BASE}/news/page/99")
    assert reading.kind is PageKind.OTHER
    assert reading.reason
