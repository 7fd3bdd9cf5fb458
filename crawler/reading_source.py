"""Where a reread's readings come from: kept ones, and processes that read, in the order asked for."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from crawler.reading_again import DAMAGED, Again
from spiders.reading.profile import SiteProfile
from storage.record_json import decode
from storage.rereading import NewReading
from storage.spool import Spool

CHUNK = 24
"""Captures that a worker reads at a time."""
_FEW = 400
"""So many are read in this process: starting others would take longer."""

Progress = Callable[[int, int], None]
"""Hears how many captures are done, of how many."""


class Damaged(Exception):
    """A capture's record can't be read."""


class ReadingSource:
    """Readings of captures in the order asked for: from the spool, or read now by as many processes as there
    are cores. A context manager; its processes end with it."""

    def __init__(
        self, directory: Path, profile: SiteProfile, spool: Spool, progress: Progress, workers: int | None
    ) -> None:
        self._directory = directory
        self._profile = profile
        self._spool = spool
        self._progress = progress
        self._workers = workers or _cores()
        self._pool: ProcessPoolExecutor | None = None
        self._own: Again | None = None
        self._done = self._total = 0

    def __enter__(self) -> ReadingSource:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
        if self._own is not None:
            self._own.close()

    def begin(self, total: int) -> None:
        """Begin to count, up to `total` captures."""
        self._done, self._total = 0, total

    def damaged_among(self, captures: Sequence[tuple[int, str]]) -> list[int]:
        """Those of these captures that can't be read. The readings of the others are in the spool then."""
        missing = self._spool.missing(captures)
        self.begin(len(missing))
        found = []
        for (capture_id, _), data in zip(missing, self._read(missing), strict=True):
            self.done()
            if data == DAMAGED:
                found.append(capture_id)
        return found

    def done(self) -> None:
        """Count one capture as done."""
        self._done += 1
        self._progress(self._done, self._total)

    def readings(self, captures: Sequence[tuple[int, str]]) -> Iterator[NewReading]:
        """The readings of these captures (number, digest), in their order."""
        missing = self._spool.missing(captures)
        fresh = self._read(missing)
        waiting = deque(missing)
        for capture_id, sha256 in captures:
            if waiting and waiting[0][0] == capture_id:
                waiting.popleft()
                data = next(fresh)
            else:
                kept = self._spool.get(capture_id, sha256)
                assert kept is not None
                data = kept
            if data == DAMAGED:
                raise Damaged
            yield decode(NewReading, data)

    def _read(self, captures: Sequence[tuple[int, str]]) -> Iterator[bytes]:
        chunks = [captures[n : n + CHUNK] for n in range(0, len(captures), CHUNK)]
        if len(captures) <= _FEW or self._workers == 1:
            self._own = self._own or Again(self._directory, self._profile)
            for chunk in chunks:
                yield from self._kept(chunk, self._own.read([capture_id for capture_id, _ in chunk]))
            return
        pool = self._started()
        ahead: deque[tuple[Sequence[tuple[int, str]], Future[list[bytes]]]] = deque()
        left = iter(chunks)
        for chunk in left:
            ahead.append((chunk, pool.submit(_read_chunk, [capture_id for capture_id, _ in chunk])))
            if len(ahead) > 2 * self._workers:
                break
        while ahead:
            chunk, future = ahead.popleft()
            data = future.result()
            following = next(left, None)
            if following is not None:
                numbers = [capture_id for capture_id, _ in following]
                ahead.append((following, pool.submit(_read_chunk, numbers)))
            yield from self._kept(chunk, data)

    def _kept(self, chunk: Sequence[tuple[int, str]], data: list[bytes]) -> list[bytes]:
        self._spool.put(
            (*one, reading) for one, reading in zip(chunk, data, strict=True) if reading != DAMAGED
        )
        return data

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Spawned, not forked: this process has an open database and threads.
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin_work,
                initargs=(self._directory, self._profile),
            )
        return self._pool


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_worker: Again | None = None


def _begin_work(directory: Path, profile: SiteProfile) -> None:
    """Make a process a worker: its own view of the archive, and an end when its parent ends."""
    global _worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent hears of it, and ends us
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    _worker = Again(directory, profile)


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _read_chunk(captures: list[int]) -> list[bytes]:
    assert _worker is not None
    return _worker.read(captures)
