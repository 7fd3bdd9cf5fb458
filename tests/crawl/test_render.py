"""`crawl --render auto`: a real Chromium fills empty shells, and asks for nothing that a crawl would not."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from crawler.browser import missing
from crawler.rereading import RereadOptions, reread

from .crawling import ask, clean_environment, crawl, finish, start_crawl, states
from .scripted import Answer, ScriptedSite, links, robots

needs_chromium = pytest.mark.skipif(missing() is not None, reason=missing() or "")
ARTICLE, BUSY, OTHER = (f"/news/view/a-walk-a-day-Hh4Jj{number}" for number in (1, 2, 3))
SHELL = Answer(
    body=b"<!DOCTYPE html><html><head><title>A Walk a Day</title></head><body><div id=root></div>"
    b"<noscript>You need to enable JavaScript to run this app.</noscript><script src=/app.js></script></body>"
    b"</html>"
)
ENDLESS = Answer(body=b"<html><body><div id=root></div><script>while (true) {}</script></body></html>")
BAIT = """
const trap = "http://127.0.0.1:%d";
const bait = [trap + "/fetch", "http://169.254.169.254/latest", "http://localhost:%d/name", "/private.json"];
for (const url of bait) fetch(url).catch(() => {});
fetch("/post", {method: "POST", body: "x"}).catch(() => {});
navigator.sendBeacon(trap + "/beacon");
try { new WebSocket("ws://127.0.0.1:%d/socket"); } catch (e) {}
try { new RTCPeerConnection({iceServers: [{urls: "stun:127.0.0.1:%d"}]}).createOffer(); } catch (e) {}
const add = (tag, set) => document.head.appendChild(Object.assign(document.createElement(tag), set));
add("img", {src: "/picture.png"});
add("script", {src: trap + "/script.js"});
add("link", {rel: "preload", as: "font", href: trap + "/font"});
add("iframe", {src: "/framed"});
window.open(trap + "/window");
add("a", {href: trap + "/download", download: "x"}).click();
navigator.serviceWorker && navigator.serviceWorker.register("/worker.js").catch(() => {});
"""
APP = """
fetch("/data.json").then(answer => answer.json()).then(data => {
  document.getElementById("root").innerHTML = "<main><h1>" + data.title + "</h1>" +
    data.parts.map(([head, text]) => "<h2>" + head + "</h2><p>" + text + "</p>").join("") + "</main>";
});
"""
DATA = b"""{"title": "A Walk a Day", "parts": [
["Key Takeaway", "Half an hour on foot did most of them some good."],
["What They Found", "Forty of sixty people slept better in the second month than in the first."],
["Who Should Care and Why", "Whoever can walk a little and would like to walk more."],
["Important Considerations", "Sixty people are few, and all of them liked to walk."]]}"""


def site(*paths: str, app: str = APP) -> dict[str, Any]:
    return {
        "/robots.txt": robots("Disallow: /private"),
        "/": links(*paths),
        "/news": links(),
        "/sitemap.xml": Answer(body=b"<urlset></urlset>", type="text/xml"),
        "/app.js": Answer(body=app.encode(), type="text/javascript"),
        "/data.json": Answer(body=DATA, type="application/json"),
        ARTICLE: SHELL,
        OTHER: SHELL,
        BUSY: ENDLESS,
    }


@dataclass(frozen=True)
class Rendered:
    archive: Path
    result: dict[str, Any]
    code: int
    paths: list[str]
    trapped: list[str]
    stderr: str


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rendered]:
    archive = tmp_path_factory.mktemp("rendered")
    with ScriptedSite({}) as trap:
        port = int(trap.base_url.rsplit(":", 1)[1])
        app = BAIT % (port, port, port, port) + APP
        with ScriptedSite(site(ARTICLE, OTHER, app=app)) as server:
            done = crawl(archive, server.base_url, render="auto")
            yield Rendered(archive, done.result, done.code, server.paths, trap.paths, done.stderr)


@needs_chromium
def test_a_shell_is_read_as_a_browser_shows_it(rendered: Rendered) -> None:
    assert rendered.code == 0, rendered.stderr
    assert ask(rendered.archive, "SELECT id, title FROM articles ORDER BY 1") == [
        ("Hh4Jj1", "A Walk a Day"),
        ("Hh4Jj3", "A Walk a Day"),
    ]
    assert states(rendered.archive)[ARTICLE] == ("stored", "summary")
    assert rendered.result["counts"]["rendered"] == 2


@needs_chromium
def test_the_shell_and_what_it_rendered_to_are_both_kept(rendered: Rendered) -> None:
    kept = ask(
        rendered.archive,
        "SELECT kind, origin, record_type FROM captures WHERE url LIKE '%Jj1' ORDER BY id",
    )
    assert kept == [("unreadable", "crawl", "response"), ("summary", "rendered", "resource")]
    checked = command("verify", "--archive", str(rendered.archive))
    assert checked.returncode == 0, checked.stdout


@needs_chromium
def test_reading_it_again_changes_nothing(rendered: Rendered, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(rendered.archive, again)
    before = ask(again, "SELECT * FROM articles"), states(again)
    (done,) = reread(RereadOptions(archive=again, all=True), program_version="test")
    assert not done.refused and not done.damaged
    assert (ask(again, "SELECT * FROM articles"), states(again)) == before


@needs_chromium
def test_the_browser_asks_for_nothing_that_the_crawl_would_not(rendered: Rendered) -> None:
    assert rendered.trapped == []
    allowed = {"/robots.txt", "/", "/news", "/sitemap.xml", ARTICLE, OTHER, "/app.js", "/data.json"}
    assert set(rendered.paths) == allowed
    assert rendered.paths.count(ARTICLE) == 1
    assert rendered.paths.count("/app.js") == 1  # once a crawl, however many pages need it


@needs_chromium
def test_a_page_whose_requests_nobody_answers_is_not_let_out(tmp_path: Path) -> None:
    """scrapy-playwright goes on where the callback fails that puts our answers in the place of its own."""
    broken = """
import crawler.browser
async def broken(*_): raise RuntimeError("no route")
crawler.browser._Routes.install = broken
"""
    with ScriptedSite(site(ARTICLE)) as server:
        done = crawl(tmp_path, server.base_url, render="auto", before=broken)
    assert done.code == 3, done.stderr
    assert done.result["counts"]["not_rendered"] == 1
    assert server.paths.count(ARTICLE) == 1
    assert "/app.js" not in server.paths


@needs_chromium
def test_a_page_that_never_ends_is_left_as_it_came(tmp_path: Path) -> None:
    hurry = "import crawler.settings; crawler.settings.MSARCHIVE_RENDER_TIMEOUT = 10.0"
    with ScriptedSite(site(BUSY, ARTICLE)) as server:
        done = crawl(tmp_path, server.base_url, render="auto", before=hurry)
    assert done.code == 3, done.stderr
    assert states(tmp_path)[BUSY][0] == "failed"
    assert states(tmp_path)[ARTICLE] == ("stored", "summary")
    assert done.result["counts"]["not_rendered"] == 1


@needs_chromium
def test_a_signal_ends_it_also_while_a_page_is_rendered(tmp_path: Path) -> None:
    with ScriptedSite(site(BUSY)) as server:
        process = start_crawl(tmp_path, server.base_url, render="auto")
        while BUSY not in server.paths:
            time.sleep(0.05)
        time.sleep(3)  # the browser is at it
        begin = time.monotonic()
        process.send_signal(signal.SIGTERM)
        done = finish(process)
    assert time.monotonic() - begin < 10
    assert done.code == 5, done.stderr


def test_without_it_the_run_says_that_it_is_needed(tmp_path: Path) -> None:
    with ScriptedSite(site(ARTICLE)) as server:
        host = re.sub(r"^http://", "", server.base_url)
        told = command(
            "crawl", "--archive", str(tmp_path), "--site", "sample", "--start", f"{server.base_url}/",
            "--allow-private", host,
        )  # fmt: skip
    assert told.returncode == 3, told.stderr
    said = " ".join((told.stdout + told.stderr).split())
    assert "1 page is an empty shell that a browser would have to render" in said


@pytest.mark.skipif(find_spec("scrapy_playwright") is None, reason="the extra is not installed")
def test_without_a_browser_it_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    told = command(
        "crawl", "--archive", str(tmp_path / "a"), "--render", "auto", "--contact", "a@example.org",
        PATH=str(tmp_path),
    )  # fmt: skip
    assert told.returncode == 2
    assert "there is no Chromium" in told.stderr
    assert not (tmp_path / "a").exists()


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments],
        env=clean_environment(**environment), capture_output=True, text=True, check=False,
    )  # fmt: skip


@needs_chromium
def test_a_package_brings_back_what_was_rendered(rendered: Rendered, tmp_path: Path) -> None:
    file, again = tmp_path / "rendered.wacz", tmp_path / "again"
    packed = command("wacz", "--archive", str(rendered.archive), "-o", str(file))
    assert packed.returncode == 0, packed.stderr
    taken = command("import", "--archive", str(again), "--site", "sample", str(file))
    assert taken.returncode == 0, taken.stderr
    captures = (
        "SELECT url, captured_at, kind, origin, record_type, sha256, record_id FROM captures ORDER BY id"
    )
    articles = "SELECT * FROM articles ORDER BY id"
    for question in (captures, articles):
        assert ask(again, question) == ask(rendered.archive, question)
    assert states(again) == states(rendered.archive)
    checked = command("verify", "--archive", str(again))
    assert checked.returncode == 0, checked.stdout
