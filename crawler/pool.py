"""Processes that read for us, on this machine's cores or on a cluster: what both can do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from crawler.reading_again import Again, Wanted
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


class Here:
    """A `Pool` without workers: everything is done when it is asked for, in the caller's process."""

    few = 0
    ahead = 1

    def read(self, source: Source, captures: Sequence[Wanted]) -> Pending[list[bytes]]:
        """Read these captures: see `Again.read`."""
        with closing(Again(*source[:3])) as again:
            return _Done(again.read(captures))

    def run(self, function: Callable[..., Result], *arguments: object) -> Pending[Result]:
        """Call a function."""
        return _Done(function(*arguments))


@dataclass(frozen=True, slots=True)
class _Done(Generic[Result]):
    came: Result

    def result(self) -> Result:
        return self.came
