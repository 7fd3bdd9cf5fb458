"""Menus: a `<nav>` without tabs gives no text, but its elements count, and its links are noted.

A menu is often half of a page, and the same on all pages of a site: what is in it is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spiders.reading.remembered import Remembered
from spiders.reading.start_tags import COMMENT, END, StartTag, known
from spiders.reading.tree import Flat

_MOST = 100
_LONGEST = 50_000
"""Characters of a menu that is remembered; a tenth of that is usual."""


@dataclass(frozen=True, slots=True)
class Menu:
    """What is between a menu's start tag and its end tag."""

    flat: Flat
    elements: int
    noted: Sequence[tuple[StartTag, int, int]]
    """Tags that stand for themselves, each with its place in `flat` and its element's ordinal in the menu."""
    comments: Sequence[str]


def _menu(written: str) -> Menu:
    flat = Flat.of(written)
    elements, noted, comments = 0, [], []
    for at, tag in enumerate(flat.tags):
        said = known[tag]
        if said.kind is COMMENT:
            comments.append(tag)
        elif said.kind is not END:
            elements += 1
            if said.is_noted:
                noted.append((said, at, elements))
    return Menu(flat, elements, noted, comments)


menus = Remembered[str, Menu](_menu, _MOST, _LONGEST, len)
"""Menus by what is between their tags, as `Document.menus` has it."""


def forget() -> None:
    """Forget what was remembered: a test's way to show that it makes no difference."""
    menus.clear()
