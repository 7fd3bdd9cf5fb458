"""Writing an export: one format, one target, whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection

from storage.export import csv_tables, files, folders, sqlite_snapshot
from storage.export.choice import Choice
from storage.export.formats import FORMATS, Format
from storage.export.provenance import provenance
from storage.export.tables import Table, count, counted, tables
from storage.whole import WholeFile, WholeFolder

Tell = Callable[[str, int, int], None]
"""Hears of what is being written, how many articles of it are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: Path | None
    """None: standard output."""
    articles: int
    rows: dict[str, int]
    """Rows by table; empty for a file that has an entry for each article."""
    size: int
    """In bytes, of everything written."""
    stands_for: dict[str, Any]
    """See `provenance`."""


class Export:
    """One export of an archive. `connection` is a reader's; everything is read in its one transaction."""

    def __init__(
        self,
        connection: Connection,
        choice: Choice,
        form: str,
        *,
        program_version: str,
        tell: Tell = lambda what, done, total: None,
    ) -> None:
        self._connection, self._choice, self._tell = connection, choice, tell
        self._format: Format = FORMATS[form]
        self._about = provenance(connection, choice, form=form, program_version=program_version)
        self._articles = count(connection, choice)

    def to_folder(self, path: Path, *, replace: bool = False) -> Exported:
        """Write a format of tables. Raises `NoSuchField`, `TargetExists`, `OSError`."""
        chosen = tables(self._choice)
        with WholeFolder(path, replace=replace, is_ours=folders.is_export) as whole:
            rows = folders.fill(whole.folder, chosen, self._format, self._write_table, self._about)
            size = sum(file.stat().st_size for file in whole.folder.iterdir())
            whole.finish()
        return Exported(path, self._articles, rows, size, self._about)

    def to_file(self, path: Path, *, replace: bool = False) -> Exported:
        """Write a format of one file, its checksum and what it stands for beside it."""
        beside, sums = (path.with_name(path.name + ending) for ending in (".about.json", ".sha256"))
        with (
            WholeFile(path, replace=replace) as whole,
            WholeFile(beside, replace=replace) as told,
            WholeFile(sums, replace=replace) as checked,
        ):
            digest, size, rows = self._write_file(whole)
            about = self._about_file()
            told.file.write(about)
            digests = [(path.name, digest), (beside.name, hashlib.sha256(about).hexdigest())]
            checked.file.write(folders.checksum_lines(digests).encode())
            for one in (checked, told, whole):  # the file itself last: with it all of it is there
                one.finish()
        return Exported(path, self._articles, rows, size, self._about)

    def _write_file(self, whole: WholeFile) -> tuple[str, int, dict[str, int]]:
        if self._format.name != "sqlite":
            return (*self._write_to(whole.file), {})
        rows = sqlite_snapshot.write(whole.part, self._connection, self._choice, self._about, self._heard)
        return folders.sha256(whole.part), whole.part.stat().st_size, rows

    def to_stream(self, stream: BinaryIO) -> Exported:
        """Write a format of one file to a stream."""
        _, size = self._write_to(stream)
        return Exported(None, self._articles, {}, size, self._about)

    def _write_to(self, stream: BinaryIO) -> tuple[str, int]:
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces():
            stream.write(piece)
            digest.update(piece)
            size += len(piece)
        return digest.hexdigest(), size

    def _pieces(self) -> Iterator[bytes]:
        heard = partial(self._heard, "articles")
        return files.pieces(self._format.name, self._connection, self._choice, self._about, heard)

    def _about_file(self) -> bytes:
        about = {**self._about, "articles": self._articles}
        schema = files.schema(self._format.name, self._choice)
        if schema is not None:
            about["schema"] = schema
        return (json.dumps(about, ensure_ascii=False, indent=2) + "\n").encode()

    def _heard(self, what: str, done: int) -> None:
        self._tell(what, done, self._articles)

    def _write_table(self, table: Table, path: Path) -> int:
        rows = counted(table.rows(self._connection), table.whose, partial(self._heard, table.name))
        if self._format.name == "parquet":
            from storage.export import parquet_tables  # an extra

            return parquet_tables.write(path, table.columns, rows, self._about)
        total = 0

        def numbered() -> Iterator[Any]:
            nonlocal total
            for total, row in enumerate(rows, start=1):  # noqa: B007  # it is looked at behind the loop
                yield row

        with path.open("xb") as file:
            file.writelines(csv_tables.lines(list(table.columns), table.kinds, numbered()))
        return total
