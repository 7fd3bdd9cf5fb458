"""An HTTP/1.1 message apart: head, header list, and the entity in its body (RFC 9112).

Every function takes the bytes as they crossed the wire. What is in them makes none raise but where
it says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from storage.http.codings import Fault, decode

Headers = tuple[tuple[str, str], ...]
"""Names and values as sent, in their order, duplicates and all; Latin-1, so that no byte is lost. Folded
lines are joined by a space (RFC 9112 §5.2); lines without a name are left out."""

_HEAD_END = re.compile(rb"\n\r?\n")
# Archives of newer programs have answers that came over HTTP/2, which has no minor version.
_STATUS_LINE = re.compile(rb"([^\s/]+/\d+(?:\.\d+)?) +(\d{1,9})(?: (.*))?", re.DOTALL)
_INTERIM = re.compile(rb"[^\s/]+/\d+\.\d+ +1\d\d(?: .*)?\r?", re.DOTALL)
_REQUEST_LINE = re.compile(rb"(\S+) +(\S+)(?: +(\S+))?")
_CHUNK_SIZE = re.compile(rb"[ \t]*([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?", re.DOTALL)
_NO_BODY = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class ResponseHead:
    """Status line and headers of a response."""

    version: str
    """`HTTP/1.1`, or what stood there."""
    status: int
    reason: str
    """Latin-1; empty when there is none."""
    headers: Headers
    end: int
    """Offset of the body's first byte."""

    def get(self, name: str) -> str | None:
        """The first value of a header, whatever the case of its name; None when there is none."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def listed(self, name: str) -> tuple[str, ...]:
        """The elements of a header that is a list, over all its lines (RFC 9110 §5.6.1), in lower case."""
        values = (value for key, value in self.headers if key.lower() == name.lower())
        elements = (element.strip(" \t").lower() for value in values for element in value.split(","))
        return tuple(element for element in elements if element)


@dataclass(frozen=True, slots=True)
class RequestHead:
    """Request line and headers of a request."""

    method: str
    target: str
    """As sent: nearly always path and query."""
    version: str
    """Empty when there is none."""
    headers: Headers
    end: int
    """Offset of the body's first byte."""


@dataclass(frozen=True, slots=True)
class Entity:
    """What a response carries, after its transfer and content codings are undone."""

    body: bytes
    """As much as there is of it."""
    fault: Fault | None = None
    """Why it is not whole; None when it is."""
    problem: str | None = None
    """One line about it; None exactly when `fault` is None."""

    @property
    def complete(self) -> bool:
        """Whether nothing is missing and everything could be decoded."""
        return self.fault is None


@dataclass(frozen=True, slots=True)
class Unchunked:
    """A body after its chunked transfer coding is undone (RFC 9112 §7.1)."""

    body: bytes
    fault: Fault | None
    """`cut` or `damaged`; None when the last chunk is there."""
    trailers: Headers = ()


def read_head(raw: bytes) -> ResponseHead | None:
    """The head of a response; None when it is not whole, or its first line is no status line.

    Lines end in CRLF or, tolerated, in LF (RFC 9112 §2.2).
    """
    end = _HEAD_END.search(raw)
    if end is None:
        return None
    first, *lines = _lines(raw[: end.start()])
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        return None
    return ResponseHead(
        version=status[1].decode("latin-1"),
        status=int(status[2]),
        reason=(status[3] or b"").decode("latin-1").strip(" \t"),
        headers=_headers(lines),
        end=end.end(),
    )


def read_request(raw: bytes) -> RequestHead | None:
    """The head of a request; None when it is not whole, or its first line is no request line."""
    end = _HEAD_END.search(raw)
    if end is None:
        return None
    first, *lines = _lines(raw[: end.start()])
    asked = _REQUEST_LINE.fullmatch(first)
    if asked is None:
        return None
    method, target, version = ((part or b"").decode("latin-1") for part in asked.groups())
    return RequestHead(method, target, version, _headers(lines), end.end())


def without_interim(raw: bytes) -> bytes:
    """The response without the 1xx answers that came before it (RFC 9110 §15.2)."""
    start = 0
    while True:
        line_end = raw.find(b"\n", start)
        if line_end < 0 or not _INTERIM.fullmatch(raw, start, line_end):
            return raw[start:] if start else raw
        end = _HEAD_END.search(raw, line_end)
        if end is None:
            return raw[start:]
        start = end.end()


def entity(raw: bytes, limit: int, head: ResponseHead | None = None) -> Entity:
    """What a response carries. At most `limit` bytes; `head` is the response's own, when it is known already.

    Where the message announces more than there is, or its coding is broken, the entity is what there is, with
    the problem. Where its body is longer than `Content-Length`, all of it counts: whoever cut the message out
    of its connection knew better. Raises `ValueError` when the head is not whole.
    """
    head = head or read_head(raw)
    if head is None:
        raise ValueError("no whole HTTP response head")
    body = raw[head.end :]
    if head.status in _NO_BODY or 100 <= head.status < 200:
        return Entity(body) if len(body) <= limit else Entity(body[:limit], "too large", "body too large")
    fault: Fault | None = None
    problem: str | None = None
    transfer = head.listed("transfer-encoding")
    if transfer and transfer[-1] == "chunked":
        unchunked = unchunk(body)
        body, fault, transfer = unchunked.body, unchunked.fault, transfer[:-1]
        if fault is not None:
            problem = "it ends before its last chunk" if fault == "cut" else "its chunks are damaged"
    elif not transfer and (missing := _announced(head) - len(body)) > 0:
        fault, problem = "cut", f"{missing} bytes are missing at its end"
    decoded = decode(body, (*head.listed("content-encoding"), *transfer), limit)
    if fault is None and decoded.fault is not None:
        fault, problem = decoded.fault, decoded.detail
    return Entity(decoded.body, fault, problem)


def unchunk(data: bytes) -> Unchunked:
    """Undo the chunked transfer coding. What is no chunk at all from its first byte on is left as it is."""
    parts: list[bytes] = []
    at = 0
    while True:
        line_end = data.find(b"\n", at)
        if line_end < 0:
            return Unchunked(b"".join(parts), "cut")
        size = _CHUNK_SIZE.fullmatch(data[at:line_end].removesuffix(b"\r"))
        if size is None:
            return Unchunked(b"".join(parts) if at else data, "damaged")
        length, at = int(size[1], 16), line_end + 1
        if length == 0:
            end = _HEAD_END.search(data, at - 1)
            trailers = _lines(data[at : end.start()]) if end is not None and end.start() >= at else []
            return Unchunked(b"".join(parts), None, _headers(trailers))
        parts.append(data[at : at + length])
        at += length
        if at >= len(data):
            return Unchunked(b"".join(parts), "cut")
        if data.startswith(b"\r\n", at):
            at += 2
        elif data.startswith(b"\n", at):
            at += 1
        else:
            return Unchunked(b"".join(parts), "cut" if data[at:] == b"\r" else "damaged")


def _announced(head: ResponseHead) -> int:
    """The Content-Length; 0 when there is none, or none that can be meant."""
    lengths = set(head.listed("content-length"))
    length = lengths.pop() if len(lengths) == 1 else ""
    return int(length) if length.isascii() and length.isdigit() and len(length) < 16 else 0


def _lines(head: bytes) -> list[bytes]:
    return [line.removesuffix(b"\r") for line in head.split(b"\n")]


def _headers(lines: list[bytes]) -> Headers:
    """The header list of a head's lines, without its first one."""
    joined: list[bytes] = []
    for line in lines:
        if line[:1] in (b" ", b"\t") and joined:
            joined[-1] = joined[-1].rstrip(b" \t") + b" " + line.strip(b" \t")
        else:
            joined.append(line)
    pairs = []
    for line in joined:
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.rstrip(" \t")
        if colon and name and name[0] not in " \t":
            pairs.append((name, value.strip(" \t")))
    return tuple(pairs)
