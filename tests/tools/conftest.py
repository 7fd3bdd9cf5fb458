"""An archive of the sample site: crawled, edited, and crawled again with everything asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from tests.crawl.crawling import crawl


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The archive's folder. It holds plain answers, redirects, errors, revisits of both kinds, requests."""
    folder = tmp_path_factory.mktemp("replayed") / "archive"
    with SampleSite() as site:
        assert crawl(folder, site.base_url).code == 0
        site.apply("edit")
        site.apply("move")
        assert crawl(folder, site.base_url, refresh="all").code == 0
    return folder
