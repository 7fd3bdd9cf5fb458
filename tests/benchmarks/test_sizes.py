"""Which archives are asked: those of all sizes, given ones or made, but for large ones that can't be had."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import shared_archive
from benchmarks.__main__ import main
from benchmarks.made_archive import Plan, make_archive
from benchmarks.measure import BrokenRun
from benchmarks.measurements import Extent
from benchmarks.shared_archive import aimed_at, archives_by_size, told_of
from storage.archive import open_archive


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Two made archives by the number of their articles."""
    folders = {size: tmp_path_factory.mktemp(f"of-{size}") / "archive" for size in (8, 30)}
    for size, folder in folders.items():
        for _ in make_archive(folder, Plan(size, runs=2)):
            pass
    return folders


@pytest.fixture(autouse=True)
def _small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes of which 40 is dear; what is made lies in a folder of the test's."""
    monkeypatch.setattr(shared_archive, "QUICK_SIZES", (8, 12, 40))
    monkeypatch.setattr(shared_archive, "AIMED", 20)
    monkeypatch.setattr(shared_archive, "_MADE", {})
    monkeypatch.setattr(shared_archive, "_LEFT_OUT", {})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def extent(*made: Path, articles: int | None = None, up_to: int | None = None) -> Extent:
    return Extent(1, True, articles, lambda _: None, made, up_to)


def articles_in(folder: Path) -> int:
    with open_archive(folder, read_only=True) as archive, archive.engine.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM article").scalar() or 0)


def test_what_is_given_is_asked_and_every_size_that_nobody_gave_is_made_once(
    tmp_path: Path, given: dict[int, Path]
) -> None:
    asked = extent(given[30], given[8])
    found = archives_by_size(asked)
    assert list(found) == [8, 12, 30, 40]
    assert (found[8], found[30]) == (given[8], given[30])
    assert [articles_in(found[size]) for size in (12, 40)] == [12, 40]
    assert all(found[size].is_relative_to(tmp_path) for size in (12, 40))
    assert archives_by_size(asked) == found
    assert shared_archive.shared_archive(asked, 40) == found[40]
    assert "left out" not in told_of(asked, list(found))


def test_larger_ones_are_not_made_when_one_says_how_large_and_the_page_says_so(
    given: dict[int, Path],
) -> None:
    asked = extent(given[30], given[8], up_to=10)
    assert list(archives_by_size(asked)) == [8, 30]
    assert told_of(asked, [8, 30]) == (
        "archives of 8 and 30 articles, made (`benchmarks.made_archive`) and asked in turns; "
        "12 left out: `--up-to 10`; 40 left out: `--up-to 10`"
    )


def test_what_the_disk_has_no_room_for_is_left_out_and_the_page_says_so(
    given: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_archive, "ROOM_A_ARTICLE", 10**15)
    asked = extent(given[8])
    assert list(archives_by_size(asked)) == [8, 12]
    assert "; 40 left out: making it wants 40,000,000 GB of disk, of which " in told_of(asked, [8, 12])
    given_it = extent(given[8], given[30])
    monkeypatch.setattr(shared_archive, "QUICK_SIZES", (8, 30))
    assert list(archives_by_size(given_it)) == [8, 30]


def test_a_large_one_that_can_not_be_made_is_left_out_and_tried_once_but_a_small_one_has_to_be(
    tmp_path: Path, given: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_archive, "_PROGRAM", "benchmarks.nothing")
    monkeypatch.setattr(shared_archive, "QUICK_SIZES", (8, 40))
    asked = extent(given[8])
    assert list(archives_by_size(asked)) == [8]
    assert told_of(asked, [8]).endswith("; 40 left out: making it ended with status 1")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(shared_archive, "_PROGRAM", "benchmarks.made_archive")
    assert list(archives_by_size(asked)) == [8]
    monkeypatch.setattr(shared_archive, "_PROGRAM", "benchmarks.nothing")
    monkeypatch.setattr(shared_archive, "QUICK_SIZES", (8, 12))
    with pytest.raises(BrokenRun, match="making it ended with status 1"):
        archives_by_size(asked)


def test_a_size_that_the_command_line_says_is_asked_alone(given: dict[int, Path]) -> None:
    asked = extent(given[8], articles=8)
    assert archives_by_size(asked) == {8: given[8]}
    assert told_of(asked, [8]) == "an archive of 8 articles, made (`benchmarks.made_archive`)"


def test_a_folder_without_an_archive_makes_the_measurement_void(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BrokenRun, match="holds no made archive"):
        archives_by_size(extent(tmp_path))
    asked = ["--only", "searching", "--quick", "--runs", "1", "--articles", "8", "--made", str(tmp_path)]
    assert main(asked) == 1
    assert f"benchmark searching is void: {tmp_path} holds no made archive" in capsys.readouterr().err


def test_only_archives_up_to_the_aimed_size_are_held_to_aims(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_archive, "AIMED", 100_000)
    assert aimed_at([10_000, 100_000, 1_000_000]) == 100_000
    assert aimed_at([500, 2_000]) == 2_000
    assert aimed_at([1_000_000]) == 0
