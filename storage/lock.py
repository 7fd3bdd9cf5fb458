"""The lock that makes a process the archive's one writer. It dies with its process."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from storage.errors import ArchiveBusy, ArchiveUnwritable


class WriterLock:
    """An exclusive lock on an archive's folder.

    The lock itself is the operating system's, on `.lock`; `.lock.json` beside it only says who holds it, for
    the message to whoever comes second. A process that dies leaves both files, and neither stands in anyone's
    way.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._holder = directory / ".lock.json"
        self._lock = FileLock(directory / ".lock", is_singleton=False)

    def acquire(self) -> None:
        """Take the lock at once, or raise `ArchiveBusy` or `ArchiveUnwritable`."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            raise ArchiveBusy(f"{self._directory} is being written to by {self._who()}") from None
        except (OSError, NotImplementedError) as error:
            raise ArchiveUnwritable(f"can't write to {self._directory}: {_said(error)}") from None
        holder = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "since": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        }
        try:
            self._holder.write_text(json.dumps(holder), "utf-8")
        except OSError as error:
            self._lock.release()
            raise ArchiveUnwritable(f"can't write to {self._directory}: {_said(error)}") from None

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return bool(self._lock.is_locked)

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._lock.is_locked:
            self._holder.unlink(missing_ok=True)
            self._lock.release()

    def _who(self) -> str:
        try:
            holder = json.loads(self._holder.read_text("utf-8"))
            return f"process {int(holder['pid'])} on {holder['host']} since {holder['since']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "another process"


def _said(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
