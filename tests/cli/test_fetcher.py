"""Fetching one page for a person: robots.txt, redirects, sizes, codings."""

from __future__ import annotations

import gzip
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from crawler import fetcher
from crawler.exits import ExitCode, UserError
from crawler.fetcher import Answer, Fetcher
from crawler.guard import guard_for
from crawler.robots_rules import MAX_BYTES as MAX_ROBOTS_BYTES

Reply = tuple[int, dict[str, str], bytes]
Replies = dict[str, Reply]


@pytest.fixture
def serve() -> Iterator[Callable[[Replies], str]]:
    replies: Replies = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = replies.get(self.path, (404, {}, b""))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()

    def begin(wanted: Replies) -> str:
        replies.update(wanted)
        return f"http://127.0.0.1:{server.server_port}"

    yield begin
    server.shutdown()
    thread.join()
    server.server_close()


def fetch(url: str, agent: str) -> Answer:
    return Fetcher(agent, guard_for(["127.0.0.1"])).fetch(url)


Serve = Callable[[Replies], str]
TEXT = b"<p>a page</p>"


def test_the_body_comes_decoded(serve: Serve) -> None:
    raw = zlib.compressobj(wbits=-15)
    base = serve({
        "/gzip": (200, {"Content-Encoding": "gzip", "Content-Type": "text/html"}, gzip.compress(TEXT)),
        "/zlib": (200, {"Content-Encoding": "deflate"}, zlib.compress(TEXT)),
        "/raw": (200, {"Content-Encoding": "deflate"}, raw.compress(TEXT) + raw.flush()),
    })  # fmt: skip
    assert fetch(f"{base}/gzip", "me").body == TEXT
    assert fetch(f"{base}/gzip", "me").content_type == "text/html"
    assert fetch(f"{base}/zlib", "me").body == TEXT
    assert fetch(f"{base}/raw", "me").body == TEXT


def test_redirects_on_the_same_host_are_followed(serve: Serve) -> None:
    base = serve({"/a": (301, {"Location": "/b"}, b""), "/b": (200, {}, TEXT)})
    answer = fetch(f"{base}/a", "me")
    assert (answer.url, answer.body) == (f"{base}/b", TEXT)


@pytest.mark.parametrize("target", ["http://127.0.0.2/x", "file:///etc/passwd", "ftp://127.0.0.1/x"])
def test_redirects_elsewhere_are_not(serve: Serve, target: str) -> None:
    base = serve({"/a": (302, {"Location": target}, b"")})
    with pytest.raises(UserError, match="redirects to"):
        fetch(f"{base}/a", "me")


def test_redirects_end(serve: Serve) -> None:
    base = serve({"/a": (302, {"Location": "/a"}, b"")})
    with pytest.raises(UserError, match="more than 5 redirects"):
        fetch(f"{base}/a", "me")


@pytest.mark.parametrize("status", [429, 500, 503, 301])
def test_without_robots_txt_nothing_is_fetched(serve: Serve, status: int) -> None:
    base = serve({"/robots.txt": (status, {}, b""), "/a": (200, {}, TEXT)})
    with pytest.raises(UserError, match="without robots") as error:
        fetch(f"{base}/a", "me")
    assert error.value.code is ExitCode.ROBOTS


def test_robots_txt_is_obeyed_after_redirects_too(serve: Serve) -> None:
    base = serve({
        "/robots.txt": (301, {"Location": "/rules"}, b""),
        "/rules": (200, {}, b"User-agent: *\nDisallow: /b"),
        "/a": (302, {"Location": "/b"}, b""),
        "/b": (200, {}, TEXT),
    })  # fmt: skip
    with pytest.raises(UserError, match="forbids"):
        fetch(f"{base}/a", "me")


def test_the_group_for_us_counts_and_its_delay_is_kept(serve: Serve) -> None:
    rules = b"User-agent: *\nDisallow: /\n\nUser-agent: msarchive\nCrawl-delay: 0.3\nDisallow: /b"
    base = serve({"/robots.txt": (200, {}, rules), "/a": (200, {}, TEXT), "/b": (200, {}, TEXT)})
    begun = time.monotonic()
    assert fetch(f"{base}/a", "msarchive/1.0 (+me@example.org)").body == TEXT
    assert time.monotonic() - begun >= 0.3
    with pytest.raises(UserError, match="forbids"):
        fetch(f"{base}/b", "msarchive/1.0")


def test_a_rule_that_the_size_limit_cuts_off_allows_nothing(serve: Serve) -> None:
    start = b"User-agent: *\nDisallow: /\n"
    rules = start + b"#" * (MAX_ROBOTS_BYTES - len(start) - 8) + b"\nAllow: /a/but/only/here\n"
    base = serve({"/robots.txt": (200, {}, rules), "/a": (200, {}, TEXT)})
    with pytest.raises(UserError, match="forbids"):
        fetch(f"{base}/a", "msarchive/1.0")


def test_bodies_have_a_limit_also_when_unpacked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "MAX_BYTES", 1000)
    bomb = gzip.compress(bytes(100_000))
    assert len(bomb) < 1000
    base = serve({"/big": (200, {}, bytes(1001)), "/bomb": (200, {"Content-Encoding": "gzip"}, bomb)})
    for path in ("/big", "/bomb"):
        with pytest.raises(UserError, match="larger than"):
            fetch(base + path, "me")


def test_odd_codings_are_told(serve: Serve) -> None:
    base = serve({
        "/br": (200, {"Content-Encoding": "br"}, b"x"),
        "/broken": (200, {"Content-Encoding": "gzip"}, b"not gzip"),
    })  # fmt: skip
    with pytest.raises(UserError, match="'br'"):
        fetch(f"{base}/br", "me")
    with pytest.raises(UserError, match="damaged"):
        fetch(f"{base}/broken", "me")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://127.0.0.1/", "gopher://x/", "http:///x", "x"])
def test_only_http(url: str) -> None:
    with pytest.raises(UserError, match="not an http") as error:
        fetch(url, "me")
    assert error.value.code is ExitCode.USAGE
