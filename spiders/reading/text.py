"""Plain text captures → blocks: one line, one block, and what an extractor glued together taken apart."""

from __future__ import annotations

import re
from functools import lru_cache

from spiders.reading.model import Block, Role
from spiders.reading.profile import SiteProfile
from spiders.reading.words import heading_key, squeeze


def text_blocks(text: str, profile: SiteProfile) -> list[Block]:
    """The blocks of a text capture. Lines that hold only white space give none."""
    blocks: list[Block] = []
    glue = _glue(profile)
    for number, line in enumerate(text.replace("\0", "").splitlines(), start=1):
        for piece in _taken_apart(squeeze(line), glue):
            level = 2 if heading_key(piece) in profile.parts else None
            role = Role.HEADING if level else Role.TEXT
            blocks.append(Block(len(blocks), role, piece, level, path=f"line {number}"))
    return blocks


def _taken_apart(line: str, glue: re.Pattern[str] | None) -> list[str]:
    """A line cut where a neighbouring element's words were glued on: `Read More12/1/2025`."""
    pieces = []
    while line:
        match = glue.match(line) if glue else None
        if match is None:
            pieces.append(line)
            break
        pieces.append(match[0].strip())
        line = line[match.end() :].strip()
    return pieces


@lru_cache(maxsize=64)
def _words_of(keys: tuple[str, ...]) -> re.Pattern[str] | None:
    if not keys:
        return None
    longest_first = sorted(keys, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, key.split(" "))) for key in longest_first)
    # Glued when a capital, a digit or a quote follows at once: "Read More" + "Whether", never "Read Mores".
    # (Only the label's own letters may be in either case.)
    return re.compile(rf"(?i:{words}):?(?=[^\W_a-z]|[“\"‘(])", re.UNICODE)


def _glue(profile: SiteProfile) -> re.Pattern[str] | None:
    labels = tuple(key for key, kind in profile.labels.items() if kind in ("card_more", "share"))
    multi_word_parts = tuple(key for key in profile.parts if " " in key)
    return _words_of(labels + multi_word_parts)
