"""Files and folders that are there whole or not at all: made beside their place, synced, then put there."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from storage.lock import is_process


class TargetExists(Exception):
    """There is something of that name already. The message is one line."""


class WholeFile:
    """A file that takes its place when it is finished; a context manager. Left before that, nothing stays.

    What an earlier process left that was killed over the same file is cleared away.
    Raises `TargetExists` unless `replace`, on entering `OSError` when it can't be written.
    """

    def __init__(self, path: Path, *, replace: bool = False) -> None:
        self.path = _named(path)
        if self.path.is_dir() or (not replace and self.path.exists()):
            raise TargetExists(_exists(path, self.path.is_dir()))
        self._replace = replace
        # For who writes by name what can't be written through `file`.
        self.part = _beside(self.path, "part")
        self.file: BinaryIO

    def __enter__(self) -> Self:
        _clear_abandoned(self.path)
        try:
            self.file = self.part.open("xb")
        except FileExistsError:
            raise
        except BaseException:  # a signal, too, that came as the file was there
            self.part.unlink(missing_ok=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What is still buffered may not fit on the disk: that is no news when the file is given up.
        with contextlib.suppress(OSError):
            self.file.close()
        self.part.unlink(missing_ok=True)

    def finish(self) -> None:
        """Put the file in its place, for good: it outlasts a loss of power."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self._replace:
            self.part.replace(self.path)
        else:
            try:
                self.path.hardlink_to(self.part)  # unlike a rename this fails when somebody was faster
            except FileExistsError:
                raise TargetExists(_exists(self.path, False)) from None
        sync(self.path.parent)


class WholeFolder:
    """A folder that takes its place when it is finished; a context manager, as `WholeFile`.

    What stands there is replaced only with `replace`, and only when `is_ours` says that it may be.
    """

    def __init__(self, path: Path, *, replace: bool = False, is_ours: Callable[[Path], bool]) -> None:
        self.path = _named(path)
        if self.path.exists():
            if not replace:
                raise TargetExists(_exists(path, False))
            if not is_ours(self.path):
                raise TargetExists(f"{path} exists, and is no export that --force may replace")
        self._replace = replace
        self.folder = _beside(self.path, "part")

    def __enter__(self) -> Self:
        _clear_abandoned(self.path)
        try:
            self.folder.mkdir()
        except FileExistsError:
            raise
        except BaseException:  # a signal, too, that came as the folder was there
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self) -> None:
        """Put the folder with all that is in it in its place, for good."""
        for file in self.folder.iterdir():
            sync(file)
        sync(self.folder)
        old = _beside(self.path, "old")
        if self._replace and self.path.exists():
            self.path.rename(old)
        try:
            self.folder.rename(self.path)
        except OSError:
            if old.exists():
                old.rename(self.path)
            raise
        sync(self.path.parent)
        shutil.rmtree(old, ignore_errors=True)


def sync(path: Path) -> None:
    """Have a file or folder written to the disk. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _named(path: Path) -> Path:
    """The path with a name of its own (`.` has none), so that there is a "beside it"."""
    return Path(os.path.abspath(path))  # noqa: PTH100  # not resolved: a link is replaced, not what it leads to


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.{what}")


def _clear_abandoned(path: Path) -> None:
    """Remove what is left beside it of processes that are no more. What can't be removed stays."""
    ours = re.compile(rf"\.{re.escape(path.name)}\.([0-9]+)\.(part|old)")
    try:
        found = [(other, ours.fullmatch(other.name)) for other in path.parent.iterdir()]
    except OSError:  # that the folder can't be written to either is told when it is
        return
    for other, named in found:
        if named is None:
            continue
        pid, what = int(named[1]), named[2]
        # Our own number had another before us: in a container every process may be number 1.
        is_left = pid == os.getpid() or not is_process(pid)
        # Killed between taking the old folder away and putting the new one there: it is all there is.
        if is_left and (what == "part" or path.exists()):
            _remove(other)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with contextlib.suppress(OSError):
            path.unlink()


def _exists(path: Path, is_folder: bool) -> str:
    return f"{path} is a folder" if is_folder else f"{path} exists already; --force replaces it"
