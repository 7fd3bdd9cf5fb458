"""An archive with a history: crawled, edited, moved, withdrawn, brought back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from crawler.samplesite import SampleSite
from storage.archive import open_archive
from tests.conftest import Database
from tests.crawl.crawling import crawl


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's folder. For reading: tests share it."""
    folder = tmp_path_factory.mktemp("lived") / "archive"
    with SampleSite() as site:
        assert crawl(folder, site.base_url).code == 0
        for changes in (("edit", "move", "withdraw"), ("return",)):
            for change in changes:
                site.apply(change)
            assert crawl(folder, site.base_url, refresh="all").code == 0
    return folder


@pytest.fixture
def connection(lived: Path, database: Database) -> Iterator[Connection]:
    """A reader of that archive, in both databases."""
    with (
        open_archive(lived, read_only=True, database=database(lived)) as archive,
        archive.engine.connect() as connection,
    ):
        yield connection
