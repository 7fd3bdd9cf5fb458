"""WARC files that other programs wrote, each with its ways; and what is odd but legal."""

from __future__ import annotations

import gzip
import zipfile
from pathlib import Path

import pytest

from tests.places import rows

from .warcs import (
    ADDRESS,
    EVENING,
    IDENTICAL,
    MORNING,
    NOON,
    NOT_MODIFIED,
    SITE,
    bring,
    digest,
    http,
    info,
    other,
    page,
    record,
    record_id,
    response,
    save,
)

pytestmark = pytest.mark.usefixtures("both")

CAPTURES = "SELECT url, status, kind, captured_at FROM captures ORDER BY captured_at, id"
FOUND = "After a month they slept an hour longer"


def titles(archive: Path) -> list[tuple[object, ...]]:
    return rows(archive, "SELECT id, title FROM articles ORDER BY id")


@pytest.mark.parametrize("name", ["one.warc", "one.warc.gz"])
def test_a_response_keeps_its_date_and_its_bytes(tmp_path: Path, name: str) -> None:
    block = http(page(), "X-Odd:  two  spaces", "x-odd: again")
    bring(tmp_path / "a", save(tmp_path / name, info(), record("response", ADDRESS, block)))
    assert rows(tmp_path / "a", CAPTURES) == [(ADDRESS, 200, "summary", "2026-03-01T08:00:00.000Z")]
    assert rows(tmp_path / "a", "SELECT first_seen_at FROM articles") == [("2026-03-01T08:00:00.000Z",)]
    where = rows(tmp_path / "a", "SELECT warc_file, warc_offset, warc_length, record_id FROM captures")[0]
    data = (tmp_path / "a" / "captures" / where[0]).read_bytes()[where[1] : where[1] + where[2]]
    assert gzip.decompress(data).endswith(b"\r\n\r\n" + block + b"\r\n\r\n")
    assert where[3] == record_id("response", ADDRESS, MORNING)


def test_one_gzip_stream_over_the_whole_file(tmp_path: Path) -> None:
    records = [info(), response(), response(other("cD4eF5"), page("Second", url=other("cD4eF5")))]
    path = tmp_path / "whole.warc.gz"
    path.write_bytes(gzip.compress(b"".join(records)))
    bring(tmp_path / "a", path)
    assert titles(tmp_path / "a") == [("aB3dE6", "A walk a day"), ("cD4eF5", "Second")]


def test_the_same_file_twice_changes_nothing(tmp_path: Path) -> None:
    path = save(tmp_path / "one.warc.gz", info(), response(), response(date=NOON))
    bring(tmp_path / "a", path)
    before = digest(tmp_path / "a"), rows(tmp_path / "a", CAPTURES)
    bring(tmp_path / "a", path)
    assert (digest(tmp_path / "a"), rows(tmp_path / "a", CAPTURES)) == before


def test_files_in_any_order_give_the_same_archive(tmp_path: Path) -> None:
    files = [
        save(tmp_path / "1.warc.gz", response()),
        save(tmp_path / "2.warc.gz", response(body=page(slept="two hours"), date=NOON)),
        save(tmp_path / "3.warc.gz", response(body=page(slept="two hours"), date=EVENING)),
    ]
    bring(tmp_path / "forth", *files)
    bring(tmp_path / "back", *reversed(files))
    assert rows(tmp_path / "forth", "SELECT revisions FROM articles") == [(2,)]
    seen = "SELECT number, first_seen_at, last_seen_at FROM revision ORDER BY number"
    assert rows(tmp_path / "back", seen) == rows(tmp_path / "forth", seen)
    assert digest(tmp_path / "back") == digest(tmp_path / "forth")


def test_records_of_other_sites_and_of_other_types_give_no_pages(tmp_path: Path) -> None:
    elsewhere = "https://example.org/news/view/a-walk-a-day-aB3dE6"
    bring(
        tmp_path / "a",
        save(
            tmp_path / "mixed.warc.gz",
            info(),
            response(elsewhere),
            record("request", ADDRESS, b"GET / HTTP/1.1\r\nHost: mymsbuddy.com\r\n\r\n"),
            record("metadata", ADDRESS, b"outlink: x\r\n", "Content-Type: application/warc-fields"),
            record("response", "dns:mymsbuddy.com", b"20260301 mymsbuddy.com.", "Content-Type: text/dns"),
            record("resource", "metadata://gnu.org/wget.log", b"log", "Content-Type: text/plain"),
            response(),
        ),
    )  # fmt: skip
    assert [row[0] for row in rows(tmp_path / "a", CAPTURES)] == [ADDRESS]


def test_the_request_stands_beside_its_answer_whichever_was_written_first(tmp_path: Path) -> None:
    asked = b"GET /news/view/x HTTP/1.1\r\nHost: mymsbuddy.com\r\nUser-Agent: somebody\r\n\r\n"

    def request(url: str) -> bytes:
        return record("request", url, asked, f"WARC-Concurrent-To: <{record_id('response', url, MORNING)}>")

    second = other("cD4eF5")
    answers = response(), response(second, page("Second", url=second))
    path = save(tmp_path / "b.warc.gz", request(ADDRESS), answers[0], answers[1], request(second))
    bring(tmp_path / "a", path)
    found = rows(
        tmp_path / "a",
        "SELECT f.name, c.request_offset, c.request_length FROM capture c "
        "JOIN warc_file f ON f.id = c.warc_file_id ORDER BY c.id",
    )
    for name, offset, length in found:
        data = (tmp_path / "a" / "captures" / name).read_bytes()[offset : offset + length]
        assert gzip.decompress(data).endswith(b"\r\n\r\n" + asked + b"\r\n\r\n")
    assert len(found) == 2


@pytest.mark.parametrize("spelling", ["<{}>", "{}#top", "{}?utm_source=mail", "{}/"])
def test_addresses_are_brought_into_their_one_form(tmp_path: Path, spelling: str) -> None:
    bring(
        tmp_path / "a",
        save(tmp_path / "one.warc", record("response", spelling.format(ADDRESS), http(page()))),
    )
    assert [row[0] for row in rows(tmp_path / "a", CAPTURES)] == [ADDRESS]


@pytest.mark.parametrize(
    ("date", "stored"),
    [
        ("2026-03-01T08:00:00.5Z", "2026-03-01T08:00:00.500Z"),
        ("2026-03-01T08:00:00.123456789Z", "2026-03-01T08:00:00.123Z"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.000Z"),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(tmp_path: Path, date: str, stored: str | None) -> None:
    good = response(other("cD4eF5"), page(url=other("cD4eF5")), date=NOON)
    odd = record("response", ADDRESS, http(page()), f"WARC-Date: {date}")
    bring(tmp_path / "a", save(tmp_path / "one.warc.gz", odd, good))
    found = rows(tmp_path / "a", f"SELECT captured_at FROM captures WHERE url = '{ADDRESS}'")
    assert found == ([] if stored is None else [(stored,)])
    assert ("cD4eF5", "A walk a day") in titles(tmp_path / "a")


@pytest.mark.parametrize(
    "head",
    [
        # Common Crawl keeps the body decoded and renames what no longer holds.
        (
            "X-Crawl-Content-Encoding: gzip",
            "X-Crawl-Transfer-Encoding: chunked",
            "X-Crawl-Content-Length: 99",
        ),
        # Browsertrix does the same with another prefix.
        ("x-orig-content-encoding: br", "x-orig-transfer-encoding: chunked"),
        # Others decode and leave the head as it was.
        ("Content-Encoding: gzip",),
        ("Transfer-Encoding: chunked",),
        ("Content-Encoding: br",),
        ("Content-Encoding: gzip", "Transfer-Encoding: chunked"),
    ],
)
def test_bodies_that_were_decoded_before_they_were_written(tmp_path: Path, head: tuple[str, ...]) -> None:
    length = head[-1] != "Transfer-Encoding: chunked"
    block = http(page(), *head, length=length)
    bring(tmp_path / "a", save(tmp_path / "cc.warc.gz", record("response", ADDRESS, block)))
    assert titles(tmp_path / "a") == [("aB3dE6", "A walk a day")]
    assert rows(tmp_path / "a", "SELECT size FROM captures") == [(len(page()),)]


@pytest.mark.parametrize("coded", ["gzip cut", "gzip damaged", "chunks damaged", "short"])
def test_a_body_that_is_not_whole_is_no_article(tmp_path: Path, coded: str) -> None:
    body = page(slept="x" * 3000 + " hours")
    packed = gzip.compress(body)
    damaged = bytearray(packed)
    damaged[len(packed) // 2] ^= 0xFF
    chunked = b"%x\r\n%s\r\n" % (600, body[:600]) + b"no chunk at all\r\n" + body[600:]
    block = {
        "gzip cut": http(packed[: len(packed) * 2 // 3], "Content-Encoding: gzip", length=False),
        "gzip damaged": http(bytes(damaged), "Content-Encoding: gzip"),
        "chunks damaged": http(chunked, "Transfer-Encoding: chunked", length=False),
        "short": http(body, f"Content-Length: {len(body) + 500}", length=False),
    }[coded]
    bring(tmp_path / "a", save(tmp_path / "cut.warc.gz", record("response", ADDRESS, block)))
    assert titles(tmp_path / "a") == []


def test_truncated_records_keep_the_reason_and_give_no_article(tmp_path: Path) -> None:
    cut = record("response", ADDRESS, http(page()[:600], length=False), "WARC-Truncated: length")
    bring(tmp_path / "a", save(tmp_path / "one.warc.gz", cut))
    assert titles(tmp_path / "a") == []
    assert rows(tmp_path / "a", "SELECT truncated FROM captures") == [("length",)]


@pytest.mark.parametrize("how", ["id", "address and date"])
@pytest.mark.parametrize("order", ["before", "after"])
def test_a_revisit_has_the_body_that_it_refers_to(tmp_path: Path, how: str, order: str) -> None:
    named = {
        "id": [f"WARC-Refers-To: <{record_id('response', ADDRESS, MORNING)}>"],
        "address and date": [f"WARC-Refers-To-Target-URI: {ADDRESS}", f"WARC-Refers-To-Date: {MORNING}"],
    }[how]
    head = http(b"", "X-Second: yes", length=False)
    revisit = record("revisit", ADDRESS, head, f"WARC-Profile: {IDENTICAL}", *named, date=NOON, version="1.1")
    records = [response(), revisit] if order == "before" else [revisit, response()]
    bring(tmp_path / "a", save(tmp_path / "one.warc.gz", *records))
    assert [row[2:] for row in rows(tmp_path / "a", CAPTURES)] == [
        ("summary", "2026-03-01T08:00:00.000Z"),
        ("summary", "2026-03-02T12:00:00.000Z"),
    ]
    assert rows(tmp_path / "a", "SELECT DISTINCT sha256 FROM captures") == [
        (rows(tmp_path / "a", "SELECT sha256 FROM captures ORDER BY id LIMIT 1")[0][0],)
    ]
    assert rows(tmp_path / "a", "SELECT revisions, last_seen_at FROM articles") == [
        (1, "2026-03-02T12:00:00.000Z")
    ]


def test_a_revisit_of_what_an_earlier_import_brought(tmp_path: Path) -> None:
    bring(tmp_path / "a", save(tmp_path / "1.warc.gz", response()))
    revisit = record(
        "revisit", ADDRESS, http(b"", length=False), f"WARC-Profile: {IDENTICAL}",
        f"WARC-Refers-To-Target-URI: {ADDRESS}", f"WARC-Refers-To-Date: {MORNING}", date=NOON,
    )  # fmt: skip
    bring(tmp_path / "a", save(tmp_path / "2.warc.gz", revisit))
    assert rows(tmp_path / "a", "SELECT revisions, last_seen_at FROM articles") == [
        (1, "2026-03-02T12:00:00.000Z")
    ]


def test_a_revisit_of_what_stands_in_a_later_file(tmp_path: Path) -> None:
    revisit = record(
        "revisit", ADDRESS, http(b"", length=False), f"WARC-Profile: {IDENTICAL}",
        f"WARC-Refers-To: <{record_id('response', ADDRESS, MORNING)}>", date=NOON,
    )  # fmt: skip
    files = save(tmp_path / "1.warc.gz", revisit), save(tmp_path / "2.warc.gz", response())
    result = bring(tmp_path / "a", *files)
    assert not any(warc.damage for warc in result.warcs)
    assert len(rows(tmp_path / "a", CAPTURES)) == 2


def test_two_versions_within_one_second_are_two_captures(tmp_path: Path) -> None:
    path = save(tmp_path / "one.warc.gz", response(), response(body=page(slept="two hours")))
    bring(tmp_path / "a", path)
    bring(tmp_path / "a", path)
    assert len(rows(tmp_path / "a", CAPTURES)) == 2


def test_not_modified_is_as_the_capture_before_it(tmp_path: Path) -> None:
    revisit = record(
        "revisit", ADDRESS, http(b"", status="HTTP/1.1 304 Not Modified", length=False),
        f"WARC-Profile: {NOT_MODIFIED}", f"WARC-Refers-To: <{record_id('response', ADDRESS, MORNING)}>",
        date=NOON,
    )  # fmt: skip
    later = response(body=page(slept="two hours"), date=EVENING)
    bring(tmp_path / "a", save(tmp_path / "one.warc.gz", response(), later, revisit))
    assert rows(tmp_path / "a", "SELECT number, last_seen_at FROM revision ORDER BY number") == [
        (1, "2026-03-02T12:00:00.000Z"),
        (2, "2026-03-03T20:00:00.000Z"),
    ]


def test_a_revisit_of_what_is_nowhere_is_named_and_the_rest_imported(tmp_path: Path) -> None:
    lost = record(
        "revisit", other("gH6iJ7"), http(b"", length=False), f"WARC-Profile: {IDENTICAL}",
        "WARC-Refers-To: <urn:uuid:00000000-0000-4000-8000-000000000000>",
    )  # fmt: skip
    bring(tmp_path / "a", save(tmp_path / "one.warc.gz", lost, response()))
    assert titles(tmp_path / "a") == [("aB3dE6", "A walk a day")]


def test_redirects_gone_pages_robots_and_sitemaps_are_what_they_are_in_a_crawl(tmp_path: Path) -> None:
    old, gone = f"{SITE}/news/view/an-old-title-aB3dE6", other("cD4eF5")
    sitemap = f"<urlset><url><loc>{other('kL8mN9')}</loc><lastmod>2026-02-01</lastmod></url></urlset>"
    bring(
        tmp_path / "a",
        save(
            tmp_path / "site.warc.gz",
            record(
                "response",
                f"{SITE}/robots.txt",
                http(f"Sitemap: {SITE}/sitemap.xml\n".encode(), "Content-Type: text/plain"),
            ),
            record(
                "response", f"{SITE}/sitemap.xml", http(sitemap.encode(), "Content-Type: application/xml")
            ),
            record(
                "response",
                old,
                http(b"", f"Location: {ADDRESS}", status="HTTP/1.1 301 Moved Permanently"),
            ),
            response(),
            record("response", gone, http(b"no more", status="HTTP/1.1 410 Gone")),
        ),
    )
    assert dict(rows(tmp_path / "a", "SELECT url, state FROM urls")) == {
        f"{SITE}/robots.txt": "stored",
        f"{SITE}/sitemap.xml": "stored",
        other("kL8mN9"): "waiting",
        old: "redirected",
        ADDRESS: "stored",
        gone: "gone",
    }
    assert [row[2] for row in rows(tmp_path / "a", CAPTURES)] == [
        "robots", "sitemap", "redirect", "summary", "gone"
    ]  # fmt: skip


def test_a_redirect_to_the_same_page_over_tls_is_no_failure_of_it(tmp_path: Path) -> None:
    plain = ADDRESS.replace("https:", "http:")
    redirect = http(b"", f"Location: {ADDRESS}", status="HTTP/1.1 301 Moved Permanently")
    path = save(
        tmp_path / "one.warc.gz",
        response(date=MORNING),
        record("response", plain, redirect, date=NOON),
    )
    bring(tmp_path / "a", path)
    assert rows(tmp_path / "a", f"SELECT state FROM urls WHERE url = '{ADDRESS}'") == [("stored",)]


@pytest.mark.parametrize("kind", ["resource", "conversion"])
def test_pages_without_an_http_answer(tmp_path: Path, kind: str) -> None:
    bare = record(kind, ADDRESS, page(), "Content-Type: text/html; charset=utf-8")
    picture = record(kind, f"{SITE}/a.png", b"\x89PNG\r\n\x1a\n", "Content-Type: image/png")
    bring(tmp_path / "a", save(tmp_path / "one.warc.gz", bare, picture))
    assert titles(tmp_path / "a") == [("aB3dE6", "A walk a day")]
    assert [row[3] for row in rows(tmp_path / "a", CAPTURES)] == ["2026-03-01T08:00:00.000Z"]


@pytest.mark.parametrize("oddity", ["HEAD", "POST", "partial"])
def test_what_is_not_the_whole_answer_to_a_get_is_no_page(tmp_path: Path, oddity: str) -> None:
    if oddity == "partial":
        block = http(page()[:400], "Content-Range: bytes 0-399/2000", status="HTTP/1.1 206 Partial Content")
        records = [record("response", ADDRESS, block)]
    else:
        asked = f"{oddity} /news/view/a-walk-a-day-aB3dE6 HTTP/1.1\r\nHost: mymsbuddy.com\r\n\r\n".encode()
        near = f"WARC-Concurrent-To: <{record_id('response', ADDRESS, MORNING)}>"
        body = b"" if oddity == "HEAD" else page("What was posted")
        records = [record("request", ADDRESS, asked, near), record("response", ADDRESS, http(body))]
    bring(tmp_path / "a", save(tmp_path / "odd.warc.gz", *records, response(other("cD4eF5"), page("Good", url=other("cD4eF5")))))  # noqa: E501  # fmt: skip
    assert titles(tmp_path / "a") == [("cD4eF5", "Good")]


def test_an_answer_over_http_2_as_newer_tools_write_it(tmp_path: Path) -> None:
    block = http(page(), status="HTTP/2 200")
    bring(tmp_path / "a", save(tmp_path / "two.warc.gz", record("response", ADDRESS, block)))
    assert titles(tmp_path / "a") == [("aB3dE6", "A walk a day")]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_wacz_that_another_program_packed(tmp_path: Path, method: int) -> None:
    inner = save(tmp_path / "rec-0.warc.gz", info(), response())
    with zipfile.ZipFile(tmp_path / "crawl.wacz", "w", method) as packed:
        packed.write(inner, "archive/rec-0.warc.gz")
        packed.writestr("pages/pages.jsonl", '{"format": "json-pages-1.0", "id": "pages", "title": "All"}\n')
        packed.writestr("datapackage.json", '{"profile": "data-package", "wacz_version": "1.1.1"}')
    bring(tmp_path / "a", tmp_path / "crawl.wacz")
    assert rows(tmp_path / "a", CAPTURES) == [(ADDRESS, 200, "summary", "2026-03-01T08:00:00.000Z")]


def test_folders_with_warc_files_are_taken_whole(tmp_path: Path) -> None:
    save(tmp_path / "in" / "1.warc.gz", response())
    save(tmp_path / "in" / "deep" / "2.warc", response(other("cD4eF5"), page("Second", url=other("cD4eF5"))))
    (tmp_path / "in" / "saved.html").write_bytes(page("Third", url=other("gH6iJ7")))
    bring(tmp_path / "a", tmp_path / "in")
    assert [row[1] for row in titles(tmp_path / "a")] == ["A walk a day", "Second", "Third"]


def test_a_record_that_is_too_long_for_a_page_is_passed_over(tmp_path: Path) -> None:
    long = record("response", other("cD4eF5"), http(bytes(70 * 2**20)))
    path = save(tmp_path / "long.warc", long, response())
    bring(tmp_path / "a", path)
    assert titles(tmp_path / "a") == [("aB3dE6", "A walk a day")]
