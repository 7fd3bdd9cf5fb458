"""Gzip members in a stretch of a file that no capture names."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

SURPLUS_KINDS = frozenset({"warcinfo", "response", "request", "revisit", "resource", "metadata"})
"""Types of record that a run writes."""
_CHUNK = 1 << 20
_HEAD = 1 << 14
_FIELD = rb"WARC/1\.[01]\r\n(?:[^\r\n]+\r\n)*?%s: *([^\r\n]+)\r\n"
_TYPE = re.compile(_FIELD % b"WARC-Type", re.IGNORECASE)
_CONCURRENT = re.compile(_FIELD % b"WARC-Concurrent-To", re.IGNORECASE)

_MAGIC = b"\x1f\x8b\x08"


@dataclass(frozen=True, slots=True)
class Member:
    """A whole gzip member, its checksum right."""

    start: int
    end: int
    type: str | None
    """Its WARC-Type; None when it is no WARC record."""
    concurrent_to: str | None
    """Record id that it names, without angle brackets; None without."""


def members(path: Path, start: int, end: int) -> list[Member]:
    """The whole gzip members from `start` on, one behind the other, as far as they go before `end`.

    Memory does not grow with their size. Raises OSError when the file can't be read.
    """
    found: list[Member] = []
    with path.open("rb") as file:
        file.seek(start)
        at = begin = start
        unpacking, head = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
        while data := file.read(min(_CHUNK, end - at)):
            at += len(data)
            while data:
                try:
                    begun, data = _step(unpacking, data)
                except zlib.error:
                    return found
                head = (head + begun)[:_HEAD]
                if unpacking.eof:
                    named = _field(_TYPE, head), _field(_CONCURRENT, head)
                    found.append(Member(begin, at - len(data), *named))
                    begin = at - len(data)
                    unpacking, head = zlib.decompressobj(zlib.MAX_WBITS | 16), b""
    return found


def torn_from(path: Path, counted: int, length: int) -> int | None:
    """Where the record begins that a killed run never finished; None when the file does not end in one.

    `counted` bytes of the file's `length` are what the database counts. The whole file is read: damage in
    what counts, or anywhere before a whole record, is no torn end. Raises OSError.
    """
    seen = members(path, 0, length)
    behind = seen[-1].end if seen else 0
    if behind < counted or behind == length:
        return None
    with path.open("rb") as file:
        file.seek(behind)
        tail = file.read(length - behind)
    at = tail.find(_MAGIC, 1)
    while at >= 0:
        if members(path, behind + at, length):
            return None
        at = tail.find(_MAGIC, at + 1)
    return behind


def _step(unpacking: zlib._Decompress, data: bytes) -> tuple[bytes, bytes]:
    """Some of what `data` unpacks to, and the packed bytes that are left of it."""
    plain = unpacking.decompress(data, _CHUNK)
    return plain, unpacking.unused_data if unpacking.eof else unpacking.unconsumed_tail


def _field(pattern: re.Pattern[bytes], head: bytes) -> str | None:
    found = pattern.match(head)
    return None if found is None else found[1].decode("utf-8", "replace").strip(" \t<>")
