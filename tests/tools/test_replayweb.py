"""ReplayWeb.page opens a package in a real Chromium, without a server of its own or the site."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from storage.archive import open_archive
from storage.wacz.packing import pack
from tests.crawl.crawling import ask

from .programs import CHECKOUT, browser, program, run

ARTICLES = "SELECT url, title FROM articles WHERE url IS NOT NULL AND gone_since IS NULL ORDER BY key LIMIT 3"
LISTING = "SELECT url FROM captures WHERE kind = 'listing' ORDER BY id LIMIT 1"


@pytest.mark.timeout(600)
def test_articles_and_listings_can_be_read_in_a_browser(archive: Path, tmp_path: Path) -> None:
    python, chromium, package = program("replayweb", "python"), browser(), tmp_path / "all.wacz"
    with open_archive(archive, read_only=True) as opened:
        pack(opened, package, program_version="1")
    wanted = dict(ask(archive, ARTICLES))
    (listing,) = ask(archive, LISTING)[0]
    done = run(
        python, CHECKOUT / "tests/tools/replaying.py", CHECKOUT / ".tools/replayweb/package", chromium,
        package, *wanted, listing,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    for url, title in wanted.items():
        assert title in told["shown"][url], url
    assert "Read More" in told["shown"][listing]
    assert told["asked"] == []
