"""A capture's body as its WARC file has it: for whoever unpacks it elsewhere, without the archive."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from storage.http.message import entity
from storage.warc.records import RecordDamaged, parse_member


@dataclass(frozen=True, slots=True)
class PackedBody:
    """The record that holds a capture's body, and what its body has to be."""

    capture_id: int
    kind: str
    """Type of the capture's own record."""
    size: int
    """Of the entity, in bytes."""
    sha256: str
    """Of the entity (hex)."""
    holder: str
    """Type of the record that holds the body: for a revisit that of the one it refers to."""
    member: bytes
    """That record as it lies in its file, compressed."""

    def unpacked(self) -> bytes:
        """The entity, byte for byte as it was read. Raises `RecordDamaged` when it is another."""
        record = parse_member(self.member)
        body = record.block if self.holder == "resource" else entity(record.block, self.size).body
        if len(body) != self.size or hashlib.sha256(body).hexdigest() != self.sha256:
            raise RecordDamaged(
                f"capture {self.capture_id} ({self.kind}): its body is not the one that was read"
            )
        return body
