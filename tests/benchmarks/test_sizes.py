"""Which archives are asked: those of all sizes, made where they are small, and given where they are large."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import shared_archive
from benchmarks.__main__ import main
from benchmarks.made_archive import Plan, make_archive
from benchmarks.measure import BrokenRun
from benchmarks.measurements import Extent
from benchmarks.shared_archive import aimed_at, archives_by_size, told_of


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """Two made archives by the number of their articles."""
    folders = {size: tmp_path_factory.mktemp(f"of-{size}") / "archive" for size in (8, 30)}
    for size, folder in folders.items():
        for _ in make_archive(folder, Plan(size, runs=2)):
            pass
    return folders


def extent(*made: Path, articles: int | None = None) -> Extent:
    return Extent(1, True, articles, lambda _: None, made)


def test_archives_that_are_given_are_asked_and_the_small_ones_among_them_are_not_made_again(
    given: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_archive, "QUICK_SIZES", (8, 12, 40))
    monkeypatch.setattr(shared_archive, "AIMED", 20)
    found = archives_by_size(extent(given[30], given[8]))
    assert list(found) == [8, 12, 30]  # 40 is dear, and nobody gave it
    assert (found[8], found[30]) == (given[8], given[30])
    assert found[12] not in given.values()
    assert aimed_at(list(found)) == 12


def test_a_size_that_the_command_line_says_is_asked_alone(given: dict[int, Path]) -> None:
    assert archives_by_size(extent(given[8], articles=8)) == {8: given[8]}


def test_a_folder_without_an_archive_makes_the_measurement_void(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BrokenRun, match="holds no made archive"):
        archives_by_size(extent(tmp_path))
    asked = ["--only", "searching", "--quick", "--runs", "1", "--articles", "8", "--made", str(tmp_path)]
    assert main(asked) == 1
    assert f"benchmark searching is void: {tmp_path} holds no made archive" in capsys.readouterr().err


def test_only_archives_up_to_the_aimed_size_are_held_to_aims() -> None:
    assert aimed_at([10_000, 100_000, 1_000_000]) == 100_000
    assert aimed_at([500, 2_000]) == 2_000
    assert aimed_at([1_000_000]) == 0


def test_it_says_which_sizes_were_asked_and_which_have_to_be_given() -> None:
    assert told_of([10_000, 100_000]).startswith("archives of 10,000 and 100,000 articles, made")
    assert told_of([10_000, 100_000]).endswith("1,000,000 only where `--made` names an archive of so many")
    assert "only where" not in told_of([10_000, 100_000, 1_000_000])
    assert told_of([12]).startswith("an archive of 12 articles, made (`benchmarks.made_archive`)")
