"""How much of two texts is the same, and which texts may be: shingles, MinHash, bands. Pure.

A text is the set of all three words in a row that it has (Broder, On the resemblance and containment of
documents, 1997); two texts are alike by the share that they have in common of what either has (Jaccard). The
texts that may be alike without comparing each with each are found by MinHash with banding (Leskovec et al.,
Mining of Massive Datasets, 3.4), the minima by one permutation in bins (Li, Owen, Zhang, One permutation
hashing, 2012), where an empty bin takes the next full one's (Shrivastava, Li, Densifying one permutation
hashing, 2014). datasketch does the same with numpy and scipy, which are twice as large as this program.
"""

from __future__ import annotations

import zlib
from collections.abc import Set
from hashlib import blake2b

from storage.relating.words import tokens

WORDS_IN_A_ROW = 3
ALIKE = 0.7
"""Two texts of which so much is the same are near-duplicates."""
FEWEST = 20
"""A text with fewer shingles than this is too short to say of it that it is like another."""
BANDS, ROWS = 16, 4
"""Of two texts that are just alike enough, 99 % share a band; of two that are half alike, 64 % are compared
in vain."""

_BINS = BANDS * ROWS
_MIX = 0x9E3779B97F4A7C15
"""Odd, near 2 to the 64th over the golden ratio: spreads the checksum over all bits (Knuth, TAOCP 3, 6.4)."""
_64_BITS = (1 << 64) - 1
_BIN_SHIFT = 64 - _BINS.bit_length() + 1


def shingles(takeaway: str | None, sections: str | None) -> frozenset[int]:
    """The shingles of an article's text as numbers; the title is not among them, since copies change it."""
    words = tokens(f"{takeaway or ''}\n{sections or ''}")
    return frozenset(
        zlib.crc32(" ".join(words[place : place + WORDS_IN_A_ROW]).encode())
        for place in range(len(words) - WORDS_IN_A_ROW + 1)
    )


def bands(of: Set[int]) -> tuple[int, ...]:
    """`BANDS` numbers of 63 bits: texts that share one may be alike. Empty for a text that is too short."""
    if len(of) < FEWEST:
        return ()
    least = [_64_BITS + 1] * _BINS
    for shingle in of:
        mixed = shingle * _MIX & _64_BITS
        place = mixed >> _BIN_SHIFT
        if mixed < least[place]:
            least[place] = mixed
    full = [place for place in range(_BINS) if least[place] <= _64_BITS]
    if len(full) < _BINS:
        _fill(least, full)
    return tuple(_band(number, least[number * ROWS : (number + 1) * ROWS]) for number in range(BANDS))


def _fill(least: list[int], full: list[int]) -> None:
    """Let each empty bin take the minimum of the next full one, told from it by how far that is."""
    upcoming = full[0] + _BINS
    known = set(full)
    for place in reversed(range(_BINS)):
        if place in known:
            upcoming = place
        else:
            least[place] = least[upcoming % _BINS] + (upcoming - place) * _MIX & _64_BITS


def _band(number: int, minima: list[int]) -> int:
    data = b"".join(minimum.to_bytes(8, "big") for minimum in (number, *minima))
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big") >> 1


def in_common(one: Set[int], other: Set[int]) -> tuple[int, int]:
    """How many shingles both texts have, and how many either has."""
    shared = len(one & other)
    return shared, len(one) + len(other) - shared


def alike(shared: int, either: int) -> bool:
    """Whether texts with so much in common are near-duplicates."""
    return shared >= ALIKE * either
