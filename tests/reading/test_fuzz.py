"""The first 2,000 broken pages of `python -m tests.torture.fuzz`; `make torture` reads all 20,000."""

from __future__ import annotations

import pytest

from tests.torture.fuzz import fuzz, page_of

PAGES, CHUNK = 2_000, 100


@pytest.mark.parametrize("first", range(0, PAGES, CHUNK))
def test_a_broken_page_gives_true_values_or_none_and_takes_no_time(first: int) -> None:
    found = fuzz(range(first, first + CHUNK))
    assert found.pages == CHUNK
    assert not found.failures, "\n".join(found.failures)
    assert found.kinds["summary"] > CHUNK / 2  # it is not all abstention


def test_a_seed_makes_the_same_page_again() -> None:
    assert page_of(7) == page_of(7)
