"""Made archives for all measurements that read large ones: making one takes longer than most of them."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from benchmarks.made_archive import Plan, make_archive
from benchmarks.measure import BrokenRun
from benchmarks.measurements import Extent
from storage.archive import FILE_NAME

SIZES, QUICK_SIZES = (10_000, 100_000, 1_000_000), (500, 2_000)
"""Articles of the archives that are asked the same questions."""
AIMED = 100_000
"""The size that aims are for, and the largest that a measurement makes by itself."""

# Held by the module: the folders go when the process ends.
_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def shared_archive(extent: Extent, count: int) -> Path:
    """The folder of a made archive of `count` articles: that of a `--made` which holds so many, else one that
    is made at the first call and kept until the process ends. Leave in it what is in it.

    Raises `BrokenRun` when a `--made` is none.
    """
    return _given(extent.made).get(count) or _made(extent, count)


def archives_by_size(extent: Extent) -> dict[int, Path]:
    """Articles -> a made archive of so many, least first; of the size that the command line says alone.

    Without one, of all `SIZES`, and of all that `--made` names; those larger than `AIMED` are left out where
    `--made` does not name them. Raises `BrokenRun` when a `--made` is none.
    """
    if extent.articles is not None:
        return {extent.articles: shared_archive(extent, extent.articles)}
    given = _given(extent.made)
    sizes = {size for size in (QUICK_SIZES if extent.quick else SIZES) if size <= AIMED} | set(given)
    return {size: shared_archive(extent, size) for size in sorted(sizes)}


def aimed_at(sizes: Sequence[int]) -> int:
    """The size that is held to the aims: `AIMED`, or what comes nearest below it; 0 when all are larger."""
    return max((size for size in sizes if size <= AIMED), default=0)


def told_of(sizes: Sequence[int]) -> str:
    """A sentence on which archives were asked, and which were not."""
    named = [f"{size:,}" for size in sizes]
    if len(named) == 1:
        return f"an archive of {named[0]} articles, made (`benchmarks.made_archive`)"
    listed = f"{', '.join(named[:-1])} and {named[-1]}"
    told = f"archives of {listed} articles, made (`benchmarks.made_archive`) and asked in turns"
    lacking = [f"{size:,}" for size in SIZES if size > max(sizes)]
    if not lacking:
        return told
    return f"{told}; {' and '.join(lacking)} only where `--made` names an archive of so many"


@cache
def _given(made: tuple[Path, ...]) -> dict[int, Path]:
    """Articles -> the `--made` that holds so many."""
    found = {}
    for folder in made:
        try:
            with closing(sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)) as database:
                (articles,) = database.execute("SELECT count(*) FROM article").fetchone()
        except sqlite3.Error as error:
            raise BrokenRun(f"{folder} holds no made archive: {error}") from None
        found[int(articles)] = folder
    return found


@cache
def _made(extent: Extent, count: int) -> Path:
    folder: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(prefix="msarchive-bench-")
    _FOLDERS.append(folder)
    directory = Path(folder.name) / "archive"
    for made in make_archive(directory, Plan(count)):
        extent.tell(f"{made:,} of {count:,} articles made")
    return directory
