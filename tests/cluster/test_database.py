"""An archive in PostgreSQL is written by whoever reads for it: a cluster's workers never see the database."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from crawler.importing import import_files
from spiders.sites import load_profile
from tests.cli.archives import BASE, save_pages
from tests.cli.conftest import Run
from tests.cli.conftest import run as run
from tests.cluster.cluster import Cluster
from tests.cluster.test_import import made
from tests.cluster.test_reread import WEAK
from tests.database.rows import all_rows
from tests.places import content
from tests.postgresql import Server


def test_files_that_a_cluster_reads_come_to_the_rows_that_they_come_to_here(
    cluster: Cluster, run: Run, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crawler.warc_pieces.PIECE", 4_000)
    files, url = made(tmp_path / "files"), server.new()
    of_it = ("import", *files, "--site", "mymsbuddy")
    here = run(*of_it, "--archive", "here")
    there = run(*of_it, "--archive", "there", "--database", url, "--dask", cluster.address)
    assert (here.code, there.code) == (1, 1), here.err + there.err  # one file is cut off, one damaged
    mine, theirs = all_rows(Path("here")), all_rows(Path("there"), url)
    assert len(mine["capture"]) > 80
    assert {table for table in mine if theirs[table] != mine[table]} == set()


def test_captures_that_a_cluster_reads_again_come_to_the_archive_that_they_come_to_here(
    cluster: Cluster, run: Run, server: Server, tmp_path: Path
) -> None:
    (tmp_path / "weak.toml").write_text(WEAK)
    profile = load_profile(str(tmp_path / "weak.toml")).at(BASE)
    here, there = tmp_path / "here", tmp_path / "there"
    import_files([save_pages(tmp_path / "pages")], directory=here, profile=profile, program_version="1")
    shutil.copytree(here, there)
    url = server.copy_of(there)
    before = content(there, url)
    for where in (("--archive", here), ("--archive", there, "--database", url, "--dask", cluster.address)):
        told = run("reread", "--site", "sample", *where)
        assert told.code == 0, told.err
        assert "66 captures read again" in told.out
    assert content(here) == content(there, url) != before
