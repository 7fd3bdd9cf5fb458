"""What a report is made of, as its template takes it: text not to be trusted, and pictures that are ours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from storage.word_diff import Piece

MOST_ROWS = 400
"""Of a table; a page of more than these nobody reads, and the archive answers better."""


@dataclass(frozen=True, slots=True)
class Table:
    """The numbers behind a picture."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int]
    """Columns that hold numbers."""
    left_out: int
    """Rows that are not there, because there are too many."""


@dataclass(frozen=True, slots=True)
class Block:
    """A picture, what is to be said of it, and its numbers."""

    picture: str | None = None
    """An `<svg>` of ours."""
    text: str = ""
    """A paragraph beneath the picture, or in its place."""
    table: Table | None = None

    @property
    def markup(self) -> Markup | None:
        """The picture, not to be escaped."""
        return None if self.picture is None else Markup(self.picture)


@dataclass(frozen=True, slots=True)
class Change:
    """One field of an article, before and after."""

    at: str
    """When it was first seen (UTC), for people."""
    article: str
    """Its title, or what stands for it."""
    key: str
    field: str
    pieces: Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the report under a heading of its own."""

    name: str
    """Its address in the page."""
    title: str
    lead: str
    blocks: Sequence[Block]
    changes: Sequence[Change] = ()


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> Table:
    """A table; columns of nothing but numbers stand to the right."""
    made = list(rows)
    numeric = frozenset(
        place
        for place in range(len(head))
        if made and all(isinstance(row[place], int | float) for row in made)
    )
    shown = [tuple(_cell(value) for value in row) for row in made[:MOST_ROWS]]
    return Table(caption, tuple(head), shown, numeric, len(made) - len(shown))


def _cell(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:,}"
