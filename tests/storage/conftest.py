"""An archive for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.places import Places, look_over
from tests.storage.build import House


@pytest.fixture
def new_house(tmp_path: Path, places: Places) -> Iterator[Callable[[], House]]:
    """Makes archives, in both databases; at the end each is looked over: foreign keys, search index, SQLite's
    own check."""
    houses: list[House] = []

    def make() -> House:
        directory = tmp_path / f"archive{len(houses)}"
        houses.append(House(directory, places.url(directory)))
        return houses[-1]

    yield make
    for house in houses:
        with house.archive.engine.begin() as connection:
            look_over(connection)
        house.archive.close()
    places.close()


@pytest.fixture
def house(new_house: Callable[[], House]) -> House:
    return new_house()
