"""The step that moved bodies out of the database: each capture's into a WARC file, nothing lost.

Archives of that time had kept the headers as a library gave them and the entity with its codings undone, not
the message as it came. The records say so (`Msarchive-Rebuilt`), and `capture.exact` is 0.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection

from storage.warc import FOLDER
from storage.warc.files import WarcWriter
from storage.warc.records import FILE_NAME, IDENTICAL, REBUILT, RecordType, digest, member, new_id

_LABEL = "moved"
_WHY = "from an archive that had kept the headers and the decoded body"
_CODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})

_MOVED = """
CREATE TEMP TABLE moved (capture_id INTEGER PRIMARY KEY, record_type TEXT, record_id TEXT, file TEXT,
    warc_offset INTEGER, warc_length INTEGER, block_digest TEXT, payload_digest TEXT, refers_to_id INTEGER,
    sha256 TEXT, size INTEGER, exact INTEGER)
"""
_CAPTURES = """
SELECT c.id, c.captured_at, c.status, c.headers, c.media_type, c.file_name, c.ip_address, c.truncated, u.url,
       b.id, b.sha256, b.size, b.encoding, b.content
FROM capture c JOIN body b ON b.id = c.body_id LEFT JOIN url u ON u.id = c.url_id ORDER BY c.id
"""


@dataclass(frozen=True, slots=True)
class _Original:
    capture_id: int
    record_id: str
    url: str
    captured_at: str


def move_bodies(connection: Connection) -> None:
    """Write a record for every capture, and what is to be known of each into the temporary table `moved`.

    Everything is on disk when this returns. What a killed attempt has left behind is removed first. Raises
    `OSError`.
    """
    connection.exec_driver_sql(_MOVED)
    folder = _folder(connection)
    if folder is None or not connection.exec_driver_sql("SELECT count(*) FROM capture").scalar():
        return
    for leftover in folder.glob(f"{_LABEL}-*.warc.gz"):
        leftover.unlink()
    writer = WarcWriter(
        folder, _LABEL, [("software", "msarchive"), ("format", "WARC File Format 1.1"), ("description", _WHY)]
    )
    connection.exec_driver_sql(
        f"INSERT INTO moved VALUES ({', '.join('?' * 12)})", list(_rows(connection, writer))
    )
    writer.finish()
    run = connection.exec_driver_sql("SELECT min(id) FROM run").scalar()
    for file in writer.files:
        connection.exec_driver_sql(
            "INSERT INTO warc_file (name, run_id, created_at, size, sha256) VALUES (?, ?, ?, ?, ?)",
            (file.name, run, file.created_at, file.size, file.sha256),
        )


def _folder(connection: Connection) -> Path | None:
    """The captures' folder beside the database; None for one in memory."""
    path = connection.exec_driver_sql("PRAGMA database_list").all()[0][2]
    return Path(path).parent / FOLDER if path else None


def _rows(connection: Connection, writer: WarcWriter) -> Iterator[tuple[object, ...]]:
    originals: dict[int, _Original] = {}
    for row in connection.exec_driver_sql(_CAPTURES):
        (
            capture,
            at,
            status,
            headers,
            media_type,
            name,
            ip,
            cut,
            url,
            body_id,
            sha256,
            size,
            encoding,
            content,
        ) = row
        writer.rotate()
        body = zlib.decompress(content) if encoding == "zlib" else bytes(content)
        quoted = quote(name or "file", safe="")
        target = url or f"file:///{quoted}"
        fields = [("WARC-Date", at), ("WARC-Target-URI", target), ("WARC-Payload-Digest", digest(body))]
        original = originals.get(body_id) if body and status is not None and cut is None else None
        kind: RecordType = "resource" if status is None else "response"
        block = body
        if status is None:
            fields += [("Content-Type", media_type or "application/octet-stream"), (FILE_NAME, quoted)]
        else:
            head = _head(status, json.loads(headers), len(body))
            block = head if original else head + body
            fields += [("Content-Type", "application/http;msgtype=response"), (REBUILT, _WHY)]
        if original is not None:
            kind = "revisit"
            fields += [
                ("WARC-Profile", IDENTICAL),
                ("WARC-Refers-To", f"<{original.record_id}>"),
                ("WARC-Refers-To-Target-URI", original.url),
                ("WARC-Refers-To-Date", original.captured_at),
            ]
        if ip:
            fields.append(("WARC-IP-Address", ip))
        if cut:
            fields.append(("WARC-Truncated", cut))
        record_id = new_id()
        info = ("WARC-Warcinfo-ID", f"<{writer.info_id}>")
        place = writer.append(member(kind, record_id, [*fields, info], block))
        if kind == "response" and cut is None:
            originals[body_id] = _Original(capture, record_id, target, at)
        yield (
            capture, kind, record_id, place.name, place.offset, place.length, digest(block), digest(body),
            original and original.capture_id, sha256, size, int(status is None),
        )  # fmt: skip


def _head(status: int, headers: list[list[str]], length: int) -> bytes:
    """A head for a body whose codings are undone."""
    reason = HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else ""
    lines = [f"HTTP/1.1 {status} {reason}"]
    lines += [f"{name}: {value}" for name, value in headers if name.lower() not in _CODED]
    lines.append(f"Content-Length: {length}")
    text = "\r\n".join(" ".join(line.splitlines()) for line in lines)
    return text.encode("latin-1", "replace") + b"\r\n\r\n"
