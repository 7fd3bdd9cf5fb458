"""What a hostile server does: each behaviour by its name, and what is to become of its address."""

from __future__ import annotations

import gzip
import re
import socket
import time
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import brotli  # type: ignore[import-untyped]
from backports import zstd

from tests.crawl.test_wire_faults import Act

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
PAGE = b"<html><head><title>A page</title></head><body><p>" + b"A page. " * 20 + b"</p></body></html>"
MIB = 2**20


@dataclass(frozen=True)
class Behaviour:
    """One way to harm, at the path of its name."""

    act: Act | bytes
    state: str
    """In the URL table, in the end."""
    reason: str = ""
    """What its reason contains."""
    asked: int = 1


def answer(body: bytes, *lines: bytes, head: bytes = OK) -> bytes:
    """A well-formed answer with these header lines."""
    extra = b"".join(line + b"\r\n" for line in lines)
    return head + extra + b"Content-Length: %d\r\n\r\n" % len(body) + body


def coded(coding: str, body: bytes) -> bytes:
    """An answer that calls its body coded so."""
    return answer(body, b"Content-Encoding: " + coding.encode())


def moved(target: bytes, *lines: bytes) -> bytes:
    """A redirect."""
    return answer(b"moved", b"Location: " + target, *lines, head=b"HTTP/1.1 302 Found\r\n")


def endless(start: bytes, again: bytes, most: int = 64 * MIB) -> Act:
    """Send `start`, then the same again until the other side has had enough."""

    def act(connection: socket.socket, _: int) -> None:
        piece = again * max(1, 65536 // len(again))
        with suppress(OSError):
            connection.sendall(start)
            for _ in range(most // len(piece)):
                connection.sendall(piece)

    return act


def drip(start: bytes, again: bytes) -> Act:
    """Send `start`, then a few bytes now and again: never silent, never done."""

    def act(connection: socket.socket, _: int) -> None:
        with suppress(OSError):
            connection.sendall(start)
            for _ in range(300):
                connection.sendall(again)
                time.sleep(0.1)

    return act


def silent(start: bytes) -> Act:
    """Send `start`, then nothing until the other side goes."""

    def act(connection: socket.socket, _: int) -> None:
        with suppress(OSError):
            connection.sendall(start)
            connection.settimeout(30)
            while connection.recv(4096):
                pass

    return act


def closes(data: bytes) -> Act:
    """Send this, then close."""
    return lambda connection, _: connection.sendall(data)


def _zeros_gzip(size: int, layers: int = 1) -> bytes:
    data = bytes(size)
    for _ in range(layers):
        data = gzip.compress(data, mtime=0)
    return data


def _raw_deflate(data: bytes) -> bytes:
    return zlib.compress(data, 9)[2:-4]


def _wide_zstd(data: bytes) -> bytes:
    options = {int(zstd.CompressionParameter.window_log): 27}
    packer = zstd.ZstdCompressor(options=options)
    return packer.compress(data) + packer.flush()


_TOO_MANY = "200 times as many"
_LARGE = "answer too large"
_BOMB = bytes(30 * MIB)

CODINGS = {
    "gzip-bomb": Behaviour(coded("gzip", _zeros_gzip(30 * MIB)), "failed", _TOO_MANY),
    "x-gzip-bomb": Behaviour(coded("X-GZIP", _zeros_gzip(30 * MIB)), "failed", _TOO_MANY),
    "deflate-bomb": Behaviour(coded("deflate", zlib.compress(_BOMB, 9)), "failed", _TOO_MANY),
    "raw-deflate-bomb": Behaviour(coded("deflate", _raw_deflate(_BOMB)), "failed", _TOO_MANY),
    "br-bomb": Behaviour(coded("br", brotli.compress(_BOMB, quality=5)), "failed", "br: "),
    "zstd-bomb": Behaviour(coded("zstd", zstd.compress(_BOMB, 3)), "failed", "zstd: "),
    "zstd-wide-window": Behaviour(coded("zstd", _wide_zstd(PAGE * 2000)), "failed", "zstd: "),
    "gzip-in-gzip-bomb": Behaviour(coded("gzip, gzip", _zeros_gzip(30 * MIB, 2)), "failed", "gzip: "),
    "gzip-three-times-bomb": Behaviour(
        coded("gzip, gzip, gzip", _zeros_gzip(60 * MIB, 3)), "failed", "gzip: "
    ),
    "gzip-in-br-bomb": Behaviour(
        coded("gzip, br", brotli.compress(_zeros_gzip(30 * MIB), quality=5)), "failed", "gzip: "
    ),
    "twenty-codings": Behaviour(coded(", ".join(["gzip"] * 20), _zeros_gzip(1000)), "failed", "20 codings"),
    "unknown-coding": Behaviour(coded("exotic", PAGE), "failed", "unknown coding 'exotic'"),
    "coding-that-is-none": Behaviour(coded("gzip", PAGE), "failed", "gzip: "),
    "coding-cut-off": Behaviour(coded("gzip", gzip.compress(PAGE)[:-30]), "failed", "ends early"),
    "coding-damaged": Behaviour(coded("gzip", gzip.compress(PAGE)[:-8] + bytes(8)), "failed", "gzip: "),
    "coding-with-surplus": Behaviour(coded("gzip", gzip.compress(PAGE) + b"\x00surplus"), "stored"),
    "gzip-of-many-members": Behaviour(coded("gzip", gzip.compress(b"") * 20_000), "failed", "500 members"),
    "coding-name-of-a-megabyte": Behaviour(
        answer(PAGE, b"Content-Encoding: " + b"x" * 200_000), "failed", "unknown coding 'xxxx"
    ),
}

SIZES = {
    "announced-terabyte": Behaviour(closes(OK + b"Content-Length: 1099511627776\r\n\r\n"), "failed", _LARGE),
    "endless-body": Behaviour(endless(OK + b"\r\n", b"<p>more and more</p>"), "failed", _LARGE),
    "endless-chunks": Behaviour(
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"3e8\r\n" + b"x" * 1000 + b"\r\n"),
        "failed",
        _LARGE,
    ),
    "endless-headers": Behaviour(endless(b"HTTP/1.1 200 OK\r\n", b"X-More: yes\r\n"), "failed", _LARGE),
    "endless-short-headers": Behaviour(endless(b"HTTP/1.1 200 OK\r\n", b"a:\r\n"), "failed", _LARGE),
    "endless-header-line": Behaviour(endless(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 1000), "failed"),
    "endless-folded-header": Behaviour(endless(b"HTTP/1.1 200 OK\r\nX: y\r\n", b" z\r\n"), "failed", _LARGE),
    "endless-interim": Behaviour(endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), "failed", _LARGE),
    "endless-status-line": Behaviour(endless(b"HTTP/1.1 200 ", b"O" * 1000), "failed"),
    "endless-chunk-extension": Behaviour(
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n5;", b"x=y;"), "failed"
    ),
    "endless-chunk-size": Behaviour(endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"), "failed"),
    "endless-trailers": Behaviour(
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", b"X-T: 1\r\n"), "failed"
    ),
    "five-thousand-headers": Behaviour(
        answer(PAGE, *(b"X-%d: 1" % number for number in range(5000))), "stored"
    ),
    "ten-thousand-cookies": Behaviour(
        answer(PAGE, *(b"Set-Cookie: c%d=%d" % (number, number) for number in range(9000))), "stored"
    ),
}

TIMES = {
    "endless-one-byte-chunks": Behaviour(
        endless(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"), "failed", "timed out"
    ),
    "never-answers": Behaviour(silent(b""), "failed", "timed out"),
    "stops-in-the-status": Behaviour(silent(b"HTTP/1."), "failed", "timed out"),
    "stops-in-the-head": Behaviour(silent(OK), "failed", "timed out"),
    "stops-in-the-body": Behaviour(silent(OK + b"Content-Length: 500\r\n\r\n<html>"), "failed", "timed out"),
    "stops-in-a-chunk": Behaviour(
        silent(OK + b"Transfer-Encoding: chunked\r\n\r\nff\r\nhello"), "failed", "timed out"
    ),
    "drips-its-head": Behaviour(drip(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"), "failed", "timed out"),
    "drips-its-body": Behaviour(drip(OK + b"\r\n", b"<p>"), "failed", "timed out"),
    "drips-interim-answers": Behaviour(drip(b"", b"HTTP/1.1 102 Processing\r\n\r\n"), "failed", "timed out"),
}

MESSAGES = {
    "speaks-ssh": Behaviour(closes(b"SSH-2.0-OpenSSH_9.2\r\n"), "failed"),
    "speaks-http-0.9": Behaviour(closes(PAGE), "failed"),
    "speaks-tls": Behaviour(closes(b"\x15\x03\x01\x00\x02\x02\x28"), "failed"),
    "says-nothing": Behaviour(closes(b""), "failed"),
    "status-of-words": Behaviour(closes(b"HTTP/1.1 OK fine\r\n\r\n" + PAGE), "failed"),
    "status-of-six-digits": Behaviour(closes(b"HTTP/1.1 200200 OK\r\nContent-Length: 2\r\n\r\nhi"), "failed"),
    "switches-protocols": Behaviour(
        closes(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"), "failed"
    ),
    "negative-length": Behaviour(closes(OK + b"Content-Length: -1\r\n\r\n" + PAGE), "failed"),
    "length-of-words": Behaviour(closes(OK + b"Content-Length: many\r\n\r\n" + PAGE), "failed"),
    "two-lengths": Behaviour(
        closes(OK + b"Content-Length: 5\r\nContent-Length: 50\r\n\r\n" + PAGE), "failed"
    ),
    "negative-chunk": Behaviour(closes(OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n"), "failed"),
    "chunk-of-exabytes": Behaviour(
        closes(OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nhello"), "failed"
    ),
    "cut-short": Behaviour(closes(OK + b"Content-Length: 5000\r\n\r\n" + PAGE), "failed", "broke off"),
    "unasked-304": Behaviour(closes(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "failed", "304"),
    "no-content": Behaviour(b"HTTP/1.1 204 No Content\r\n\r\n", "stored"),
    "unasked-partial": Behaviour(
        answer(PAGE[:50], b"Content-Range: bytes 0-49/500", head=b"HTTP/1.1 206 Partial\r\n"), "stored"
    ),
}

REDIRECTS = {
    "to-itself": Behaviour(moved(b"/to-itself"), "failed", "itself"),
    "to-and-fro-a": Behaviour(moved(b"/to-and-fro-b"), "redirected"),
    "to-and-fro-b": Behaviour(moved(b"/to-and-fro-a"), "redirected"),
    "to-a-file": Behaviour(moved(b"file:///etc/passwd"), "failed", "without a usable target"),
    "to-a-script": Behaviour(moved(b"javascript:alert(1)"), "failed", "without a usable target"),
    "to-data": Behaviour(moved(b"data:text/html,<h1>x</h1>"), "failed", "without a usable target"),
    "to-gopher": Behaviour(moved(b"gopher://127.0.0.1:25/_HELO"), "failed", "without a usable target"),
    "to-metadata": Behaviour(moved(b"http://169.254.169.254/latest/meta-data/"), "redirected"),
    "to-loopback-in-hex": Behaviour(moved(b"http://0x7f.1/"), "redirected"),
    "to-another-port": Behaviour(moved(b"http://127.0.0.1:22/"), "redirected"),
    "to-a-user-s-host": Behaviour(moved(b"http://mymsbuddy.com@127.0.0.1:22/"), "failed", "usable target"),
    "to-a-backslash": Behaviour(moved(b"http:\\\\127.0.0.1:22\\x"), "redirected"),  # a path on the site
    "to-nowhere": Behaviour(moved(b""), "failed", "without a usable target"),
    "to-a-long-address": Behaviour(moved(b"/" + b"x" * 100_000), "failed", "without a usable target"),
    "to-control-codes": Behaviour(moved(b"/a\x1b[2J\x00b"), "redirected"),
    "to-latin-1": Behaviour(moved(b"/caf\xe9"), "redirected"),
    "to-two-places": Behaviour(moved(b"/to-two-places-1", b"Location: /to-two-places-2"), "redirected"),
    "refreshes-to-metadata": Behaviour(answer(PAGE, b"Refresh: 0; url=http://169.254.169.254/"), "stored"),
}


def _chain() -> Iterator[tuple[str, Behaviour]]:
    for number in range(1, 8):
        followed = number <= 6  # the first, and five redirects
        act = moved(b"/chain-%d" % (number + 1))
        yield f"chain-{number}", Behaviour(act, "redirected" if followed else "refused", asked=int(followed))


_LAUGHS = b"".join(
    [b'<!DOCTYPE html [<!ENTITY a0 "ha">']
    + [b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)]
    + [b"]><html><body><p>&a9;</p></body></html>"]
)
_INSIDE = (
    b'<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y SYSTEM "http://127.0.0.1:22/">]>'
)

PAGES = {
    "nested-a-hundred-thousand-deep": Behaviour(answer(b"<div>" * 99_000 + b"deep"), "stored"),
    "a-million-elements": Behaviour(answer(b"<p>x" * 1_000_000), "stored", "100,000 elements"),
    "a-hundred-thousand-attributes": Behaviour(
        answer(b"<a " + b" ".join(b"a%d=1" % n for n in range(100_000)) + b">x</a>"), "stored", "attributes"
    ),
    "a-page-of-seven-megabytes": Behaviour(answer(b"<p>" + b"word " * 1_500_000), "stored", "5 MiB"),
    "a-text-of-a-million-lines": Behaviour(
        answer(b"x\n" * 1_000_000, head=b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"), "stored", "lines"
    ),
    "a-hundred-thousand-entities": Behaviour(answer(b"<p>" + b"&amp;&#x41;" * 100_000), "stored"),
    "laughs-a-billion-times": Behaviour(
        answer(_LAUGHS, head=b"HTTP/1.1 200 OK\r\nContent-Type: application/xhtml+xml\r\n"), "stored"
    ),
    "reads-our-files": Behaviour(
        answer(
            _INSIDE + b"<html><body><p>&x;&y;</p></body></html>",
            head=b"HTTP/1.1 200 OK\r\nContent-Type: application/xhtml+xml\r\n",
        ),
        "stored",
    ),
    "links-of-ten-kilobytes": Behaviour(
        answer(b"".join(b'<a href="/%s%d">x</a>' % (b"y" * 10_000, n) for n in range(100))), "stored"
    ),
    "forges-log-lines": Behaviour(
        answer(b"<title>x\r\n2026-01-01 ERROR forged\x1b[2J\x1b]0;owned\x07</title><p>\x9b31m"),
        "stored",
    ),
    "null-bytes": Behaviour(answer(b"<p>a\x00b</p>" * 100), "stored"),
    "wrong-charset": Behaviour(
        answer(PAGE, head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=\x00evil\xff\r\n"), "stored"
    ),
    "utf-7": Behaviour(
        answer(b"+ADw-b+AD4-", head=b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-7\r\n"),
        "stored",
    ),
    "half-surrogates": Behaviour(answer(b"<p>\xed\xa0\x80 &#xd800; &#x110000; &#0;</p>"), "stored"),
    "an-image-that-calls-itself-html": Behaviour(answer(b"\x89PNG\r\n\x1a\n" + bytes(500)), "stored"),
    "html-that-calls-itself-an-image": Behaviour(
        answer(PAGE, head=b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n"), "stored", "not a page"
    ),
    "a-base-elsewhere": Behaviour(
        answer(b'<base href="http://169.254.169.254/"><a href="x">x</a>'), "stored"
    ),
    "an-etag-that-asks-twice": Behaviour(
        answer(PAGE, b'ETag: "x"\rGET /smuggled HTTP/1.1', b"Last-Modified: \x00\x01"), "stored"
    ),
    "refreshes-by-meta": Behaviour(
        answer(b'<meta http-equiv=refresh content="0;url=http://127.0.0.1:22/"><p>x</p>'), "stored"
    ),
    "grows-its-paths": Behaviour(answer(b'<a href="/grows-its-paths/again">x</a>'), "stored"),
}

BEHAVIOURS = {**CODINGS, **SIZES, **TIMES, **MESSAGES, **REDIRECTS, **dict(_chain()), **PAGES}


_LATER_HOP = re.compile(r"chain-[2-9]")


class Acts(dict[str, "Act | bytes"]):
    """Every behaviour at its path, a home page that leads to all of them, and traps without end."""

    def __init__(self, names: list[str]) -> None:
        super().__init__({f"/{name}": BEHAVIOURS[name].act for name in names})
        paths = [name for name in names if not _LATER_HOP.match(name)]
        for at in range(0, len(paths), 4):  # a crawl ends where nothing but failures comes
            fine = f"fine-{at}"
            self[f"/{fine}"] = answer(PAGE)
            paths.insert(at, fine)
        links = b"".join(b'<p><a href="/%s">x</a></p>' % path.encode() for path in paths)
        self["/"] = answer(b"<html><body>" + links + b"</body></html>")
        self["/robots.txt"] = answer(b"User-agent: *\nAllow: /\n")

    def get(self, path: str, default: Act | bytes | None = None) -> Act | bytes | None:  # type: ignore[override]
        return super().get(path) or trap(path) or default


def trap(path: str) -> bytes | None:
    """Pages that lead to ever more pages of their kind; None for a path that is none of them."""
    if path.startswith("/grows-its-paths"):
        return answer(b'<a href="%s/again">x</a>' % path.encode())
    return None
