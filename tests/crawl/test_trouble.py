"""A site that misbehaves: every address asked ends in one state, and the exit code tells the truth.

With both databases where the archive has a part in it: not so a crawl that can't begin, or has no robots.txt.
"""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.reading_beside import MOST_UNDER_WAY
from crawler.samplesite import SampleSite
from tests.places import Places

from .crawling import CHECKOUT, ask, clean_environment, crawl, states
from .scripted import DROP, Answer, Script, ScriptedSite, links, redirect, robots

GZIP = (("Content-Encoding", "gzip"),)
NEWS = "/news/view/"


Troubled = tuple[Path, ScriptedSite, int]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def troubled(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Troubled]:
    """One crawl of a site where much goes wrong, with each database; archive, site, exit code."""
    hops = {f"/hop/{number}": redirect(f"/hop/{number + 1}") for number in range(1, 9)}
    script: Script = {
        "/robots.txt": robots("Disallow: /private", "Sitemap: /sitemap-extra.xml"),
        "/sitemap.xml": Answer(body=b"<html>no sitemap here</html>"),
        "/sitemap-extra.xml": Answer(body=b"<urlset><url><loc>/news/view/one-aB3dE6</loc>", type="text/xml"),
        "/news": links(),
        "/": links(
            "/private/page", "/flaky", "/down", "/torn", "/slow-down", "/forbidden", "/drop", "/image",
            "/bomb", "/not-gzip", "/away", "/inside", "/hop/1", "/loop", "/self", "/nowhere", "/slash",
            "/gone", "/empty", "/good-gzip",
        ),
        "/flaky": [Answer(503), DROP, links()],
        "/down": Answer(500, b"broken"),
        "/torn": Answer(body=b"<html><body>" + b"x" * 500, cut=100),
        "/slow-down": [Answer(429), links()],
        "/forbidden": Answer(403, b"no"),
        "/drop": DROP,
        "/image": Answer(body=b"\x89PNG", type="image/png"),
        "/bomb": Answer(body=gzip.compress(bytes(30 * 1024 * 1024)), headers=GZIP),
        "/not-gzip": Answer(body=b"this is not gzip", headers=GZIP),
        "/good-gzip": Answer(body=gzip.compress(b"<html><body><p>fine</p></body></html>"), headers=GZIP),
        "/away": redirect("http://localhost:9/elsewhere"),
        "/inside": redirect("http://127.0.0.1:22/"),
        **hops,
        "/loop": redirect("/loop"),
        "/self": redirect("/self?utm_source=here"),
        "/self?utm_source=here": links(),
        "/slash": redirect("/slash#fragment"),
        "/nowhere": Answer(301, b"moved"),
        "/gone": Answer(410, b"gone"),
        "/empty": Answer(204, b"", type=""),
    }  # fmt: skip
    folder = tmp_path_factory.mktemp("troubled")
    # Places of its own: those of the fixture `places` are gone after each test.
    places = Places(request.getfixturevalue("server") if request.param == "postgresql" else None)
    with places.over(folder):
        with ScriptedSite(script) as site:
            done = crawl(folder / "archive", site.base_url)
        assert done.result, done.stderr
        yield folder / "archive", site, done.code


@pytest.mark.parametrize(
    ("path", "state", "reason", "times_asked"),
    [
        ("/private/page", "refused", "robots.txt", 0),
        ("/flaky", "stored", None, 3),
        ("/down", "failed", "HTTP 500", 3),
        ("/torn", "failed", "the connection broke off before the body's end", 3),
        ("/slow-down", "stored", None, 2),
        ("/forbidden", "failed", "HTTP 403", 1),
        ("/drop", "failed", None, None),  # once more at once when a kept connection turned out to be closed
        ("/image", "stored", "not a page: image/png", 1),
        (
            "/bomb",
            "failed",
            "the body can't be decoded: gzip: 30604 bytes hold more than 200 times as many",
            1,
        ),
        ("/not-gzip", "failed", None, 1),
        ("/good-gzip", "stored", None, 1),
        ("/away", "redirected", "HTTP 301", 1),
        ("/inside", "redirected", "HTTP 301", 1),
        ("/hop/5", "redirected", "HTTP 301", 1),
        ("/hop/6", "redirected", "HTTP 301", 1),
        ("/hop/7", "refused", "more than 5 redirects", 0),
        ("/loop", "failed", "redirects to itself", 1),
        ("/self", "stored", None, 1),
        ("/slash", "failed", "redirects to itself", 1),
        ("/nowhere", "failed", "HTTP 301 without a usable target", 1),
        ("/gone", "gone", "HTTP 410", 1),
        ("/empty", "stored", None, 1),
        ("/sitemap.xml", "stored", "not a sitemap: its first element is <html>", 1),
        ("/sitemap-extra.xml", "stored", "cut off before its end", 1),
        ("/news/view/one-aB3dE6", "gone", "HTTP 404", 1),
        ("/robots.txt", "stored", "robots", 1),
    ],
)
def test_every_kind_of_answer_ends_in_one_state(
    troubled: Troubled,
    path: str,
    state: str,
    reason: str | None,
    times_asked: int | None,
) -> None:
    archive, site, _ = troubled
    got, why = states(archive)[path]
    assert got == state
    assert reason is None or why == reason
    assert times_asked is None or site.paths.count(path) == times_asked


def test_nothing_is_left_waiting_and_the_exit_code_says_that_some_failed(
    troubled: Troubled,
) -> None:
    archive, _, code = troubled
    assert code == 3
    assert ask(archive, "SELECT outcome FROM runs") == [("incomplete",)]
    assert ask(archive, "SELECT url FROM urls WHERE state = 'waiting' OR due_at IS NOT NULL") == []


def test_redirects_elsewhere_are_refused_not_followed(troubled: Troubled) -> None:
    archive, _, _ = troubled
    rows = ask(archive, "SELECT url, reason FROM urls WHERE state = 'refused' AND reason = 'off-site'")
    assert {row[0] for row in rows} == {"http://localhost:9/elsewhere", "http://127.0.0.1:22/"}


def test_what_was_fetched_is_kept_even_when_it_could_not_be_used(
    troubled: Troubled,
) -> None:
    archive, _, _ = troubled
    kept = ask(
        archive,
        "SELECT url, truncated, size FROM captures WHERE url LIKE '%/torn' OR url LIKE '%/bomb' "
        "OR url LIKE '%/not-gzip' ORDER BY url",
    )
    paths = [(url.rpartition("/")[2], truncated) for url, truncated, _ in kept]
    assert paths == [("bomb", "length"), ("not-gzip", None), *[("torn", "disconnect")] * 3]
    assert kept[1][2] == len(b"this is not gzip")
    assert kept[2][2] == 100


@pytest.mark.usefixtures("both")
def test_a_site_that_moved_to_another_of_its_names_is_asked_there(tmp_path: Path) -> None:
    pages = {"/": links("/news/view/one-aB3dE6"), "/news": links(), "/robots.txt": robots("Disallow: /no")}
    new = ScriptedSite({**pages, "/news/view/one-aB3dE6": links(title="One")})
    old = ScriptedSite(_Everything(redirect_to=new.base_url))
    profile = tmp_path / "two.toml"
    profile.write_text(
        'extends = "sample"\n[addresses]\n'
        f'hosts = ["{old.base_url[7:]}", "{new.base_url[7:]}"]\n'
        f'start = ["{old.base_url}/", "{old.base_url}/news"]\n'
        f'sitemaps = ["{old.base_url}/sitemap.xml"]\n'
    )
    with new, old:
        done = crawl(tmp_path / "archive", old.base_url, site=str(profile))
    assert done.code == 0, done
    assert all(url.startswith(old.base_url) for (url,) in ask(tmp_path / "archive", "SELECT url FROM urls"))
    assert states(tmp_path / "archive")[NEWS + "one-aB3dE6"][0] == "stored"
    assert len(old.seen) <= 3  # robots.txt, and at most two pages before that was understood


class _Everything(dict[str, Answer]):
    def __init__(self, redirect_to: str) -> None:
        super().__init__()
        self._base = redirect_to

    def get(self, path: str, default: object = None) -> Answer:
        return redirect(self._base + path, 308)


@pytest.mark.parametrize("answer", [Answer(503), redirect("http://elsewhere.example/")])
def test_without_robots_nothing_is_asked_and_the_exit_code_is_8(answer: Answer, tmp_path: Path) -> None:
    with ScriptedSite({"/robots.txt": answer, "/": links()}) as site:
        done = crawl(tmp_path / "archive", site.base_url, retries=1)
    assert done.code == 8, done
    assert set(site.paths) == {"/robots.txt"}
    assert "robots.txt" in done.result["reason"]
    assert states(tmp_path / "archive")["/robots.txt"][0] == "failed"


def test_robots_that_disallow_everything_are_exit_code_8(tmp_path: Path) -> None:
    with ScriptedSite({"/robots.txt": robots("Disallow: /"), "/": links()}) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert (done.code, done.result["reason"]) == (8, "robots.txt disallows everything")
    assert site.paths == ["/robots.txt"]


@pytest.mark.usefixtures("both")
def test_a_site_that_forbids_everything_after_it_was_archived_is_exit_code_8(tmp_path: Path) -> None:
    rules = [robots("Disallow:"), robots("Disallow: /"), robots("Disallow: /a")]
    script: Script = {"/robots.txt": rules, "/": links("/a"), "/news": links(), "/a": links()}
    with ScriptedSite(script) as site:
        done = [crawl(tmp_path / "archive", site.base_url) for _ in rules]
    assert [one.code for one in done] == [0, 8, 0]
    assert done[1].result["reason"] == "robots.txt disallows everything"


def test_robots_that_fail_once_are_tried_again(tmp_path: Path) -> None:
    with ScriptedSite(
        {"/robots.txt": [Answer(503), robots("Disallow:")], "/": links(), "/news": links()}
    ) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 0, done
    assert site.paths[:2] == ["/robots.txt", "/robots.txt"]


@pytest.mark.usefixtures("both")
def test_a_server_that_refuses_connections_is_exit_code_10(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = crawl(tmp_path / "archive", f"http://127.0.0.1:{port}")
    assert done.code == 10, done
    assert states(tmp_path / "archive")["/robots.txt"] == ("failed", "connection refused")
    assert ask(tmp_path / "archive", "SELECT outcome FROM runs") == [("failed",)]


@pytest.mark.usefixtures("both")
def test_a_write_that_fails_ends_the_crawl_at_once(tmp_path: Path) -> None:
    fails_on_tenth = """
import errno
from storage.writer import Writer
real, calls = Writer.save_page, []
def failing(self, record, **told):
    calls.append(record.capture.url)
    if len(calls) >= 10:
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(self, record, **told)
Writer.save_page = failing
"""
    with SampleSite() as site:
        done = crawl(tmp_path / "archive", site.base_url, before=fails_on_tenth)
        assert done.code == 7, done
        assert "No space left" in done.result["reason"]
        assert len(site.requests) <= 10 + MOST_UNDER_WAY
        assert ask(tmp_path / "archive", "SELECT count(*) FROM captures") == [(9,)]
        assert ask(tmp_path / "archive", "SELECT outcome FROM runs") == [("failed",)]
        assert crawl(tmp_path / "archive", site.base_url).code == 0


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize(
    "where", ["SummariesSpider.parse", "SummariesSpider.no_answer", "FrontierScheduler._refill"]
)
def test_a_bug_of_ours_ends_the_crawl_with_an_error(where: str, tmp_path: Path) -> None:
    broken = f"""
from crawler.scheduler import FrontierScheduler
from spiders.summaries import SummariesSpider
def bug(*args, **kwargs):
    raise ZeroDivisionError("a bug")
{where} = bug
"""
    with ScriptedSite({"/robots.txt": robots("Disallow: /news"), "/": links()}) as site:
        done = crawl(tmp_path / "archive", site.base_url, before=broken)
    assert done.code == 1, done
    assert "a bug" in done.result["reason"]
    assert ask(tmp_path / "archive", "SELECT outcome FROM runs") == [("failed",)]


@pytest.mark.usefixtures("both")
def test_a_page_that_the_reader_fails_on_keeps_its_capture_and_the_run_says_so(tmp_path: Path) -> None:
    broken = """
import crawler.reading_beside, spiders.pages
real = spiders.pages.read_page
def failing(body, **more):
    if b"poison" in body:
        raise ZeroDivisionError("a bug in the reader")
    return real(body, **more)
spiders.pages.read_page = crawler.reading_beside.read_page = failing
"""
    script = {"/robots.txt": robots(), "/": links("/a"), "/news": links(), "/a": Answer(body=b"<p>poison")}
    with ScriptedSite(script) as site:
        done = crawl(tmp_path / "archive", site.base_url, before=broken)
    assert (done.code, done.result["outcome"]) == (1, "incomplete"), done
    assert "the reader failed on 1 of" in done.result["reason"]
    assert ask(tmp_path / "archive", "SELECT kind, reason FROM captures WHERE url LIKE '%/a'") == [
        ("unreadable", "the reader failed on it (a bug)")
    ]


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(**environment),
        cwd=CHECKOUT,
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--site", "mymsbuddy"], "--contact"),
        (["--site", "nosuch"], "no profile named"),
        (["--site", "sample", "--start", "ftp://127.0.0.1/"], "not an http or https address"),
        (["--site", "sample", "--urls", "/nonexistent/list"], "/nonexistent/list"),
        (["--contact", "a\nb"], "one line"),
    ],
)
def test_a_crawl_that_can_not_begin_says_why_in_one_line(
    arguments: list[str], says: str, tmp_path: Path
) -> None:
    done = command("crawl", "--archive", str(tmp_path / "archive"), *arguments)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and says in done.stderr
    assert not (tmp_path / "archive").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_is_exit_code_7(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    done = command("crawl", "--archive", str(tmp_path / "archive"), "--site", "sample")
    assert done.returncode == 7
