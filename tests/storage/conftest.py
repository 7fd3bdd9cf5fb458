"""An archive for each test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import search_index
from storage.dialects import is_postgresql
from storage.verify import server
from tests.places import Places
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
            if is_postgresql(connection):
                assert [*server.foreign_keys(connection), *server.search_index(connection)] == []
            else:
                assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
                assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
                search_index.check(connection)
        house.archive.close()
    places.close()


@pytest.fixture
def house(new_house: Callable[[], House]) -> House:
    return new_house()
