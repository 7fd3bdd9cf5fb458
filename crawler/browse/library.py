"""The archive as it stands at each request: beside a running crawl, and when it is replaced meanwhile."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from crawler.browse.kept import Kept, Stand
from storage.archive import Archive, ArchiveMissing, open_archive

Answer = TypeVar("Answer")
_PATIENCE_S = 0.08
"""How long a page waits for what it can do without."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at the archive: everything asked of `connection` is answered from one snapshot."""

    archive: Archive
    connection: Connection
    stand: Stand
    """Which state of which file it is; equal ones answer alike."""
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
    """Opens the archive when it is first asked for, and again when another file stands in its place.

    For any number of threads. Every error is one that `open_archive` or SQLite raises.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.kept = Kept()
        self._lock = threading.Lock()
        self._open: _Open | None = None
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
        opened = self._open
        if opened is not None and opened.file != _identity(opened.archive.path):
            self._let_go()
            opened = None
        if opened is None:
            opened = self._open_anew()
        version = opened.watch.execute("PRAGMA data_version").fetchone()[0]
        if version != opened.version:
            # Whoever changed it may have brought it to a schema that is not ours.
            open_archive(self.directory, read_only=True).close()
            opened.version = version
        return opened.archive, Stand(opened.number, opened.version)

    def _open_anew(self) -> _Open:
        archive = open_archive(self.directory, read_only=True)
        try:
            # A connection of its own: `PRAGMA data_version` tells what others have committed since that same
            # connection last asked (https://sqlite.org/pragma.html#pragma_data_version).
            watch = archive.engine.raw_connection()
            driver = watch.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            watch.detach()
            self._times_opened += 1
            opened = _Open(archive, driver, _identity(archive.path), self._times_opened)
        except BaseException:
            archive.close()
            raise
        opened.version = driver.execute("PRAGMA data_version").fetchone()[0]
        self._open = opened
        return opened

    def _let_go(self) -> None:
        opened, self._open = self._open, None
        if opened is not None:
            with suppress(sqlite3.Error):
                opened.watch.close()
            opened.archive.close()
        self.kept.forget()


@dataclass(slots=True)
class _Open:
    archive: Archive
    watch: sqlite3.Connection
    file: tuple[int, int]
    number: int
    version: int = -1


def _identity(path: Path) -> tuple[int, int]:
    """What tells a file from another one at the same path."""
    try:
        found = os.stat(path)  # noqa: PTH116  # Path.stat would do the same
    except FileNotFoundError:
        raise ArchiveMissing(f"no archive in {path.parent} any more") from None
    return found.st_dev, found.st_ino
