"""pywb replays what we kept: every article, every redirect, every revisit."""

from __future__ import annotations

import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPMessage
from pathlib import Path
from typing import Any

import pytest

from storage.archive import open_archive
from storage.bodies import BodyReader
from storage.http.message import entity
from tests.crawl.crawling import ask

from .programs import program, run


@pytest.fixture(scope="module")
def wayback(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of pywb's collection over the archive's files."""
    folder = tmp_path_factory.mktemp("pywb")
    manager = program("pywb", "wb-manager")
    assert run(manager, "init", "c", cwd=folder).returncode == 0
    added = run(manager, "add", "c", *sorted((archive / "captures").glob("*.warc.gz")), cwd=folder)
    assert added.returncode == 0, added.stderr
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [program("pywb", "wayback"), "--bind", "127.0.0.1", "-p", str(port)],
        cwd=folder,
        stdout=log,
        stderr=log,
    )
    try:
        _await(port, server)
        yield f"http://127.0.0.1:{port}/c"
    finally:
        server.terminate()
        server.wait(timeout=20)
        log.close()


def _await(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        assert server.poll() is None, "pywb ended"
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("pywb does not answer")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def _replayed(wayback: str, url: str, captured_at: str) -> tuple[int, HTTPMessage, bytes]:
    """Status, headers and entity of a capture as pywb replays it, not rewritten (`id_`)."""
    stamp = "".join(c for c in captured_at[:19] if c.isdigit())
    opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{wayback}/{stamp}id_/{url}", timeout=30) as response:
            status, headers, body = response.status, response.headers, response.read()
    except urllib.error.HTTPError as error:
        status, headers, body = error.code, error.headers, error.read()
    coding = headers.get("Content-Encoding")
    if coding:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\n\r\n".encode()
        body = entity(head + body, 20_000_000).body
    return status, headers, body


def _captures(archive: Path, where: str) -> list[tuple[Any, ...]]:
    return ask(archive, f"SELECT id, url, captured_at, status FROM captures WHERE {where} ORDER BY id")


@pytest.mark.parametrize(
    ("what", "where", "at_least"),
    [
        ("articles", "kind = 'summary' AND record_type = 'response'", 60),
        ("bodies seen before", "record_type = 'revisit' AND status = 200", 1),
        ("not modified", "kind = 'unchanged'", 50),
        ("errors", "kind = 'gone'", 2),
        ("robots.txt and sitemaps", "kind IN ('robots', 'sitemap')", 4),
    ],
)
def test_it_replays(archive: Path, wayback: str, what: str, where: str, at_least: int) -> None:
    captures = _captures(archive, where)
    assert len(captures) >= at_least, what
    with (
        open_archive(archive, read_only=True) as opened,
        opened.engine.connect() as connection,
        BodyReader(opened, connection) as bodies,
    ):
        for number, url, captured_at, status in captures:
            got, _, body = _replayed(wayback, url, captured_at)
            assert got == (200 if status == 304 else status), url
            assert body == bodies.read(number), url


def test_it_replays_redirects_to_where_they_led(archive: Path, wayback: str) -> None:
    captures = _captures(archive, "kind = 'redirect'")
    assert captures
    for _, url, captured_at, status in captures:
        got, headers, _ = _replayed(wayback, url, captured_at)
        assert got == status
        target = ask(archive, "SELECT target FROM urls WHERE url = :url", url=url)[0][0]
        assert headers["Location"].endswith(target.partition("://")[2].partition("/")[2])
