"""WARC and WACZ files that are to be imported, wherever they lie."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from crawler.pool import Here, Pool
from crawler.warc_items import Item
from crawler.warc_pieces import Pieces
from crawler.warc_sources import Address, Source, expanded, source_of
from spiders.reading.profile import SiteProfile

_PAGE = 8 << 10
"""About so many bytes of a compressed file for each page in it."""
_MANY = 1 << 40


class Collections:
    """Files that hold records, in the order in which they are imported."""

    def __init__(
        self, files: Sequence[Path], addresses: Sequence[Address], profile: SiteProfile, pool: Pool,
        folder: Path,
    ) -> None:  # fmt: skip
        """`pool` reads them, unless that would take longer than to do it here. `folder` is for copies of what
        can't be had in parts. Raises `UserError` for an address where no WARC file is."""
        found = [one for address in addresses for one in expanded(address)]
        self.paths: tuple[Path | Address, ...] = tuple(dict.fromkeys((*files, *found)))
        self._sources: dict[Path | Address, Source] = {
            path: source_of(path, folder) for path in self.paths if not _is_package(path)
        }
        reader = pool if pages(files, addresses) > pool.few else Here()
        self._pieces = Pieces(list(self._sources.values()), profile, reader)

    def items(self, path: Path | Address) -> Iterator[Item] | None:
        """The records of a WARC file, read; None for a WACZ file. To be asked for in the order of `paths`."""
        return self._pieces.items(self._sources[path]) if path in self._sources else None


def pages(files: Sequence[Path], addresses: Sequence[Address]) -> int:
    """About how many pages these files hold; of what lies at an address that can't be told: very many."""
    return _MANY if addresses else sum(path.stat().st_size for path in files) // _PAGE


def _is_package(path: Path | Address) -> bool:
    return isinstance(path, Path) and zipfile.is_zipfile(path)
