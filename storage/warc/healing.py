"""After a run that was killed: the ends of its WARC files.

Its last file may end in a record that was never finished. That torn end is cut off, so that every tool can
read the file; whole records that no capture names (killed between the record and the transaction) stay.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

from storage.db import Db

_CHUNK = 1 << 20


def heal(db: Db, folder: Path) -> list[tuple[str, int]]:
    """Cut off torn ends and finish the files; name and number of bytes cut of each that had one.

    For the one writer, while no run is under way. A file that is shorter than what counts of it is damaged
    and left as it is, for `verify` to tell. Raises `OSError`.
    """
    cut = []
    known: dict[str, int] = dict(db.all("SELECT name, size FROM warc_file WHERE sha256 IS NULL"))
    for name, size in known.items():
        path = folder / name
        length = path.stat().st_size if path.is_file() else -1
        if length < size:
            continue
        whole = size + whole_members(path, size)
        if whole < length:
            cut_off(path, whole)
            cut.append((name, length - whole))
        with db.transaction():
            db.run("UPDATE warc_file SET size = ?, sha256 = ? WHERE name = ?", whole, file_sha256(path), name)
    return cut


def whole_members(path: Path, offset: int) -> int:
    """How many bytes from `offset` on are whole gzip members."""
    with path.open("rb") as file:
        file.seek(offset)
        whole = 0
        unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
        read = 0
        while data := file.read(_CHUNK):
            read += len(data)
            while data:
                try:
                    unpacking.decompress(data)
                except zlib.error:
                    return whole
                if not unpacking.eof:
                    break
                data = unpacking.unused_data
                whole = read - len(data)
                unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    return whole


def cut_off(path: Path, length: int) -> None:
    """Make a file `length` bytes long, on disk."""
    with path.open("r+b") as file:
        file.truncate(length)
        file.flush()
        os.fsync(file.fileno())


def file_sha256(path: Path) -> str:
    """SHA-256 (hex) of a whole file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
