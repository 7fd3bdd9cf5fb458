"""Entities of captures: content-addressed, compressed. The only place that knows how they are kept."""

from __future__ import annotations

import hashlib
import zlib

from sqlalchemy import Connection

from storage.db import Db

# Level 1 takes a third of level 6's time for a tenth more space, and every new page waits for it.
_LEVEL = 1
_TOO_SMALL = 128
"""Below this many bytes compressing gains nothing."""


def save_body(db: Db, body: bytes) -> tuple[int, str]:
    """The id of the row that holds `body`, made when there is none yet, and its SHA-256 (hex)."""
    digest = hashlib.sha256(body).hexdigest()
    known = db.value("SELECT id FROM body WHERE sha256 = ?", digest)
    if known is not None:
        return int(known), digest
    encoding, content = "identity", body
    if len(body) >= _TOO_SMALL:
        packed = zlib.compress(body, _LEVEL)
        if len(packed) < len(body):
            encoding, content = "zlib", packed
    body_id = db.insert(
        "INSERT INTO body (sha256, size, encoding, content) VALUES (?, ?, ?, ?)",
        digest,
        len(body),
        encoding,
        content,
    )
    return body_id, digest


def read_body(connection: Connection, capture_id: int) -> bytes:
    """The entity of a capture, byte for byte. Raises `KeyError` when there is no such capture."""
    row = connection.exec_driver_sql(
        "SELECT b.encoding, b.content FROM capture c JOIN body b ON b.id = c.body_id WHERE c.id = ?",
        (capture_id,),
    ).first()
    if row is None:
        raise KeyError(capture_id)
    encoding, content = row
    return zlib.decompress(content) if encoding == "zlib" else bytes(content)
