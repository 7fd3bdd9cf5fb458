"""Room on the disk: a run ends while there is enough left to end well, and the next one goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from storage.room import DiskLow, Room, bytes_told
from tests.cli.archives import save_pages
from tests.cli.conftest import Run, run

from .crawling import ask, crawl

__all__ = ["run"]
ALL_OF_IT = "1000TB"
LOW_AFTER_TEN = """
import os
from types import SimpleNamespace
real, calls = os.statvfs, []
def statvfs(path):
    calls.append(path)
    found = real(path)
    if len(calls) <= 10:
        return found
    return SimpleNamespace(f_bavail=1000, f_frsize=4096, f_blocks=found.f_blocks)
os.statvfs = statvfs
"""


@pytest.fixture(scope="module")
def site() -> Iterator[SampleSite]:
    with SampleSite() as running:
        yield running


@pytest.mark.usefixtures("both")
def test_a_crawl_stops_in_time_keeps_what_it_asked_for_and_goes_on_later(
    site: SampleSite, tmp_path: Path
) -> None:
    archive, begun = tmp_path / "archive", len(site.requests)
    low = crawl(archive, site.base_url, before=LOW_AFTER_TEN)
    assert low.code == 7, low
    assert "only 4.1 MB left" in low.result["reason"]
    assert "MSARCHIVE_MIN_FREE" in low.result["reason"]
    asked = [request.path for request in site.requests[begun:]]
    assert len(asked) >= 5
    assert ask(archive, "SELECT count(*) FROM captures") == [(len(asked),)]
    assert [row[0] for row in ask(archive, "SELECT outcome FROM runs")] == ["failed"]
    rest = crawl(archive, site.base_url)
    assert (rest.code, rest.result["resumed"]) == (0, True)
    later = [request.path for request in site.requests][begun + len(asked) :]
    assert set(asked) & set(later) == {"/robots.txt"}


def test_without_room_nothing_is_asked(site: SampleSite, tmp_path: Path) -> None:
    begun = len(site.requests)
    low = crawl(
        tmp_path / "archive",
        site.base_url,
        before=f"import os; os.environ['MSARCHIVE_MIN_FREE'] = '{ALL_OF_IT}'",
    )
    assert low.code == 7, low
    assert site.requests[begun:] == []


@pytest.mark.usefixtures("both")
def test_an_import_without_room_stores_nothing_and_can_be_run_again(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = save_pages(tmp_path / "pages")
    monkeypatch.setenv("MSARCHIVE_MIN_FREE", ALL_OF_IT)
    low = run("import", pages, "--site", "sample")
    assert low.code == 7
    assert "left on the disk" in low.err
    assert ask(tmp_path / "archive", "SELECT count(*) FROM captures") == [(0,)]
    monkeypatch.setenv("MSARCHIVE_MIN_FREE", "0")
    assert run("import", pages, "--site", "sample").code == 0
    assert ask(tmp_path / "archive", "SELECT count(*) FROM articles")[0][0] > 0


def test_a_limit_that_is_no_size_is_told_before_anything_is_made(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = save_pages(tmp_path / "pages")
    monkeypatch.setenv("MSARCHIVE_MIN_FREE", "plenty")
    told = run("import", pages, "--site", "sample")
    assert (told.code, "plenty" in told.err) == (2, True)
    assert not (tmp_path / "archive").exists()


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("1500", 1500), ("500MB", 500_000_000), ("2 GB", 2 * 10**9), ("1.5k", 1500), ("1 GiB", 10**9)],
)
def test_sizes_are_read_as_people_write_them(text: str, number: int) -> None:
    assert bytes_told(text) == number


@pytest.mark.parametrize("text", ["", "much", "-1", "5 apples", "1e9"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no size"):
        bytes_told(text)


def test_no_limit_is_no_limit(tmp_path: Path) -> None:
    Room(tmp_path, 0).check()
    with pytest.raises(DiskLow):
        Room(tmp_path, 10**18).check()
