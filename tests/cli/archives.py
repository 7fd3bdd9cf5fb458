"""Archives for the reading commands: the sample site's pages, imported from files."""

from __future__ import annotations

from pathlib import Path

from crawler.importing import ImportResult, import_files
from crawler.samplesite.pages import build
from spiders.sites import load_profile
from tests.places import database_of

BASE = "http://127.0.0.1:8099"


def save_pages(folder: Path, edition: tuple[str, ...] = ()) -> Path:
    """The sample site's articles as files, as a person might have saved them."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, page in build(edition, BASE).items():
        if path.startswith("/news/view/") and page.status == 200:
            (folder / f"{path.rsplit('/', 1)[1]}.html").write_bytes(page.body)
    return folder


def import_pages(archive: Path, *paths: Path) -> ImportResult:
    """Import files as pages of the sample site."""
    return import_files(
        paths,
        directory=archive,
        database=database_of(archive),
        profile=load_profile("sample").at(BASE),
        program_version="1",
    )
