"""Topics that a capture glued together, split where the archive's known topics prove every border. Pure."""

from __future__ import annotations

from collections.abc import Collection


def split(text: str, known: Collection[str]) -> tuple[str, ...] | None:
    """The topics that `text` is made of; None unless there is exactly one way to read it as known topics.

    `known` are topics that some page shows one by one. A text that is itself a known topic is one way to read
    it.
    """
    nothing: tuple[str, ...] = ()
    ways = [[nothing], *([] for _ in text)]
    lengths = sorted({len(topic) for topic in known if topic})
    for end in range(1, len(text) + 1):
        for length in lengths:
            if length > end:
                break
            piece = text[end - length : end]
            if piece in known:
                ways[end].extend((*before, piece) for before in ways[end - length])
                del ways[end][2:]  # two are already one too many
    return ways[-1][0] if len(ways[-1]) == 1 else None
