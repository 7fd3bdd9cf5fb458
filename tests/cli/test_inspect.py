"""`msarchive inspect`: what an operator sees of a page, and of why it reads wrongly."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite, truth

from .conftest import Run, one_line

PAGE = """<!doctype html><title>A walk a day</title>
<link rel=canonical href="https://mymsbuddy.com/news/view/a-walk-a-day-aB3dE6">
<body><nav><a href="/">Home</a></nav>
<main><h1>A walk a day</h1>
<h2>Key Takeaway</h2><p>Walking helped.</p>
<h2>What They Found</h2><p>Forty people walked for a month and slept better.</p>
<h2>{audience}</h2><p>Anybody who likes to walk.</p>
<h2>Important Considerations</h2><p>It was a small study.</p>
</main>"""


def saved(text: str, name: str = "page.html") -> Path:
    path = Path(name)
    path.write_text(text, "utf-8")
    return path


@pytest.fixture(scope="module")
def site() -> Iterator[SampleSite]:
    with SampleSite() as site:
        yield site


def test_a_file_shows_blocks_fields_and_evidence(run: Run) -> None:
    ran = run("inspect", saved(PAGE.format(audience="Who Should Care and Why")))
    assert ran.code == 0
    assert "read as summary" in ran.out
    assert "article_id              aB3dE6" in ran.out
    assert "heading: section:audience" in ran.out
    assert "by heading (block" in ran.out
    assert "absent: " in ran.out


def test_blocks_can_be_left_out(run: Run) -> None:
    ran = run("inspect", "--no-blocks", saved(PAGE.format(audience="Who Should Care and Why")))
    assert "Taken for" not in ran.out
    assert "Fields" in ran.out


def test_a_heading_the_profile_does_not_know_is_suggested(run: Run) -> None:
    ran = run("inspect", "--no-blocks", saved(PAGE.format(audience="Who Should Really Care")))
    assert "section:audience: who should care and why" in ran.out
    assert "“Who Should Really Care”: if that is it, add it to [parts.sections] audience" in ran.out


def test_a_page_that_is_no_summary_shows_its_headings(run: Run) -> None:
    page = saved("<!doctype html><h1>Privacy</h1><h2>Who we are</h2><p>A company that keeps a site.</p>")
    ran = run("inspect", page)
    assert ran.code == 0
    assert "read as other: " in ran.out
    assert "Headings on the page" in ran.out
    assert "Who we are" in ran.out
    assert "takeaway: key takeaway" in ran.out


def test_json_is_the_whole_reading(run: Run) -> None:
    value = run("inspect", "--json", saved(PAGE.format(audience="Audience"))).json
    assert value["reading"]["title"] == "A walk a day"
    assert value["reading"]["blocks"]
    assert value["reading"]["evidence"]
    assert "section:audience" in [part["part"] for part in value["missing_parts"]]


def test_a_text_capture_is_read_by_the_same_reader(run: Run) -> None:
    text = "A walk a day\nA walk a day\nKey Takeaway\nWalking helped.\nWhat They Found\nThey walked.\n"
    ran = run("inspect", saved(text, "capture.txt"))
    assert "of text" in ran.out
    assert "Walking helped." in ran.out


def test_nothing_is_stored(run: Run) -> None:
    run("inspect", saved(PAGE.format(audience="Audience")))
    assert [path.name for path in Path().iterdir()] == ["page.html"]


def test_escape_sequences_in_a_page_do_nothing(run: Run) -> None:
    page = saved(PAGE.format(audience="Who \x1b]0;owned\x07 cares\u202e"))
    for arguments in ((), ("--json",)):
        ran = run("inspect", page, *arguments)
        assert "\x1b" not in ran.out
        assert "\u202e" not in ran.out


def test_a_browsers_note_tells_where_a_page_was_saved_from(run: Run) -> None:
    note = "<!-- saved from url=(0054)https://mymsbuddy.com/news/view/a-walk-a-day-kL9mN2 -->"
    value = run(
        "inspect", "--json", saved(f"{note}<h1>A walk a day</h1><h2>Key Takeaway</h2>It helped.")
    ).json
    assert value["reading"]["article_id"] == "kL9mN2"


@pytest.mark.parametrize("arguments", [("missing.html",), (".",), ("empty.html",), ("picture.html",)])
def test_what_is_no_page_gives_one_line(run: Run, arguments: tuple[str, ...]) -> None:
    Path("empty.html").write_bytes(b" \n")
    Path("picture.html").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100))
    ran = run("inspect", *arguments)
    assert ran.code == ExitCode.ERROR
    assert arguments[0] in one_line(ran.err)


def test_a_url_is_fetched_politely_and_once(run: Run, site: SampleSite) -> None:
    article = truth()[0]
    before = len(site.requests)
    ran = run("inspect", "--no-blocks", "--contact", "me@example.org", site.base_url + article.path)
    assert ran.code == 0, ran.err
    assert "read as summary" in ran.out
    assert article.id in ran.out
    seen = site.requests[before:]
    assert [request.path for request in seen] == ["/robots.txt", article.path]
    assert all(request.user_agent.startswith("msarchive/") for request in seen)
    assert all("me@example.org" in request.user_agent for request in seen)


def test_a_url_that_robots_txt_forbids_is_not_fetched(run: Run, site: SampleSite) -> None:
    before = len(site.requests)
    ran = run("inspect", f"{site.base_url}/internal/")
    assert ran.code == ExitCode.ROBOTS
    assert "robots.txt forbids" in one_line(ran.err)
    assert [request.path for request in site.requests[before:]] == ["/robots.txt"]


def test_an_error_page_is_told_by_its_status(run: Run, site: SampleSite) -> None:
    ran = run("inspect", f"{site.base_url}/there/is/no/such/page")
    assert ran.code == ExitCode.ERROR
    assert "answered 404 Not Found" in one_line(ran.err)


def test_no_connection_is_told(run: Run) -> None:
    with SampleSite() as gone:
        url = gone.base_url
    ran = run("inspect", f"{url}/news")
    assert ran.code == ExitCode.NO_CONNECTION
    assert "no answer from" in one_line(ran.err)


@pytest.mark.parametrize("contact", ["me\r\nX-Evil: 1", "mé@example.org"])
def test_a_contact_that_no_header_can_carry_is_refused(run: Run, site: SampleSite, contact: str) -> None:
    before = len(site.requests)
    ran = run("inspect", "--contact", contact, f"{site.base_url}/news")
    assert ran.code == ExitCode.USAGE
    one_line(ran.err)
    assert len(site.requests) == before
