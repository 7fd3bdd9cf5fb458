"""What one pass over a document finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from spiders.reading.model import Block
from spiders.reading.start_tags import StartTag
from spiders.reading.tree import Flat


class Noted(NamedTuple):
    """A start tag that stands for itself, wherever in the document it is."""

    said: StartTag
    flat: Flat
    """The piece of the document in which it is."""
    at: int
    """Its place in that."""
    ordinal: int
    """Its element's, from 1."""


@dataclass(frozen=True, slots=True)
class Walked:
    """Everything found, in document order."""

    blocks: list[Block] = field(default_factory=list)
    ordinals: list[int] = field(default_factory=list)
    """For each block that of the element it stands in, from 1."""
    noted: list[Noted] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    """The texts of titles in the document's head."""
    comments: list[str] = field(default_factory=list)
    """As they are written, in document order; those outside the root are not among them."""
