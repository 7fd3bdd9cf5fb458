"""A call that fails never makes a false success, nor a page that is marked as done and not stored.

`make torture` has every call fail; here is a sample of each kind.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.torture import vfs
from tests.torture.campaigns import FAULTS, faults, spread
from tests.torture.plan import Plan
from tests.torture.trials import Ground, Trial


def _name(plan: Plan) -> str:
    return f"{plan.kinds[0]}-{plan.fault}{'-lasting' if plan.lasting else ''}{'-torn' if plan.torn else ''}"


@pytest.mark.parametrize("plan", FAULTS, ids=_name)
def test_a_fault_is_told_and_the_next_crawl_ends_right(plan: Plan, ground: Ground, tmp_path: Path) -> None:
    numbers = spread(ground, "first", plan.kinds[0], 3)
    figures = faults(ground, tmp_path / "archive", plan, numbers, ["first"])
    assert figures.failures == []
    assert figures.places[plan.kinds[0]] == len(numbers)


def test_sqlite_itself_is_made_to_fail(ground: Ground, tmp_path: Path) -> None:
    if not vfs.available():
        pytest.skip("SQLite is built into this Python: its calls can't be reached")
    trial = Trial(ground, "first", tmp_path / "archive")
    ended = trial.strike(Plan(at=1, what="sqlite write archive.db-wal", fault="ENOSPC"))
    assert ended.code == 7
    assert "disk is full" in ended.err
    trial.finish()


def test_a_disk_that_is_really_full_ends_the_crawl_with_7_and_the_next_one_goes_on(
    ground: Ground, tmp_path: Path
) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1200k", "tmpfs", str(small)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("only root can mount a small disk here")
    try:
        archive = small / "archive"
        filler = small / "filler"
        filler.write_bytes(b"x" * 400_000)
        no_limit = {"MSARCHIVE_MIN_FREE": "0"}
        ground.prepare("first", archive)
        full = ground.crawl(archive, "first", environment=no_limit)
        assert full.code == 7, full
        assert "Traceback" not in full.err
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        assert ground.crawl(archive, "first", environment=no_limit).code == 0
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert not any(small.iterdir())
