"""Room on the disk: a run stops while there is still enough of it to end well."""

from __future__ import annotations

import os
import re
from pathlib import Path

from storage.errors import ArchiveUnwritable

MOST_KEPT_FREE = 500_000_000
SHARE_KEPT_FREE = 0.05
"""Unless told otherwise this share of the disk is to stay free, but no more than `MOST_KEPT_FREE` bytes."""
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?\s*", re.IGNORECASE)
_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


class DiskLow(ArchiveUnwritable):
    """So little is left of the disk that a run has to end."""


class Room:
    """The room on the disk that an archive lies on. `least` bytes of it must stay free; None: see
    `SHARE_KEPT_FREE`; 0: no limit."""

    def __init__(self, directory: Path, least: int | None = None) -> None:
        self._directory = directory
        self._least = least

    def check(self) -> None:
        """Raise `DiskLow` when less than that is left. Costs some microseconds: one call of the system."""
        if self._least == 0:
            return
        disk = os.statvfs(self._directory)
        free = disk.f_bavail * disk.f_frsize
        least = self._least
        if least is None:
            least = min(MOST_KEPT_FREE, int(SHARE_KEPT_FREE * disk.f_blocks * disk.f_frsize))
        if free < least:
            raise DiskLow(
                f"only {_size(free)} left on the disk of {self._directory}: a run stops below {_size(least)} "
                "(MSARCHIVE_MIN_FREE sets another limit); with more room the next one goes on"
            )


def bytes_told(text: str) -> int:
    """A number of bytes as people write it: `0`, `250MB`, `2 GB`, powers of 1000. Raises `ValueError`."""
    found = _SIZE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no size such as 500MB")
    return int(float(found[1]) * _UNITS[found[2].lower()])


def _size(number: int) -> str:
    return f"{number / 1e9:,.1f} GB" if number >= 10**9 else f"{number / 1e6:,.1f} MB"
