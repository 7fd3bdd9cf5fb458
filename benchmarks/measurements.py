"""The table of measurements: one entry each, loaded only when it is asked for.

A measurement is a module with a function `measure(extent: Extent) -> Measured`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import Figure

RUNS, QUICK_RUNS = 5, 2


@dataclass(frozen=True)
class Extent:
    """How much is to be measured."""

    runs: int
    """Of each contender; figures of fewer than `RUNS` do not go on the page."""
    quick: bool
    """A first look: small, and without a round for warming up."""
    articles: int | None
    """Size of what is made, where the command line says one."""
    tell: Callable[[str], None]
    """Takes a line of progress."""
    made: tuple[Path, ...] = ()
    """Made archives to measure on (`benchmarks.shared_archive`); what is not among them is made."""
    up_to: int | None = None
    """Articles that an archive may have which is made for what is measured at several sizes."""

    def size(self, full: int, quick: int) -> int:
        """How many articles to make: what the command line says, or one of these."""
        return self.articles or (quick if self.quick else full)


@dataclass(frozen=True)
class Measured:
    """What came of a measurement."""

    described: list[str]
    """What was measured on what, a sentence each, for people."""
    figures: list[Figure]


@dataclass(frozen=True)
class Measurement:
    """An entry of the table."""

    name: str
    """For `--only`, and the name of the file with its figures."""
    title: str
    """Its heading on the page."""
    module: str
    """Where its `measure` is."""

    def measure(self, extent: Extent) -> Measured:
        """Measure. Raises `BrokenRun` when a contender did not do its job (its time means nothing then), and
        `NotMeasurable` when it can't be measured here."""
        measured = importlib.import_module(self.module).measure(extent)
        assert isinstance(measured, Measured)
        return measured


MEASUREMENTS = (
    Measurement("startup", "Start-up of the command line", "benchmarks.startup"),
    Measurement("reading", "Reading pages, on one core", "benchmarks.reading"),
    Measurement("crawling", "Crawling on loopback, without delay", "benchmarks.crawling"),
    Measurement("captures", "What exact captures cost a crawl", "benchmarks.captures"),
    Measurement("workers", "Several workers at one site", "benchmarks.workers"),
    Measurement("recrawling", "Crawling an unchanged site again", "benchmarks.recrawling"),
    Measurement("memory", "Memory of a crawl, of few pages and of many", "benchmarks.memory"),
    Measurement("rereading", "Reading captures again", "benchmarks.rereading"),
    Measurement("scaling", "Reading few captures again, and many", "benchmarks.scaling"),
    Measurement("size", "What an article takes on the disk", "benchmarks.size"),
    Measurement("relating", "Related articles of 100,000", "benchmarks.relating"),
    Measurement("browsing", "Browsing a large archive", "benchmarks.browsing"),
    Measurement("exporting", "Exporting a large archive", "benchmarks.exporting"),
    Measurement("searching", "Searching a large archive", "benchmarks.searching"),
    Measurement("asking", "Commands and SQL on a large archive", "benchmarks.asking"),
)
"""In the order of the page."""
