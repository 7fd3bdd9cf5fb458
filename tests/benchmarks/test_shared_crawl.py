"""A crawl of very many pages is made once for all measurements that want what came of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import memory, scaling, shared_crawl
from benchmarks.measurements import Extent
from benchmarks.small_pages import crawl_small


def test_what_memory_was_measured_on_is_read_again_and_then_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    crawls = []

    def crawl(count: int, folder: Path, archive: Path) -> object:
        crawls.append(count)
        return crawl_small(count, folder, archive)

    for module in (memory, shared_crawl):
        monkeypatch.setattr(module, "crawl_small", crawl)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    extent = Extent(1, True, 20, lambda _: None)
    [peak] = memory.measure(extent).figures
    assert peak.ours.values[0] > 50
    assert crawls == [2, 20]
    assert len(list(tmp_path.iterdir())) == 2
    [again] = scaling.measure(extent).figures
    assert again.ours.values[0] > 0
    assert crawls == [2, 20]
    assert list(tmp_path.iterdir()) == []
    assert (shared_crawl.crawled(2) / "archive.db").is_file()
    assert crawls == [2, 20, 2]
    shared_crawl.forget()
    assert list(tmp_path.iterdir()) == []
