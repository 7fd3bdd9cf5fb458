"""The WARC files that a run writes: appended to, synced, rotated by size, never overwritten."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from storage.warc.records import member, new_id

MAX_BYTES = 1_000_000_000
"""A file that has grown to this many bytes is finished (WARC 1.1 annex C recommends 1 GB)."""
_UNSAFE = re.compile(r"[^a-z0-9.-]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record is."""

    name: str
    """The file's name."""
    offset: int
    length: int


@dataclass(slots=True)
class WarcFile:
    """A file of this run."""

    name: str
    created_at: str
    size: int = 0
    """Bytes of whole records."""
    sha256: str | None = None
    """Of the finished file; None while it is written to."""


class WarcWriter:
    """Appends records to WARC files in one folder; begins a file with its first record.

    `label` goes into the files' names, `info` are the lines of their warcinfo (name, value). For one thread.
    Whatever it raises (`OSError`), the file ends after its last whole record.
    """

    def __init__(
        self, folder: Path, label: str, info: Iterable[tuple[str, str]], max_bytes: int = MAX_BYTES
    ) -> None:
        self._folder = folder
        self._label = _UNSAFE.sub("-", label.lower()).strip("-.") or "archive"
        self._info = tuple(info)
        self._max_bytes = max_bytes
        self._descriptor: int | None = None
        self._hash = hashlib.sha256()
        self._info_id = ""
        self._unsynced = False
        self._thread = ThreadPoolExecutor(1, "warc-sync")
        self._syncing: Future[None] | None = None
        self.files: list[WarcFile] = []
        """All files of this writer, the one that is written to last."""

    @property
    def info_id(self) -> str:
        """Record id of the present file's warcinfo. Begins a file when there is none."""
        if self._descriptor is None:
            self._begin()
        return self._info_id

    def append(self, data: bytes) -> Place:
        """Append a member; where it is. It is on disk only after `sync`."""
        if self._descriptor is None:
            self._begin()
        file = self.files[-1]
        place = Place(file.name, file.size, len(data))
        self._write(data)
        return place

    def begin_sync(self) -> None:
        """Have everything appended written to disk, in a thread: others can work meanwhile."""
        if self._unsynced and self._descriptor is not None and self._syncing is None:
            self._unsynced = False
            self._syncing = self._thread.submit(os.fdatasync, self._descriptor)

    def sync(self) -> None:
        """Wait until everything that was appended is on disk. Raises `OSError`."""
        self._wait_synced()
        if self._unsynced:  # by what was appended after `begin_sync`, if that was called at all
            self.begin_sync()
            self._wait_synced()

    def _wait_synced(self) -> None:
        if self._syncing is None:
            return
        syncing, self._syncing = self._syncing, None
        try:
            syncing.result()
        except BaseException:
            self._unsynced = True
            raise

    def rotate(self) -> None:
        """Finish the present file when it is full. Between the records of one capture it must not happen."""
        if self.files and self._descriptor is not None and self.files[-1].size >= self._max_bytes:
            self.finish()

    def finish(self) -> None:
        """Sync and close the present file; the next record begins another one."""
        if self._descriptor is None:
            return
        descriptor, self._descriptor = self._descriptor, None
        try:
            self._wait_synced()
            os.fsync(descriptor)
            self._unsynced = False
            self.files[-1].sha256 = self._hash.hexdigest()
        finally:
            os.close(descriptor)

    def _begin(self) -> None:
        self._folder.mkdir(exist_ok=True)
        now = datetime.now(UTC)
        stamp = now.strftime("%Y%m%d%H%M%S%f")[:-3]
        for serial in range(len(self.files) + 1, len(self.files) + 1000):
            name = f"{self._label}-{stamp}-{serial:05d}.warc.gz"
            try:
                descriptor = _new_file(self._folder / name)
                break
            except FileExistsError:
                continue
        else:
            raise FileExistsError(f"no free name for a WARC file in {self._folder}")
        self._descriptor = descriptor
        created = now.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self.files.append(WarcFile(name, created))
        self._hash = hashlib.sha256()
        self._info_id = new_id()
        block = "".join(f"{key}: {' '.join(value.split())}\r\n" for key, value in self._info).encode()
        fields = [
            ("WARC-Date", created),
            ("WARC-Filename", name),
            ("Content-Type", "application/warc-fields"),
        ]
        self._write(member("warcinfo", self._info_id, fields, block))

    def _write(self, data: bytes) -> None:
        assert self._descriptor is not None
        file = self.files[-1]
        self._unsynced = True
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(self._descriptor, view) :]
        except OSError:
            os.ftruncate(self._descriptor, file.size)
            raise
        self._hash.update(data)
        file.size += len(data)


def _new_file(path: Path) -> int:
    """Descriptor of a new file, whose name is on disk. Raises `OSError`, and then there is no file."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o644)
    try:
        _sync_folder(path.parent)
    except OSError:
        os.close(descriptor)
        with suppress(OSError):
            path.unlink()
        raise
    return descriptor


def _sync_folder(folder: Path) -> None:
    """Make a new file's name survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
