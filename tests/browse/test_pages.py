"""What the pages say, over real HTTP."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import httpx
import pytest
from lxml import html

from .conftest import PAGE
from .serving import asking

PAGES = (
    "/", "/articles", "/articles?page=2", "/articles?sort=title", "/article/sample/aB3dE6",
    "/article/sample/aB3dE7", "/article/sample/aB3dE6?as_of=2026-03-01T01:00:00Z", "/evidence/sample/aB3dE6",
    "/history/sample/aB3dE6", "/difference/sample/aB3dE6", "/captures/sample/aB3dE6", "/capture/1", "/topics",
    "/topics?sort=name", "/topic/sleep", "/journals", "/journal/brain%2C%20behavior%20and%20cells",
    "/changes", "/changes?what=changed", "/changes?what=new&page=2", "/runs", "/run/1", "/coverage",
    "/coverage/stored", "/coverage/stored?reason=summary", "/alarms", "/about",
    "/search", "/search?q=moved", "/search?q=article+OR+iron&page=2",
    "/search?q=moved&only=topic%3A%3D%22sleep%22",
)  # fmt: skip


def text_of(answer: httpx.Response) -> str:
    return " ".join(html.fromstring(answer.text).find(".//main").text_content().split())


@pytest.mark.parametrize("path", PAGES)
def test_each_page_has_a_title_of_its_own_and_one_heading(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    document = html.fromstring(answer.text)
    assert re.search(r"archive\d* · msarchive$", document.findtext(".//title") or "")
    assert len(document.findall(".//h1")) == 1
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.keys() == answer.headers.keys()


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nowhere", 404, "Not Found"),
        ("/article/sample/AB3DE6", 404, "its case counts: aB3dE6"),
        ("/article/other/aB3dE6", 404, "no article 'aB3dE6'"),
        ("/article/sample/aB3dE6?as_of=yesterday", 400, "'yesterday' is no date"),
        ("/article/sample/aB3dE7?as_of=2026-02-01", 404, "had not been seen yet"),
        ("/difference/sample/aB3dE6?from=1&to=9", 404, "has revisions 1 to 2, no 9"),
        ("/difference/sample/aB3dE6?from=2&to=2", 400, "two different revisions"),
        ("/difference/sample/aB3dE6?from=x", 400, "From is a number from 1, not 'x'"),
        ("/articles?page=0", 400, "Page is a number from 1"),
        ("/articles?page=%EF%BC%92", 400, "Page is a number from 1"),
        ("/articles?page=99", 404, "ends with page 2"),
        ("/articles?sort=random", 400, "can be sorted by date"),
        ("/topics?sort=random", 400, "can be sorted by"),
        ("/changes?what=random", 400, "Changes are"),
        ("/topic/nothing", 404, "no topic 'nothing'"),
        ("/journal/nothing", 404, "no journal 'nothing'"),
        ("/capture/999", 404, "no capture 999"),
        ("/capture/99999999999999999999999", 404, "no number"),
        ("/run/999", 404, "no run 999"),
        ("/coverage/nothing", 404, "no state 'nothing'"),
        ("/go", 400, "Say where to go"),
        ("/go?to=nothing", 404, "no article 'nothing'"),
        ("/search?q=(", 400, "Nothing to search for"),
        ("/search?q=topic:", 400, ""),
        ("/search?q=moved&sort=random", 400, "can be sorted by relevance"),
        ("/search?q=" + "word+" * 500, 400, "too much"),
        ("/search?q=moved&page=9", 404, "ends with page 2"),
        ("/search?page=100000", 400, "narrow it"),
        ("/search?as_of=never", 400, "is no date"),
        ("/static/nothing", 404, "no file"),
        ("/static/..%2Fapp.py", 404, ""),
        ("/article/sample/%00%ff", 404, "no article"),
    ],
)  # fmt: skip
def test_what_is_not_there_or_makes_no_sense_is_said_in_a_line(
    client: httpx.Client, path: str, status: int, says: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == status
    assert says in text_of(answer)
    assert answer.headers["cache-control"] == "no-store"


def test_an_article_reads_as_it_was_printed(client: httpx.Client) -> None:
    said = text_of(client.get("/article/sample/aB3dE6"))
    for part in (
        "Iron in motion", "Another takeaway.", "What They Found Cells hardly moved.", "Credibility 4 of 5",
        "Interest 3 of 5", "Brain, Behavior & Cells", "2 min read", "Revision2 of 2", "A title aB3dE7",
        "not on the page",
    ):  # fmt: skip
        assert part in said


def test_the_original_paper_has_links_and_what_is_absent_is_said(client: httpx.Client) -> None:
    answer = client.get("/article/sample/aB3dE7")
    links = set(re.findall(r'href="(https?://[^"]+)"', answer.text))
    assert {"https://doi.org/10.5555/x", "https://pubmed.ncbi.nlm.nih.gov/123/"} <= links
    assert "no journal: absent" in text_of(answer)


def test_as_of_shows_what_was_known_then(client: httpx.Client) -> None:
    then = text_of(client.get("/article/sample/aB3dE6?as_of=2026-03-01T01:00:00Z"))
    assert "Cells of aB3dE6 moved." in then
    assert "As the archive knew things at the end of 2026-03-01T01:00:00Z" in then
    assert "Cells hardly moved." not in then


def test_history_and_difference_tell_the_words_that_changed(client: httpx.Client) -> None:
    history = client.get("/history/sample/aB3dE6")
    assert "first seen" in text_of(history)
    difference = client.get("/difference/sample/aB3dE6").text
    assert "Cells <del>of aB3dE6</del><ins>hardly</ins> moved." in difference
    assert "<ins>Another</ins>" in difference


def test_a_search_marks_what_it_found_and_can_be_narrowed_step_by_step(client: httpx.Client) -> None:
    document = html.fromstring(client.get("/search?q=moved").text)
    assert {mark.text for mark in document.findall(".//mark")} == {"moved"}
    facets = document.xpath("//aside//li")
    assert [" ".join(one.text_content().split()) for one in facets[:2]] == ["Sleep 29", "Iron 1"]
    narrowed = html.fromstring(client.get(facets[1].find("a").get("href")).text)
    assert narrowed.xpath("//article[@class='row']//h2/a/@href") == ["/article/sample/aB3dE6"]
    (away,) = narrowed.xpath("//ul[@class='chosen']//a/@href")
    assert away == "/search?q=moved"
    ratings = [one.text_content() for one in document.xpath("//aside//li/a") if " of " in one.text_content()]
    assert ratings == ["4 of 5", "3 of 5"]


def test_a_search_as_of_a_date_finds_what_was_there_then(client: httpx.Client) -> None:
    now, then = "/search?q=hardly", "/search?q=hardly&as_of=2026-03-01T01:00:00Z"
    assert "1 article" in text_of(client.get(now))
    assert "0 articles" in text_of(client.get(then))


def test_lists_lead_from_page_to_page(client: httpx.Client) -> None:
    seen: list[str] = []
    path: str | None = "/articles?sort=title"
    while path is not None:
        document = html.fromstring(client.get(path).text)
        seen += document.xpath("//article[@class='row']//h2/a/@href")
        following = document.xpath("//head/link[@rel='next']/@href")
        path = following[0] if following else None
    assert len(seen) == len(set(seen)) == 31


def test_changes_tell_all_that_happened_the_latest_first(client: httpx.Client) -> None:
    times = re.findall(r'<p class="when"><time datetime="([^"]+)"', client.get("/changes").text)
    assert times[0] == "2026-03-01T02:00:00.000Z"
    assert times == sorted(times, reverse=True)
    changed = text_of(client.get("/changes?what=changed"))
    assert "Another" in changed and "first seen" not in changed


def test_an_id_or_an_address_leads_to_its_article(client: httpx.Client) -> None:
    address = "https://site.example/news/view/a-title-aB3dE6"
    for wanted in ("aB3dE6", address, address.replace("https://site", "HTTPS://SITE") + "#x"):
        answer = client.get("/go", params={"to": wanted})
        assert (answer.status_code, answer.headers["location"]) == (303, "/article/sample/aB3dE6")


def test_a_browser_that_has_the_page_is_told_so_until_it_changes(client: httpx.Client) -> None:
    for path in ("/", "/article/sample/aB3dE6", "/static/style.css", "/archived/1"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        policy = "content-security-policy"
        assert again.headers[policy] == first.headers[policy]  # it replaces what the browser has kept
        assert client.get(path, headers={"If-None-Match": '"other", W/"x"'}).status_code == 200


def test_a_capture_is_shown_and_can_be_taken_away_whole(client: httpx.Client) -> None:
    page = client.get("/capture/1")
    (frame,) = html.fromstring(page.text).findall(".//iframe")
    assert dict(frame.attrib) == {
        "sandbox": "", "src": "/archived/1",
        "title": "The page as it was captured on 2026-03-01 00:00 UTC",
    }  # fmt: skip
    record = client.get("/record/1")
    assert record.headers["content-disposition"] == 'attachment; filename="capture-1.warc.gz"'
    assert gzip.decompress(record.content).startswith(b"WARC/1.1\r\n")
    answer = client.get("/response/1")
    assert answer.headers["content-disposition"] == 'attachment; filename="capture-1.http"'
    assert answer.content.startswith(b"HTTP/1.1 200") and answer.content.endswith(PAGE)


def test_a_damaged_or_missing_record_is_said_on_its_page(own: Path) -> None:
    (file,) = (own / "captures").glob("*.warc.gz")
    file.write_bytes(file.read_bytes()[:40])
    with asking(own) as client:
        assert "Its record is damaged" in text_of(client.get("/capture/1"))
        assert client.get("/record/1").status_code == 404
        file.unlink()
        assert "Its WARC file can't be read" in text_of(client.get("/capture/1"))
        assert "can't be read" in text_of(client.get("/archived/1"))
