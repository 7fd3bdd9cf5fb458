"""Killed anywhere, nothing is lost, nothing is asked for twice, and the end is the same.

`make torture` does all of it; here is a sample of the named events, and 60 kills at random.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.torture.campaigns import named_kills, random_kills
from tests.torture.trials import Ground


def test_killed_at_a_named_step_it_goes_on_to_the_same_archive(ground: Ground, tmp_path: Path) -> None:
    figures = named_kills(ground, tmp_path / "archive", one_in=9, occurrences=(-1,))
    assert figures.failures == []
    assert figures.kills >= 25
    assert {"step", "statement", "write"} <= set(figures.places)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_random_it_goes_on_to_the_same_archive(seed: int, ground: Ground, tmp_path: Path) -> None:
    figures = random_kills(ground, tmp_path / "archive", number=20, seed=seed)
    assert figures.failures == []
    assert figures.kills == 20
