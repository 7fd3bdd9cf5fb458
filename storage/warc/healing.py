"""After a run that was killed: the ends of its WARC files.

Its last file may end in a record that was never finished. That torn end is cut off, so that every tool can
read the file; whole records that no capture names (killed between the record and the transaction) stay. A
file that was begun, and whose run was killed before a transaction named it, gets its name then.
"""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Collection
from pathlib import Path

from storage.db import Db

_CHUNK = 1 << 20
_HEAD = 1 << 14
_OURS = re.compile(
    rb"WARC/1\.1\r\nWARC-Type: warcinfo\r\n.*?WARC-Date: (?P<date>[^\r\n]+)\r\n.*?WARC-Filename: "
    rb"(?P<name>[^\r\n]+)\r\n.*?software: msarchive/.*?, run (?P<run>\d+) of the archive\r\n",
    re.DOTALL,
)
"""The first record of a file that a run of this program began."""
_BEGINNING = b"WARC/1.1\r\nWARC-Type: warcinfo\r\n"


def heal(db: Db, folder: Path, *, spare: Collection[int] = ()) -> list[tuple[str, int]]:
    """Cut off torn ends and finish the files; name and number of bytes cut of each that had one.

    For the one writer, while no run is under way but those in `spare`, whose files are left alone. A file
    that is shorter than what counts of it is damaged and left as it is, for `verify` to tell. Raises
    `OSError`.
    """
    _name_strays(db, folder, spare)
    cut = []
    for name, size, run in db.all("SELECT name, size, run_id FROM warc_file WHERE sha256 IS NULL"):
        if run in spare:
            continue
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


def _name_strays(db: Db, folder: Path, spare: Collection[int]) -> None:
    """Give a row to each file that a run of this archive began and never named; remove one without a whole
    record, in which nothing of the site's can be. Any other file is none of ours and stays as it is."""
    known = set(db.column("SELECT name FROM warc_file"))
    for path in sorted(folder.glob("*.warc.gz")) if folder.is_dir() else ():
        if path.name in known or not path.is_file():
            continue
        head, whole = _first_member(path)
        if not whole:
            # Of a run that is spared somebody may have begun it just now.
            if (
                not spare
                and head is not None
                and (head.startswith(_BEGINNING) or _BEGINNING.startswith(head))
            ):
                path.unlink()
            continue
        ours = _OURS.match(head or b"")
        if ours is None or ours["name"].decode("utf-8", "replace") != path.name:
            continue
        run = int(ours["run"])
        if run in spare:
            continue
        if db.value("SELECT EXISTS (SELECT 1 FROM run WHERE id = ? AND ended_at IS NULL)", run):
            with db.transaction():
                db.run(
                    "INSERT INTO warc_file (name, run_id, created_at, size) VALUES (?, ?, ?, 0)",
                    path.name, run, ours["date"].decode(),
                )  # fmt: skip


def _first_member(path: Path) -> tuple[bytes | None, bool]:
    """The beginning of what a file's first gzip member holds (None: it is none), and whether it is whole."""
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    with path.open("rb") as file:
        data = file.read(_CHUNK)
    try:
        head = unpacking.decompress(data, _HEAD)
    except zlib.error:
        return None, False
    # Longer than a warcinfo ever is: whatever it is, it is not one that was cut off.
    return head, unpacking.eof or len(head) >= _HEAD


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
