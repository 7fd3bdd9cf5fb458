"""The entity of a capture: found in its WARC record, chunk framing and content coding undone."""

from __future__ import annotations

from types import TracebackType
from typing import BinaryIO, Self

from sqlalchemy import Connection

from storage.archive import Archive
from storage.db import Db
from storage.http.message import read_head
from storage.packed_body import PackedBody
from storage.warc import FOLDER
from storage.warc.records import Record, RecordDamaged, parse_first_member, parse_member

_MOST_HEAD = 1 << 20
"""No compressed record of a bare head is longer."""


class BodyReader:
    """Reads captures of an archive that is open; a context manager. For one thread or process.

    Files are kept open from one record to the next.
    """

    def __init__(self, archive: Archive, connection: Connection) -> None:
        self._folder = archive.directory / FOLDER
        self._db = Db(connection)
        self._files: dict[str, BinaryIO] = {}

    def read(self, capture_id: int) -> bytes:
        """The entity, byte for byte as it was read; of a revisit that of the capture it refers to.

        Raises `KeyError` when there is no such capture, `RecordDamaged` when its record is not what the
        database says, `OSError` when the file can't be read.
        """
        return self.packed(capture_id).unpacked()

    def packed(self, capture_id: int) -> PackedBody:
        """The same, still to be unpacked. Raises as `read` does, but looks into no record."""
        own = self._row(capture_id)
        where = own if own[6] is None else self._row(own[6])
        member = self._bytes_at(where[3], where[4], where[5])
        return PackedBody(capture_id, own[0], own[1], own[2], where[0], member)

    def record(self, capture_id: int) -> Record:
        """The capture's own WARC record. Raises as `read` does."""
        row = self._row(capture_id)
        return self._at(row[3], row[4], row[5])

    def member(self, capture_id: int) -> bytes:
        """The capture's own WARC record as it lies in its file, compressed. Raises as `read` does."""
        row = self._row(capture_id)
        return self._bytes_at(row[3], row[4], row[5])

    def response(self, capture_id: int) -> bytes:
        """The capture's whole response, a revisit's body back behind its own head. Raises as `read` does."""
        row, own = self._row(capture_id), self.record(capture_id)
        original = row[6]
        if original is None:
            return own.block
        if not own.block:  # a 304: its message is the next record
            return self._at(row[3], row[4] + row[5], None).block
        message = self.record(original).block
        here, there = read_head(own.block), read_head(message)
        if here is None or there is None:
            return own.block
        return own.block[: here.end] + message[there.end :]

    def close(self) -> None:
        """Close the files."""
        for file in self._files.values():
            file.close()
        self._files.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _row(self, capture_id: int) -> tuple[str, int, str, str, int, int, int | None]:
        row = self._db.one(
            "SELECT c.record_type, c.size, c.sha256, f.name, c.warc_offset, c.warc_length, c.refers_to_id "
            "FROM capture c JOIN warc_file f ON f.id = c.warc_file_id WHERE c.id = ?",
            capture_id,
        )
        if row is None:
            raise KeyError(capture_id)
        kind, size, sha256, name, offset, length, original = row
        return kind, size, sha256, name, offset, length, original

    def _at(self, name: str, offset: int, length: int | None) -> Record:
        if length is None:
            return parse_first_member(self._file(name, offset).read(_MOST_HEAD))
        return parse_member(self._bytes_at(name, offset, length))

    def _bytes_at(self, name: str, offset: int, length: int) -> bytes:
        data = self._file(name, offset).read(length)
        if len(data) < length:
            raise RecordDamaged(f"{name} ends before the record at {offset} does")
        return data

    def _file(self, name: str, offset: int) -> BinaryIO:
        """The file, at that offset."""
        file = self._files.get(name)
        if file is None:
            file = self._files[name] = (self._folder / name).open("rb")
        file.seek(offset)
        return file
