"""What the archive keeps is what crossed the wire, byte for byte."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.archive import open_archive
from storage.bodies import BodyReader
from storage.warc.records import Record, read_record

from .certificates import certificate, server_context
from .crawling import Crawled, ask, crawl
from .odd_server import CLOSES, INTERIM, ODD, OddServer
from .scripted import Answer, ScriptedSite, links, redirect, robots

_NOT_WHOLE = {"cut-length", "cut-chunks", "cut-gzip"}


@dataclass(frozen=True)
class Kept:
    """One capture as the archive has it."""

    response: Record
    request: Record
    entity: bytes


def kept(archive: Path) -> dict[str, list[Kept]]:
    """Path -> captures, in the order in which they were made."""
    found: dict[str, list[Kept]] = {}
    with (
        open_archive(archive, read_only=True) as opened,
        opened.engine.connect() as connection,
        BodyReader(opened, connection) as bodies,
    ):
        rows = connection.execute(
            text(
                "SELECT c.id, u.url, f.name, c.request_offset, c.request_length FROM capture c "
                "JOIN url u ON u.id = c.url_id JOIN warc_file f ON f.id = c.warc_file_id ORDER BY c.id"
            )
        ).all()
        for number, url, name, offset, length in rows:
            asked = read_record(archive / "captures" / name, offset, length)
            found.setdefault("/" + url.split("/", 3)[3], []).append(
                Kept(bodies.record(number), asked, bodies.read(number))
            )
    return found


@pytest.fixture(scope="module", params=["http", "https"])
def odd(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[OddServer, Path, Crawled]]:
    """A crawl of the odd server, over plain TCP and over TLS, verified."""
    folder = tmp_path_factory.mktemp("odd")
    context, before = None, ""
    if request.param == "https":
        pem = certificate(folder)
        context = server_context(pem)
        before = f"import os; os.environ['SSL_CERT_FILE'] = {str(pem)!r}"
    with OddServer(tls=context, many=150) as server:
        done = crawl(
            folder / "archive", server.base_url, start=[f"{server.base_url}/"], retries=0, before=before
        )
        yield server, folder / "archive", done


@pytest.fixture(scope="module")
def captures(odd: tuple[OddServer, Path, Crawled]) -> dict[str, list[Kept]]:
    """What the archive has of it."""
    return kept(odd[1])


@pytest.mark.parametrize("kind", [*ODD, *INTERIM])
def test_every_odd_answer_comes_back_as_it_was_sent(
    odd: tuple[OddServer, Path, Crawled], captures: dict[str, list[Kept]], kind: str
) -> None:
    server = odd[0]
    (capture,) = captures[f"/{kind}"]
    (sent,), (asked,) = server.sent[f"/{kind}"], server.asked[f"/{kind}"]
    record = capture.response
    if record.type == "revisit":
        # Its body is that of another kind, so the head alone is kept.
        head = sent.index(b"\r\n\r\n") + 4
        assert record.block == sent[:head]
        assert record.headers["warc-profile"].endswith("identical-payload-digest")
    else:
        assert record.block == sent
    assert capture.request.block == asked
    assert capture.request.headers["warc-concurrent-to"] == record.headers["warc-record-id"]
    assert record.headers["warc-target-uri"] == f"{server.base_url}/{kind}"
    assert record.headers["warc-ip-address"] == "127.0.0.1"


@pytest.mark.parametrize("kind", sorted(ODD.keys() - _NOT_WHOLE))
def test_the_entity_is_what_the_codings_held(captures: dict[str, list[Kept]], kind: str) -> None:
    assert captures[f"/{kind}"][0].entity == ODD[kind][1]


def test_what_is_not_whole_says_so_and_keeps_what_came(
    odd: tuple[OddServer, Path, Crawled], captures: dict[str, list[Kept]]
) -> None:
    for kind in ("cut-length", "cut-chunks"):
        assert captures[f"/{kind}"][0].response.headers["warc-truncated"] == "disconnect"
    # This message is whole; what is broken is what it carries.
    assert "warc-truncated" not in captures["/cut-gzip"][0].response.headers
    reasons = dict(ask(odd[1], "SELECT url, reason FROM urls WHERE state = 'failed'"))
    assert {url.rpartition("/")[2] for url in reasons} == _NOT_WHOLE
    assert captures["/cut-gzip"][0].entity == ODD["plain"][1][: len(captures["/cut-gzip"][0].entity)]


def test_hundreds_of_answers_on_one_connection_are_kept_apart(
    odd: tuple[OddServer, Path, Crawled], captures: dict[str, list[Kept]]
) -> None:
    server = odd[0]
    for number in range(server.many):
        (capture,) = captures[f"/many/{number}"]
        assert capture.response.block == server.sent[f"/many/{number}"][0]
        assert capture.request.block == server.asked[f"/many/{number}"][0]
    assert server.connections <= len(CLOSES) + 6


def test_every_exchange_is_there_once(
    odd: tuple[OddServer, Path, Crawled], captures: dict[str, list[Kept]]
) -> None:
    server = odd[0]
    assert {path: len(sent) for path, sent in server.sent.items()} == {
        path: len(kept) for path, kept in captures.items()
    }


def test_an_unknown_certificate_is_not_trusted(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with OddServer(tls=context) as server:
        done = crawl(tmp_path / "archive", server.base_url, start=[f"{server.base_url}/"], retries=0)
    assert done.code not in (0, 3)
    assert server.asked == {}


def test_a_robots_txt_that_moved_is_kept_at_every_hop_and_asked_once(tmp_path: Path) -> None:
    script = {
        "/robots.txt": redirect("/rules/1"),
        "/rules/1": redirect("/rules/2"),
        "/rules/2": robots("Disallow: /private"),
        "/": links("/private/a", "/news/view/one-aB3dE6"),
    }
    with ScriptedSite(script) as site:
        done = crawl(tmp_path, site.base_url, start=[f"{site.base_url}/"])
        assert done.code == 0
    captures = kept(tmp_path)
    for path in ("/robots.txt", "/rules/1", "/rules/2"):
        assert site.paths.count(path) == 1
        assert len(captures[path]) == 1
    assert captures["/rules/2"][0].entity == b"User-agent: *\nDisallow: /private"
    assert "/private/a" not in site.paths


def test_an_answer_that_takes_too_long_or_is_too_large_keeps_what_came(tmp_path: Path) -> None:
    big = Answer(body=b"<p>" + b"big" * 100_000, headers=(("X-Big", "1"),))
    script = {"/robots.txt": robots(), "/": links("/big"), "/big": big}
    with ScriptedSite(script) as site:
        before = "import crawler.settings as s; s.DOWNLOAD_MAXSIZE = 50_000"
        done = crawl(tmp_path, site.base_url, start=[f"{site.base_url}/"], before=before)
    assert done.code == 3
    (capture,) = kept(tmp_path)["/big"]
    assert capture.response.headers["warc-truncated"] == "length"
    assert big.wire().startswith(capture.response.block)
    assert b"X-Big: 1" in capture.response.block


def test_reading_back_gives_what_scrapy_itself_would_have_read(tmp_path: Path) -> None:
    script = (
        "import json, sys, scrapy\n"
        "from scrapy.crawler import AsyncCrawlerProcess\n"
        "told, got = json.loads(sys.argv[1]), {}\n"
        "class Plain(scrapy.Spider):\n"
        "    name = 'plain'\n"
        "    async def start(self):\n"
        "        for url in told: yield scrapy.Request(url, callback=self.got)\n"
        "    def got(self, response): got[response.url] = response.body.hex()\n"
        "p = AsyncCrawlerProcess({'LOG_LEVEL': 'CRITICAL', 'TELNETCONSOLE_ENABLED': False,\n"
        "    'REMOTE_CONTROL_ENABLED': False, 'REDIRECT_ENABLED': False, 'COOKIES_ENABLED': False,\n"
        "    'HTTPERROR_ALLOW_ALL': True})\n"
        "p.crawl(Plain); p.start(); print(json.dumps(got))\n"
    )
    whole = sorted(ODD.keys() - _NOT_WHOLE)
    with OddServer() as server:
        urls = [f"{server.base_url}/{kind}" for kind in whole]
        done = subprocess.run(
            [sys.executable, "-c", script, json.dumps(urls)],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    got = {url.rpartition("/")[2]: bytes.fromhex(body) for url, body in json.loads(done.stdout).items()}
    assert got == {kind: ODD[kind][1] for kind in whole}
