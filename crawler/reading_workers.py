"""The processes that read captures side by side."""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Self

from crawler import logs
from crawler.collecting import YOUNG_OBJECTS
from crawler.pool import Result, Source
from crawler.reading_again import Again, Wanted

FEW = 100
"""So many captures are read sooner in one's own process."""
_ALL = 1 << 62


class Workers:
    """As many processes as there are cores (or as said), which end with it: a `Pool`, and a context manager.

    They are forked when `start` is called while this process has one thread: what is imported is there then,
    which else takes each of them the better part of a second. The caller has nothing open then that must not
    be shared. Otherwise they are spawned when they are first needed.
    """

    def __init__(self, number: int | None = None) -> None:
        self.number = number or cores()
        self.few = FEW if self.number > 1 else _ALL
        self._pool: ProcessPoolExecutor | None = None

    @property
    def ahead(self) -> int:
        """Two tasks for each process, and one."""
        return 2 * self.number + 1

    def start(self) -> None:
        """Start them now, by forking, where that is safe."""
        if sys.platform == "linux" and threading.active_count() == 1:
            gc.freeze()  # or the children would copy every page of memory in which they count references
            self._pool = self._made("fork")
            # A pool of forked processes makes all of them before it starts its first thread.
            self._pool.submit(os.getpid)
            gc.unfreeze()

    def read(self, source: Source, captures: Sequence[Wanted]) -> Future[list[bytes]]:
        """Have some process read these captures: see `Again.read`."""
        return self.run(_read, source, captures)

    def run(self, function: Callable[..., Result], *arguments: object) -> Future[Result]:
        """Have some process call a function."""
        if self._pool is None:
            self._pool = self._made("spawn")
        return self._pool.submit(function, *arguments)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def _made(self, method: str) -> ProcessPoolExecutor:
        context = multiprocessing.get_context(method)
        return ProcessPoolExecutor(
            self.number, mp_context=context, initializer=_begin_work, initargs=(logs.is_json(),)
        )


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_reader: tuple[int, Again] | None = None


def _begin_work(json_log: bool) -> None:
    """Make a process a worker: it ends when its parent ends, and spares the collector what it began with."""
    if not logging.root.handlers:  # spawned; a forked one has its parent's
        logs.install("json" if json_log else "human")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it, and ends us
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _read(source: Source, captures: Sequence[Wanted]) -> list[bytes]:
    global _reader
    directory, profile, database, number = source
    if _reader is None or _reader[0] != number:
        if _reader is not None:
            _reader[1].close()
        _reader = number, Again(directory, profile, database)
    return _reader[1].read(captures)
