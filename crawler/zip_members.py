"""Members of a ZIP file as they lie there, its checksums left aside: damage in one spot costs only that spot.

Python's reader gives a damaged member up whole; the records in a WARC file have checksums of their own.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import BinaryIO, cast

_LOCAL_HEADER = 30
"""Length of a member's local header without name and extra field (APPNOTE.TXT section 4.3.7)."""


def open_member(path: Path, package: zipfile.ZipFile, name: str) -> BinaryIO:
    """A member to read from. Raises `KeyError` when there is none, `OSError`, `zipfile.BadZipFile`."""
    info = package.getinfo(name)
    if info.compress_type != zipfile.ZIP_STORED:
        return cast(BinaryIO, package.open(info))
    file = path.open("rb")
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER)
    lengths = header[26:28], header[28:30]
    start = info.header_offset + _LOCAL_HEADER + sum(int.from_bytes(one, "little") for one in lengths)
    return cast(BinaryIO, io.BufferedReader(_Part(file, start, info.file_size)))


class _Part(io.RawIOBase):
    """`size` bytes of a file from `start` on."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]  # as io calls it
        self._file.seek(self._start + self._at)
        data = self._file.read(max(0, min(len(buffer), self._size - self._at)))
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()
