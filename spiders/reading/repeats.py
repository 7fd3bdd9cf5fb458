"""Copies side by side in one block: what stands there twice counts once."""

from __future__ import annotations

from typing import Protocol, TypeVar

_SHORTEST = 12
"""Characters of a run that nobody writes twice in a row on purpose; topics and numbers may be equal."""
_MOST_RUNS = 40
"""With more a block is a text with much markup in it, and comparing all with all would take long."""


class _Shown(Protocol):
    @property
    def hidden(self) -> bool: ...


_Context = TypeVar("_Context", bound=_Shown)


def without_repeats(parts: list[tuple[str, _Context]]) -> list[tuple[str, _Context]]:
    """The runs of text of one block, each with its context, without those that repeat the runs before them.

    Of a hidden run and a shown one the shown one stays.
    """
    solid = [at for at, (text, _) in enumerate(parts) if not text.isspace()]
    if not 1 < len(solid) <= _MOST_RUNS:
        return parts
    texts = [parts[at][0].strip() for at in solid]
    if len(set(texts)) == len(texts):
        return parts
    for length in range(1, len(solid) // 2 + 1):
        for start in range(len(solid) - 2 * length + 1):
            middle, end = start + length, start + 2 * length
            run = texts[start:middle]
            if run == texts[middle:end] and sum(map(len, run)) >= _SHORTEST:
                hides = parts[solid[start]][1].hidden and not parts[solid[middle]][1].hidden
                first, last = (start, middle) if hides else (middle, end)
                return without_repeats(parts[: solid[first]] + parts[solid[last - 1] + 1 :])
    return parts
