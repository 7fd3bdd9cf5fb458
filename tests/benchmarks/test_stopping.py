"""Whatever ends a run of the benchmarks: what was measured is kept, and what was made for measuring goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from benchmarks.scratch import scratch

CHECKOUT = Path(__file__).parents[2]


def started(folder: Path) -> subprocess.Popen[str]:
    """A run that has measured one thing and is at the second, in TMPDIR `folder/tmp`."""
    (folder / "tmp").mkdir()
    options = ["--json", str(folder / "figures.json"), "--into", str(folder)]
    run = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.little", *options],
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(folder / "tmp")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until = time.monotonic() + 60
    while not list((folder / "tmp").glob("msarchive-bench-run-*/*/at-work")):
        assert run.poll() is None and time.monotonic() < until, run.kill()
        time.sleep(0.02)
    return run


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_keeps_what_was_measured_and_leaves_nothing_else(
    tmp_path: Path, number: signal.Signals, status: int
) -> None:
    run = started(tmp_path)
    run.send_signal(number)
    said = run.communicate(timeout=60)[1]
    assert run.returncode == status
    assert said.endswith("stopped; measured before that: short\n")
    assert "Traceback" not in said
    assert list(json.loads((tmp_path / "figures.json").read_text("utf-8"))) == ["short"]
    assert [path.name for path in (tmp_path / "benchmarks/figures").iterdir()] == ["short.json"]
    assert list((tmp_path / "tmp").iterdir()) == []


def test_what_a_killed_run_left_goes_when_the_next_begins_and_that_of_one_at_work_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = started(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    [theirs] = (tmp_path / "tmp").iterdir()
    with scratch() as ours:
        assert set((tmp_path / "tmp").iterdir()) == {theirs, ours}
        with pytest.raises(RuntimeError), scratch() as inner:
            assert inner.parent == ours
            raise RuntimeError
        assert list(ours.iterdir()) == [ours / "measuring"]
    assert list((tmp_path / "tmp").iterdir()) == [theirs]
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    assert theirs.is_dir()
    time.sleep(0.5)  # what it ran ends when it sees that nobody waits
    with scratch() as ours:
        assert list((tmp_path / "tmp").iterdir()) == [ours]
