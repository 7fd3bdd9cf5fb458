"""Related articles of a large archive: keeping them up to date when a run ends, and asking for them."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.made_archive import SITE
from benchmarks.measure import BrokenRun, absolute
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_archive import shared_archive
from storage.archive import Archive, open_archive
from storage.db import Db
from storage.relating.asking import related_to
from storage.relating.keeping import Relating

ARTICLES, QUICK_ARTICLES = 100_000, 2_000
NEW = 50
"""What a run brings."""
ASKED = 100
AIM_S = 5.0
AIM_ASKING_MS = 200.0
"""Pages of `browse` show related articles, and are to come in so many milliseconds."""
_FORGET = (
    "DELETE FROM near_duplicate WHERE article_key > :key OR other_key > :key",
    "DELETE FROM article_term WHERE article_key > :key",
    "DELETE FROM article_band WHERE article_key > :key",
    "DELETE FROM article_profile WHERE article_key > :key",
)
_Value = TypeVar("_Value")
_PAIRS = "SELECT * FROM near_duplicate ORDER BY article_key, other_key"


def measure(extent: Extent) -> Measured:
    """Each round brings an archive up to date that lacks 50 articles, and asks for related ones.

    Raises `BrokenRun` when it then does not hold what it held before.
    """
    count = extent.size(ARTICLES, QUICK_ARTICLES)
    new, nothing, middle, slowest = [], [], [], []
    folder = shared_archive(extent, count)  # which then holds what it held before
    for number in range(1, extent.runs + 1):
        with open_archive(folder) as archive:
            new.append(_bring(archive, count - NEW, NEW))
            nothing.append(_bring(archive, count, 0))
        asked = _ask(folder, count)
        middle.append(asked[len(asked) // 2])
        slowest.append(asked[-1])
        extent.tell(f"run {number}: {new[-1]:.2f} s, {nothing[-1]:.2f} s; asking {middle[-1]:.0f} ms")
    described = [
        f"In an archive made of {count:,} articles {NEW} are new when a run ends, then none.",
        f"Each round asks for the related articles of {ASKED} articles spread over it.",
    ]
    return Measured(
        described,
        [
            absolute(f"{NEW} new articles", "CPU time", "s", new, AIM_S),
            absolute("nothing new", "CPU time", "s", nothing),
            absolute("asking, the median", "CPU time", "ms", middle, AIM_ASKING_MS),
            absolute("asking, the slowest", "CPU time", "ms", slowest),
        ],
    )


def _bring(archive: Archive, known: int, new: int) -> float:
    """Seconds to bring up to date what is known of the articles numbered up to `known`."""
    db = Db(archive.connection)
    before = db.all(_PAIRS)
    with db.transaction():
        for statement in _FORGET:
            db.cursor.execute(statement, {"key": known})
    relating = Relating(db)
    with db.transaction():
        taken, worked_on = _timed(relating.update)
    if worked_on != new or db.all(_PAIRS) != before:
        raise BrokenRun(f"{worked_on} articles were worked on, and near-duplicates are others than before")
    return taken


def _ask(folder: Path, count: int) -> list[float]:
    """Milliseconds that it took to ask for the related articles of each of many, least first."""
    taken = []
    with open_archive(folder, read_only=True) as archive, archive.engine.connect() as connection:
        keys = connection.exec_driver_sql(
            "SELECT key FROM article WHERE id % ? = 1 ORDER BY id", (max(1, count // ASKED),)
        ).scalars()
        for key in keys.all():
            seconds, found = _timed(partial(related_to, connection, SITE, key, 10))
            if not found:
                raise BrokenRun(f"no article is related to {key}")
            taken.append(seconds * 1000)
    return sorted(taken)


def _timed(work: Callable[[], _Value]) -> tuple[float, _Value]:
    began = time.process_time()
    result = work()
    return time.process_time() - began, result
