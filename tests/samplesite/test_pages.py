"""The pages show what the articles promise; robots find what they should."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping
from itertools import pairwise

import pytest
from lxml import etree, html
from protego import Protego

from crawler.samplesite import Article, truth
from crawler.samplesite.editions import edition
from crawler.samplesite.pages import Page, build

BASE = "http://127.0.0.1:8000"
PAGES = build((), BASE)
ARTICLES = truth()
BY_ID = {article.id: article for article in ARTICLES}


def tree_of(page: Page) -> html.HtmlElement:
    """Parse a page as a browser would: the header's charset, or else the meta element's."""
    named = re.search("charset=([-\\w]+)", page.content_type)
    charset = named[1] if named else "windows-1252"
    parser = html.HTMLParser(encoding="windows-1252" if charset == "iso-8859-1" else charset)
    return html.document_fromstring(page.body, parser=parser)


def words_of(page: Page) -> str:
    """Return the text of a page, without scripts and styles, with single spaces."""
    tree = tree_of(page)
    for element in tree.xpath("//script|//style|//head"):
        element.drop_tree()
    for line_break in tree.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    return " ".join(tree.text_content().split())


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_page_shows_what_the_article_promises(article: Article) -> None:
    text = words_of(PAGES[article.path])
    promised = [article.title, article.takeaway, *article.topics]
    for section in article.sections:
        promised += [section.heading, *section.paragraphs]
    if article.source:
        promised += [article.source.title, *article.source.authors, "More Details"]
    promised.append(f"respected medical journals like {article.journal} often range from")
    assert [one for one in promised if " ".join(one.split()) not in text] == []
    assert ("min read" in text) == (article.reading_minutes is not None)
    assert ("Article Topics:" in text) == bool(article.topics)
    assert ("Credibility" in text) == (article.credibility is not None)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_parts_stand_in_order(article: Article) -> None:
    text = words_of(PAGES[article.path])
    heads = ["Key Takeaway", *(section.heading for section in article.sections)]
    heads += ["Article Topics:"] * bool(article.topics) + ["More Details"] * bool(article.source)
    heads += ["You May Also Like", "Understanding MS Research"]
    places = [text.index(head) for head in heads]
    assert places == sorted(places)


@pytest.mark.parametrize("article", ARTICLES, ids=lambda article: article.id)
def test_page_shows_six_newest_cards_but_not_its_own(article: Article) -> None:
    tree = tree_of(PAGES[article.path])
    for clone in tree.xpath("//*[@data-clone]"):
        clone.drop_tree()
    for chrome in tree.xpath("//*[@href and contains(@rel, 'canonical')]"):
        chrome.drop_tree()
    links = [link for link in tree.xpath("//@href") if "/news/view/" in link]
    cards = edition().cards(article.id)
    assert list(dict.fromkeys(links)) == [card.path for card in cards]
    assert len(cards) == 6
    alts = tree.xpath("//a//img/@alt | //li//img/@alt | //td//img/@alt")
    assert all(card.title in alts for card in cards)


def test_ratings_are_drawn_in_several_ways() -> None:
    bodies = [PAGES[article.path].body.decode("utf-8", "replace") for article in ARTICLES]
    for mark in (
        '<meter min="0"',
        'aria-label="4 out of 5',
        "fill-amber-400",
        "data-rating=",
        " 4/5",
        "ALT=",
    ):
        assert any(mark in body for body in bodies), mark
    article = BY_ID["P3vHs7"]
    assert article.credibility and article.interest
    stars = PAGES[article.path].body.count(b"fill-amber-400")
    assert stars == article.credibility.value + article.interest.value


def test_framework_pages_carry_their_state() -> None:
    article = BY_ID["q9TiE4"]
    state = json.loads(tree_of(PAGES[article.path]).xpath("string(//script[@id='__NEXT_DATA__'])"))
    data = state["props"]["pageProps"]["article"]
    assert (data["id"], data["title"], data["topics"]) == (article.id, article.title, list(article.topics))
    assert state["query"]["slug"] == article.path.rpartition("/")[2]


def test_old_pages_are_in_old_encodings() -> None:
    assert PAGES[BY_ID["h3Ue7J"].path].content_type == "text/html; charset=windows-1252"
    assert b"\x93colors look washed out\x94" in PAGES[BY_ID["h3Ue7J"].path].body
    meta_only = PAGES[BY_ID["D6uLp0"].path]
    assert meta_only.content_type == "text/html"
    assert b"charset=iso-8859-1" in meta_only.body and b"can\x92t" in meta_only.body


def locations(path: str, pages: Mapping[str, Page] = PAGES) -> list[str]:
    """Return the addresses in a sitemap, as paths."""
    body = pages[path].body
    root = etree.fromstring(gzip.decompress(body) if path.endswith(".gz") else body)
    return [str(one.text).removeprefix(BASE) for one in root.iter("{*}loc")]


def test_every_article_can_be_found_and_some_in_one_way_only() -> None:
    in_sitemaps = {one for path in locations("/sitemap.xml") for one in locations(path)}
    listed = {link for path in PAGES if path.startswith("/news?") or path == "/news"
              for link in tree_of(PAGES[path]).xpath("//li/h2/a/@href")}  # fmt: skip
    carded = {card.path for article in ARTICLES for card in edition().cards(article.id)}
    paths = {article.id: article.path for article in ARTICLES}
    moved = BY_ID["a6TnH3"]
    assert moved.old_paths[0] in in_sitemaps and moved.path not in in_sitemaps
    assert set(paths.values()) <= in_sitemaps | listed | carded
    assert {i for i, p in paths.items() if p in in_sitemaps - listed - carded} == {"k0ZpS5", "Lr9Uj6"}
    assert {i for i, p in paths.items() if p in listed - in_sitemaps - carded} == {"q2BwV8", "Eh7Tc2"}
    assert {i for i, p in paths.items() if p in carded - in_sitemaps - listed} == {"Wd8Xr1"}
    home = tree_of(PAGES["/"]).xpath("//li//h3/a/@href")
    assert not [one for one in ("q2BwV8", "Eh7Tc2", "Wd8Xr1") if paths[one] in home]


def test_following_next_reaches_the_whole_listing() -> None:
    path, seen = "/news", []
    while path:
        seen.append(path)
        tree = tree_of(PAGES[path])
        path = next(iter(tree.xpath("//link[@rel='next']/@href")), "")
        assert tree.xpath("//a[@rel='next']/@href") == ([path] if path else [])
    assert seen == ["/news", *(f"/news?page={number}" for number in range(2, len(seen) + 1))]
    assert len(seen) >= 5


def test_archive_links_every_year() -> None:
    path, found = "/news/archive", 0
    while path:
        tree = tree_of(PAGES[path])
        found += len([link for link in tree.xpath("//td/a/@href") if "/news/view/" in link])
        path = next(iter(tree.xpath("//a[starts-with(., 'Older')]/@href")), "")
    assert found == len(edition().listing())


def test_home_links_one_article_with_tracking_parameters() -> None:
    assert [link for link in tree_of(PAGES["/"]).xpath("//h3/a/@href") if "utm_source=" in link]


def test_second_address_names_the_first_as_canonical() -> None:
    article = BY_ID["VX4eo9"]
    assert article.second_path in locations("/sitemaps/pages.xml")
    assert article.second_path is not None
    canonical = tree_of(PAGES[article.second_path]).xpath("//link[@rel='canonical']/@href")
    assert canonical == [BASE + article.path]


def test_robots_may_not_read_drafts() -> None:
    robots = Protego.parse(PAGES["/robots.txt"].body.decode())
    assert list(robots.sitemaps) == [f"{BASE}/sitemap.xml"]
    assert robots.crawl_delay("any") is None
    draft = tree_of(PAGES["/news"]).xpath("//a[contains(@href, '/internal/')]/@href")
    assert draft and not robots.can_fetch(BASE + draft[0], "any")
    assert all(robots.can_fetch(BASE + article.path, "any") for article in ARTICLES)


def test_links_inside_the_site_lead_somewhere() -> None:
    for path, page in PAGES.items():
        if page.content_type.startswith("text/html"):
            for link in tree_of(page).xpath("//@href | //@src"):
                if link.startswith("/"):
                    known = (
                        PAGES.get(link.partition("#")[0]) or PAGES[link.partition("?")[0].partition("#")[0]]
                    )
                    assert known.status in (200, 410), (path, link)


def test_same_edition_same_bytes() -> None:
    build.cache_clear()
    again = build((), BASE)
    assert {path: (page.body, page.gzipped, page.etag) for path, page in again.items()} == {
        path: (page.body, page.gzipped, page.etag) for path, page in PAGES.items()
    }


def test_a_changed_page_is_always_newer() -> None:
    steps = [(), ("new",), ("edit", "new"), ("edit", "new", "footer")]
    built = [build(step, BASE) for step in steps]
    for before, after in pairwise(built):
        for path in before.keys() & after.keys():
            old, new = before[path].last_modified, after[path].last_modified
            if old and new and before[path].body != after[path].body:
                assert new > old, path
