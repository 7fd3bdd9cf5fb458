"""What holds for all tests."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests.places import Places
from tests.postgresql import Server

Database = Callable[[Path], str | None]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Reports go from process to process as UTF-8: what is hostile in a captured log must not end them."""
    report = yield
    report.sections = [
        (name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections
    ]
    return report


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is about SQLite's own file does not run with PostgreSQL, whatever else its module asks for."""
    there = [item for item in items if item.get_closest_marker("sqlite") and _in_postgresql(item)]
    if there:
        config.hook.pytest_deselected(items=there)
        items[:] = [item for item in items if item not in set(there)]


def _in_postgresql(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    return call is not None and "postgresql" in (call.params.get("places"), call.params.get("database"))


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server, started when a test first asks for it."""
    started = Server()
    yield started
    started.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """Where the archive of a folder is to be asked: None in the folder itself, or the address of a copy of it
    in PostgreSQL. Every test that asks for this runs with both."""
    if request.param == "sqlite":
        return lambda directory: None
    found: Server = request.getfixturevalue("server")
    return found.copy_of


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def places(request: pytest.FixtureRequest) -> Iterator[Places]:
    """Where archives are. Every test that asks for this, or for an archive that was made with it, runs with
    both databases."""
    made = Places(request.getfixturevalue("server") if request.param == "postgresql" else None)
    yield made
    made.close()


@pytest.fixture
def both(places: Places, tmp_path: Path) -> Iterator[Places]:
    """Where archives in a test's own folder are. Every test that asks for this runs with both databases."""
    with places.over(tmp_path):
        yield places
