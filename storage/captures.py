"""Captures: what came over the wire goes into WARC files, and the database says where.

A record is on disk, and synced, before the transaction that names it is committed: see `bring_to_disk`. A
body that an earlier capture has already is not written again: its record is a revisit (WARC 1.1 section 6.7).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from storage.db import Db, to_json
from storage.http.message import read_head
from storage.records import CaptureRecord
from storage.warc.files import MAX_BYTES, Place, WarcFile, WarcWriter
from storage.warc.records import (
    FILE_NAME,
    IDENTICAL,
    NOT_MODIFIED,
    REBUILT,
    RecordType,
    digest,
    member,
    new_id,
)

_COLUMNS = (
    "run_id, url_id, captured_at, origin, status, headers, kind, reason, media_type, etag, last_modified, "
    "sha256, size, record_type, record_id, warc_file_id, warc_offset, warc_length, request_offset, "
    "request_length, block_digest, payload_digest, refers_to_id, exact, file_name, truncated, ip_address, "
    "reader_version, profile_digest, card_list_id, reading_digest"
)
_INSERT = f"INSERT INTO capture ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMNS.split(',')))})"


@dataclass(frozen=True, slots=True)
class Original:
    """An earlier capture that a revisit refers to."""

    capture_id: int
    record_id: str
    url: str | None
    captured_at: str
    sha256: str
    size: int
    payload_digest: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A capture that is on disk, for its row in the database."""

    record_type: RecordType
    record_id: str
    place: Place
    request: Place | None
    block_digest: str
    payload_digest: str
    sha256: str
    """Of the entity, in hexadecimal."""
    size: int
    original: Original | None


class Captures:
    """Writes captures of one run. Inside the writer: `keep`, then `insert` within a transaction, and before
    that is committed `bring_to_disk`, for one capture or several."""

    def __init__(self, db: Db, folder: Path, max_bytes: int = MAX_BYTES) -> None:
        self._db = db
        self._folder = folder
        self._max_bytes = max_bytes
        self._warc: WarcWriter | None = None
        self._file_ids: dict[str, int] = {}
        self._grown: set[str] = set()
        """Names of files whose rows do not tell their size yet."""

    def begin(self, label: str, info: Mapping[str, str]) -> None:
        """Begin writing for a run; `info` is what the files' warcinfo says."""
        self._warc = WarcWriter(self._folder, label, tuple(info.items()), self._max_bytes)

    def end(self, run: int) -> None:
        """Finish the run's files, and write their sizes and digests. Raises `OSError`."""
        if self._warc is None:
            return
        self._warc.finish()
        with self._db.transaction():
            for file in self._warc.files:
                self._file_id(file.name, run)
                self._grown.add(file.name)
            self._note_sizes()
        self._warc = None
        self._file_ids.clear()

    def forget(self) -> None:
        """Remember nothing of what a transaction wrote that was rolled back."""
        self._file_ids.clear()

    def keep(self, capture: CaptureRecord, original: Original | None, *, last: bool = True) -> Kept:
        """Write a capture's records; after the last one of a transaction begin to bring them all to disk.

        `original` is what a 304 answer vouches for; None for any other answer.
        """
        assert self._warc is not None, "no run is under way"
        self._warc.rotate()
        kept = self._resource(capture) if capture.exchange is None else self._exchange(capture, original)
        if last:
            self._warc.begin_sync()
        return kept

    def bring_to_disk(self) -> None:
        """Wait until all that `keep` wrote is on disk, and write how large its files have become: before the
        transaction that names it is committed, and within it. Raises `OSError`."""
        if self._warc is not None:
            self._note_sizes()
            self._warc.sync()

    def insert(
        self, capture: CaptureRecord, kept: Kept, run: int, url_id: int | None, list_id: int | None,
        reading_digest: str | None,
    ) -> int:  # fmt: skip
        """Write the capture's row; its id."""
        original, request = kept.original, kept.request
        self._grown.add(kept.place.name)
        return self._db.insert(
            _INSERT,
            run, url_id, capture.captured_at, capture.origin, capture.status, to_json(capture.headers),
            capture.kind, capture.reason, capture.media_type, capture.etag, capture.last_modified,
            kept.sha256, kept.size, kept.record_type, kept.record_id, self._file_id(kept.place.name, run),
            kept.place.offset, kept.place.length, request and request.offset, request and request.length,
            kept.block_digest, kept.payload_digest, original and original.capture_id,
            int(capture.exchange is None or capture.exchange.rebuilt is None), capture.file_name,
            capture.truncated, capture.ip_address, capture.reader_version, capture.profile_digest, list_id,
            reading_digest,
        )  # fmt: skip

    def has(
        self, url: str | None, at: str, file_name: str | None, status: int | None, sha256: str | None
    ) -> bool:
        """Whether the archive has what an address answered (None: a file was) at `at` already.

        `sha256` is the entity's; None where that does not tell (a 304 has none of its own).
        """
        if url is None:
            sql = "c.url_id IS NULL AND c.file_name IS ?"
        else:
            sql = "c.url_id = (SELECT id FROM url WHERE url = ?)"
        return bool(
            self._db.value(
                f"SELECT EXISTS (SELECT 1 FROM capture c WHERE {sql} "
                "AND c.captured_at = ? AND c.status IS ? AND c.sha256 = coalesce(?, c.sha256))",
                file_name if url is None else url, at, status, sha256,
            )
        )  # fmt: skip

    def find(self, record_id: str | None, url: str | None, at: str | None) -> int | None:
        """The capture of that record id, or else of that address at that time; None when there is none."""
        found: int | None = self._db.value("SELECT id FROM capture WHERE record_id = ?", record_id)
        if found is None and url is not None and at is not None:
            found = self._db.value(
                "SELECT c.id FROM capture c JOIN url u ON u.id = c.url_id "
                "WHERE u.url = ? AND c.captured_at = ?",
                url, at,
            )  # fmt: skip
        return found

    def last_of(self, url: str, at: str) -> Original | None:
        """The last whole capture of an address by `at` with a body to vouch for; None when there is none."""
        return self._original(
            "JOIN url u ON u.id = c.url_id LEFT JOIN capture o ON o.id = c.refers_to_id WHERE u.url = ? "
            "AND c.kind <> 'error' AND c.truncated IS NULL AND c.status BETWEEN 200 AND 399 "
            "AND c.captured_at <= ? ORDER BY c.captured_at DESC, c.id DESC",
            url, at,
        )  # fmt: skip

    def _seen_before(self, kind: str, payload_digest: str, sha256: str) -> Original | None:
        # The same bytes under another coding would be another entity.
        return self._original(
            "LEFT JOIN url u ON u.id = c.url_id LEFT JOIN capture o ON o.id = c.refers_to_id "
            "WHERE c.payload_digest = ? AND c.sha256 = ? AND c.record_type <> 'revisit' "
            "AND c.record_type = ? AND c.truncated IS NULL ORDER BY c.id",
            payload_digest, sha256, kind,
        )  # fmt: skip

    def _original(self, joined: str, *values: str) -> Original | None:
        row = self._db.one(
            "SELECT coalesce(o.id, c.id), coalesce(o.record_id, c.record_id), "
            "coalesce((SELECT url FROM url WHERE id = o.url_id), u.url), "
            "coalesce(o.captured_at, c.captured_at), c.sha256, c.size, coalesce(o.payload_digest, "
            f"c.payload_digest) FROM capture c {joined} LIMIT 1",
            *values,
        )
        return None if row is None else Original(*row)

    def _file_id(self, name: str, run: int) -> int:
        """The id of a file's row, made when there is none."""
        known = self._file_ids.get(name) or self._db.value("SELECT id FROM warc_file WHERE name = ?", name)
        if known is None:
            known = self._db.insert(
                "INSERT INTO warc_file (name, run_id, created_at, size) VALUES (?, ?, ?, 0)",
                name, run, self._file(name).created_at,
            )  # fmt: skip
        self._file_ids[name] = known
        return int(known)

    def _note_sizes(self) -> None:
        for name in sorted(self._grown):
            file = self._file(name)
            self._db.run(
                "UPDATE warc_file SET size = ?, sha256 = ? WHERE name = ?", file.size, file.sha256, name
            )
        self._grown.clear()

    def _file(self, name: str) -> WarcFile:
        assert self._warc is not None
        return next(file for file in self._warc.files if file.name == name)

    def _resource(self, capture: CaptureRecord) -> Kept:
        """An imported file as it was, or a page as a browser rendered it (WARC 1.1 section 6.4)."""
        name = quote(capture.file_name or "file", safe="")
        target = capture.url or f"file:///{name}"
        named = [(FILE_NAME, name)] if capture.origin == "import" else []
        fields = [
            ("WARC-Date", capture.captured_at),
            ("WARC-Target-URI", target),
            ("Content-Type", capture.media_type or "application/octet-stream"),
            ("WARC-Payload-Digest", digest(capture.body)),
            *named,
            *_truncated(capture),
        ]
        record_id = self._own_or_new(capture.record_id)
        sha256, whole = hashlib.sha256(capture.body).hexdigest(), digest(capture.body)
        original = self._seen_before("resource", whole, sha256) if capture.body else None
        kind: RecordType = "resource" if original is None else "revisit"
        block = capture.body if original is None else b""
        if original is not None:
            fields += _revisit(IDENTICAL, original)
        place = self._append(kind, record_id, fields, block)
        return Kept(kind, record_id, place, None, digest(block), whole, sha256, len(capture.body), original)

    def _exchange(self, capture: CaptureRecord, original: Original | None) -> Kept:
        """A request and its answer, the answer as a revisit where its body is known."""
        exchange = capture.exchange
        assert exchange is not None
        response = exchange.response
        parsed = read_head(response)
        head = len(response) if parsed is None else parsed.end
        payload = digest(response[head:])
        sha256 = _sha256(capture.body, response[head:], payload)
        profile: list[tuple[str, str]] = []
        if original is not None:
            profile = _revisit(NOT_MODIFIED, original)
        elif capture.truncated is None and len(response) > head:
            original = self._seen_before("response", payload, sha256)
            if original is not None:
                profile, response = _revisit(IDENTICAL, original), response[:head]
        not_modified = capture.unchanged and original is not None
        kind: RecordType = "response" if original is None else "revisit"
        record_id = self._own_or_new(exchange.record_id)
        common = [("WARC-Date", capture.captured_at), ("WARC-Target-URI", exchange.url)]
        if capture.ip_address:
            common.append(("WARC-IP-Address", capture.ip_address))
        if not_modified:
            assert original is not None
            # A head of its own would make replay answer 304 to readers who have nothing to compare with.
            payload, response = original.payload_digest, b""
        fields = [
            *common,
            ("Content-Type", "application/http;msgtype=response"),
            ("WARC-Payload-Digest", payload),
            *profile,
            *_truncated(capture),
            *([(REBUILT, exchange.rebuilt)] if exchange.rebuilt else []),
        ]
        packed = exchange.packed if original is None else None
        block_digest = digest(response)
        place = self._append(kind, record_id, fields, response, packed, block_digest)
        if not_modified:
            self._append_message(record_id, capture.captured_at, exchange.response)
        asked = None
        if exchange.request:
            asked = self._append(
                "request",
                new_id(),
                [
                    *common,
                    ("Content-Type", "application/http;msgtype=request"),
                    ("WARC-Concurrent-To", f"<{record_id}>"),
                ],
                exchange.request,
            )
        same = original if not_modified else None
        return Kept(
            kind, record_id, place, asked, block_digest, payload,
            same.sha256 if same else sha256,
            same.size if same else len(capture.body), original,
        )  # fmt: skip

    def _append_message(self, record_id: str, at: str, message: bytes) -> None:
        """Write the message that a revisit without a block stands for, beside it.

        As metadata about that record (WARC 1.1 section 6.5), so that no index takes it for a page.
        """
        fields = [
            ("WARC-Date", at),
            ("WARC-Target-URI", record_id),
            ("Content-Type", "application/http;msgtype=response"),
            ("WARC-Concurrent-To", f"<{record_id}>"),
        ]
        self._append("metadata", new_id(), fields, message)

    def _append(
        self,
        kind: RecordType,
        record_id: str,
        fields: list[tuple[str, str]],
        block: bytes,
        packed: bytes | None = None,
        block_digest: str | None = None,
    ) -> Place:
        assert self._warc is not None
        info = ("WARC-Warcinfo-ID", f"<{self._warc.info_id}>")
        return self._warc.append(member(kind, record_id, [*fields, info], block, packed, block_digest))

    def _own_or_new(self, record_id: str | None) -> str:
        """The id that an imported record had, unless the archive has it already."""
        taken = "SELECT EXISTS (SELECT 1 FROM capture WHERE record_id = ?)"
        if record_id is None or self._db.value(taken, record_id):
            return new_id()
        return record_id


def _sha256(body: bytes, payload: bytes, payload_digest: str) -> str:
    """SHA-256 of an entity, in hexadecimal; that of the payload where that is the entity."""
    if body == payload:
        return payload_digest.removeprefix("sha256:")
    return hashlib.sha256(body).hexdigest()


def _revisit(profile: str, original: Original) -> list[tuple[str, str]]:
    named = [("WARC-Profile", profile), ("WARC-Refers-To", f"<{original.record_id}>")]
    if original.url is not None:
        named.append(("WARC-Refers-To-Target-URI", original.url))
    return [*named, ("WARC-Refers-To-Date", original.captured_at)]


def _truncated(capture: CaptureRecord) -> list[tuple[str, str]]:
    return [("WARC-Truncated", capture.truncated)] if capture.truncated else []
