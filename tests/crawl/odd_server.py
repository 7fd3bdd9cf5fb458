"""A web server on loopback that sends odd but legal answers, and remembers every byte it sent and got."""

from __future__ import annotations

import gzip
import socket
import ssl
import zlib
from dataclasses import dataclass, field

from .listening import Listening, on_loopback

BODY = (
    b"<!doctype html><html><head><title>Odd</title></head><body><p>"
    + b"An odd page. " * 40
    + b"</p></body></html>"
)


def _chunked(data: bytes, size: int = 100, extension: bytes = b"") -> bytes:
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    return b"".join(b"%X%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces) + b"0\r\n"


def _plain(head: bytes, body: bytes = BODY) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


_OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
_GZIPPED = gzip.compress(BODY, mtime=0)
_RAW_DEFLATE = zlib.compress(BODY)[2:-4]

CLOSES = frozenset({"until-close", "http-1.0", "cut-length", "cut-chunks"})
"""Kinds whose answer ends with the connection."""

ODD: dict[str, tuple[bytes, bytes]] = {
    # kind: (what is sent, the entity in it)
    "plain": (_plain(_OK), BODY),
    "no-reason": (_plain(b"HTTP/1.1 200\r\nContent-Type: text/html\r\n"), BODY),
    "empty-reason": (_plain(b"HTTP/1.1 200 \r\nContent-Type: text/html\r\n"), BODY),
    "odd-reason": (_plain(b"HTTP/1.1 200 Sure, why not?  \r\nContent-Type: text/html\r\n"), BODY),
    "odd-case": (_plain(b"HTTP/1.1 200 OK\r\ncontent-TYPE:text/html\r\nx-oDd:1\r\nX-Odd:  2  \r\n"), BODY),
    "duplicates": (
        _plain(_OK + b"Set-Cookie: a=1\r\nX-One: 1\r\nSet-Cookie: b=2\r\nset-cookie: a=3\r\n"),
        BODY,
    ),
    "folded": (_plain(_OK + b"X-Folded: one\r\n two\r\n\tthree\r\nX-After: 1\r\n"), BODY),
    "latin-1": (_plain(_OK + b"X-Name: Andr\xe9 \xff\r\n"), BODY),
    "long-header": (_plain(_OK + b"X-Long: " + b"y" * 12_000 + b"\r\n"), BODY),
    "empty-header": (_plain(_OK + b"X-Empty:\r\nX-Blank: \r\n"), BODY),
    "no-colon": (_plain(_OK + b"this line is no header\r\n"), BODY),
    "chunked": (_OK + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(BODY) + b"\r\n", BODY),
    "chunk-extensions": (
        _OK + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(BODY, 7, b';name="a;b"') + b"\r\n",
        BODY,
    ),
    "lower-case-chunks": (
        _OK + b"Transfer-Encoding: chunked\r\n\r\n00af\r\n" + BODY[:175] + b"\r\n0000\r\n\r\n",
        BODY[:175],
    ),
    "trailers": (
        _OK
        + b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        + _chunked(BODY)
        + b"X-Sum: 42\r\nX-B: 1\r\n\r\n",
        BODY,
    ),
    "gzip": (_plain(_OK + b"Content-Encoding: gzip\r\n", _GZIPPED), BODY),
    "x-gzip-members": (
        _plain(
            _OK + b"Content-Encoding: x-gzip\r\n",
            gzip.compress(BODY[:99], mtime=0) + gzip.compress(BODY[99:], mtime=0),
        ),
        BODY,
    ),
    "chunked-gzip": (
        _OK
        + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
        + _chunked(_GZIPPED, 16)
        + b"\r\n",
        BODY,
    ),
    "deflate": (_plain(_OK + b"Content-Encoding: deflate\r\n", zlib.compress(BODY)), BODY),
    "raw-deflate": (_plain(_OK + b"Content-Encoding: deflate\r\n", _RAW_DEFLATE), BODY),
    "until-close": (_OK + b"\r\n" + BODY, BODY),
    "http-1.0": (b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n" + BODY, BODY),
    "empty": (_plain(_OK, b""), b""),
    "no-content": (b"HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n", b""),
    "redirect": (b"HTTP/1.1 301 Moved\r\nLocation: /plain\r\nContent-Length: 5\r\n\r\nmoved", b"moved"),
    "not-found": (
        b"HTTP/1.1 404 Not Here\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nnone",
        b"none",
    ),
    "cut-length": (_OK + b"Content-Length: 5000\r\n\r\n" + BODY, BODY),
    "cut-chunks": (_OK + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(BODY)[:300], b""),
    "cut-gzip": (_plain(_OK + b"Content-Encoding: gzip\r\n", _GZIPPED[:60]), b""),
}
INTERIM: dict[str, bytes] = {
    "continue": b"HTTP/1.1 100 Continue\r\n\r\n",
    "early-hints": b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
}
"""Kinds whose plain answer comes after these."""


@dataclass
class OddServer(Listening):
    """Answers `/KIND` as `ODD` says, `/many/N` plainly, and lists all of them on its home page; with
    `tls` over TLS."""

    tls: ssl.SSLContext | None = None
    kinds: tuple[str, ...] = (*ODD, *INTERIM)
    many: int = 0
    sent: dict[str, list[bytes]] = field(default_factory=dict)
    """Path -> the final answers that were sent for it, without interim ones."""
    asked: dict[str, list[bytes]] = field(default_factory=dict)
    """Path -> the requests that came for it, head and all."""

    def __post_init__(self) -> None:
        self.base_url = self.listen(on_loopback())

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answer what is asked, and remember both."""
        with connection.makefile("rb") as stream:
            while head := _head(stream):
                path = head.split()[1].decode()
                kind = path.strip("/")
                self.asked.setdefault(path, []).append(head)
                answer = self._answer(path)
                connection.sendall(INTERIM.get(kind, b""))
                self.sent.setdefault(path, []).append(answer)
                connection.sendall(answer)
                if kind in CLOSES:
                    return

    def _answer(self, path: str) -> bytes:
        if path == "/robots.txt":
            return _plain(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n", b"User-agent: *\nAllow: /\n")
        if path == "/":
            paths = [*(f"/{kind}" for kind in self.kinds), *(f"/many/{n}" for n in range(self.many))]
            links = "".join(f'<p><a href="{there}">{there}</a></p>' for there in paths)
            return _plain(_OK, f"<html><body>{links}</body></html>".encode())
        kind = path.strip("/")
        if kind in INTERIM:
            return ODD["plain"][0]
        if path.startswith("/many/"):
            body = (
                f"<html><body><p>Page {path}. {'x' * (int(path[6:]) * 7 % 5000)}</p></body></html>".encode()
            )
            return _plain(_OK + f"X-Page: {path}\r\n".encode(), body)
        return ODD[kind][0] if kind in ODD else _plain(b"HTTP/1.1 404 Not Found\r\n", b"no")


def _head(stream: object) -> bytes:
    lines = []
    while line := stream.readline():  # type: ignore[attr-defined]
        lines.append(line)
        if line == b"\r\n":
            return b"".join(lines)
    return b""
