"""The lock that makes a process the archive's one writer. It dies with its process."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from storage.errors import ArchiveBusy, ArchiveUnwritable

NOTE = ".lock.json"
"""Name of the note beside the lock that says who holds it."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that writes to an archive, as it said of itself."""

    pid: int
    host: str
    since: str
    """UTC."""
    command: str
    """Program and command, `msarchive crawl`, without arguments; empty where it is not known."""

    def __str__(self) -> str:
        command = f" ({self.command})" if self.command else ""
        return f"process {self.pid}{command} on {self.host} since {self.since}"


def holder(directory: Path) -> Holder | None:
    """Who writes to the archive in `directory`; None when nobody does.

    Looks at the note beside the lock rather than at the lock, which a look could take from a writer that is
    about to begin. On another host's word it is believed; on this host the process must be alive.
    """
    try:
        told = json.loads((directory / NOTE).read_text("utf-8"))
        found = Holder(
            int(told["pid"]), str(told["host"]), str(told["since"]), str(told.get("command") or "")
        )
        began = told.get("began")
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if found.host == socket.gethostname() and not _is_alive(found.pid, began):
        return None
    return found


class WriterLock:
    """An exclusive lock on an archive's folder.

    The lock itself is the operating system's, on `.lock`; `.lock.json` beside it only says who holds it, for
    the message to whoever comes second. A process that dies leaves both files, and neither stands in anyone's
    way.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._note = directory / NOTE
        self._lock = FileLock(directory / ".lock", is_singleton=False)

    def acquire(self) -> None:
        """Take the lock at once, or raise `ArchiveBusy` or `ArchiveUnwritable`."""
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            who = holder(self._directory) or "another process"
            raise ArchiveBusy(f"{self._directory} is being written to by {who}") from None
        except (OSError, NotImplementedError) as error:
            raise ArchiveUnwritable(f"can't write to {self._directory}: {_said(error)}") from None
        pid = os.getpid()
        since = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        myself = Holder(pid, socket.gethostname(), since, called_as())
        try:
            self._note.write_text(json.dumps({**asdict(myself), "began": _began(pid)}), "utf-8")
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
            with contextlib.suppress(OSError):  # one that stays names a process that is no more
                self._note.unlink(missing_ok=True)
            self._lock.release()


class SharedLock:
    """A lock on an archive's folder that several writers hold at once, and none together with a `WriterLock`.

    Of the same file, by the same call (flock(2)); which processes hold it is the database's to say.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._descriptor: int | None = None

    def acquire(self) -> None:
        """Take the lock at once, or raise `ArchiveBusy` or `ArchiveUnwritable`."""
        import fcntl  # which only some systems have

        try:
            descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise ArchiveUnwritable(f"can't write to {self._directory}: {_said(error)}") from None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            who = holder(self._directory) or "another process"
            raise ArchiveBusy(f"{self._directory} is being written to by {who}") from None
        except OSError as error:
            os.close(descriptor)
            raise ArchiveUnwritable(f"can't write to {self._directory}: {_said(error)}") from None
        self._descriptor = descriptor

    @property
    def is_held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def release(self) -> None:
        """Give the lock up; harmless when it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def is_process(pid: int) -> bool:
    """Whether there is a process of that number on this machine."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:  # it belongs to somebody else
        pass
    return True


def called_as() -> str:
    """What this process was called as, without arguments: they may name people and places."""
    called = Path(sys.argv[0]) if sys.argv else Path()
    name = called.parent.name if called.name == "__main__.py" else called.name
    given = next((argument for argument in sys.argv[1:] if not argument.startswith("-")), "")
    return f"{name} {given}".strip() if given.isidentifier() else name


def _is_alive(pid: int, began: object) -> bool:
    """Whether the process is there, and is the one that began then: numbers are given again."""
    if not is_process(pid):
        return False
    now = _began(pid)
    return began is None or now is None or now == began


def _began(pid: int) -> str | None:
    """When a process began, in the kernel's own count (proc(5), `starttime`) and boot; None where it can't be
    had."""
    try:
        ticks = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[19]
        return f"{Path('/proc/sys/kernel/random/boot_id').read_text('utf-8').strip()} {ticks}"
    except (OSError, IndexError, ValueError):
        return None


def _said(error: BaseException) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
