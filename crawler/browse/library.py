"""The archive as it stands at each request: beside a running crawl, and when it is replaced meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from crawler.browse.kept import Kept, Stand
from crawler.browse.watching import Watch, watch
from storage.archive import Archive

Answer = TypeVar("Answer")
_PATIENCE_S = 0.08
"""How long a page waits for what it can do without."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at the archive: everything asked of `connection` is answered from one snapshot."""

    archive: Archive
    connection: Connection
    stand: Stand
    """Which state of which archive it is; equal ones answer alike."""
    _library: Library

    def once(self, key: Hashable, ask: Callable[[Connection], Answer]) -> Answer:
        """What `ask` answers, kept under `key` until the archive changes (`crawler.browse.kept`).

        `ask` may be handed another snapshot's connection, in another thread.
        """
        again = self._library.asking(ask)
        return self._library.kept.get(key, self.stand, lambda: ask(self.connection), again)

    def soon(
        self, key: Hashable, ask: Callable[[Connection], Answer], patience: float = _PATIENCE_S
    ) -> Answer | None:
        """The same for what may take too long to wait for: None until it is there."""
        return self._library.kept.soon(key, self.stand, self._library.asking(ask), patience)


class Library:
    """Opens the archive when it is first asked for, and again when another one stands in its place.

    For any number of threads. Every error is one that `open_archive`, SQLite or PostgreSQL's driver raises.
    """

    def __init__(self, directory: Path, database: str | None = None) -> None:
        self.directory = directory
        self._database = database
        self.kept = Kept()
        self._lock = threading.Lock()
        self._open: Watch | None = None
        self._times_opened = 0

    @contextmanager
    def visit(self) -> Iterator[Visit]:
        """A snapshot for one request. Raises `ArchiveError` or SQLAlchemy's `DatabaseError`."""
        archive, stand = self._current()
        with archive.engine.connect() as connection, connection.begin():
            yield Visit(archive, connection, stand, self)

    def asking(self, ask: Callable[[Connection], Answer]) -> Callable[[], tuple[Stand, Answer]]:
        """What has an answer from a snapshot of its own, with the state that it was had in."""

        def again() -> tuple[Stand, Answer]:
            with self.visit() as visit:
                return visit.stand, ask(visit.connection)

        return again

    def have(self, key: Hashable, ask: Callable[[Connection], object]) -> None:
        """Have an answer before it is asked for."""
        with self.visit() as visit:
            visit.once(key, ask)

    def close(self) -> None:
        """Close the archive; whoever still reads from it keeps its connection to the end."""
        with self._lock:
            self._let_go()

    def _current(self) -> tuple[Archive, Stand]:
        with self._lock:
            try:
                return self._checked()
            except BaseException:
                self._let_go()
                raise

    def _checked(self) -> tuple[Archive, Stand]:
        state = None if self._open is None else self._open.state()
        if self._open is None or state is None:
            self._let_go()
            self._open = watch(self.directory, self._database)
            self._times_opened += 1
            state = self._open.state()
        return self._open.archive, Stand(self._times_opened, state)

    def _let_go(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            opened.close()
        self.kept.forget()
