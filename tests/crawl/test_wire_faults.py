"""Connections that stall or die: what came of an answer is kept, and says that it is not whole."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

import pytest

from .crawling import Crawled, ask, crawl
from .listening import Listening, on_loopback
from .test_wire import kept

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = b"<html><body><p>A page.</p></body></html>"
PLAIN = OK + b"Content-Length: %d\r\n\r\n" % len(PAGE) + PAGE
ROBOTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\nUser-agent: *\n"

Act = Callable[[socket.socket, int], None]
"""What to do with the connection when a path is asked, for the how-manieth time (from 1); it is closed unless
`Act` was `keep`."""


def home(*paths: str) -> bytes:
    body = "".join(f'<p><a href="{path}">{path}</a></p>' for path in paths).encode()
    return OK + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Rude(Listening):
    """A server of which each path does to its connection what it wants."""

    def __init__(self, acts: dict[str, Act | bytes]) -> None:
        self._acts = acts
        self._over = threading.Event()
        self.base_url = self.listen(on_loopback())
        self.asked: list[tuple[int, str]] = []
        """Number of the connection, and path, in order."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        super().__exit__(kind, error, trace)

    @property
    def paths(self) -> list[str]:
        return [path for _, path in self.asked]

    def wait(self, _: socket.socket, __: int) -> None:
        """Say nothing more until the test is over."""
        self._over.wait(30)

    def serve(self, connection: socket.socket, number: int) -> None:
        """Do to it what the path says."""
        with connection.makefile("rb") as stream:
            while line := stream.readline():
                while stream.readline().strip():
                    pass
                path = line.split()[1].decode()
                self.asked.append((number, path))
                act = self._acts.get(path, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                if isinstance(act, bytes):
                    connection.sendall(act)
                    continue
                act(connection, self.paths.count(path))
                if connection.fileno() < 0 or act is not keep:
                    return


def keep(connection: socket.socket, _: int) -> None:
    """Answer plainly and stay."""
    connection.sendall(PLAIN)


def says(data: bytes) -> Act:
    """Send this, then close."""
    return lambda connection, _: connection.sendall(data)


def stalls(server: list[Rude], data: bytes) -> Act:
    """Send this, then nothing."""

    def act(connection: socket.socket, turn: int) -> None:
        connection.sendall(data)
        server[0].wait(connection, turn)

    return act


def run(folder: Path, server: Rude, *, limit: int | None = None, **options: object) -> Crawled:
    settings = "import crawler.settings as s; s.DOWNLOAD_TIMEOUT = 1.0"
    if limit is not None:
        settings += f"; s.DOWNLOAD_MAXSIZE = {limit}"
    options = {"retries": 0, "delay": 0.05, **options}  # with a delay, one after the other
    return crawl(folder, server.base_url, start=[f"{server.base_url}/"], before=settings, **options)


def reasons(archive: Path) -> dict[str, tuple[str, str]]:
    rows = ask(archive, "SELECT url, state, reason FROM urls")
    return {"/" + url.split("/", 3)[3]: (state, reason) for url, state, reason in rows}


def truncated(archive: Path, path: str) -> tuple[bytes, str | None]:
    (capture,) = kept(archive)[path]
    return capture.response.block, capture.response.headers.get("warc-truncated")


HALF = OK + b"Content-Length: 5000\r\n\r\n" + PAGE


@pytest.fixture(scope="module")
def rude(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rude, Path, Crawled]]:
    """A crawl of a server that does all of it."""
    me: list[Rude] = []
    acts: dict[str, Act | bytes] = {
        "/robots.txt": ROBOTS,
        "/": home(
            "/slow-body",
            "/slow-head",
            "/cut-head",
            "/only-continue",
            "/odd-transfer",
            "/two-lengths",
            "/bad-chunk",
        ),
        "/slow-body": stalls(me, HALF),
        "/slow-head": stalls(me, b"HTTP/1.1 200 OK\r\nX: 1\r\n"),
        "/cut-head": says(b"HTTP/1.1 200 OK\r\nX: 1\r\n"),
        "/only-continue": says(b"HTTP/1.1 100 Continue\r\n\r\n"),
        "/odd-transfer": says(OK + b"Transfer-Encoding: gzip\r\n\r\n" + PAGE),
        "/two-lengths": says(OK + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\n" + PAGE),
        "/bad-chunk": says(OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"),
    }
    archive = tmp_path_factory.mktemp("rude") / "archive"
    with Rude(acts) as server:
        me.append(server)
        yield server, archive, run(archive, server)


def test_a_body_that_stalls_is_kept_and_marked(rude: tuple[Rude, Path, Crawled]) -> None:
    assert truncated(rude[1], "/slow-body") == (HALF, "time")
    assert reasons(rude[1])["/slow-body"] == ("failed", "timed out")


@pytest.mark.parametrize("path", ["/slow-head", "/cut-head", "/only-continue"])
def test_without_a_whole_head_there_is_no_answer(rude: tuple[Rude, Path, Crawled], path: str) -> None:
    assert path not in kept(rude[1])
    assert reasons(rude[1])[path][0] == "failed"


@pytest.mark.parametrize("path", ["/odd-transfer", "/two-lengths", "/bad-chunk"])
def test_an_answer_that_can_not_be_framed_is_kept_all_the_same(
    rude: tuple[Rude, Path, Crawled], path: str
) -> None:
    block, why = truncated(rude[1], path)
    assert block.startswith(OK) and why == "disconnect"
    assert reasons(rude[1])[path][0] == "failed"


def test_a_kept_connection_that_dies_unasked_costs_one_more_request_and_no_failure(tmp_path: Path) -> None:
    def dies_once(connection: socket.socket, turn: int) -> None:
        if turn > 1:
            connection.sendall(PLAIN)

    with Rude({"/robots.txt": ROBOTS, "/": home("/late"), "/late": dies_once}) as server:
        done = run(tmp_path / "archive", server, retry_wait=30.0)
    (first, again) = [number for number, path in server.asked if path == "/late"]
    assert first in {number for number, path in server.asked if path != "/late"}
    assert again != first
    assert done.code == 0 and done.result["seconds"] < 15
    assert truncated(tmp_path / "archive", "/late") == (PLAIN, None)


def test_a_page_that_always_dies_is_not_asked_for_ever(tmp_path: Path) -> None:
    with Rude({"/robots.txt": ROBOTS, "/": home("/dead"), "/dead": says(b"")}) as server:
        done = run(tmp_path / "archive", server)
    assert server.paths.count("/dead") == 2
    assert done.code == 3
