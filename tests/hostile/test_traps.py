"""Sites without an end, sitemaps that lie, certificates that prove nothing: every crawl ends and says how."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from spiders.pages import OVER_LIMIT, TOO_MANY_ARTICLES, TOO_MANY_SITEMAPS
from spiders.sitemaps import MAX_ENTRIES, read_sitemap
from spiders.sites import load_profile
from spiders.walk import TOO_MANY_LISTINGS
from tests.crawl.certificates import certificate, server_context
from tests.crawl.crawling import Crawled, ask, crawl, states
from tests.crawl.odd_server import OddServer
from tests.crawl.scripted import Answer, ScriptedSite, links, robots

from .places import Trap

PROFILE = load_profile("sample")
_FEW = "max_pages_a_listing = 5\nmax_other_pages = 5\nmax_articles = 5\nmax_sitemaps = 5\n"


class Endless(dict[str, "Answer | list[Answer] | Callable[[str], Answer]"]):
    """A site whose every page leads to new ones: `more` makes them, of a path and a number not used yet."""

    def __init__(self, more: Callable[[str, int], Answer], **named: Answer) -> None:
        super().__init__({"/robots.txt": robots(), **{f"/{path}": page for path, page in named.items()}})
        self._more = more
        self._number = 0

    def get(self, path: str, default: object = None) -> Answer:
        self._number += 1
        found = super().get(path)
        return found if isinstance(found, Answer) else self._more(path, self._number)


@contextmanager
def few_at(folder: Path, script: Endless) -> Iterator[tuple[ScriptedSite, Callable[[], Crawled]]]:
    """A site, and what crawls it with a profile that allows few pages of each kind."""
    with ScriptedSite(script) as site:
        profile = folder / "few.toml"
        place = site.base_url[7:]
        profile.write_text(
            f'extends = "sample"\n[addresses]\nhosts = ["{place}"]\nstart = ["{site.base_url}/news"]\n'
            f'sitemaps = ["{site.base_url}/sitemap.xml"]\n{_FEW}'
        )
        yield site, lambda: crawl(folder / "archive", site.base_url, site=str(profile), start=[], delay=0)


def wander(folder: Path, script: Endless) -> tuple[ScriptedSite, Crawled]:
    """One such crawl."""
    with few_at(folder, script) as (site, again):
        return site, again()


def calendar(path: str, number: int) -> Answer:
    return links(f"/news?month={number}", f"/news?month={number + 1000}", title="Calendar")


def session_ids(path: str, number: int) -> Answer:
    return links(f"/about?sid={number}", f"/about?sid={number}x", f"/news?sid={number}")


def growing_paths(path: str, number: int) -> Answer:
    return links(f"{path.rstrip('/')}/again/", f"{path.rstrip('/')}/more")


def next_pages(path: str, number: int) -> Answer:
    page = f'<a rel="next" href="/news/page/{number + 1}">Next page</a>'
    return Answer(body=f"<html><body>{page}</body></html>".encode())


def articles(path: str, number: int) -> Answer:
    text = f"<p>In year {number} of the study, walking helped {number} people.</p>"
    further = "".join(
        f'<p>See <a href="/news/view/an-article-{number * 10 + turn:06d}">this</a>.</p>' for turn in range(2)
    )
    parts = "".join(f"<h2>{heading}</h2>{text}" for heading in ("Key Takeaway", "What They Found"))
    body = f"<html><body><main><h1>An article, number {number}</h1>{parts}{further}</main></body></html>"
    return Answer(body=body.encode())


@pytest.mark.parametrize("more", [calendar, session_ids, growing_paths, next_pages, articles])
def test_a_site_without_an_end_is_left_in_the_end(more: Callable[[str, int], Answer], tmp_path: Path) -> None:
    site, done = wander(tmp_path, Endless(more))
    assert len(site.paths) < 60
    refused = {why for state, why in states(tmp_path / "archive").values() if state == "refused"}
    assert refused <= {TOO_MANY_LISTINGS, TOO_MANY_ARTICLES, TOO_MANY_SITEMAPS, "address too long"}
    if more in (calendar, next_pages):
        assert TOO_MANY_LISTINGS in refused
    if more is articles:
        assert TOO_MANY_ARTICLES in refused
    if refused.isdisjoint(OVER_LIMIT):
        assert done.code in (0, 3), done
    else:
        assert (done.code, done.result["outcome"]) == (6, "incomplete"), done
        assert "the profile's limit is reached (max_" in done.result["reason"]


def test_what_a_crawl_was_too_full_for_the_next_one_asks(tmp_path: Path) -> None:
    """A site that is just large is had whole in the end; each crawl on the way says that it was not."""

    def on(path: str, number: int) -> Answer:
        at = int(path[-6:]) if path.startswith("/news/view/") else 0
        next_two = range(at + 1, min(at + 2, 16) + 1)
        further = "".join(f'<p><a href="/news/view/an-article-{one:06d}">On</a></p>' for one in next_two)
        page = articles(path, at).body.decode().partition("<p>See")[0] if at else "<html><body><main>"
        return Answer(body=f"{page}{further}</main></body></html>".encode())

    script = Endless(on, **{"sitemap.xml": Answer(404)})
    with few_at(tmp_path, script) as (site, again):
        done = [again() for _ in range(3)]
    assert [one.code for one in done] == [6, 6, 0]
    assert done[0].result["reason"] == (
        "the profile's limit is reached (max_articles): 2 addresses are left for the next crawl"
    )
    assert {state for state, _ in states(tmp_path / "archive").values()} == {"stored", "gone"}
    assert len({path for path in site.paths if "/view/" in path}) == 16


def index(*names: str) -> Answer:
    body = "".join(f"<sitemap><loc>{name}</loc></sitemap>" for name in names)
    return Answer(body=f"<sitemapindex>{body}</sitemapindex>".encode(), type="text/xml")


def test_sitemaps_that_name_each_other_are_read_once_each(tmp_path: Path) -> None:
    script = {
        "/robots.txt": robots(),
        "/": links(),
        "/news": links(),
        "/sitemap.xml": index("/sitemap-a.xml", "/sitemap.xml"),
        "/sitemap-a.xml": index("/sitemap-b.xml"),
        "/sitemap-b.xml": index("/sitemap-a.xml", "/sitemap.xml"),
    }
    with ScriptedSite(script) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 0, done
    assert len(site.paths) == len(set(site.paths)) == 6


def test_sitemaps_without_end_are_left_in_the_end(tmp_path: Path) -> None:
    def more(path: str, number: int) -> Answer:
        return (
            index(*(f"/sitemap-{number}-{turn}.xml" for turn in range(4))) if "sitemap" in path else links()
        )

    site, done = wander(tmp_path, Endless(more))
    assert done.code == 6, done
    assert len(site.paths) < 40
    assert TOO_MANY_SITEMAPS in {why for _, why in states(tmp_path / "archive").values()}


def test_a_sitemap_of_too_many_addresses_is_cut() -> None:
    entries = b"".join(b"<url><loc>/news/%d</loc></url>" % number for number in range(MAX_ENTRIES + 10))
    url = f"{PROFILE.base_url}sitemap.xml"
    reading = read_sitemap(b"<urlset>" + entries + b"</urlset>", url=url, depth=0, profile=PROFILE)
    assert (len(reading.found), reading.fault) == (MAX_ENTRIES, f"more than {MAX_ENTRIES} entries")


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE urlset [<!ENTITY a "http://127.0.0.1/news">'
    + b"".join(b'<!ENTITY %c "%s">' % (name, b"&%c;" % (name - 1) * 10) for name in range(ord("b"), ord("k")))
    + b"]><urlset><url><loc>&j;</loc></url></urlset>"
)


@pytest.mark.parametrize(
    "body",
    [
        LAUGHS,
        gzip.compress(bytes(80 * 2**20)),
        gzip.compress(b"<urlset>" + b" " * (80 * 2**20)),
        gzip.compress(gzip.compress(bytes(40 * 2**20))),
        b'<!DOCTYPE u [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]><urlset><url><loc>&p;</loc></url>',
        b"<urlset>" + b"<url>" * 200_000,
        b"<urlset><url><loc>" + b"x" * 2**20 + b"</loc></url></urlset>",
        b"\x1f\x8b" + bytes(1000),
    ],
    ids=["laughs", "bomb", "white-bomb", "bomb-in-bomb", "parameter-entity", "deep", "long", "broken"],
)
def test_a_sitemap_that_is_a_weapon_names_nothing(body: bytes) -> None:
    reading = read_sitemap(body, url=f"{PROFILE.base_url}sitemap.xml", depth=0, profile=PROFILE)
    assert reading.found == ()
    assert reading.fault or body.startswith(b"<urlset><url><loc>") or b"ENTITY" in body


def test_a_sitemap_s_entity_reads_no_file_and_calls_nobody(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("http://127.0.0.1/news/the-secret")
    with Trap() as trap:
        entities = (
            f'<!ENTITY f SYSTEM "file://{secret}"><!ENTITY h SYSTEM "http://127.0.0.1:{trap.port}/x">'
            f'<!ENTITY % d SYSTEM "http://127.0.0.1:{trap.port}/x.dtd"> %d;'
        )
        body = f"<!DOCTYPE u [{entities}]><urlset><url><loc>&f;</loc></url><url><loc>&h;</loc></url></urlset>"
        reading = read_sitemap(body.encode(), url=f"{PROFILE.base_url}sitemap.xml", depth=0, profile=PROFILE)
        assert trap.connections == 0
    assert not any("secret" in found.url for found in reading.found)


def test_a_certificate_that_nobody_vouches_for_is_no_connection(tmp_path: Path) -> None:
    with OddServer(tls=server_context(certificate(tmp_path))) as server:
        done = crawl(tmp_path / "archive", server.base_url, retries=0)
        assert server.asked == {}  # not a byte of HTTP was said
    assert done.code in (8, 10), done
    assert "certificate" in done.result["reason"]
    ((state, reason),) = ask(tmp_path / "archive", "SELECT state, reason FROM urls WHERE kind = 'robots'")
    assert state == "failed" and "certificate" in reason
