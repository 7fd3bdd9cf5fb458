"""Content codings undone: gzip, deflate, br and zstd, never to more than a limit.

RFC 9110 §8.4.1 names the codings, RFC 9659 bounds zstd's window. A stream that is cut off or damaged gives
what came before that point, and says so.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, replace
from typing import Literal

Fault = Literal["cut", "damaged", "too large", "unknown coding"]
"""Why a body is not whole: it ends early; it is no such stream; it is longer than the limit; who knows."""

MOST_CODINGS = 5
"""More of them, one over the other, is nothing that a server does in earnest."""

MOST_RATIO = 200
"""Bytes out of a body for each byte in it: text packs a hundredfold at most, a bomb's zeros thousandfold."""
FREE_OF_RATIO = 2**20
"""Bytes that may come out whatever the ratio: short repetitive pages pack well."""
MOST_MEMBERS = 500
"""Streams one after the other in a body. Each costs a copy of what is left of it."""

_PIECE = 64 * 1024
_STEP = 4096
_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = re.compile(rb"\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18", re.DOTALL)
_ZSTD_WINDOW_LOG = 23
# Names that servers send by mistake where there is no coding at all.
_NO_CODING = frozenset({"", "identity", "none", "utf-8", "utf8"})


@dataclass(frozen=True, slots=True)
class Decoded:
    """What came out of a coded body."""

    body: bytes
    fault: Fault | None = None
    """None when it is whole."""
    detail: str = ""
    """One line about the fault; empty without one."""


def decode(body: bytes, codings: tuple[str, ...], limit: int) -> Decoded:
    """Undo `codings`, listed as in a header: the last was applied last. At most `limit` bytes come out, and
    of a long body at most `MOST_RATIO` for each byte in it.

    The first fault met is told. A body of which not a byte can be decoded stays as it is. Never raises for
    what is in `body`.
    """
    wanted = [name for name in (coding.strip().lower() for coding in codings) if name not in _NO_CODING]
    if len(wanted) > MOST_CODINGS:
        return _limited(Decoded(body, "unknown coding", f"{len(wanted)} codings"), limit)
    fault: Fault | None = None
    detail = ""
    packed, fair = len(body), max(FREE_OF_RATIO, MOST_RATIO * len(body))
    for name in reversed(wanted):
        if not body:
            break
        stream = _STREAMS.get(name)
        if stream is None:
            fault, detail = fault or "unknown coding", detail or f"unknown coding {name[:40]!r}"
            break
        done = _collect(stream(body, min(limit, fair)), min(limit, fair))
        if done.fault == "too large" and fair < limit:
            done = replace(done, detail=f"{packed} bytes hold more than {MOST_RATIO} times as many")
        if done.fault is not None and fault is None:
            fault, detail = done.fault, f"{name}: {done.detail}"
        if done.fault is not None and not done.body:
            break
        body = done.body
    return _limited(Decoded(body, fault, detail), limit)


class _Fault(Exception):
    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault: Fault = fault


_Stream = Callable[[bytes, int], Iterator[bytes]]


def _collect(pieces: Iterator[bytes], limit: int) -> Decoded:
    """Join what a stream gives until its end, its fault, or the limit."""
    parts: list[bytes] = []
    size = 0
    try:
        for piece in pieces:
            parts.append(piece)
            size += len(piece)
            if size > limit:
                return Decoded(b"".join(parts)[:limit], "too large", f"more than {limit} bytes")
    except _Fault as fault:
        return Decoded(b"".join(parts), fault.fault, str(fault))
    return Decoded(b"".join(parts))


def _limited(decoded: Decoded, limit: int) -> Decoded:
    if len(decoded.body) <= limit:
        return decoded
    return Decoded(decoded.body[:limit], "too large", f"more than {limit} bytes")


def _gzip(data: bytes, limit: int) -> Iterator[bytes]:
    """Every member (RFC 1952 §2.2); what follows the last and is none is no part of the body."""
    for _ in range(MOST_MEMBERS):
        data = yield from _zlib_stream(data, 31, limit)
        if not data.startswith(_GZIP_MAGIC):
            return
    raise _Fault("damaged", f"more than {MOST_MEMBERS} members")


def _deflate(data: bytes, limit: int) -> Iterator[bytes]:
    """A zlib stream as RFC 9110 §8.4.1.2 has it, or the bare deflate that some servers send."""
    has_header = data[0] & 0x8F == 0x08 and int.from_bytes(data[:2]) % 31 == 0  # RFC 1950 §2.2
    yield from _zlib_stream(data, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS, limit)


def _zlib_stream(data: bytes, wbits: int, limit: int) -> Generator[bytes, None, bytes]:
    """One stream's content; returns what follows it."""
    stream = zlib.decompressobj(wbits)
    try:
        # One call for nearly every page; one byte over the limit tells that there is more.
        whole = stream.decompress(data, limit + 1)
    except zlib.error:
        yield from _until_damage(data, wbits)
        raise AssertionError("zlib took in steps what it refused at once") from None
    yield whole
    if not stream.eof and len(whole) <= limit:
        raise _Fault("cut", "the stream ends early")
    return stream.unused_data


def _until_damage(data: bytes, wbits: int) -> Iterator[bytes]:
    """What a damaged stream holds up to the damage. zlib gives nothing of a call that fails, so: small steps
    up to the one that fails, and that one byte by byte."""
    stream = zlib.decompressobj(wbits)
    for start in range(0, len(data), _STEP):
        step = data[start : start + _STEP]
        before = stream.copy()
        try:
            yield from _inflated(stream, step)
        except zlib.error:
            yield from _byte_by_byte(before, step)


def _inflated(stream: zlib._Decompress, step: bytes) -> list[bytes]:
    pieces = [stream.decompress(step, _PIECE)]
    while stream.unconsumed_tail:
        pieces.append(stream.decompress(stream.unconsumed_tail, _PIECE))
    return pieces


def _byte_by_byte(stream: zlib._Decompress, step: bytes) -> Iterator[bytes]:
    for offset in range(len(step)):
        try:
            yield stream.decompress(step[offset : offset + 1])
        except zlib.error as error:
            raise _Fault("damaged", _one_line(error)) from None


def _br(data: bytes, limit: int) -> Iterator[bytes]:
    import brotli  # type: ignore[import-untyped]

    stream = brotli.Decompressor()
    try:
        piece: bytes = stream.process(data, output_buffer_limit=_PIECE)
        while piece:
            yield piece
            piece = b"" if stream.is_finished() else stream.process(b"", output_buffer_limit=_PIECE)
    except brotli.error as error:
        raise _Fault("damaged", _one_line(error)) from None
    if not stream.is_finished():
        raise _Fault("cut", "the stream ends early")


def _zstd(data: bytes, limit: int) -> Iterator[bytes]:
    """Every frame (RFC 8878 §3); what follows the last and is none is no part of the body."""
    from backports import zstd

    options = {int(zstd.DecompressionParameter.window_log_max): _ZSTD_WINDOW_LOG}
    for _ in range(MOST_MEMBERS):
        stream = zstd.ZstdDecompressor(options=options)
        try:
            yield stream.decompress(data, _PIECE)
            while not stream.eof and not stream.needs_input:
                yield stream.decompress(b"", _PIECE)
        except zstd.ZstdError as error:
            raise _Fault("damaged", _one_line(error)) from None
        if not stream.eof:
            raise _Fault("cut", "the stream ends early")
        data = stream.unused_data
        if not _ZSTD_MAGIC.match(data):
            return
    raise _Fault("damaged", f"more than {MOST_MEMBERS} frames")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__


_STREAMS: dict[str, _Stream] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _br,
    "zstd": _zstd,
}
