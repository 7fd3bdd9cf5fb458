"""SIGTERM and SIGINT end a crawl within ten seconds, whatever it is at, and leave it resumable."""

from __future__ import annotations

import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from storage.archive import open_archive
from tests.torture.campaigns import carry_out, signals
from tests.torture.ledger import Ledger
from tests.torture.plan import Plan
from tests.torture.scenes import Ground
from tests.torture.trials import Trial

LIMIT_S = 10.0


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_at_any_step_it_ends_cleanly_and_the_next_crawl_goes_on(
    which: signal.Signals, ground: Ground
) -> None:
    figures = carry_out(signals(which, number=5, seed=int(which)), [ground], Ledger())
    assert figures.failures == []
    assert figures.codes[5] >= 3


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_before_anything_is_asked_it_is_heeded_too(
    which: signal.Signals, ground: Ground, tmp_path: Path
) -> None:
    trial = Trial(ground, "second", tmp_path / "archive")
    begun = len(ground.site.seen)
    ended = trial.strike(Plan(at=1, what="open archive.db", signal=int(which)))
    assert ended.code == 5, ended
    assert ground.site.asked_since(begun) == []
    trial.finish()


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("stalls", ["/robots.txt", "/news"])
def test_a_server_that_does_not_answer_is_not_waited_for(
    stalls: str, which: signal.Signals, ground: Ground, tmp_path: Path
) -> None:
    trial = Trial(ground, "first", tmp_path / "archive")
    ground.site.stall = frozenset({stalls})
    try:
        begin = time.monotonic()
        ended = trial.strike(signal=which, after=2.0)
        assert time.monotonic() - begin < 2.0 + LIMIT_S
    finally:
        ground.site.stall = frozenset()
    assert (ended.code, ended.result["outcome"]) == (5, "stopped"), ended
    trial.finish()


def test_readers_in_the_middle_of_something_are_not_waited_for(ground: Ground, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    trial = Trial(ground, "second", archive)
    with open_archive(archive, read_only=True) as reading, closing(reading.engine.connect()) as reader:
        assert reader.exec_driver_sql("SELECT count(*) FROM articles").scalar()
        ground.site.stall = frozenset({"/news"})
        try:
            begin = time.monotonic()
            ended = trial.strike(signal=signal.SIGTERM, after=2.0)
            assert time.monotonic() - begin < 2.0 + LIMIT_S
        finally:
            ground.site.stall = frozenset()
    assert ended.code == 5, ended
    trial.finish()
