"""Readings made by an unfinished reread: kept beside the archive, so that the next one goes on from there."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

FOLDER = "rereading"
"""Name of the folder in an archive that holds it while a reread is unfinished."""


class Spool:
    """Captures' new readings, as bytes, under capture number and entity digest; a context manager.

    `folder` is made when there is none. What lies there counts only when it was made under the same `key`
    (reader version, profile, …); anything else, and a file that can't be used, is thrown away: it only ever
    saves time.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._path = folder / "readings.db"
        folder.mkdir(exist_ok=True)
        try:
            self._db = self._opened(key)
        except sqlite3.DatabaseError:
            self.discard_file()
            self._db = self._opened(key)

    def get(self, capture_id: int, sha256: str) -> bytes | None:
        """The reading of a capture whose entity has this digest; None when there is none yet."""
        row = self._db.execute(
            "SELECT data FROM reading WHERE capture_id = ? AND sha256 = ?", (capture_id, sha256)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def put(self, readings: Iterable[tuple[int, str, bytes]]) -> None:
        """Keep readings (capture, digest, bytes); they outlive the process."""
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO reading VALUES (?, ?, ?)", readings)

    def missing(self, captures: Sequence[tuple[int, str]]) -> list[tuple[int, str]]:
        """Those of these captures (number, digest) that have no reading yet, in their order."""
        return [one for one in captures if not self._has(*one)]

    def close(self, *, discard: bool = False) -> None:
        """Close; with `discard` everything is removed, because it has been used."""
        self._db.close()
        if discard:
            self.discard_file()
            with contextlib.suppress(OSError):
                self._folder.rmdir()

    def discard_file(self) -> None:
        """Remove the files."""
        for ending in ("", "-wal", "-shm", "-journal"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _has(self, capture_id: int, sha256: str) -> bool:
        return (
            self._db.execute(
                "SELECT 1 FROM reading WHERE capture_id = ? AND sha256 = ?", (capture_id, sha256)
            ).fetchone()
            is not None
        )

    def _opened(self, key: str) -> sqlite3.Connection:
        db = sqlite3.connect(self._path)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = NORMAL")
            db.execute("CREATE TABLE IF NOT EXISTS made (key TEXT NOT NULL)")
            db.execute(
                "CREATE TABLE IF NOT EXISTS reading (capture_id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, "
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
