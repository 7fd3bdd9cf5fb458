"""Made archives for all measurements that read large ones: making one takes longer than most of them."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from functools import cache
from pathlib import Path

from benchmarks.measure import BrokenRun
from benchmarks.measurements import Extent
from benchmarks.waiting import waited
from storage.archive import FILE_NAME

SIZES, QUICK_SIZES = (10_000, 100_000, 1_000_000), (500, 2_000)
"""Articles of the archives that are asked the same questions."""
AIMED = 100_000
"""The size that aims are for. What is larger is left out where the disk has no room for it."""
ROOM_A_ARTICLE = 15_000
"""Bytes that an archive wants for each article while it is made; afterwards it has 11,000."""
_PROGRAM = "benchmarks.made_archive"
_MADE: dict[int, Path] = {}
_LEFT_OUT: dict[int, str] = {}
"""Articles -> why no archive of so many was made: asked once, before the first is made."""


def shared_archive(extent: Extent, count: int) -> Path:
    """The folder of a made archive of `count` articles: that of a `--made` which holds so many, else one that
    is made at the first call, below the folder for temporary files. Leave in it what is in it.

    Raises `BrokenRun` when a `--made` is none, or the archive can't be made.
    """
    return _given(extent.made).get(count) or _made(count)


def archives_by_size(extent: Extent) -> dict[int, Path]:
    """Articles -> a made archive of so many, least first; of the size that the command line says alone.

    Without one, of all `SIZES`, and of all that `--made` names. Left out, unless `--made` names them, are
    those larger than `--up-to`, and of those larger than `AIMED` what the disk has no room for, or what can't
    be made. Raises `BrokenRun` when a `--made` is none, or a smaller one can't be made.
    """
    if extent.articles is not None:
        return {extent.articles: shared_archive(extent, extent.articles)}
    archives = dict(_given(extent.made))
    for size in _sizes(extent):
        if size not in archives and why_left_out(extent, size) is None:
            try:
                archives[size] = _made(size)
            except BrokenRun as error:
                if size <= AIMED:
                    raise
                _LEFT_OUT[size] = str(error)
    return dict(sorted(archives.items()))


def aimed_at(sizes: Sequence[int]) -> int:
    """The size that is held to the aims: `AIMED`, or what comes nearest below it; 0 when all are larger."""
    return max((size for size in sizes if size <= AIMED), default=0)


def told_of(extent: Extent, sizes: Sequence[int]) -> str:
    """A sentence on which archives were asked, and which were not, and why."""
    named = [f"{size:,}" for size in sizes]
    if len(named) == 1:
        told = f"an archive of {named[0]} articles, made (`benchmarks.made_archive`)"
    else:
        listed = f"{', '.join(named[:-1])} and {named[-1]}"
        told = f"archives of {listed} articles, made (`benchmarks.made_archive`) and asked in turns"
    if extent.articles is not None:
        return told
    lacking = [size for size in _sizes(extent) if size not in sizes]
    return "; ".join([told, *(f"{size:,} left out: {why_left_out(extent, size)}" for size in lacking)])


def why_left_out(extent: Extent, size: int) -> str | None:
    """Why no archive of so many articles is made; None when it is."""
    if extent.up_to is not None and size > extent.up_to:
        return f"`--up-to {extent.up_to}`"
    if size > AIMED and size not in _LEFT_OUT and size not in _MADE:
        wanted, free = size * ROOM_A_ARTICLE, shutil.disk_usage(tempfile.gettempdir()).free
        if wanted > free:
            _LEFT_OUT[size] = (
                f"making it wants {wanted / 1e9:,.0f} GB of disk, of which {free / 1e9:,.0f} were free"
            )
    return _LEFT_OUT.get(size)


def _sizes(extent: Extent) -> tuple[int, ...]:
    return QUICK_SIZES if extent.quick else SIZES


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


def _made(count: int) -> Path:
    if count not in _MADE or not _MADE[count].exists():
        folder = Path(tempfile.mkdtemp(prefix="msarchive-bench-"))
        directory = folder / "archive"
        # In a process of its own, which tells how far it is: this one stays small.
        made = waited([sys.executable, "-m", _PROGRAM, str(directory), "--articles", str(count)])
        if made.status != 0:
            shutil.rmtree(folder)
            raise BrokenRun(f"making it ended with status {made.status}")
        _MADE[count] = directory
    return _MADE[count]
