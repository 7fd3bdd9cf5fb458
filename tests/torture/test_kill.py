"""Killed anywhere, nothing is lost, nothing is asked for twice, and the end is the same.

`make torture` does all of it; here is a sample of the named events, and 60 kills at random.
"""

from __future__ import annotations

import pytest

from tests.torture.campaigns import carry_out, named_kills, random_kills
from tests.torture.ledger import Ledger
from tests.torture.scenes import COMMANDS, CRAWLS, Ground


def test_killed_at_a_named_step_it_goes_on_to_the_same_archive(ground: Ground) -> None:
    figures = carry_out(named_kills(CRAWLS, one_in=13, occurrences=(-1,)), [ground], Ledger())
    assert figures.failures == []
    assert figures.kills >= 25
    assert {"step", "statement", "write"} <= set(figures.places)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_random_it_goes_on_to_the_same_archive(seed: int, ground: Ground) -> None:
    figures = carry_out(random_kills(CRAWLS, number=20, seed=seed), [ground], Ledger())
    assert figures.failures == []
    assert figures.kills == 20


@pytest.mark.parametrize("scene", COMMANDS)
def test_so_does_every_other_command_that_writes(scene: str, ground: Ground) -> None:
    at_names = carry_out(named_kills([scene], one_in=25, occurrences=(-1,)), [ground], Ledger())
    at_random = carry_out(random_kills([scene], number=4, seed=1), [ground], Ledger())
    assert at_names.failures == at_random.failures == []
    assert at_names.kills >= 2 and at_random.kills == 4
