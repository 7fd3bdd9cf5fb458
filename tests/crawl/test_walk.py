"""Which addresses a page leads to."""

from dataclasses import replace

import pytest

from spiders.page import Found
from spiders.reading.model import Card, PageKind, PageLink, Reading
from spiders.sitemaps import found_at
from spiders.sites import load_profile
from spiders.walk import MAX_HOPS, TOO_MANY_LISTINGS, Walk

BASE = "http://127.0.0.1:8000"
PROFILE = load_profile("sample").at(BASE)
WALK = Walk(PROFILE)
ARTICLE, OTHER = f"{BASE}/news/view/one-aB3dE6", f"{BASE}/news/view/two-Zz9Yy8"


def reading(kind: PageKind = PageKind.SUMMARY, url: str = ARTICLE, **more: object) -> Reading:
    plain = Reading(kind=kind, reason=None, form="html", url=url, article_id=None)
    return replace(plain, **more)  # type: ignore[arg-type]


def card(url: str | None) -> Card:
    return Card(1, "A title", url, None, None, None)


def link(url: str, kind: str = "page") -> PageLink:
    return PageLink(url, None, kind)  # type: ignore[arg-type]


def found(page: Reading, *, url: str = ARTICLE, kind: str = "article", depth: int = 0, more: bool = True):  # type: ignore[no-untyped-def]
    return WALK.found_on(page, url=url, kind=kind, depth=depth, more_listings=more)  # type: ignore[arg-type]


def test_a_crawl_begins_with_robots_sitemaps_start_pages_and_addresses_given() -> None:
    seeds = WALK.seeds((f"{ARTICLE}/?utm_source=x#top", "https://elsewhere.example/", "ftp://no"))
    assert [(f.url, f.kind, f.refused) for f in seeds] == [
        (f"{BASE}/robots.txt", "robots", None),
        (f"{BASE}/sitemap.xml", "sitemap", None),
        (f"{BASE}/", "listing", None),
        (f"{BASE}/news", "listing", None),
        (ARTICLE, "article", None),
        ("https://elsewhere.example/", "page", "off-site"),
    ]


def test_an_article_leads_to_its_cards_and_linked_articles_but_not_to_itself() -> None:
    page = reading(
        cards=(card(OTHER), card(None), card(ARTICLE), card("https://elsewhere.example/x")),
        links=(link(OTHER, "article"), link(ARTICLE, "article")),
    )
    assert found(page) == (
        Found(OTHER, "card", "article"),
        Found("https://elsewhere.example/x", "card", "page", refused="off-site"),
        Found(OTHER, "link", "article"),
    )


def test_a_listing_leads_to_articles_and_further_pages() -> None:
    page = reading(
        PageKind.LISTING,
        f"{BASE}/news",
        cards=(card(ARTICLE),),
        links=(link(OTHER, "article"), link(f"{BASE}/?page=2", "pagination")),
    )
    listed = found(page, url=f"{BASE}/news", kind="listing")
    assert [(f.url, f.via, f.kind) for f in listed] == [
        (ARTICLE, "listing", "article"),
        (OTHER, "listing", "article"),
        (f"{BASE}/?page=2", "listing", "listing"),
    ]


def test_an_endless_listing_ends_with_a_reason() -> None:
    page = reading(PageKind.LISTING, f"{BASE}/news", links=(link(f"{BASE}/news?page=9", "pagination"),))
    (next_page,) = found(page, url=f"{BASE}/news", kind="listing", more=False)
    assert next_page.refused == TOO_MANY_LISTINGS


def test_other_pages_are_explored_only_near_the_start() -> None:
    page = reading(PageKind.OTHER, f"{BASE}/about", links=(link(f"{BASE}/team"), link(ARTICLE, "article")))
    near = found(page, url=f"{BASE}/about", kind="page", depth=PROFILE.explore_depth - 1)
    far = found(page, url=f"{BASE}/about", kind="page", depth=PROFILE.explore_depth)
    assert [f.url for f in near] == [f"{BASE}/team", ARTICLE]
    assert [f.url for f in far] == [ARTICLE]


def test_what_the_profile_skips_is_not_followed_from_a_link() -> None:
    assert found(reading(links=(link(f"{BASE}/static/site.css"), link(f"{BASE}/login")))) == ()


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        ("https://mymsbuddy.com:443/news", None),
        ("http://mymsbuddy.com:80/news", None),
        ("https://www.mymsbuddy.com/news", None),
        ("https://mymsbuddy.com:8443/news", "off-site"),
        ("http://mymsbuddy.com:22/news", "off-site"),
        ("http://mymsbuddy.com:443/news", "off-site"),
        ("https://mymsbuddy.com.example.org/news", "off-site"),
    ],
)
def test_only_the_sites_hosts_at_the_ports_of_the_web_are_followed(address: str, refused: str | None) -> None:
    told = found_at(address, None, "link", load_profile("mymsbuddy"))
    assert told is not None and told.refused == refused
    assert refused or told.url == "https://mymsbuddy.com/news"


def test_a_profile_may_name_other_ports() -> None:
    at_8443 = load_profile("mymsbuddy").at("https://mymsbuddy.com:8443/")
    told = [found_at(f"https://mymsbuddy.com{port}/news", None, "link", at_8443) for port in (":8443", "")]
    assert [None if one is None else one.refused for one in told] == [None, "off-site"]


@pytest.mark.parametrize("address", ["ftp://mymsbuddy.com/news", "gopher://mymsbuddy.com/1", "file:///etc/hosts",
                                     "javascript:alert(1)", "data:text/html,x"])  # fmt: skip
def test_nothing_but_http_and_https_is_an_address(address: str) -> None:
    assert found_at(address, None, "link", load_profile("mymsbuddy")) is None


def test_a_canonical_link_between_articles_is_believed() -> None:
    assert found(reading(url=OTHER)) == (Found(OTHER, "canonical", "article"),)


def test_a_canonical_link_from_an_article_to_something_else_is_not() -> None:
    assert found(reading(url=f"{BASE}/")) == ()


def test_a_canonical_link_on_a_listing_is_not() -> None:
    page = reading(PageKind.LISTING, f"{BASE}/news")
    assert found(page, url=f"{BASE}/news?page=2", kind="listing") == ()


def test_a_redirect_is_followed_within_the_site_and_five_times_at_most() -> None:
    within = WALK.redirect(OTHER, url=ARTICLE, kind="article", hops=1)
    assert within == Found(OTHER, "redirect", "article")
    away = WALK.redirect("http://127.0.0.1:22/", url=ARTICLE, kind="article", hops=1)
    assert away is not None and away.refused == "off-site"
    far = WALK.redirect(OTHER, url=ARTICLE, kind="article", hops=MAX_HOPS + 1)
    assert far is not None and far.refused == "more than 5 redirects"
    assert WALK.redirect("mailto:me@example.org", url=ARTICLE, kind="article", hops=1) is None
    assert WALK.redirect(None, url=ARTICLE, kind="article", hops=1) is None
