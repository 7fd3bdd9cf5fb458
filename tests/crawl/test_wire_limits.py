"""Odd heads, floods, resets, answers nobody asked for: taken where browsers take them, and no further."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .crawling import Crawled
from .test_wire import kept
from .test_wire_faults import (
    HALF,
    OK,
    PAGE,
    PLAIN,
    ROBOTS,
    Act,
    Rude,
    home,
    reasons,
    run,
    says,
    stalls,
    truncated,
)


def resets(data: bytes) -> Act:
    """Send this, then reset the connection."""

    def act(connection: socket.socket, _: int) -> None:
        connection.sendall(data)
        threading.Event().wait(0.2)  # else the reset overtakes the data
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)

    return act


@pytest.fixture(scope="module")
def rude(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Rude, Path, Crawled]]:
    """A crawl of a server that does all of it."""
    acts: dict[str, Act | bytes] = {
        "/robots.txt": ROBOTS,
        "/": home("/reset", "/spaced-name", "/bad-name", "/long-line"),
        "/reset": resets(OK + b"\r\n" + PAGE),
        "/spaced-name": OK + b"X-Spaced : 1\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE,
        "/bad-name": OK + b"X Bad(Name): 1\r\nContent-Length: %d\r\n\r\n" % len(PAGE) + PAGE,
        "/long-line": OK + b"X: %s\r\nContent-Length: %d\r\n\r\n" % (b"y" * 40_000, len(PAGE)) + PAGE,
    }
    archive = tmp_path_factory.mktemp("rude") / "archive"
    with Rude(acts) as server:
        yield server, archive, run(archive, server)


def test_a_reset_before_the_end_is_no_end(rude: tuple[Rude, Path, Crawled]) -> None:
    assert truncated(rude[1], "/reset") == (OK + b"\r\n" + PAGE, "disconnect")
    assert reasons(rude[1])["/reset"][0] == "failed"


@pytest.mark.parametrize("path", ["/spaced-name", "/bad-name", "/long-line"])
def test_header_lines_that_browsers_take_are_no_fault(rude: tuple[Rude, Path, Crawled], path: str) -> None:
    assert truncated(rude[1], path)[1] is None
    assert reasons(rude[1])[path][0] == "stored"


@pytest.mark.parametrize(
    "endless",
    [b"X-More: " + b"y" * 1000 + b"\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"],
    ids=["headers", "interim"],
)
def test_an_endless_head_ends_at_the_size_limit(tmp_path: Path, endless: bytes) -> None:
    sent = []

    def floods(connection: socket.socket, _: int) -> None:
        start = b"HTTP/1.1 200 OK\r\n" if endless.startswith(b"X") else b""
        connection.sendall(start)
        for _ in range(40_000):
            connection.sendall(endless * 20)
            sent.append(1)

    with Rude({"/robots.txt": ROBOTS, "/": home("/flood"), "/flood": floods}) as server:
        run(tmp_path / "archive", server, limit=200_000)
    assert reasons(tmp_path / "archive")["/flood"] == ("failed", "answer too large")
    assert len(sent) < 40_000


def test_silence_on_a_kept_connection_is_no_stale_connection(tmp_path: Path) -> None:
    me: list[Rude] = []
    with Rude({"/robots.txt": ROBOTS, "/": home("/mute"), "/mute": stalls(me, b"")}) as server:
        me.append(server)
        run(tmp_path / "archive", server)
    assert server.paths.count("/mute") == 1
    assert reasons(tmp_path / "archive")["/mute"] == ("failed", "timed out")


def test_bytes_that_nobody_asked_for_are_no_answer_to_the_next_question(tmp_path: Path) -> None:
    """A response-splitting server, or a proxy that mixes up its connections."""
    forged = OK + b"Content-Length: 6\r\n\r\nforged"
    acts: dict[str, Act | bytes] = {
        "/robots.txt": ROBOTS,
        "/": home("/a", "/b"),
        "/a": PLAIN + forged,
        "/b": PLAIN,
    }
    with Rude(acts) as server:
        done = run(tmp_path / "archive", server)
    assert done.code == 0
    assert truncated(tmp_path / "archive", "/a") == (PLAIN, None)
    assert b"forged" not in b"".join(c.entity for all_ in kept(tmp_path / "archive").values() for c in all_)
    connections = {path: number for number, path in server.asked}
    assert connections["/b"] != connections["/a"]


@pytest.mark.parametrize(
    "broken",
    [
        OK + b"Content-Encoding: gzip\r\nContent-Length: 25\r\n\r\nUser-agent: *\nDisallow: \n ",
        OK + b"Content-Length: 500\r\n\r\nUser-agent: *\n",
    ],
    ids=["coding", "length"],
)
def test_rules_that_can_not_be_read_forbid_everything(tmp_path: Path, broken: bytes) -> None:
    with Rude({"/robots.txt": says(broken), "/": PLAIN}) as server:
        done = run(tmp_path / "archive", server)
    assert done.code == 8
    assert set(server.paths) == {"/robots.txt"}


def test_without_a_size_limit_pages_are_whole(tmp_path: Path) -> None:
    with Rude({"/robots.txt": ROBOTS, "/": home("/a"), "/a": PLAIN}) as server:
        done = run(tmp_path / "archive", server, limit=0)
    assert done.code == 0


@pytest.mark.parametrize(
    "last", [b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", HALF], ids=["503", "cut"]
)
def test_a_hop_to_the_rules_that_fails_is_kept_as_a_failure(tmp_path: Path, last: bytes) -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /rules\r\nContent-Length: 0\r\n\r\n"
    with Rude({"/robots.txt": moved, "/rules": says(last), "/": PLAIN}) as server:
        done = run(tmp_path / "archive", server)
    assert done.code == 8
    assert [capture.response.block for capture in kept(tmp_path / "archive")["/rules"]] == [last]
    assert reasons(tmp_path / "archive")["/rules"][0] == "failed"
    assert server.paths == ["/robots.txt", "/rules"]
