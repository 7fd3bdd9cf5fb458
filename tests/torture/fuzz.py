"""Broken pages by the thousand: none raises, none takes over a second, none gives a wrong value as right.

`python -m tests.torture.fuzz` reads 20,000 of them, `--pages N --first SEED` others. It ends with 1 when any
failed, and says which seed makes each of them again. CI reads the first 2,000 (`tests/reading/test_fuzz.py`).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from random import Random

from spiders.reading import read_page
from spiders.reading.model import PageKind
from tests.reading.records import PROFILE, Build, builds

from .mutated import Mutated
from .mutations import mutate
from .oracle import wrong_values

PAGES = 20_000
SECONDS = 1.0
"""CPU time that one page may take: what else the machine does must not count."""


@dataclass
class Fuzzed:
    """What a number of pages came to."""

    pages: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    """Seconds of CPU time."""
    failures: list[str] = field(default_factory=list)

    def add(self, other: Fuzzed) -> None:
        """Count another's pages, too."""
        self.pages += other.pages
        self.kinds += other.kinds
        self.slowest = max(self.slowest, other.slowest)
        self.failures += other.failures


@cache
def _material() -> tuple[Build, ...]:
    return tuple(builds())


def page_of(seed: int) -> tuple[Build, Mutated]:
    """The broken page that a seed makes, and the page that it was."""
    random = Random(seed)
    build = random.choice(_material())
    others = [one for one in _material() if one.article != build.article and one.meta.get("form") != "text"]
    return build, mutate(build, others, random)


def fuzz(seeds: Sequence[int]) -> Fuzzed:
    """Read the pages of these seeds."""
    found = Fuzzed()
    for seed in seeds:
        build, page = page_of(seed)
        begin = time.process_time()
        reading = read_page(
            page.body, profile=PROFILE, url=build.meta.get("url"), content_type=page.content_type,
            form=build.meta.get("form"),
        )  # fmt: skip
        took = time.process_time() - begin
        found.pages += 1
        found.kinds[str(reading.kind)] += 1
        found.slowest = max(found.slowest, took)
        told = wrong_values(reading, build, page)
        if took > SECONDS:
            told.append(f"took {took:.2f} s")
        found.failures += [f"seed {seed}, {build}, {page.name}: {one[:300]}" for one in told[:3]]
        if reading.kind is PageKind.SUMMARY:
            found.kinds["with a title"] += reading.title is not None
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture.fuzz", description=__doc__)
    parser.add_argument("--pages", type=int, default=PAGES)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--workers", type=int, default=None)
    told = parser.parse_args(arguments)
    chunks = [
        range(at, min(at + 100, told.first + told.pages))
        for at in range(told.first, told.first + told.pages, 100)
    ]
    whole = Fuzzed()
    with ProcessPoolExecutor(told.workers) as pool:
        for part in pool.map(fuzz, chunks):
            whole.add(part)
            for failure in part.failures:
                print(failure, flush=True)
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in sorted(whole.kinds.items()))
    print(
        f"{whole.pages:,} pages: {kinds}; slowest {whole.slowest:.2f} s CPU; {len(whole.failures)} failures"
    )
    return 1 if whole.failures else 0


if __name__ == "__main__":
    sys.exit(main())
