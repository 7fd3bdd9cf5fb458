"""What was made of a text once: a site's pages say the same things in the same words over and over.

Functions whose only argument is one short thing use `functools.lru_cache`; this is for what is asked so often
that the call itself costs, and for keys that a hostile page may make as long as it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(dict[K, V]):
    """A function's values by its argument: `known[key]` is `make(key)`, and made once.

    Holds `most` values and then forgets all of them, so that its memory is bounded; a key that `size` finds
    longer than `longest` is not kept at all. `make` depends on nothing but its argument, so that nobody can
    tell what was remembered.
    """

    __slots__ = ("_longest", "_make", "_most", "_size")

    def __init__(self, make: Callable[[K], V], most: int, longest: int, size: Callable[[K], int]) -> None:
        super().__init__()
        self._make, self._most, self._longest, self._size = make, most, longest, size

    def __missing__(self, key: K) -> V:
        value = self._make(key)
        if self._size(key) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value
