"""Reading WARC files that others wrote: plain or compressed, whole, cut off or damaged.

What is readable comes as records, what is not as damage with its place. After damage reading goes on at the
next place that looks like a record's beginning. Memory holds one record at a time. (The libraries' iterators
end, or raise, at the first damage.)
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

MAX_RECORD = 64 * 2**20
"""Longer blocks are no pages; they are passed over."""
_PIECE = 1 << 18
_MAX_HEAD = 1 << 16
_GZIP = b"\x1f\x8b\x08"
_BEGIN = re.compile(rb"WARC/\d\.\d+[ \t]*\r?\n")
_HEAD_END = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True, slots=True)
class ForeignRecord:
    """A record as it stands in a file."""

    offset: int
    """Of its first byte; for a compressed file of its gzip member."""
    type: str
    headers: dict[str, str]
    """Named fields, names in lower case; of several of one name the first."""
    block: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """A place where no record can be read, or one was passed over."""

    offset: int
    what: str
    """One line."""


class WindowEnd(Exception):
    """What is to be read next lies behind the part of the file that is here."""


@dataclass
class Place:
    """A place in a file."""

    at: int


def is_compressed(begin: bytes) -> bool:
    """Whether a file that begins so is read by `read_members`."""
    # A ZIP file without its directory has whole WARC files in it all the same.
    return begin[:3] in (_GZIP, b"PK\x03")


def read_warc(file: BinaryIO) -> Iterator[ForeignRecord | Damage]:
    """The records of a WARC file, in its order. Never raises for what is in it."""
    begin = file.read(len(_GZIP))
    file.seek(0)
    if is_compressed(begin):
        yield from read_members(file, Place(0))
    elif begin:
        yield from _plain(file)


def _plain(file: BinaryIO) -> Iterator[ForeignRecord | Damage]:
    parser, at = _Parser(0), 0
    while data := file.read(_PIECE):
        parser.place = at
        yield from parser.feed(data)
        at += len(data)
    yield from parser.end()


def first_member(data: bytes, begin: int, end: int) -> int | None:
    """Where from `begin` on, and before `end`, the first gzip member begins that has a record in it; None
    when none does. A guess: damage can look like one."""
    while (begin := data.find(_GZIP, begin, end + len(_GZIP) - 1)) >= 0:
        with suppress(zlib.error):
            plain = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data[begin : begin + _MAX_HEAD], 16)
            if _BEGIN.match(plain):
                return begin
        begin += 1
    return None


def read_members(file: BinaryIO, place: Place, end: int | None = None) -> Iterator[ForeignRecord | Damage]:
    """The records of a compressed WARC file from `place` on, where a gzip member begins, up to the first
    member that begins at `end` or behind it (None: all). Each record's offset is that of the member in which
    it begins.

    `place` goes along: to the last member's beginning before which nothing was half read. Whoever goes on
    from there reads what this would have read.
    """
    data, at = b"", place.at
    """`data` is what was read from `at` on."""
    file.seek(at)
    parser: _Parser | None = None
    while True:
        if parser is None or parser.at_rest:
            place.at = at
            if end is not None and at >= end:
                return
        if len(data) < len(_GZIP):
            data += file.read(_PIECE)
        if not data:
            break
        if not data.startswith(_GZIP):
            skipped, data = _to_next_member(file, data)
            yield Damage(at, f"{skipped:,} bytes that are no gzip member")
            at += skipped
            parser = None
            continue
        start, unpacking, fault = at, zlib.decompressobj(zlib.MAX_WBITS | 16), None
        held: list[ForeignRecord | Damage] = []
        parser = parser or _Parser(start)
        parser.place = start
        while not unpacking.eof:
            if not data and not (data := file.read(_PIECE)):
                fault = "the file ends inside a compressed record"
                break
            try:
                plain = unpacking.decompress(data, _PIECE)
            except zlib.error:
                fault = "a compressed record is damaged"
                break
            left = unpacking.unused_data if unpacking.eof else unpacking.unconsumed_tail
            at += len(data) - len(left)
            data = left
            held += parser.feed(plain)
            if len(held) > 1:  # of several records in one member all but the last need not wait for its end
                yield from held[:-1]
                del held[:-1]
        if fault is None or any(_is_sure(one) for one in held):
            yield from held
        if fault is not None:
            yield from parser.broken(start, fault)
            parser = None
            if fault.startswith("the file"):
                break
            # The damage lies before what was consumed: look on from just behind the member's beginning.
            file.seek(start + 1)
            at, data = start + 1, file.read(_PIECE)
            skipped, data = _to_next_member(file, data)
            at += skipped
    if parser is not None:
        yield from parser.end()
    place.at = at


def _is_sure(item: ForeignRecord | Damage) -> bool:
    """Whether a record need not wait for its member's own checksum: it has a digest, which is right."""
    return isinstance(item, Damage) or bool(item.headers.get("warc-block-digest"))


def _to_next_member(file: BinaryIO, data: bytes) -> tuple[int, bytes]:
    """How many bytes lie before what looks like the next gzip member, and what was read from there on."""
    skipped = 0
    while True:
        found = data.find(_GZIP, 0 if skipped else 1)
        if found >= 0:
            return skipped + found, data[found:]
        keep = data[-(len(_GZIP) - 1) :]
        skipped += len(data) - len(keep)
        more = file.read(_PIECE)
        if not more:
            return skipped + len(keep), b""
        data = keep + more


class _Parser:
    """Cuts a stream of plain bytes into records."""

    def __init__(self, place: int) -> None:
        self.place = place
        """Offset in the file of what is fed next."""
        self._buffer = b""
        self._begin = place
        self._passing = 0
        """So many bytes of a block that is too long are still to come."""

    @property
    def at_rest(self) -> bool:
        """Whether nothing of what was fed is still to be read."""
        return not self._buffer and not self._passing

    def feed(self, data: bytes) -> Iterator[ForeignRecord | Damage]:
        """Take bytes; give the records that are whole by now."""
        if not self._buffer and not self._passing:
            self._begin = self.place
        self._buffer += data
        while self._buffer:
            if self._passing:
                taken = min(self._passing, len(self._buffer))
                self._passing -= taken
                self._drop(taken)
                continue
            line_breaks = len(self._buffer) - len(self._buffer.lstrip(b"\r\n"))
            self._drop(line_breaks)
            if not self._buffer:
                return
            found = yield from self._one()
            if not found:
                return

    def end(self) -> Iterator[ForeignRecord | Damage]:
        """The stream is over."""
        if self._buffer.strip(b"\r\n\0") or self._passing:
            yield Damage(self._begin, "the file ends inside a record")
        self._buffer, self._passing = b"", 0

    def broken(self, place: int, what: str) -> Iterator[Damage]:
        """What came last can't be gone on with."""
        self._buffer, self._passing = b"", 0
        yield Damage(place, what)

    def _one(self) -> Generator[ForeignRecord | Damage, None, bool]:
        """The record at the buffer's beginning; whether there was one (or damage to pass over)."""
        begin = _BEGIN.match(self._buffer)
        if begin is None:
            found = yield from self._resync()
            return found
        head = _HEAD_END.search(self._buffer, 0, _MAX_HEAD)
        if head is None:
            if len(self._buffer) < _MAX_HEAD:
                return False
            self._drop(1)
            return True
        headers = _fields(self._buffer[begin.end() : head.start()])
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            yield Damage(self._begin, "a record without a length")
            self._drop(1)
            return True
        size = int(length)
        if size > MAX_RECORD:
            yield Damage(self._begin, f"a record of {size:,} bytes, too long for a page")
            self._drop(head.end())
            self._passing = size
            return True
        if len(self._buffer) < head.end() + size:
            return False
        block = self._buffer[head.end() : head.end() + size]
        digest = headers.get("warc-block-digest", "")
        # wget writes the digest of the whole response over the head of which it makes a revisit.
        right = headers.get("warc-type") == "revisit" or _is_as_digested(block, digest)
        if not self._ends_at(head.end() + size) and not (digest and right):
            # A length that damage has changed would swallow the records behind it.
            yield Damage(self._begin, "a record whose length is wrong")
            self._drop(1)
            return True
        if right:
            yield ForeignRecord(self._begin, headers.get("warc-type", ""), headers, block)
        else:
            yield Damage(self._begin, "a record whose block is not the one its digest was made of")
        self._drop(head.end() + size)
        return True

    def _ends_at(self, end: int) -> bool:
        """Whether a record ends there: with two line breaks, or sloppily with the next or the file's end."""
        after = self._buffer[end : end + 9]
        rest = after.lstrip(b"\r\n")
        return after.startswith(b"\r\n\r\n") or not rest or b"WARC/".startswith(rest[:5])

    def _resync(self) -> Generator[Damage, None, bool]:
        found = _BEGIN.search(self._buffer)
        if found is not None:
            yield Damage(self._begin, f"{found.start():,} bytes that are no record")
            self._drop(found.start())
            return True
        if len(self._buffer) > 64:
            self._drop(len(self._buffer) - 64)
        return False

    def _drop(self, count: int) -> None:
        self._buffer = self._buffer[count:]
        self._begin += count


def _is_as_digested(block: bytes, labelled: str) -> bool:
    """Whether a block has its labelled digest (WARC 1.1 section 5.8); also when there is none, or of a kind
    that nobody here knows."""
    name, _, value = labelled.partition(":")
    algorithm = name.strip().lower().replace("-", "")
    if algorithm not in ("md5", "sha1", "sha256", "sha512"):
        return True
    made, told = hashlib.new(algorithm, block, usedforsecurity=False), value.strip()
    if len(told) == 2 * made.digest_size:
        return told.lower() == made.hexdigest()
    try:
        return base64.b32decode(told.upper() + "=" * (-len(told) % 8)) == made.digest()
    except (binascii.Error, ValueError):
        return False


def _fields(head: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    name = ""
    for line in head.decode("utf-8", "replace").splitlines():
        if line[:1] in (" ", "\t") and name:
            fields[name] += " " + line.strip()
            continue
        name, colon, value = line.partition(":")
        name = name.strip().lower()
        if colon:
            fields.setdefault(name, value.strip())
    return fields
