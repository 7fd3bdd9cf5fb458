"""Captures of a WARC file are committed a few at a time, and what an import counts of them is on disk."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from pathlib import Path

import pytest

from storage.db import Db
from storage.group_commit import GROUP_PAGES, Around, GroupCommit
from tests.places import database_of, rows

from .warcs import bring, digest, info, other, page, response, save

ARTICLES = 3 * GROUP_PAGES
NAMES = [f"aB3d{number:02}" for number in range(ARTICLES)]
KILLED = """
import os, sys
from pathlib import Path
from storage.group_commit import GroupCommit
from tests.warc.warcs import bring
real, groups = GroupCommit.commit, []
def killed(self, around):
    groups.extend([1] if self.is_open else [])
    if len(groups) == 2:
        os._exit(9)
    return real(self, around)
GroupCommit.commit = killed
bring(Path(sys.argv[1]), Path(sys.argv[2]), database=sys.argv[3] or None)
"""


@pytest.fixture(scope="module")
def warc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WARC file of many articles."""
    pages = [(other(name), page(f"Article {name}", url=other(name))) for name in NAMES]
    return save(tmp_path_factory.mktemp("warc") / "many.warc.gz", info(), *(response(*one) for one in pages))


def articles(archive: Path) -> int:
    """How many articles there are."""
    ((number,),) = rows(archive, "SELECT count(*) FROM articles")
    return int(number)


def counted(archive: Path) -> int:
    """How many new articles the last run tells of."""
    ((told,),) = rows(archive, "SELECT counts FROM runs ORDER BY id DESC LIMIT 1")
    return int(json.loads(told).get("new_article", 0))


@pytest.mark.usefixtures("both")
def test_many_captures_have_one_commit(tmp_path: Path, warc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, commits = Db.commit, []

    def counting(self: Db) -> None:
        commits.append(self)
        real(self)

    monkeypatch.setattr(Db, "commit", counting)
    bring(tmp_path / "archive", warc)
    assert articles(tmp_path / "archive") == counted(tmp_path / "archive") == ARTICLES
    assert ARTICLES / GROUP_PAGES <= len(commits) < ARTICLES / 2


@pytest.mark.usefixtures("both")
def test_what_a_failed_commit_took_back_is_not_counted_and_comes_with_the_next_import(
    tmp_path: Path, warc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, groups = GroupCommit.commit, []

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def failing(self: GroupCommit, around: Around) -> None:
        groups.extend([1] if self.is_open else [])
        if len(groups) == 2:
            around = around._replace(before_commit=full)
        real(self, around)

    with monkeypatch.context() as patched:
        patched.setattr(GroupCommit, "commit", failing)
        with pytest.raises(OSError, match="No space left"):
            bring(tmp_path / "archive", warc)
    assert articles(tmp_path / "archive") == counted(tmp_path / "archive") == GROUP_PAGES
    bring(tmp_path / "archive", warc)
    assert articles(tmp_path / "archive") == ARTICLES
    assert counted(tmp_path / "archive") == ARTICLES - GROUP_PAGES
    bring(tmp_path / "whole", warc)
    assert digest(tmp_path / "archive") == digest(tmp_path / "whole")


@pytest.mark.usefixtures("both")
def test_killed_between_commits_an_import_goes_on_with_the_next_one(tmp_path: Path, warc: Path) -> None:
    archive = tmp_path / "archive"
    command = [sys.executable, "-c", KILLED, str(archive), str(warc), database_of(archive) or ""]
    assert subprocess.run(command, check=False, timeout=60).returncode == 9
    assert articles(archive) == GROUP_PAGES
    bring(archive, warc)
    bring(tmp_path / "whole", warc)
    assert digest(archive) == digest(tmp_path / "whole")
