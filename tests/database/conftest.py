from __future__ import annotations

from pathlib import Path

import pytest

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from tests.cli.archives import import_pages, save_pages
from tests.cli.conftest import run
from tests.crawl.crawling import crawl
from tests.postgresql import Server

__all__ = ["run"]


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of the sample site's pages, imported twice, those that were edited meanwhile among them."""
    folder = tmp_path_factory.mktemp("copied")
    pages = sorted(save_pages(folder / "pages").iterdir())
    save_pages(folder / "later", ("edit",))
    later = {page: folder / "later" / page.name for page in pages}
    edited = [page for page in pages if page.read_bytes() != later[page].read_bytes()]
    chosen = dict.fromkeys([*edited, *pages[:10]])
    import_pages(folder / "archive", *chosen)
    import_pages(folder / "archive", *(later[page] for page in edited))
    return folder / "archive"


@pytest.fixture(scope="session")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with alarms, quarantine and events."""
    archive = tmp_path_factory.mktemp("crawled") / "archive"
    with SampleSite() as site:
        assert crawl(archive, site.base_url, max_pages=25).code == ExitCode.LIMIT
        assert crawl(archive, site.base_url).code == 0
        site.apply("withdraw,move")
        site.redesign("title-in-image")
        assert crawl(archive, site.base_url, refresh="all").code == ExitCode.CHANGED
    return archive


@pytest.fixture(scope="session")
def url(archive: Path, server: Server) -> str:
    return server.copy_of(archive)
