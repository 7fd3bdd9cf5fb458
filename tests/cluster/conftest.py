"""Clusters for tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.cluster import Cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with two workers, for tests that leave them alone."""
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.start(2)
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("scheduler"))
    yield made
    made.stop()


@pytest.fixture
def own_workers(scheduler: Cluster) -> Iterator[Cluster]:
    """A scheduler without workers: those that a test starts there are its own."""
    yield scheduler
    scheduler.kill_workers()
