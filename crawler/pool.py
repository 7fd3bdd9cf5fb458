"""Processes that read for us, on this machine's cores or on a cluster: what both can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from crawler.reading_again import Wanted
from spiders.reading.profile import SiteProfile

Result_co = TypeVar("Result_co", covariant=True)
Result = TypeVar("Result")

Source = tuple[Path, SiteProfile, str | None, int]
"""An archive's folder, a profile to read with, the database in the place of the folder's `archive.db` (None:
none is), and a number that no other source of this process has."""


class Pending(Protocol[Result_co]):
    """What a worker is at, or has done."""

    def result(self) -> Result_co:
        """What came of it, once it is there. Raises what the worker raised, and `UserError` when there is no
        worker any more."""


class Pool(Protocol):
    """Workers. What they do comes to the same wherever they are."""

    few: int
    """So many captures are read in the caller's process: having others do it would take longer."""

    @property
    def ahead(self) -> int:
        """As many tasks are to be given out before the first one's result is waited for."""

    def read(self, source: Source, captures: Sequence[Wanted]) -> Pending[list[bytes]]:
        """Have some worker read these captures: see `Again.read`."""

    def run(self, function: Callable[..., Result], *arguments: object) -> Pending[Result]:
        """Have some worker call a function, which must be pure: when a worker dies, another calls it again.
        Function, arguments and result travel as pickles."""
