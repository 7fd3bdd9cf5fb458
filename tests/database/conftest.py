from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.archives import import_pages, save_pages
from tests.cli.conftest import run
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
def url(archive: Path, server: Server) -> str:
    return server.copy_of(archive)
