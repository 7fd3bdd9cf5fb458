"""Where everything lies that measuring makes, gigabytes of it: one folder for each run of the benchmarks."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

_PREFIX = "msarchive-bench-run-"
_LOCK = "measuring"
_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder below `TMPDIR` that is the folder for temporary files of this process and of those it starts.

    At the end it is gone with what is in it, also after Ctrl-C, SIGTERM and SIGHUP (which are `SystemExit`
    inside). A run that was killed leaves its folder behind; the next one removes that first.
    """
    before, environment = tempfile.tempdir, os.environ.get("TMPDIR")
    handlers = {number: signal.signal(number, _exit) for number in _SIGNALS}
    top = Path(tempfile.gettempdir())
    _remove_what_was_left(top)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=_PREFIX, dir=top, ignore_cleanup_errors=True) as name,
            (Path(name) / _LOCK).open("w") as lock,
        ):
            fcntl.flock(lock, fcntl.LOCK_EX)
            print(os.getpid(), file=lock, flush=True)  # only now it may be told from one that was left
            tempfile.tempdir = os.environ["TMPDIR"] = name
            yield Path(name)
    finally:
        tempfile.tempdir = before
        if environment is None:
            os.environ.pop("TMPDIR", None)
        else:
            os.environ["TMPDIR"] = environment
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _exit(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _remove_what_was_left(top: Path) -> None:
    """Remove the folders of runs that are no more; those of others' stay."""
    for folder in top.glob(f"{_PREFIX}*"):
        with suppress(OSError), (folder / _LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if lock.read():
                shutil.rmtree(folder, ignore_errors=True)
