"""Readings made by an unfinished reread: kept beside the archive, so that the next one goes on from there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from storage.readings import Capture

FOLDER = "rereading"
"""Name of the folder in an archive that holds it while a reread is unfinished."""
_FILE = "readings.db"
_OF = "FROM reading WHERE capture_id = ? AND made_of = ?"


class Spool:
    """Captures' new readings, as bytes; a context manager.

    `folder` is made when there is none. What lies there counts only when it was made under the same `key`
    (reader version, profile, …); anything else, and a file that can't be used, is thrown away: it only ever
    saves time.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._path = folder / _FILE
        folder.mkdir(exist_ok=True)
        try:
            self._db = self._opened(key)
        except sqlite3.DatabaseError:
            self.forget(folder)
            folder.mkdir(exist_ok=True)
            self._db = self._opened(key)

    def get(self, capture: Capture) -> bytes | None:
        """What was kept for a capture, of this entity and this stored reading; None when nothing was."""
        row = self._db.execute(f"SELECT data {_OF}", _key(capture)).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, readings: Iterable[tuple[Capture, bytes]]) -> None:
        """Keep readings; they outlive the process."""
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO reading VALUES (?, ?, ?)",
                ((*_key(capture), data) for capture, data in readings),
            )

    def missing(self, captures: Sequence[Capture]) -> list[Capture]:
        """Those of these captures for which nothing is kept, in their order."""
        return [one for one in captures if not self._has(one)]

    def close(self, *, discard: bool = False) -> None:
        """Close; with `discard` everything is removed, because it has been used."""
        self._db.close()
        if discard:
            self.forget(self._folder)

    @staticmethod
    def forget(folder: Path) -> None:
        """Remove what an unfinished reread has left in `folder`, and the folder; nothing where nothing is."""
        path = folder / _FILE
        for ending in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            folder.rmdir()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _has(self, capture: Capture) -> bool:
        return self._db.execute(f"SELECT 1 {_OF}", _key(capture)).fetchone() is not None

    def _opened(self, key: str) -> sqlite3.Connection:
        db = sqlite3.connect(self._path)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("CREATE TABLE IF NOT EXISTS made (key TEXT NOT NULL)")
            db.execute(
                "CREATE TABLE IF NOT EXISTS reading (capture_id INTEGER PRIMARY KEY, made_of TEXT NOT NULL, "
                "data BLOB NOT NULL)"
            )
            with db:
                if db.execute("SELECT key FROM made").fetchall() != [(key,)]:
                    db.execute("DELETE FROM reading")
                    db.execute("DELETE FROM made")
                    db.execute("INSERT INTO made VALUES (?)", (key,))
        except BaseException:
            db.close()
            raise
        return db


def _key(capture: Capture) -> tuple[int, str]:
    return capture.id, f"{capture.sha256} {capture.digest or ''}"
