"""No connection to an address that is not public, however it is spelled and whatever led to it."""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from crawler.exits import ExitCode, UserError
from crawler.guard import Guard, guard_for, is_public
from spiders.answers import NotPublicError
from tests.crawl.crawling import CHECKOUT, ask, clean_environment, crawl, states
from tests.crawl.scripted import Answer, ScriptedSite, links, redirect, robots

from .places import SPELLINGS, Trap

# Asks for every URL as a crawl does, and as `inspect` does; tells of each what came of it, and every call
# that a socket made to connect. Names are looked up in a table: there is no DNS here.
_ASK = """
import asyncio, json, socket, sys
connects = []
sys.addaudithook(lambda event, arguments: event == "socket.connect" and connects.append(str(arguments[1])))
told = json.loads(sys.argv[1])
def numbers(name):
    name = name.decode() if isinstance(name, bytes) else name
    if name.lower().rstrip(".") in told["names"]:
        return told["names"][name.lower().rstrip(".")]
    return name
by_name, by_info = socket.gethostbyname, socket.getaddrinfo
socket.gethostbyname = lambda name: by_name(numbers(name))
socket.getaddrinfo = lambda host, *more, **options: by_info(numbers(host), *more, **options)
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.settings import Settings
from crawler.fetcher import Fetcher
from crawler.guard import guard_for
outcomes = {}
class Asks(Spider):
    name = "asks"
    async def start(self):
        for url in told["urls"]:
            try:
                response = await self.crawler.engine.downloader.handlers.download_request_async(Request(url))
                outcomes[url] = [str(response.status)]
            except Exception as error:
                outcomes[url] = [type(error).__name__ + ": " + str(error)]
            try:
                answer = await asyncio.to_thread(Fetcher("me", guard_for(told["open"])).fetch, url)
                outcomes[url].append(str(answer.status))
            except Exception as error:
                outcomes[url].append(type(error).__name__ + ": " + str(error))
        return
        yield
settings = Settings({"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "DNSCACHE_ENABLED": False,
    "DOWNLOAD_HANDLERS": {"http": "crawler.wire.RecordingHandler", "https": "crawler.wire.RecordingHandler"},
    "MSARCHIVE_ALLOW_PRIVATE": " ".join(told["open"])})
process = AsyncCrawlerProcess(settings)
process.crawl(Asks)
process.start()
print(json.dumps({"connects": connects, "outcomes": outcomes}))
"""
_NAMES = {
    "localhost": "127.0.0.1",
    "foo.localhost": "127.0.0.1",
    "inside.example": "10.1.2.3",
    "metadata.example": "169.254.169.254",
}


def asked(urls: list[str], *opened: str) -> dict[str, Any]:
    told = json.dumps({"urls": urls, "open": opened, "names": _NAMES})
    done = subprocess.run(
        [sys.executable, "-c", _ASK, told],
        capture_output=True,
        text=True,
        timeout=120,
        env=clean_environment(MSARCHIVE_ALLOW_PRIVATE=""),
        cwd=CHECKOUT,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def test_there_are_a_hundred_spellings() -> None:
    assert len(set(SPELLINGS)) >= 100


@pytest.mark.parametrize("opened", [(), ("127.0.0.1:1", "10.9.9.9")], ids=["nothing-opened", "others-opened"])
def test_no_spelling_of_a_private_address_is_connected_to(opened: tuple[str, ...]) -> None:
    with Trap() as trap:
        urls = [f"http://{host}:{trap.port}/" for host in SPELLINGS]
        result = asked([*urls, "http://metadata.example/latest/", "https://169.254.169.254/"], *opened)
        assert trap.connections == 0
    assert result["connects"] == []
    assert len(result["outcomes"]) == len(urls) + 2
    for url, outcomes in result["outcomes"].items():
        assert all(":" in outcome for outcome in outcomes), (url, outcomes)  # an error each, no status


def test_what_is_opened_is_connected_to_and_nothing_beside_it() -> None:
    with Trap() as opened, Trap() as closed:
        here = f"http://127.0.0.1:{opened.port}/"
        same = f"http://localhost:{opened.port}/"
        others = [f"http://127.0.0.1:{closed.port}/", f"http://127.0.0.2:{opened.port}/"]
        result = asked([here, same, *others], f"127.0.0.1:{opened.port}")
        assert result["outcomes"][here] == ["200", "200"]
        assert result["outcomes"][same] == ["200", "200"]  # another name, but that very address
        assert closed.connections == 0
        assert all(f"127.0.0.1', {opened.port})" in place for place in result["connects"])
        for url in others:
            assert "not a public address" in " ".join(result["outcomes"][url])


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.0.1",
     "172.32.0.1", "192.169.0.1", "2606:4700::1", "2a00:1450::1", "2400::1", "::ffff:8.8.8.8",
     "64:ff9b::808:808", "2001:4860::8888"],
)  # fmt: skip
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


def test_a_guard_takes_nothing_but_numbers_for_an_address() -> None:
    with pytest.raises(NotPublicError, match="not an IP address"):
        Guard().check("example.com", 80)


@pytest.mark.parametrize(
    ("told", "closed"),
    [("127.0.0.1:80", ("127.0.0.1", 81)), ("[::1]:80", ("::1", 81)), ("::1", ("127.0.0.1", 80)),
     ("0x7f.1:80", ("127.0.0.2", 80))],
)  # fmt: skip
def test_one_address_is_opened_and_no_other(told: str, closed: tuple[str, int]) -> None:
    guard = guard_for([told])
    assert any(guard.refusal(host, 80) is None for host in ("127.0.0.1", "::1"))
    assert guard.refusal(*closed) is not None


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost:8765", "10.0.0.1", "[::1]:8765", "169.254.169.254", "0x7f.1"]
)
def test_a_private_place_to_begin_with_is_a_usage_error_that_names_the_flag(host: str) -> None:
    with pytest.raises(UserError, match=re.escape(f"--allow-private {host}")) as caught:
        Guard().check_start(f"http://{host}/")
    assert caught.value.code is ExitCode.USAGE


@pytest.mark.parametrize(
    "command",
    [
        ["-m", "crawler.cli", "crawl", "--site", "sample", "--start", "http://127.0.0.1:8765/"],
        ["-m", "crawler.cli", "inspect", "http://127.0.0.1:8765/"],
        ["-m", "scrapy", "crawl", "summaries", "-a", "site=sample", "-a", "start=http://127.0.0.1:8765/"],
    ],
    ids=["crawl", "inspect", "scrapy"],
)
def test_a_command_says_so_before_it_makes_anything(command: list[str], tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    done = subprocess.run(
        [sys.executable, *command],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=CHECKOUT,
        env=clean_environment(MSARCHIVE_ALLOW_PRIVATE="", MSARCHIVE_DIR=str(archive)),
    )
    assert done.returncode == ExitCode.USAGE, done
    assert "--allow-private 127.0.0.1:8765" in done.stderr.splitlines()[-1]
    assert not archive.exists()


def test_scrapy_takes_the_flag_as_an_argument(tmp_path: Path) -> None:
    with ScriptedSite({"/robots.txt": robots(), "/": links()}) as site:
        place = site.base_url.removeprefix("http://")
        done = subprocess.run(
            [sys.executable, "-m", "scrapy", "crawl", "summaries", "-a", "site=sample", "-a",
             f"start={site.base_url}/", "-a", f"allow_private={place}"],
            capture_output=True, text=True, timeout=60, cwd=CHECKOUT,
            env=clean_environment(MSARCHIVE_ALLOW_PRIVATE="", MSARCHIVE_DIR=str(tmp_path / "archive")),
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "/" in site.paths


def test_a_name_that_leads_inside_is_no_connection(tmp_path: Path) -> None:
    """The site's own name points to an address that is not public: nobody typed that address."""
    names = "import socket; socket.gethostbyname = lambda name: '10.1.2.3'"
    done = crawl(tmp_path / "archive", "http://inside.example", before=names, contact="me@example.org")
    assert done.code == 10, done
    assert "10.1.2.3 (port 80) is not a public address" in done.result["reason"]
    assert ask(tmp_path / "archive", "SELECT url, state FROM urls WHERE state <> 'waiting'") == [
        ("http://inside.example/robots.txt", "refused")
    ]


def test_a_name_that_is_pointed_inside_during_the_crawl_gains_nothing(tmp_path: Path) -> None:
    """DNS rebinding: each connection is judged by where it goes, not by what the name was before."""
    closing = (("Connection", "close"),)  # so that each page needs a connection of its own
    page = Answer(body=b"<html><body><p>a page</p></body></html>", headers=closing)
    script = dict.fromkeys(("/robots.txt", "/sitemap.xml", "/a", "/b"), page)
    with ScriptedSite(script, host="127.0.0.2") as site:
        port = int(site.base_url.rpartition(":")[2])
        before = (
            "import socket, crawler.settings as s; s.DNSCACHE_ENABLED = False; turns = []\n"
            "def rebinding(name):\n"
            "    turns.append(name)\n"
            "    return '127.0.0.2' if len(turns) <= 3 else '127.0.0.1'\n"
            "socket.gethostbyname = rebinding"
        )
        with Trap("127.0.0.1", port) as inside:
            done = crawl(
                tmp_path / "archive", f"http://rebind.example:{port}",
                start=[f"http://rebind.example:{port}/{path}" for path in "ab"], delay=0,
                before=before, contact="me@example.org", allow_private=[f"127.0.0.2:{port}"],
            )  # fmt: skip
            assert inside.connections == 0
    rows = ask(tmp_path / "archive", "SELECT url, state, reason FROM urls WHERE state <> 'stored'")
    assert rows == [
        (f"http://rebind.example:{port}/b", "refused", f"127.0.0.1 (port {port}) is not a public address")
    ]
    assert site.paths == ["/robots.txt", "/sitemap.xml", "/a"]
    assert done.code == 0, done


def test_whatever_a_page_names_leads_nowhere_but_to_the_site(tmp_path: Path) -> None:
    """Redirect, link, canonical, card, sitemap: nothing inside is asked, all of it is in the table."""
    with Trap() as trap:
        inside = f"http://127.0.0.1:{trap.port}"
        metadata = "http://169.254.169.254/latest/meta-data/"
        sitemap = f"<urlset><url><loc>{inside}/map</loc></url><url><loc>{metadata}</loc></url></urlset>"
        card = (
            f'<h2>You May Also Like</h2><div><h3><a href="{inside}/news/view/x-aB3dE6">A card</a></h3></div>'
        )
        canonical = f'<html><head><link rel=canonical href="{inside}/own"></head><body>{card}</body></html>'
        script = {
            "/robots.txt": robots(f"Sitemap: {inside}/sitemap.xml"),
            "/sitemap.xml": Answer(body=sitemap.encode(), type="text/xml"),
            "/": links(
                "/moved", "/canonical", f"{inside}/link", f"http://[::1]:{trap.port}/six", "//0x7f.1/odd"
            ),
            "/news": links(),
            "/moved": redirect(f"{inside}/moved"),
            "/canonical": Answer(body=canonical.encode()),
        }
        with ScriptedSite(script) as site:
            done = crawl(tmp_path / "archive", site.base_url, allow_private=[site.base_url[7:]])
        assert trap.connections == 0
    assert done.code == 0, done
    refused = ask(
        tmp_path / "archive", "SELECT url FROM urls WHERE state = 'refused' AND reason = 'off-site'"
    )
    named = {f"{inside}/{path}" for path in ("map", "sitemap.xml", "moved")}
    assert {url for (url,) in refused} >= {*named, metadata}  # links that lead off a site are not kept


def test_rules_that_lie_inside_are_not_fetched(tmp_path: Path) -> None:
    with (
        Trap() as trap,
        ScriptedSite({"/robots.txt": redirect(f"http://127.0.0.1:{trap.port}/robots.txt")}) as site,
    ):
        done = crawl(tmp_path / "archive", site.base_url, retries=0)
        assert trap.connections == 0
    assert done.code == 8, done


def test_one_of_the_site_s_own_hosts_that_lies_inside_is_not_asked(tmp_path: Path) -> None:
    """A redirect from the address that was opened to another private one, of the profile's own hosts."""
    profile = tmp_path / "two.toml"
    with Trap() as trap:
        script = {
            "/robots.txt": robots(),
            "/": links("/inside"),
            "/news": links(),
            "/inside": redirect(f"http://127.0.0.1:{trap.port}/inside"),
        }
        with ScriptedSite(script) as site:
            place = site.base_url[7:]
            profile.write_text(
                f'extends = "sample"\n[addresses]\nhosts = ["{place}", "127.0.0.1:{trap.port}"]\n'
                f'start = ["{site.base_url}/"]\nsitemaps = []\n'
            )
            done = crawl(tmp_path / "archive", site.base_url, site=str(profile), allow_private=[place])
        assert trap.connections == 0
    state, reason = states(tmp_path / "archive")["/inside"]
    assert state == "refused" and f"(port {trap.port}) is not a public address" in reason
    assert done.code == 0, done
