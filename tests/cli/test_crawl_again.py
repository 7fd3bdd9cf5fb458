"""The command that `status` and `doctor` advise: it has to do when it is pasted."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from crawler.exits import ExitCode
from crawler.samplesite import SampleSite
from storage.writer import Writer
from tests.crawl.crawling import CHECKOUT, clean_environment, crawl
from tests.places import Places, opened

from .archives import import_pages, save_pages
from .conftest import Run


def advised(run: Run, archive: Path, *options: str, check: str = "last crawl") -> str:
    """The command in the advice of one check."""
    checks = run("status", "--json", "--archive", archive, *options).json["checks"]
    (do,) = (one["do"] for one in checks if one["name"] == check)
    command = re.search("'(msarchive .*)'", do)
    assert command is not None, do
    return command[1]


def test_pasted_it_goes_on_with_a_crawl_that_was_told_of_addresses(
    run: Run, both: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MSARCHIVE_ALLOW_PRIVATE")
    with SampleSite() as site:
        host = site.base_url.removeprefix("http://")
        assert (
            crawl(tmp_path / "a b", site.base_url, max_pages=5, allow_private=[host]).code == ExitCode.LIMIT
        )
        pages = save_pages(tmp_path / "pages")
        import_pages(tmp_path / "a b", next(pages.iterdir()))  # which was told of nothing
        command = advised(run, tmp_path / "a b", check="addresses")
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment = clean_environment(PATH=path, PYTHONPATH=str(CHECKOUT))
        url = both.url(tmp_path / "a b")
        if url is not None:
            environment["MSARCHIVE_DATABASE"] = url
        del environment["MSARCHIVE_ALLOW_PRIVATE"]
        done = subprocess.run(
            ["/bin/sh", "-c", f"{command} --json"], env=environment, cwd=tmp_path,
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, (command, done.stderr)
    assert json.loads(done.stdout)["resumed"]


def told(archive: Path, **settings: str) -> None:
    """A crawl that was stopped, of a site of one's own."""
    with opened(archive, create=True) as found:
        writer = Writer(found, "mine")
        writer.begin_run(
            "crawl", program_version="1", reader_version="1", profile_digest="p", settings=settings
        )
        writer.end_run("stopped", "stopped", {}, exit_code=5)


def test_it_names_the_profile_s_file_and_who_asks(
    run: Run, both: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(
        tmp_path / "archive",
        MSARCHIVE_SITE="my site.toml",
        USER_AGENT="msarchive/1 (+you@example.org)",
        MSARCHIVE_START="https://example.org/a https://example.org/b",
    )
    words = shlex.split(advised(run, Path("archive")))
    assert words == [
        "msarchive", "crawl", "--site", "my site.toml", "--start", "https://example.org/a",
        "--start", "https://example.org/b", "--contact", "you@example.org",
    ]  # fmt: skip
    monkeypatch.setenv("MSARCHIVE_CONTACT", "you@example.org")
    assert "--contact" not in advised(run, Path("archive"))
