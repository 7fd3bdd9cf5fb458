"""One made archive for all measurements that read a large one: making it takes longer than most of them."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from functools import cache
from pathlib import Path

from benchmarks.made_archive import Plan, make_archive
from benchmarks.measure import BrokenRun
from benchmarks.measurements import Extent
from storage.archive import FILE_NAME

# Held by the module: the folders go when the process ends.
_FOLDERS: list[tempfile.TemporaryDirectory[str]] = []


def shared_archive(extent: Extent, count: int) -> Path:
    """The folder of a made archive of `count` articles: that of `--made` when it was given, else one that is
    made at the first call and kept until the process ends. Leave in it what is in it.

    Raises `BrokenRun` when the one that was given holds another number of articles.
    """
    if extent.made is None:
        return _made(extent, count)
    with closing(sqlite3.connect(f"file:{extent.made / FILE_NAME}?mode=ro", uri=True)) as database:
        (articles,) = database.execute("SELECT count(*) FROM article").fetchone()
    if articles != count:
        raise BrokenRun(f"{extent.made} holds {articles:,} articles, not {count:,}")
    return extent.made


@cache
def _made(extent: Extent, count: int) -> Path:
    folder: tempfile.TemporaryDirectory[str] = tempfile.TemporaryDirectory(prefix="msarchive-bench-")
    _FOLDERS.append(folder)
    directory = Path(folder.name) / "archive"
    for made in make_archive(directory, Plan(count)):
        extent.tell(f"{made:,} of {count:,} articles made")
    return directory
