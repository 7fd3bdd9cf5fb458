"""Pages that are no summary are told as what they are, with the reason."""

from __future__ import annotations

import gzip

import pytest

from spiders.reading import read_page
from spiders.reading.model import PageKind, Reading

from .records import PROFILE

PRIVACY = """<!DOCTYPE html><html><head><title>Privacy</title></head><body><nav><a href="/news">News</a></nav>
<main>
<h1>Privacy</h1><p>Last changed July 2024. The key takeaway: we count visits and keep nothing else.</p>
<h2>What we keep</h2><p>Your interest in a topic is not stored. Our credibility depends on it.</p>
<h2>Topics</h2><ul><li>Cookies</li><li>Letters</li></ul></main></body></html>"""
NOT_FOUND = """<html><head><title>404</title></head><body><h1>Nothing here</h1>
<p>The page has moved.</p><h2>You May Also Like</h2>
<div><a href="/news/view/ice-vests-tested-9vVx1C"><h3>Ice Vests, Tested</h3></a><p>3/1/2026</p>
<p>Five vests, two weeks, one heat wave</p><a href="/news/view/ice-vests-tested-9vVx1C">Read More</a></div>
</body></html>"""
CARD = """<article><a href="/news/view/{slug}-{id}"><img src="/i/{id}.jpg" alt="{title}"></a>
<h2><a href="/news/view/{slug}-{id}">{title}</a></h2><time>{date}</time><p>{teaser}</p>
<a href="/news/view/{slug}-{id}">Read More</a></article>"""
ITEMS = [
    ("ice-vests-tested", "9vVx1C", "Ice Vests, Tested", "3/1/2026", "Five vests, two weeks, one heat wave"),
    ("ten-years-on", "Ww8Ww8", "Baclofen Pumps: Ten Years On", "12/31/2027", "Follow-up of 212 pumps"),
    ("stretching", "ww8wW8", "Stretching at Your Desk", "1/1/2027", "Four stretches, four minutes"),
]
LISTING = (
    "<!DOCTYPE html><html><head><title>News</title><link rel='next' href='/news?page=3'></head><body><main>"
    "<h1>All news</h1>"
    + "".join(CARD.format(slug=a, id=b, title=c, date=d, teaser=e) for a, b, c, d, e in ITEMS)
    + "<div class='pages'><a href='/news'>1</a><b>2</b><a href='/news?page=3'>3</a>"
    "<a href='/news?page=3'>Older</a></div></main></body></html>"
)


def _read(body: str | bytes, url: str | None = None, content_type: str | None = "text/html") -> Reading:
    data = body.encode() if isinstance(body, str) else body
    return read_page(data, profile=PROFILE, url=url, content_type=content_type)


def test_a_listing_shows_its_cards_in_order_and_leads_on() -> None:
    reading = _read(LISTING, "https://mymsbuddy.com/news?page=2")
    assert (reading.kind, reading.reason) == (PageKind.LISTING, None)
    assert [(card.position, card.title, card.teaser) for card in reading.cards] == [
        (number, title, teaser) for number, (_, _, title, _, teaser) in enumerate(ITEMS, 1)
    ]
    assert [card.url for card in reading.cards] == [
        f"https://mymsbuddy.com/news/view/{slug}-{key}" for slug, key, *_ in ITEMS
    ]
    assert [card.date.iso for card in reading.cards if card.date] == [
        "2026-03-01",
        "2027-12-31",
        "2027-01-01",
    ]
    onward = {link.url for link in reading.links if link.kind == "pagination"}
    assert "https://mymsbuddy.com/news?page=3" in onward


@pytest.mark.parametrize(
    ("body", "url"),
    [
        (PRIVACY, "https://mymsbuddy.com/privacy"),
        (PRIVACY, None),
        (NOT_FOUND, "https://mymsbuddy.com/news/view/gone-Aa0Aa0"),
        ("<html><body><p>Hello.</p></body></html>", "https://mymsbuddy.com/news/view/hello-Aa0Aa1"),
    ],
    ids=["privacy", "privacy without address", "not found", "nearly nothing"],
)
def test_a_page_without_a_summarys_parts_is_no_summary_and_says_why(body: str, url: str | None) -> None:
    reading = _read(body, url)
    assert reading.kind is not PageKind.SUMMARY
    assert reading.kind is PageKind.LISTING or reading.reason
    assert (reading.takeaway, reading.topics, reading.journal) == (None, None, None)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/html"),
        (b" \r\n\t ", "text/html"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20, "image/png"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20, "text/html"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n", "application/pdf"),
        (gzip.compress(b"<p>Key Takeaway</p>" * 50, mtime=0), "text/html"),
        (b"\xff\xfe", "text/html"),
        (b"<!-- only a comment -->", "text/html"),
        (b"<html><head><title></title></head><body><script>let a = 1</script></body></html>", "text/html"),
    ],
    ids=[
        "empty",
        "blank",
        "picture",
        "picture as html",
        "pdf",
        "gzip",
        "mark alone",
        "comment",
        "script alone",
    ],
)
def test_what_holds_no_text_is_not_taken_for_a_page(body: bytes, content_type: str) -> None:
    reading = _read(body, None, content_type)
    assert reading.kind in (PageKind.UNREADABLE, PageKind.OTHER)
    assert reading.reason
    assert (reading.title, reading.takeaway, reading.sections, reading.cards) == (None, None, (), ())


@pytest.mark.parametrize("body", [b"", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)) * 20])
def test_an_empty_or_binary_answer_is_unreadable(body: bytes) -> None:
    assert _read(body).kind is PageKind.UNREADABLE


def test_a_page_with_one_known_heading_alone_still_gives_the_text_under_it() -> None:
    body = b"<html><body><h1>Short News</h1><div><h2>Key Takeaway</h2></div><p>Walk more.</p></body></html>"
    reading = read_page(body, profile=PROFILE, url=None, content_type="text/html")
    assert (reading.title, reading.takeaway) == ("Short News", "Walk more.")
