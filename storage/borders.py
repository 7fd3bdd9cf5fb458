"""Topics that a capture glued together, split where the archive's known topics prove every border. Pure."""

from __future__ import annotations

from collections.abc import Collection


def split(text: str, known: Collection[str]) -> tuple[str, ...] | None:
    """The topics that `text` is made of; None unless there is exactly one way to read it as known topics.

    `known` are topics that some page shows one by one. A text that is itself a known topic is one way to read
    it.
    """
    ways = [1] + [0] * len(text)  # to read the text up to here; two stand for many
    last = [""] * (len(text) + 1)
    lengths = sorted({len(topic) for topic in known if topic})
    for end in range(1, len(text) + 1):
        for length in lengths:
            if length > end:
                break
            if ways[end - length] and (piece := text[end - length : end]) in known:
                ways[end] = min(2, ways[end] + ways[end - length])
                last[end] = piece
    if ways[-1] != 1:
        return None
    pieces: list[str] = []
    end = len(text)
    while end:
        pieces.append(last[end])
        end -= len(last[end])
    return tuple(reversed(pieces))
