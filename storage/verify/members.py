"""Whether one WARC record is what the database says of it. Pure: bytes in, one line out."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from storage.http.message import entity, read_head
from storage.warc.records import Record, digest, parse_member


@dataclass(frozen=True, slots=True)
class Expected:
    """What the database says of a capture's record, or of the record of its request."""

    capture_id: int
    part: Literal["capture", "request"]
    offset: int
    length: int
    """Compressed, in bytes."""
    record_type: str
    record_id: str
    """The capture's, without angle brackets; a request names it."""
    captured_at: str
    block_digest: str
    payload_digest: str
    sha256: str
    """Of the entity, in hexadecimal."""
    size: int
    refers_to: str | None
    """Record id of a revisit's original."""

    @property
    def end(self) -> int:
        """Offset of the first byte behind it."""
        return self.offset + self.length


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a record."""

    damaged: bool
    """The record can't be read; else it can, and disagrees."""
    message: str


def check_member(data: bytes, expected: Expected) -> Problem | None:
    """What is wrong with the compressed record `data`; None when nothing is."""
    try:
        record = parse_member(data)
        differs = _request(record, expected) if expected.part == "request" else _capture(record, expected)
    except Exception as error:  # whatever a parser makes of damage, it is damage
        return Problem(True, " ".join(str(error).split()) or type(error).__name__)
    return None if differs is None else Problem(False, differs)


def _request(record: Record, expected: Expected) -> str | None:
    named = record.headers
    if record.type != "request":
        return f"it is of type {record.type or 'none'}, not request"
    if named.get("warc-concurrent-to") != f"<{expected.record_id}>":
        return "it is the request of another capture"
    if named.get("warc-block-digest") != digest(record.block):
        return "its block does not have its digest"
    return None


def _capture(record: Record, expected: Expected) -> str | None:
    wanted = {
        "warc-type": expected.record_type,
        "warc-record-id": f"<{expected.record_id}>",
        "warc-date": expected.captured_at,
        "warc-block-digest": expected.block_digest,
        "warc-payload-digest": expected.payload_digest,
    }
    if expected.refers_to is not None:
        wanted["warc-refers-to"] = f"<{expected.refers_to}>"
    for name, value in wanted.items():
        if record.headers.get(name) != value:
            return f"its {name} is {record.headers.get(name, 'missing')}, the database says {value}"
    if digest(record.block) != expected.block_digest:
        return "its block does not have its digest"
    return None if expected.record_type == "revisit" else _body(record, expected)


def _body(record: Record, expected: Expected) -> str | None:
    """A response's or resource's payload as it came, and the entity in it. A revisit has neither."""
    if record.type == "resource":
        payload = body = record.block
    else:
        head = read_head(record.block)
        payload = b"" if head is None else record.block[head.end :]
        body = b"" if head is None else entity(record.block, expected.size, head).body
    if digest(payload) != expected.payload_digest:
        return "its payload does not have its digest"
    if len(body) != expected.size or hashlib.sha256(body).hexdigest() != expected.sha256:
        return "its body is not the one that was read"
    return None
