"""A crawl with a newer reader than the archive's: its corrections are no changes of the site's."""

from __future__ import annotations

from pathlib import Path

from crawler.samplesite import SampleSite
from spiders.reading.model import READER_VERSION
from tests.places import Places, change, rows

from .crawling import crawl


def test_it_reads_again_first_and_the_site_has_not_changed(both: Places, tmp_path: Path) -> None:
    with SampleSite() as site:
        assert crawl(tmp_path, site.base_url).code == 0
        # As an earlier reader would have left it.
        change(tmp_path, "UPDATE capture SET reader_version = '0' WHERE reader_version IS NOT NULL")
        done = crawl(tmp_path, site.base_url, refresh="all")
    assert done.code == 0
    assert rows(tmp_path, "SELECT kind FROM runs ORDER BY id") == [("crawl",), ("reread",), ("crawl",)]
    assert rows(tmp_path, "SELECT max(revision) FROM revisions") == [(1,)]
    versions = rows(tmp_path, "SELECT DISTINCT reader_version FROM captures WHERE kind = 'summary'")
    assert versions == [(READER_VERSION,)]
