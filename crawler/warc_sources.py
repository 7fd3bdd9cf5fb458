"""Where WARC files lie: on a disk, or at an address that fsspec knows (`s3://…`, `https://…`, `memory://…`)."""

from __future__ import annotations

import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Protocol, cast
from urllib.parse import urlsplit

from crawler.exits import ExitCode, UserError
from crawler.foreign_warc import is_compressed

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_HERE = frozenset({"file", "local", "memory"})
"""Protocols of what only this machine, or this process, has."""
_HEAD = 8


@dataclass(frozen=True)
class Address:
    """The address of a file, as fsspec understands it."""

    url: str
    size: int | None = None
    """In bytes; None when nobody has asked yet."""

    def __str__(self) -> str:
        """The address without what could be a secret: a password, a signature."""
        parts = urlsplit(self.url)
        netloc = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{netloc}{parts.path}"

    @property
    def name(self) -> str:
        """The file's name."""
        return PurePosixPath(urlsplit(self.url).path).name or str(self)

    @property
    def is_here(self) -> bool:
        """Whether others than this process can't be expected to have it."""
        return urlsplit(self.url).scheme.lower() in _HERE

    def read(self, at: int, length: int) -> bytes:
        """A part of it. Raises `UserError` when it can't be had."""
        try:
            return self.part(at, length)
        except Exception as error:  # each protocol has its own
            raise _unread(self, error) from None

    def part(self, at: int, length: int) -> bytes:
        """As `read`. Raises whatever the protocol does; `ValueError` where a server sends all of it, which is
        not waited for."""
        files, path = _found(self)
        if not path.startswith("http"):
            data: bytes = files.cat_file(path, start=at, end=at + length)
            return data
        with files.open(path, "rb", cache_type="none", size=self.size) as file:
            file.seek(at)
            part: bytes = file.read(length)
            return part


def place(text: str) -> Path | Address:
    """What a person named: the address of a file, or a path."""
    return Address(text) if _ADDRESS.match(text) else Path(text)


def expanded(address: Address) -> list[Address]:
    """The files at an address: itself, or in their order those that a pattern (`*`) stands for.

    Raises `UserError` for an address that fsspec can't use, and for a pattern that stands for nothing.
    """
    if "*" not in address.url:
        return [address]
    files, path = _found(address)
    try:
        names = sorted(str(name) for name in files.glob(path))
    except Exception as error:
        raise _unread(address, error) from None
    if not names:
        raise UserError(f"{address}: no files there")
    return [Address(files.unstrip_protocol(name)) for name in names]


class Source(Protocol):
    """A WARC file."""

    @property
    def name(self) -> str:
        """The file's name."""

    @property
    def size(self) -> int:
        """In bytes."""

    @property
    def in_pieces(self) -> bool:
        """Whether it can be read piece by piece: it is compressed, and any part can be had."""

    @property
    def by_workers(self) -> Address | None:
        """Where workers fetch it from by themselves; None where what they are to read must be sent."""

    def read(self, at: int, length: int) -> bytes:
        """A part of it. Raises `UserError` or `OSError`."""

    def open(self) -> BinaryIO:
        """All of it, at its beginning. Raises as `read`."""


class DiskFile:
    """A WARC file on this machine's disks."""

    by_workers: Address | None = None

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path = path
        self.name = path.name if name is None else name

    @cached_property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size

    @cached_property
    def in_pieces(self) -> bool:
        """See `Source`."""
        return is_compressed(self.read(0, _HEAD))

    def read(self, at: int, length: int) -> bytes:
        """See `Source`."""
        with self.open() as file:
            file.seek(at)
            return file.read(length)

    def open(self) -> BinaryIO:
        """See `Source`."""
        try:
            return self.path.open("rb")
        except OSError as error:
            raise UserError(f"{self.path}: {error.strerror}") from None


class AddressedFile:
    """A WARC file at an address of which any part can be had."""

    def __init__(self, address: Address, size: int) -> None:
        self.address = address
        self.name = address.name
        self.size = size
        self.in_pieces = is_compressed(address.read(0, _HEAD))
        self.by_workers = None if address.is_here else address

    def read(self, at: int, length: int) -> bytes:
        """See `Source`."""
        return self.address.read(at, length)

    def open(self) -> BinaryIO:
        """See `Source`."""
        files, path = _found(self.address)
        try:
            return cast(BinaryIO, files.open(path, "rb"))
        except Exception as error:
            raise _unread(self.address, error) from None


def source_of(where: Path | Address, folder: Path) -> Source:
    """The file. Of an address whose server gives nothing but all of it a copy is made in `folder`.

    Raises `UserError` when there is none, or it is no WARC file.
    """
    if isinstance(where, Path):
        return DiskFile(where)
    files, path = _found(where)
    try:
        told = files.info(path)
        size = told.get("size")
        found = _copied(where, folder) if size is None else _in_parts(where, int(size), folder)
        begin = found.read(0, _HEAD)
    except UserError:
        raise
    except Exception as error:
        raise _unread(where, error) from None
    if begin.startswith(b"PK"):
        raise UserError(f"{where}: a ZIP or WACZ file; only WARC files are read from addresses: copy it here")
    if not begin.startswith((b"WARC/", b"\x1f\x8b\x08")):
        raise UserError(f"{where}: no WARC file")
    return found


def _in_parts(where: Address, size: int, folder: Path) -> Source:
    address = Address(where.url, size)
    try:
        address.part(1, _HEAD)
    except ValueError:
        return _copied(where, folder)
    return AddressedFile(address, size)


def _copied(address: Address, folder: Path) -> Source:
    files, path = _found(address)
    with tempfile.NamedTemporaryFile(dir=folder, delete=False) as copy, files.open(path, "rb") as file:
        shutil.copyfileobj(file, copy)
    return DiskFile(Path(copy.name), address.name)


def _found(address: Address) -> tuple[Any, str]:
    """The file system of an address, and the path in it."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        raise UserError(
            f"{address}: files at addresses need the extra: pip install 'msarchive[dask]'", ExitCode.USAGE
        ) from None
    try:
        files, path = url_to_fs(address.url)
    except (ValueError, ImportError) as error:  # no such protocol, or its library is not installed
        raise UserError(f"{address}: {_line(error)}", ExitCode.USAGE) from None
    return files, path


def _unread(address: Address, error: Exception) -> UserError:
    if isinstance(error, UserError):
        return error
    cause = error.__cause__
    if isinstance(cause, OSError):  # fsspec makes a file that is not there of a server that is not
        return UserError(f"{address} can't be read: {_line(cause)}", ExitCode.NO_CONNECTION)
    if isinstance(error, FileNotFoundError):
        return UserError(f"{address}: no such file")
    return UserError(f"{address} can't be read: {_line(error)}", ExitCode.NO_CONNECTION)


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
