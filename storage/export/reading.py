"""Reading an export back: the articles of a folder of CSV files or a file of JSON lines, as `documents` made
them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from storage.export import folders
from storage.export.choice import Choice
from storage.export.csv_tables import read_cell
from storage.export.tables import Table, tables
from storage.views.kinds import Holds, Kind

ABOUT = ".about.json"
"""Ending of what stands beside an export of one file."""
_OWN = ("article_id", "article_key", "site")
_LONGEST_CELL = 1 << 30


class NotReadable(Exception):
    """An export that is not as it was written, or does not hold whole articles. The message is one line."""


def about(path: Path) -> dict[str, Any] | None:
    """What an export that can be read back says of itself (see `provenance`); None for anything else."""
    if path.is_dir():
        return folders.about(path)
    try:
        said = json.loads(path.with_name(path.name + ABOUT).read_bytes())
        return said if said.get("program") == "msarchive" else None
    except (OSError, ValueError, AttributeError):
        return None


def checked(path: Path) -> str:
    """The SHA-256 (hex) that stands for the whole export: that of its checksums. Raises `NotReadable` when a
    file is not what they say, or the export holds no whole articles."""
    said = about(path)
    if said is None:
        raise NotReadable(f"{path} is no export of this program")
    if said["format"] not in ("csv", "jsonl"):
        raise NotReadable(
            f"{path}: what was exported as {said['format']} can't be imported; csv and jsonl can"
        )
    if said["fields"] is not None:
        raise NotReadable(f"{path} does not hold whole articles: it was made with --fields")
    sums = path / folders.CHECKSUMS if path.is_dir() else path.with_name(f"{path.name}.sha256")
    try:
        for line in sums.read_text("utf-8").splitlines():
            digest, _, name = line.partition("  ")
            if folders.sha256(sums.parent / name) != digest:
                raise NotReadable(f"{sums.parent / name} is not as it was exported: its checksum differs")
        return folders.sha256(sums)
    except OSError as error:
        raise NotReadable(f"{error.filename}: {error.strerror}") from None


def read(path: Path) -> Iterator[dict[str, Any]]:
    """The articles of an export, in its order. Raises `NotReadable`."""
    said = about(path)
    assert said is not None
    try:
        if said["format"] == "jsonl":
            with path.open(encoding="utf-8") as file:
                yield from map(json.loads, file)
        else:
            yield from _read_tables(path, Choice(history=said["history"]), said["rows"])
    except (ValueError, KeyError, csv.Error) as error:
        raise NotReadable(f"{path}: not as this program writes it ({' '.join(str(error).split())})") from None


def _read_tables(folder: Path, choice: Choice, held: Mapping[str, int]) -> Iterator[dict[str, Any]]:
    csv.field_size_limit(_LONGEST_CELL)
    with ExitStack() as open_files:
        found = {
            one.name: _rows(
                one, open_files.enter_context((folder / f"{one.name}.csv").open(encoding="utf-8", newline=""))
            )
            for one in tables(choice)
            if one.name in held and one.whose is not None
        }
        articles = found.pop("articles")
        beside = {name: _Beside(rows) for name, rows in found.items()}
        for article in articles:
            whose = (article["key"], article["site"])
            yield article | {name: rows.of(whose) for name, rows in beside.items()}


def _rows(table: Table, file: Any) -> Iterator[dict[str, Any]]:
    reader = csv.reader(file)
    convert = [_converter(kind) for kind in table.kinds]
    if next(reader, None) != list(table.columns):
        raise ValueError(f"columns of {table.name}")
    for row in reader:
        yield {name: to(cell) for name, to, cell in zip(table.columns, convert, row, strict=True)}


def _converter(kind: Kind) -> Callable[[str], Any]:
    """What makes a cell its value. An empty cell is NULL."""
    to: dict[Holds, Callable[[str], Any]] = {
        Holds.INTEGER: int,
        Holds.NUMBER: float,
        Holds.FLAG: lambda cell: cell == "true",
        Holds.TEXTS: json.loads,
        Holds.PAIRS: json.loads,
        Holds.OBJECT: json.loads,
    }
    convert = to.get(kind.holds, read_cell)
    return lambda cell: convert(cell) if cell else None


class _Beside:
    """The rows of a table, article by article, in step with the articles' own."""

    def __init__(self, rows: Iterator[dict[str, Any]]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, whose: tuple[str, str]) -> list[dict[str, Any]]:
        found = []
        while (row := self._next) is not None and (row["article_key"] or "", row["site"]) <= whose:
            if row["article_key"] == whose[0]:
                found.append({name: value for name, value in row.items() if name not in _OWN})
            self._next = next(self._rows, None)
        return found
