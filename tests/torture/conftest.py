"""One site, one nursery and the reference archives for all tests of this folder that run in one process."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from tests.torture.scenes import Ground

if sys.platform != "linux":  # pidfd
    collect_ignore_glob = ["test_*.py"]


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("torture")) as made:
        yield made
