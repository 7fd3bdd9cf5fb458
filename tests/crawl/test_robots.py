"""robots.txt is obeyed by every request, also by those that start together, and fails closed."""

import contextlib
import gzip
import json
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from .crawling import clean_environment, crawl, states
from .scripted import DROP, Answer, Script, ScriptedSite, links, redirect, robots

_PLAIN_SPIDER = """
import json, sys
import scrapy
from scrapy.crawler import AsyncCrawlerProcess
told = json.loads(sys.argv[1])
seen = []
class Eager(scrapy.Spider):
    name = "eager"
    async def start(self):
        for url in told["urls"]:
            yield scrapy.Request(url, callback=self.got, errback=self.missed, dont_filter=True)
    def got(self, response):
        seen.append((response.url, response.status))
    def missed(self, failure):
        seen.append((failure.request.url, failure.request.meta.get("refused", failure.type.__name__)))
process = AsyncCrawlerProcess({
    "DOWNLOAD_HANDLERS": dict.fromkeys(("http", "https"), "crawler.wire.RecordingHandler"),
    "DOWNLOADER_MIDDLEWARES": {"crawler.robots.RobotsMiddleware": 100,
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None},
    "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16, "HTTPERROR_ALLOW_ALL": True,
    "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False, "COOKIES_ENABLED": False,
    "MSARCHIVE_RETRY_WAIT": 0.01, "DOWNLOAD_TIMEOUT": 1, "LOG_LEVEL": "CRITICAL", **told.get("settings", {})})
process.crawl(Eager)
process.start()
print(json.dumps(seen))
"""


def fetch(*urls: str, **settings: Any) -> dict[str, Any]:
    """What a spider that asks for all of them at once gets for each: a status, or why not."""
    told = json.dumps({"urls": urls, "settings": settings})
    done = subprocess.run(
        [sys.executable, "-c", _PLAIN_SPIDER, told],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean_environment(),
    )
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_eight_disallowed_pages_asked_for_at_once_are_none_of_them_fetched() -> None:
    slow = Answer(body=b"User-agent: *\nDisallow: /no", type="text/plain", wait=0.3)
    with ScriptedSite({"/robots.txt": slow, "/yes": links()}) as site:
        asked = [f"{site.base_url}/no/{number}" for number in range(8)]
        got = fetch(*asked, f"{site.base_url}/yes")
    assert site.paths == ["/robots.txt", "/yes"]
    assert got == {**dict.fromkeys(asked, "robots.txt"), f"{site.base_url}/yes": 200}


_FORBID = b"User-agent: *\nDisallow: /\n"
_RULES: dict[str, tuple[Answer, bool]] = {
    "another part is disallowed": (robots("Disallow: /no"), True),
    "all is disallowed": (robots("Disallow: /"), False),
    "the longer match wins": (robots("Disallow: /", "Allow: /page"), True),
    "a group of our own": (
        Answer(body=b"User-agent: msarchive\nDisallow: /\n\nUser-agent: *\nDisallow:\n"),
        False,
    ),
    "a byte order mark": (Answer(body=b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n"), False),
    "nonsense": (Answer(body=b"\x00\xff\xfenonsense"), True),
    "empty": (Answer(body=b""), True),
    "404": (Answer(404), True),
    "403": (Answer(403), True),
    "410": (Answer(410), True),
    "429": (Answer(429), False),
    "500": (Answer(500), False),
    "503": (Answer(503), False),
    "a dropped connection": (DROP, False),
    "a torn answer": (Answer(body=b"User-agent: *\nDisallow: /no\n" + b"#" * 90, cut=40), False),
    "no answer in time": (Answer(body=b"", wait=3), False),
    "a redirect to rules that allow": (redirect("/rules/allow"), True),
    "a redirect to rules that forbid": (redirect("/rules/forbid"), False),
    "five redirects": (redirect("/rules/1"), True),
    "redirects without end": (redirect("/rules/loop"), False),
    "a redirect to another site": (redirect("http://127.0.0.1:9/robots.txt"), False),
    "six redirects": (redirect("/rules/0"), False),
    "a temporary redirect": (redirect("/rules/forbid", 307), False),
    "a redirect to nothing": (redirect("/nowhere"), True),
    "a redirect to a server's error": (redirect("/rules/broken"), False),
    "a redirect without a target": (Answer(301), False),
    "304, which nobody asked for": (Answer(304), False),
    "204": (Answer(204, type=""), True),
    "451": (Answer(451), True),
    "an HTML page with status 200": (links(), True),
    "an image with status 200": (Answer(body=b"\x89PNG\r\n\x1a\n" + bytes(99), type="image/png"), True),
    "compressed": (
        Answer(body=gzip.compress(_FORBID), headers=(("Content-Encoding", "gzip"),)),
        False,
    ),
    "compressed, and the server does not know": (Answer(body=gzip.compress(_FORBID)), False),
    "said to be compressed and not": (Answer(body=b"no", headers=(("Content-Encoding", "gzip"),)), False),
    "a rule after 500 KiB of others": (
        Answer(body=b"User-agent: *\n" + b"Allow: /a\n" * 51_200 + b"Disallow: /"),
        False,
    ),
    "more than anybody reads": (Answer(body=b"User-agent: *\n" + b"#" * 2_000_000), False),
}


@pytest.fixture(scope="module")
def outcomes() -> dict[str, tuple[list[str], Any]]:
    """For each kind of robots.txt: what was asked of a site with it, and what came of asking for /page."""
    sites = {name: ScriptedSite(_site_with(answer)) for name, (answer, _) in _RULES.items()}
    with contextlib.ExitStack() as stack:
        for site in sites.values():
            stack.enter_context(site)
        got = fetch(
            *(f"{site.base_url}/page" for site in sites.values()),
            DOWNLOAD_FAIL_ON_DATALOSS=False,
            DOWNLOAD_MAXSIZE=1_500_000,
        )
        return {name: (site.paths, got[f"{site.base_url}/page"]) for name, site in sites.items()}


def _site_with(answer: Answer) -> dict[str, Answer]:
    return {
        "/robots.txt": answer,
        "/page": links(),
        "/rules/allow": robots("Disallow:"),
        "/rules/forbid": robots("Disallow: /"),
        "/rules/loop": redirect("/rules/loop"),
        "/rules/broken": Answer(500),
        "/rules/4": redirect("/rules/allow"),
        **{f"/rules/{number}": redirect(f"/rules/{number + 1}") for number in range(4)},
    }


@pytest.mark.parametrize("name", _RULES)
def test_an_answer_for_robots_decides(name: str, outcomes: dict[str, tuple[list[str], Any]]) -> None:
    asked, outcome = outcomes[name]
    is_allowed = _RULES[name][1]
    assert ("/page" in asked) is is_allowed
    assert outcome == 200 if is_allowed else "robots.txt" in outcome


def test_faults_of_tls_and_closed_ports_mean_that_nothing_may_be_asked() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"http://127.0.0.1:{taken.getsockname()[1]}/page"
    with ScriptedSite({"/robots.txt": robots("Disallow:"), "/page": links()}) as site:
        speaks_no_tls = f"https{site.base_url[4:]}/page"
        got = fetch(speaks_no_tls, closed)
    assert set(got) == {speaks_no_tls, closed}
    assert all("robots.txt unavailable" in why for why in got.values())
    assert "/page" not in site.paths


def test_sitemaps_and_the_targets_of_redirects_are_asked_for_only_if_they_may_be(tmp_path: Path) -> None:
    script: Script = {
        "/robots.txt": robots("Disallow: /no", "Sitemap: /no/sitemap.xml", "Sitemap: /moved.xml"),
        "/moved.xml": redirect("/no/moved.xml"),
        "/": redirect("/no/front"),
        "/news": links("/hop", "/no/card"),
        "/hop": redirect("/again", 302),
        "/again": redirect("/no/target"),
    }
    with ScriptedSite(script) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert {"/moved.xml", "/", "/news", "/hop", "/again"} <= set(site.paths), done
    assert not [path for path in site.paths if path.startswith("/no/")]
    refused = {path for path, (state, why) in states(tmp_path / "archive").items() if why == "robots.txt"}
    assert refused == {f"/no/{name}" for name in ("sitemap.xml", "moved.xml", "front", "card", "target")}


def test_a_crawl_delay_is_honoured_and_never_shortens_the_delay_that_was_set() -> None:
    pages = [f"/{number}" for number in range(4)]
    with ScriptedSite(
        {"/robots.txt": robots("Crawl-delay: 0.3"), **{page: links() for page in pages}}
    ) as site:
        fetch(*(site.base_url + page for page in pages))
        times = [at for at, _ in site.seen[1:]]
    assert min(b - a for a, b in pairwise(times)) >= 0.2
    with ScriptedSite(
        {"/robots.txt": robots("Crawl-delay: 0.01"), **{page: links() for page in pages}}
    ) as site:
        fetch(
            *(site.base_url + page for page in pages),
            DOWNLOAD_DELAY=0.3,
            DOWNLOAD_DELAY_JITTER=0.0,
            CONCURRENT_REQUESTS_PER_DOMAIN=1,
        )
        times = [at for at, _ in site.seen]
    assert min(b - a for a, b in pairwise(times)) >= 0.2
