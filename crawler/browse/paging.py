"""Lists a page at a time."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from crawler.browse.addresses import here

SIZE = 25
"""Rows on a page."""
_FARTHEST = 1_000_000


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of how many, and where its neighbours are."""

    number: int
    """From 1."""
    total: int
    """Rows on all pages."""
    path: tuple[object, ...]
    query: dict[str, object]
    size: int = SIZE

    @property
    def offset(self) -> int:
        """Rows before this page's first."""
        return (self.number - 1) * self.size

    @property
    def last(self) -> int:
        """The last page's number; 1 when there is nothing."""
        return max(1, -(-self.total // self.size))

    @property
    def first_row(self) -> int:
        """Number of this page's first row, from 1."""
        return min(self.offset + 1, self.total)

    @property
    def last_row(self) -> int:
        """Number of this page's last row."""
        return min(self.offset + self.size, self.total)

    def at(self, number: int) -> str:
        """The address of a page of this list."""
        return here(*self.path, **self.query, page=None if number == 1 else number)

    @property
    def previous(self) -> str | None:
        """The address of the page before; None on the first."""
        return self.at(self.number - 1) if self.number > 1 else None

    @property
    def next(self) -> str | None:
        """The address of the page after; None on the last."""
        return self.at(self.number + 1) if self.number < self.last else None


def page_number(query: QueryParams) -> int:
    """The page that `?page=` asks for. Raises 400 for anything but a number from 1."""
    return number(query, "page", 1, most=_FARTHEST)


def number(query: QueryParams, name: str, default: int, *, most: int = 2**53) -> int:
    """A number from 1 in the query. Raises 400 for anything else."""
    value = query.get(name)
    if value is None:
        return default
    if not (value.isascii() and value.isdecimal()) or len(value) > 16 or not 1 <= int(value) <= most:
        raise HTTPException(400, f"{name.capitalize()} is a number from 1, not {value[:40]!r}.")
    return int(value)


def paged(query: QueryParams, total: int, *path: object, size: int = SIZE, **more: object) -> Paging:
    """The page of a list of `total` rows that a request asks for. Raises 400 or, past the end, 404."""
    paging = Paging(page_number(query), total, path, dict(more), size)
    if paging.number > paging.last:
        raise HTTPException(404, f"This list ends with page {paging.last:,}.")
    return paging
