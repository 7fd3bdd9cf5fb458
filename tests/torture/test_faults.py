"""A call that fails never makes a false success, nor a page that is marked as done and not stored.

`make torture` has every call fail; here is a sample of each kind.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.torture import vfs
from tests.torture.campaigns import FAULTS, carry_out, fault_name, faults, spread
from tests.torture.ledger import Ledger
from tests.torture.plan import KINDS, Kind, Plan
from tests.torture.scenes import COMMANDS, Ground
from tests.torture.trials import Trial, fault

LAST = -1
"""The last call of that name."""


@pytest.mark.parametrize("plan", FAULTS, ids=fault_name)
def test_a_fault_is_told_and_the_next_crawl_ends_right(plan: Plan, ground: Ground) -> None:
    campaign = faults(plan, ["first"], spread(plan.kinds[0], 3))
    figures = carry_out(campaign, [ground], Ledger())
    assert figures.failures == []
    assert figures.places[plan.kinds[0]] == 3


@pytest.mark.parametrize("scene", COMMANDS)
def test_other_commands_tell_of_it_too(scene: str, ground: Ground) -> None:
    for plan in FAULTS[::5]:
        figures = carry_out(faults(plan, [scene], spread(plan.kinds[0], 2)), [ground], Ledger())
        assert figures.failures == []
        assert figures.trials == 2


# The campaigns found these: a WARC file whose folder can't be synced; what can't be opened for want of
# descriptors while a crawl that has asked for everything judges its pages; a revisit whose original can't be
# read; a database that is locked when the judging opens it once more, which passed for another run at work.
@pytest.mark.parametrize(
    ("scene", "what", "at", "error"),
    [
        ("import-pages", "open captures", 1, "EMFILE"),
        ("import-warc", "sync captures", 1, "EIO"),
        ("second", "open archive.db", 3, "EMFILE"),
        ("redesign", "open captures/sample-N.warc.gz", 2, "EMFILE"),
        ("import-wacz", "open captures/sample-N.warc.gz", 2, "EMFILE"),
        ("second", "SELECT sqlite_master", LAST, "SQLITE_BUSY"),
    ],
)
def test_what_failed_once_is_told_as_a_fault_of_the_disk(
    scene: str, what: str, at: int, error: str, ground: Ground, tmp_path: Path
) -> None:
    kind: Kind = next((kind for kind in KINDS if what.startswith(f"{kind} ")), "statement")
    if at == LAST:
        at = ground.events(scene).count((kind, what))
    ended = fault(ground, scene, tmp_path / "archive", Plan(at=at, what=what, kinds=(kind,), fault=error))
    assert ended.fired == (kind, what)
    assert ended.code == 7


def test_sqlite_itself_is_made_to_fail(ground: Ground, tmp_path: Path) -> None:
    if not vfs.available():
        pytest.skip("SQLite is built into this Python: its calls can't be reached")
    trial = Trial(ground, "first", tmp_path / "archive")
    ended = trial.strike(Plan(at=1, what="sqlite write archive.db-wal", fault="ENOSPC"))
    assert ended.code == 7
    assert "disk is full" in ended.err
    trial.finish()


def test_a_round_that_can_not_begin_is_told_in_one_line(ground: Ground, tmp_path: Path) -> None:
    trial = Trial(ground, "first", tmp_path / "archive")
    ended = trial.strike(
        Plan(at=1, what="INSERT INTO url", kinds=("statement",), fault="SQLITE_FULL", lasting=True)
    )
    assert ended.code == 7
    assert ended.err.strip().count("\n") == 0
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
        full = ground.go(archive, "first", environment=no_limit)
        assert full.code == 7, full
        assert "Traceback" not in full.err
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,size=20m", str(small)], check=True)
        assert ground.go(archive, "first", environment=no_limit).code == 0
    finally:
        subprocess.run(["umount", str(small)], check=True)
    assert not any(small.iterdir())
