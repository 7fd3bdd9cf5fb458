"""Sitemaps of every usual kind, and broken ones, are read as far as they go."""

import gzip

import pytest

from spiders.reading.profile import SiteProfile
from spiders.sitemaps import MAX_DEPTH, read_sitemap, robots_sitemaps
from spiders.sites import load_profile

BASE = "http://127.0.0.1:8000"
PROFILE = load_profile("sample").at(BASE)
ARTICLE = f"{BASE}/news/view/a-study-aB3dE6"
URLSET = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
  <url><loc>{ARTICLE}</loc><lastmod>2026-03-01</lastmod></url>
  <url><loc> {BASE}/privacy </loc></url>
  <url><loc>https://elsewhere.example/page</loc></url>
  <url><lastmod>2026-03-01</lastmod></url>
</urlset>""".encode()


def read(body: bytes, profile: SiteProfile = PROFILE, depth: int = 1):  # type: ignore[no-untyped-def]
    return read_sitemap(body, url=f"{BASE}/sitemap.xml", depth=depth, profile=profile)


@pytest.mark.parametrize("body", [URLSET, gzip.compress(URLSET), b"\n \xef\xbb\xbf"[2:] + URLSET])
def test_a_urlset_gives_addresses_with_lastmod_and_refuses_other_sites(body: bytes) -> None:
    sitemap = read(body)
    assert sitemap.fault is None
    assert [(f.url, f.kind, f.lastmod, f.refused) for f in sitemap.found] == [
        (ARTICLE, "article", "2026-03-01", None),
        (f"{BASE}/privacy", "page", None, None),
        ("https://elsewhere.example/page", "page", None, "off-site"),
    ]


def test_an_index_gives_sitemaps_until_they_are_nested_too_deep() -> None:
    index = (
        b'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        b"<sitemap><loc>/maps/1</loc><lastmod>2026-01-01</lastmod></sitemap></sitemapindex>"
    )
    (shallow,) = read(index).found
    assert (shallow.url, shallow.kind, shallow.refused) == (f"{BASE}/maps/1", "sitemap", None)
    (deep,) = read(index, depth=MAX_DEPTH).found
    assert deep.refused == "sitemaps nested too deep"


def test_a_plain_list_of_addresses_is_a_sitemap_too() -> None:
    sitemap = read(f"{ARTICLE}\r\n\r\n{BASE}/about\r\n".encode())
    assert [found.url for found in sitemap.found] == [ARTICLE, f"{BASE}/about"]
    assert sitemap.fault is None


def test_a_torn_sitemap_gives_what_is_whole() -> None:
    torn = URLSET[: URLSET.index(b"privacy")]
    sitemap = read(torn)
    assert [found.url for found in sitemap.found] == [ARTICLE]
    assert sitemap.fault == "cut off before its end"


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>Not found</body></html>", "not a sitemap: its first element is <html>"),
        (b"\x1f\x8b\x08broken", "broken sitemap"),
        (b"just words", "no address in it"),
        (b"\x00\xff\xfe\x00", "no address in it"),
        (b"<urlset", "cut off before its end"),
    ],
)
def test_what_is_no_sitemap_says_why(body: bytes, fault: str) -> None:
    sitemap = read(body)
    assert sitemap.found == ()
    assert sitemap.fault is not None and sitemap.fault.startswith(fault)


def test_an_empty_urlset_is_no_fault() -> None:
    assert read(b'<?xml version="1.0"?><urlset></urlset>').fault is None


def test_a_gzip_bomb_is_given_up() -> None:
    bomb = gzip.compress(b"<urlset>" + bytes(60 * 1024 * 1024))
    sitemap = read(bomb)
    assert sitemap.found == ()
    assert sitemap.fault is not None and "broken sitemap" in sitemap.fault


def test_entities_are_not_expanded() -> None:
    laughs = (
        b'<!DOCTYPE urlset [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]>'
        + f"<urlset><url><loc>{BASE}/&b;&f;</loc></url></urlset>".encode()
    )
    assert all("root:" not in found.url and "haha" not in found.url for found in read(laughs).found)


def test_robots_names_sitemaps_anywhere_in_any_case() -> None:
    body = b"User-agent: *\nDisallow:\nsitemap: /one.xml\nSITEMAP: https://elsewhere.example/two.xml\n"
    found = robots_sitemaps(body, url=f"{BASE}/robots.txt", profile=PROFILE)
    assert [(f.url, f.kind, f.via, f.refused) for f in found] == [
        (f"{BASE}/one.xml", "sitemap", "robots", None),
        ("https://elsewhere.example/two.xml", "sitemap", "robots", "off-site"),
    ]
