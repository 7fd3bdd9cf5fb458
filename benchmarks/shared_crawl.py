"""Crawled sites of short pages for all measurements that want one: crawling 100,000 pages takes minutes."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from benchmarks.small_pages import crawl_small

_KEPT: dict[int, Path] = {}


def keep(count: int, archive: Path) -> None:
    """Put by the archive of a crawl of so many short pages that has just ended, until `forget`."""
    place = Path(tempfile.mkdtemp(prefix="msarchive-bench-")) / "archive"
    archive.rename(place)
    _KEPT[count] = place


def crawled(count: int) -> Path:
    """The archive of a crawl of so many short pages: one that was kept, or a new one. Leave in it what is in
    it.

    Raises `BrokenRun` unless all of the site is there.
    """
    if count not in _KEPT or not _KEPT[count].exists():
        with tempfile.TemporaryDirectory(prefix="msarchive-bench-") as folder:
            archive = Path(folder) / "archive"
            crawl_small(count, Path(folder), archive)
            keep(count, archive)
    return _KEPT[count]


def forget() -> None:
    """Remove what was kept."""
    while _KEPT:
        shutil.rmtree(_KEPT.popitem()[1].parent, ignore_errors=True)
