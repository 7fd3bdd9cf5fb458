from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from tests.crawl.crawling import crawl
from tests.places import content
from tests.postgresql import Server
from tests.workers.company import Company

Content = dict[str, list[str]]


@pytest.fixture
def site() -> Iterator[SampleSite]:
    """It takes its time, so that there is something to share."""
    with SampleSite(delay=0.02) as running:
        yield running


@pytest.fixture
def company(site: SampleSite, server: Server, tmp_path: Path) -> Iterator[Company]:
    made = Company(tmp_path / "archive", server.new(), site.base_url)
    yield made
    for worker in made.workers:
        worker.kill()
        worker.communicate()


@pytest.fixture
def alone(site: SampleSite, tmp_path: Path) -> Callable[[], Content]:
    """What one process alone makes of the site, in SQLite. It asks for everything once more."""

    def crawl_alone() -> Content:
        assert crawl(tmp_path / "alone", site.base_url).code == 0
        return in_any_order(tmp_path / "alone")

    return crawl_alone


def in_any_order(archive: Path, database: str | None = None) -> Content:
    """What an archive holds, but for the teasers of articles: they are those of the card that was seen last,
    and which one that is depends on which page came first."""
    found = content(archive, database)
    return {**found, "articles": sorted(row.rpartition(", 'card'")[0] for row in found["articles"])}
