"""Archives for the tests of rereading: pages that were read with a profile that knows less, or all."""

from __future__ import annotations

import subprocess
import sys
from functools import cached_property
from pathlib import Path

import pytest

from crawler.importing import import_files
from spiders.sites import load_profile
from storage.copying import rows as all_of
from storage.copying import tables
from tests.crawl.crawling import clean_environment
from tests.places import database_of, opened

from .archives import BASE, save_pages

# Profiles in place of readers: what a profile does not know, a reader can't read.
NO_TAKEAWAY = 'extends = "sample"\nname = "sample"\n[parts]\ntakeaway = ["No Page Says This"]\n'
NO_FINDINGS = 'extends = "sample"\nname = "sample"\n[parts.sections]\nfindings = ["No Page Says This"]\n'
_OF_THE_RUN = ("started_at", "ended_at", "pid")


def weak_site(folder: Path, text: str) -> Path:
    """A file with a profile."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = folder / "weak.toml"
    profile.write_text(text, "utf-8")
    return profile


def imported(archive: Path, pages: Path, site: str | Path = "sample") -> Path:
    """An archive in SQLite of pages that a profile has read."""
    import_files([pages], directory=archive, profile=load_profile(str(site)).at(BASE), program_version="1")
    return archive


class Readings:
    """Archives in SQLite of the same pages, each made when it is first asked for. Tests write to copies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @cached_property
    def pages(self) -> Path:
        """The pages."""
        return save_pages(self._folder / "pages")

    @cached_property
    def well(self) -> Path:
        """Read with all that the profile knows."""
        return imported(self._folder / "well", self.pages)

    @cached_property
    def without_takeaway(self) -> Path:
        """Read with a profile that knows no takeaway; `well` is what its reread comes to."""
        weak = weak_site(self._folder / "no-takeaway", NO_TAKEAWAY)
        return imported(self._folder / "without-takeaway", self.pages, weak)

    @cached_property
    def without_findings(self) -> Path:
        """Likewise without the section of findings."""
        weak = weak_site(self._folder / "no-findings", NO_FINDINGS)
        return imported(self._folder / "without-findings", self.pages, weak)


@pytest.fixture(scope="session")
def readings(tmp_path_factory: pytest.TempPathFactory) -> Readings:
    return Readings(tmp_path_factory.mktemp("readings"))


def dump(archive: Path) -> list[str]:
    """Every row of every table; a run's times and process can't be equal."""
    told = []
    with opened(archive, read_only=True) as found, found.engine.connect() as connection:
        for table in tables():
            left = _OF_THE_RUN if table.name == "run" else ()
            names = [column.name for column in table.columns]
            for row in all_of(connection, table):
                kept = [value for name, value in zip(names, row, strict=True) if name not in left]
                told.append(f"{table.name} {kept}")
    return told


def start_reread(archive: Path, **environment: str) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    url = database_of(archive)
    if url is not None:
        environment["MSARCHIVE_DATABASE"] = url
    return subprocess.Popen(
        [sys.executable, "-m", "crawler.cli", "reread", "--archive", str(archive), "--site", "sample"],
        env=clean_environment(**environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
