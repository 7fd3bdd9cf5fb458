"""Where a reread's readings come from: kept ones, and processes that read, in the order asked for."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from crawler.pool import Pending, Pool
from crawler.reading_again import DAMAGED, SAME, Again
from spiders.reading.profile import SiteProfile
from storage.readings import Capture, NewReading, digest_of
from storage.record_json import decode
from storage.spool import Spool

CHUNK = 24
"""Captures that a worker reads at a time."""

Progress = Callable[[int, int], None]
"""Hears how many captures are done, of how many."""

_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Looked:
    """What reading captures again showed."""

    changed: frozenset[int]
    """Those that read otherwise than is stored, or of whose stored reading no digest is known."""
    damaged: tuple[int, ...]
    """Those that can't be read."""


class ReadingSource:
    """Readings of captures in the order asked for: from the spool, or read now by the workers. A context
    manager."""

    def __init__(
        self,
        directory: Path,
        profile: SiteProfile,
        database: str | None,
        spool: Spool,
        progress: Progress,
        workers: Pool,
    ) -> None:
        self._source = (directory, profile, database, next(_numbers))
        self._spool = spool
        self._progress = progress
        self._workers = workers
        self._own: Again | None = None
        self._done = self._total = 0

    def __enter__(self) -> ReadingSource:
        return self

    def __exit__(self, *_: object) -> None:
        if self._own is not None:
            self._own.close()

    def begin(self, total: int) -> None:
        """Begin to count, up to `total` captures."""
        self._done, self._total = 0, total

    def done(self) -> None:
        """Count one capture as done."""
        self._done += 1
        self._progress(self._done, self._total)

    def look(self, captures: Sequence[Capture]) -> Looked:
        """Read these captures, and tell which read otherwise. Their readings are in the spool then."""
        missing = frozenset(one.id for one in self._spool.missing(captures))
        fresh = self._read([one for one in captures if one.id in missing], whole=False)
        changed, damaged = [], []
        self.begin(len(captures))
        for one in captures:
            data = next(fresh) if one.id in missing else self._spool.get(one)
            self.done()
            if data == DAMAGED:
                damaged.append(one.id)
            elif data != SAME and (data is None or digest_of(data) != one.digest):
                changed.append(one.id)
        return Looked(frozenset(changed), tuple(damaged))

    def readings(self, captures: Sequence[Capture]) -> Iterator[tuple[NewReading, str]]:
        """The readings of these captures in their order, each with its digest. Raises `OSError` for one that
        can't be read."""
        kept = {one.id for one in captures if self._spool.get(one) not in (None, SAME)}
        fresh = self._read([one for one in captures if one.id not in kept], whole=True)
        for one in captures:
            data = self._spool.get(one) if one.id in kept else next(fresh)
            if not data:
                raise OSError(f"capture {one.id} can't be read any more, though it could a moment ago")
            yield decode(NewReading, data), digest_of(data)

    def _read(self, captures: Sequence[Capture], *, whole: bool) -> Iterator[bytes]:
        """Read now; `whole`: also what reads as it is stored."""
        chunks = [captures[n : n + CHUNK] for n in range(0, len(captures), CHUNK)]
        if len(captures) <= self._workers.few:
            self._own = self._own or Again(*self._source[:3])
            for chunk in chunks:
                yield from self._kept(chunk, self._own.read(_wanted(chunk, whole)))
            return
        ahead: deque[tuple[Sequence[Capture], Pending[list[bytes]]]] = deque()
        for chunk in chunks:
            ahead.append((chunk, self._workers.read(self._source, _wanted(chunk, whole))))
            if len(ahead) >= self._workers.ahead:
                first, future = ahead.popleft()
                yield from self._kept(first, future.result())
        while ahead:
            first, future = ahead.popleft()
            yield from self._kept(first, future.result())

    def _kept(self, chunk: Sequence[Capture], data: list[bytes]) -> list[bytes]:
        self._spool.put(
            (one, reading) for one, reading in zip(chunk, data, strict=True) if reading != DAMAGED
        )
        return data


def _wanted(captures: Sequence[Capture], whole: bool) -> list[tuple[int, str | None]]:
    return [(one.id, None if whole else one.digest) for one in captures]
