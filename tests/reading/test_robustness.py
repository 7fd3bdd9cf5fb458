"""Whatever comes over the wire: no exception, an answer in good time, values that keep their promises."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spiders.reading import read_page
from spiders.reading.model import PageKind, Reading

from .records import PROFILE, Build, builds

BUILDS = [build for build in builds() if build.meta.get("form") != "text"]
SEMANTIC = next(build for build in BUILDS if str(build) == "morning-light/semantic-sections")
ISO = re.compile(r"\d{4}(?:-\d\d(?:-\d\d)?)?")
LENGTH = {"day": 10, "month": 7, "year": 4}

pytestmark = pytest.mark.timeout(
    60
)  # what grows with the square of a hostile page's size would run for minutes
quick = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def _read(body: bytes, content_type: str | None = "text/html", url: str | None = None) -> Reading:
    reading = read_page(body, profile=PROFILE, url=url, content_type=content_type)
    assert "the reader failed" not in (reading.reason or ""), reading.reason
    _holds_its_promises(reading)
    return reading


def test_a_fault_in_the_reader_keeps_the_page_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("no such luck")

    monkeypatch.setattr("spiders.reading.reader.outline_of", broken)
    reading = read_page(SEMANTIC.body, profile=PROFILE, url=SEMANTIC.meta["url"])
    assert reading.kind is PageKind.UNREADABLE
    assert reading.reason == "the reader failed on it: ZeroDivisionError: no such luck"
    assert reading.article_id == SEMANTIC.expected["article_id"]


@pytest.mark.parametrize("kind", ["5", "null", '{"a": 1}', '["Article", 3]', "[]", '"Article"'])
def test_linked_data_of_any_shape_is_survived(kind: str) -> None:
    script = f'<script type="application/ld+json">{{"@type": {kind}, "headline": {kind}}}</script>'
    body = SEMANTIC.body.replace(b"</head>", script.encode() + b"</head>")
    assert _read(body, url=SEMANTIC.meta["url"]).takeaway == SEMANTIC.expected["takeaway"]


def _holds_its_promises(reading: Reading) -> None:
    if reading.kind in (PageKind.OTHER, PageKind.UNREADABLE):
        assert reading.reason
    assert reading.topics != ()
    for rating in (reading.credibility, reading.interest):
        assert rating is None or (0 <= rating.value <= rating.scale and rating.scale > 0)
    dates = [reading.published, *(card.date for card in reading.cards)]
    for date in dates:
        if date is not None:
            assert (date.iso is None) == (date.precision is None)
            assert date.iso is None or (
                ISO.fullmatch(date.iso) and len(date.iso) == LENGTH[date.precision or "day"]
            )
    assert [card.position for card in reading.cards] == list(range(1, len(reading.cards) + 1))
    for section in reading.sections:
        assert section.list_items == () or len(section.list_items) == len(section.paragraphs)
        assert all(text.strip() for text in section.paragraphs)
    for text in (reading.title, reading.takeaway, reading.journal):
        assert text is None or (text and text == text.strip())
        (text or "").encode("utf-8")


def _main(inner: str) -> bytes:
    return f"<html><body><main><h1>T</h1><h2>Key Takeaway</h2>{inner}</main></body></html>".encode()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "5,000 nested divs": lambda: _main("<div>" * 5000 + "deep" + "</div>" * 5000),
    "5,000 unclosed spans": lambda: _main("<span>" * 5000 + "deep"),
    "5,000 formatting elements": lambda: _main("<b><i><a href=x>" * 1700 + "deep"),
    "5,000 nested lists": lambda: _main("<ul><li>" * 2500 + "deep"),
    "1,000 nested tables": lambda: _main("<table><tr><td>" * 1000 + "deep"),
    "NUL bytes": lambda: SEMANTIC.body.replace(b" ", b"\x00"),
    "a NUL in the middle": lambda: SEMANTIC.body[:3000] + b"\x00" + SEMANTIC.body[3000:],
    "control characters": lambda: _main("<p>a\x01b\x02c\x1b[31md\x7fe\x85f</p>"),
    "lone angle brackets": lambda: b"<" * 200_000,
    "unclosed comments": lambda: b"<!--" * 50_000,
    "one endless tag": lambda: b"<p " + b"a=b " * 100_000,
    "one endless attribute": lambda: b"<a href='" + b"x" * 1_000_000,
    "impossible entities": lambda: _main("<p>&#x110000;&#xD800;&#0;&#99999999999;&bogus;&amp&lt</p>" * 500),
    "the same heading 20,000 times": lambda: _main("<h2>What They Found</h2><p>x</p>" * 20_000),
    "5,000 cards": lambda: _main(
        "<h2>You May Also Like</h2>"
        + "".join(
            f"<div><a href='/news/view/a-{n:06d}'>Title {n}</a><p>1/1/2026</p><p>Teaser {n}</p></div>"
            for n in range(5000)
        )
    ),
    "half a million digits": lambda: _main("<h2>Credibility</h2><p>" + "9" * 500_000 + "/5</p>"),
    "a rating of nan": lambda: _main(
        "<p>Credibility <meter value=nan max=inf></meter></p><p>Interest 7/0</p>"
    ),
    "a rating beyond its scale": lambda: _main("<p>Credibility: 9/5</p><p>Interest: -1/5</p>"),
    "widths without sense": lambda: _main(
        "<p>Credibility <i style='width:1e999%'></i></p><p>Interest <i style='width:-20%'></i></p>"
    ),
    "odd addresses": lambda: _main(
        "<h2>You May Also Like</h2>"
        + "".join(
            f"<div><a href='{href}'>Title</a><p>1/1/2026</p><p>Teaser</p></div>"
            for href in (
                "http://[", "//", "javascript:alert(1)", "http://a:b@c:99999/", "\\\\x", "http://\x00/", "%"
            )
        )
    ),
    "broken structured data": lambda: _main(
        "<script type='application/ld+json'>{\"@type\": [[[[</script>"
        "<script type='application/ld+json'>" + "[" * 50_000 + "</script>"
        "<script type='application/ld+json'>{\"@type\": 7, \"headline\": {\"a\": null}}</script>"
        "<script id='__NEXT_DATA__' type='application/json'>nul</script><p>x</p>"
    ),
    "lone surrogates in structured data": lambda: _main(
        "<script type='application/ld+json'>{\"@type\": \"Article\", \"headline\": \"\\ud800\"}</script>"
    ),
    "anchors that never close": lambda: _main(
        "<p>" + "respected medical journals like " * 20_000 + "</p>"
    ),
    "backtracking bait": lambda: _main("<p>" + "(" * 20_000 + "1 " * 20_000 + ")" * 20_000 + "</p>"),
    "white space": lambda: _main("<p>" + " \n\t" * 300_000 + "x</p>"),
    "UTF-7": lambda: b"<meta charset=utf-7><p>+ADw-script+AD4-</p>",
    "UTF-32 mark": lambda: b"\xff\xfe\x00\x00" + "Key Takeaway".encode("utf-32-le"),
    "odd UTF-16": lambda: b"\xff\xfe" + "<p>Key Takeaway</p>".encode("utf-16-le")[:-1],
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_pages_are_read_without_hanging(name: str) -> None:
    body = HOSTILE[name]()
    _read(body)
    _read(body, "text/plain")
    _read(body, None, "https://mymsbuddy.com/news/view/x-Aa0Aa0")


def test_a_page_of_two_megabytes_is_read_whole() -> None:
    filler = b"<p>One more paragraph about nothing in particular, and then a <b>bold</b> word.</p>\n"
    middle = b"<h2>Who Should Care and Why</h2>"
    body = SEMANTIC.body.replace(middle, filler * (2_000_000 // len(filler)) + middle)
    reading = _read(body, url=SEMANTIC.meta["url"])
    assert reading.takeaway == SEMANTIC.expected["takeaway"]


@pytest.mark.parametrize(
    "content_type",
    ["", "text/html; charset=", "text/html; charset=no-such-charset", "text/html; charset=utf-16",
     "; ;=", "\x00", "text/html; charset=idna", "text/html; charset=hex", "text/html; charset=zlib",
     "TEXT/HTML;CHARSET=\"utf-8\""],
)  # fmt: skip
def test_a_media_type_without_sense_is_survived(content_type: str) -> None:
    _read(SEMANTIC.body, content_type)


@pytest.mark.parametrize(
    "url", ["", "x", "http://[", "https://mymsbuddy.com:port/", "\x00", "file:///etc/passwd"]
)
def test_an_address_without_sense_is_survived(url: str) -> None:
    _read(SEMANTIC.body, url=url)


@quick
@given(st.binary(max_size=400), st.sampled_from(["text/html", "text/plain", None]))
def test_any_bytes(body: bytes, content_type: str | None) -> None:
    _read(body, content_type)


@quick
@given(
    st.lists(
        st.sampled_from(
            [
                "<h2>",
                "</h2>",
                "<p>",
                "</p>",
                "<li>",
                "<dl><dt>",
                "<dd>",
                "<table>",
                "<tr>",
                "<td>",
                "<a href='/news/view/a-Aa0Aa0'>",
                "</a>",
                "<br>",
                "<details><summary>",
                "</summary>",
                "<div hidden>",
                "</div>",
                "<img alt='x'>",
                "<button>",
                "<svg>",
                "<template>",
                "<script>",
                "</script>",
                "<!--",
                "-->",
                "Key Takeaway",
                "What They Found",
                "Credibility",
                "4/5",
                "★★☆",
                "You May Also Like",
                "Read More",
                "12/1/2025",
                "Article Topics:",
                "MS",
                "More Details",
                "DOI",
                "10.5555/x",
                "respected medical journals like X often range from",
                "Understanding MS Research",
                " ",
                "words, more words.",
            ]
        ),
        max_size=60,
    )
)
def test_any_order_of_a_pages_pieces(pieces: list[str]) -> None:
    _read("".join(pieces).encode())
    _read("\n".join(pieces).encode(), "text/plain")


@quick
@given(st.sampled_from(BUILDS), st.data())
def test_pages_with_a_piece_missing_moved_or_overwritten(build: Build, data: st.DataObject) -> None:
    body = build.body
    first, second, third = sorted(data.draw(st.integers(0, len(body))) for _ in range(3))
    match data.draw(st.sampled_from(["missing", "moved", "overwritten"])):
        case "missing":
            body = body[:first] + body[second:]
        case "moved":
            body = body[:first] + body[second:third] + body[first:second] + body[third:]
        case _:
            junk = data.draw(st.binary(min_size=1, max_size=50))
            body = body[:first] + junk + body[first + len(junk) :]
    _holds_its_promises(build.read(body))


@pytest.mark.parametrize("build", BUILDS[::8], ids=str)
def test_hash_seed_time_zone_and_locale_change_nothing(build: Build) -> None:
    package = __package__ or ""
    above = Path(__file__).resolve().parents[package.count(".") + 1]
    program = (
        f"import sys; from {package}.records import builds; "
        "print(*(repr(build.read()) for build in builds() if str(build) == sys.argv[1]))"
    )
    outputs = set()
    for seed, zone in (("1", "Pacific/Kiritimati"), ("2", "America/Los_Angeles")):
        environment = {
            **os.environ,
            "PYTHONHASHSEED": seed,
            "TZ": zone,
            "LC_ALL": "C",
            "PYTHONPATH": str(above),
        }
        environment["PYTHONIOENCODING"] = "utf-8"
        done = subprocess.run(
            [sys.executable, "-c", program, str(build)], env=environment, capture_output=True, check=True
        )
        outputs.add(done.stdout)
    assert len(outputs) == 1
    assert outputs != {b"\n"}
