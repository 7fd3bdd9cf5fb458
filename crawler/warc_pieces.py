"""WARC files read piece by piece, by whoever has time, and put together in their order.

A piece is a part of a file, compressed as it is. Where in it the first record begins can only be guessed, so
what came of a piece counts only when it began exactly where the piece before it ended. Else it is read once
more, from there. So what comes is what reading the file from its beginning to its end would give, damage and
all; and how files are cut depends on nothing but their sizes.
"""

from __future__ import annotations

import io
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, cast

from crawler.foreign_warc import (
    Damage,
    ForeignRecord,
    Place,
    WindowEnd,
    first_member,
    read_members,
    read_warc,
)
from crawler.pool import Pending, Pool
from crawler.warc_items import Item, read, sifted
from crawler.warc_sources import Address, Source
from spiders.reading.profile import SiteProfile

PIECE = 2 << 20
"""Bytes of a file, compressed: some hundred pages."""
BEHIND = 512 << 10
"""So much is fetched beyond a piece's end, for the record that begins before it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a worker is to read."""

    at: int
    """Where it begins in the file."""
    exact: bool
    """Whether a record begins just there."""
    end: int
    """Records that begin here or behind it are another's."""
    length: int
    """So many bytes belong to it, or fewer where the file ends."""
    is_last: bool
    """Whether the file ends with it."""
    data: bytes | Address
    """Its bytes, or where they are to be fetched."""


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a part."""

    begin: int | None
    """Where the first record began; None when none was found."""
    items: list[Item]
    next: int
    """Where to go on; `begin` when nothing whole could be read."""


class Pieces:
    """The records of several files, read by the workers of a pool ahead of whoever wants them."""

    def __init__(self, sources: Sequence[Source], profile: SiteProfile, pool: Pool) -> None:
        self._profile = profile
        self._pool = pool
        self._to_come = ((one, at) for one in sources if one.in_pieces for at in range(0, one.size, PIECE))
        self._ahead: deque[tuple[Source, int, Pending[Came]]] = deque()

    def items(self, source: Source) -> Iterator[Item]:
        """What is in one file: the files are to be asked for in their order."""
        if not source.in_pieces:
            with source.open() as file:
                yield from read(sifted(read_warc(file), self._profile), self._profile, source.name)
            return
        at = 0
        while at < source.size:
            start = at - at % PIECE
            came = self._guessed(source, start)
            if came is None or came.begin != at:
                came = self._asked(source, at, start + PIECE, exact=True).result()
            if came.next > at:
                yield from came.items
                at = came.next
            else:
                place = Place(at)
                yield from self._streamed(source, place, start + PIECE)
                at = max(place.at, at + 1)
        while self._ahead and self._ahead[0][0] is source:
            self._ahead.popleft()

    def _guessed(self, source: Source, start: int) -> Came | None:
        """What a worker found in the piece that begins there."""
        self._fill()
        while self._ahead and self._ahead[0][0] is source and self._ahead[0][1] <= start:
            _, at, pending = self._ahead.popleft()
            if at == start:
                came = pending.result()
                self._fill()
                return came
            self._fill()
        return None

    def _fill(self) -> None:
        while len(self._ahead) < self._pool.ahead:
            found = next(self._to_come, None)
            if found is None:
                return
            source, at = found
            self._ahead.append((source, at, self._asked(source, at, at + PIECE, exact=False)))

    def _asked(self, source: Source, at: int, end: int, *, exact: bool) -> Pending[Came]:
        length = end + BEHIND - at
        data = source.by_workers or source.read(at, length)
        part = Part(at, exact, end, length, at + length >= source.size, data)
        return self._pool.run(read_part, self._profile, source.name, part)

    def _streamed(self, source: Source, place: Place, end: int) -> Iterator[Item]:
        """What is too long for a piece: one record at a time."""
        with source.open() as file:
            found = read_members(file, place, end)
            yield from read(sifted(found, self._profile), self._profile, source.name)


def read_part(profile: SiteProfile, name: str, part: Part) -> Came:
    """Read a part of the file `name`. Raises `UserError` when it can't be fetched."""
    data = part.data
    if isinstance(data, Address):
        data = data.read(part.at, part.length)
    begin: int | None = part.at
    if not part.exact:
        first = first_member(data, 0, part.end - part.at)
        begin = None if first is None else part.at + first
    if begin is None:
        return Came(None, [], part.at)
    place = Place(begin)
    window = cast(BinaryIO, _Window(data, part.at, part.is_last))
    found: list[tuple[int, ForeignRecord | Damage]] = []
    with suppress(WindowEnd):
        for one in read_members(window, place, part.end):
            found.append((place.at, one))
    whole = [one for began, one in found if began < place.at]  # the last member may go on behind the window
    return Came(begin, list(read(sifted(whole, profile), profile, name)), place.at)


class _Window:
    """A part of a file, read at the places that it has in the file."""

    def __init__(self, data: bytes, at: int, is_last: bool) -> None:
        self._file, self._at, self._is_last = io.BytesIO(data), at, is_last

    def seek(self, at: int) -> int:
        return self._file.seek(at - self._at)

    def read(self, size: int) -> bytes:
        data = self._file.read(size)
        if not data and not self._is_last:
            raise WindowEnd
        return data
