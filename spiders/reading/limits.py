"""How much of a page is read at all. What is over a limit is no page of this sort, but a trap or an accident:
reading it would take memory or time out of all proportion."""

from __future__ import annotations

import re
from typing import Literal

MOST_BYTES = 5 * 2**20
"""Of the entity. The largest page of the kind read here is a hundredth of it."""
MOST_ELEMENTS = 100_000
"""Start tags of a page; of a text capture, lines. Each costs about a kilobyte while it is read."""
MOST_ATTRIBUTES = 2_000
"""Of one element. libxml2 compares each with all before it."""

_SMALL = 32 * 2**10
"""Bytes; fewer can't hold enough attributes to matter."""
_START_TAG = re.compile(rb"<[a-zA-Z]")
_NAME = re.compile(rb"[^\s/>]*")
_ATTRIBUTE = re.compile(rb"""[\s/]*[^\s/>][^\s/>=]*(?:\s*+=\s*+(?:"[^"]*"|'[^']*'|[^\s>]*))?""")
"""HTML Living Standard section 13.2.5.32 and on: attribute name and value."""


def excess(body: bytes, form: Literal["html", "text"]) -> str | None:
    """Why `body` is too much to read, in one line; None when it is not."""
    if len(body) > MOST_BYTES:
        return f"larger than {MOST_BYTES // 2**20} MiB"
    if form == "text":
        return f"more than {MOST_ELEMENTS:,} lines" if body.count(b"\n") > MOST_ELEMENTS else None
    if len(body) <= _SMALL:
        return None
    if body.count(b"<") > MOST_ELEMENTS and sum(1 for _ in _START_TAG.finditer(body)) > MOST_ELEMENTS:
        return f"more than {MOST_ELEMENTS:,} elements"
    if _has_flooded_tag(body):
        return f"more than {MOST_ATTRIBUTES:,} attributes in one element"
    return None


def _has_flooded_tag(body: bytes) -> bool:
    tag = _START_TAG.search(body)
    while tag is not None:
        at = _end_of(_NAME, body, tag.end())
        for _ in range(MOST_ATTRIBUTES):
            end = _end_of(_ATTRIBUTE, body, at)
            if end == at:
                break
            at = end
        else:
            return True
        tag = _START_TAG.search(body, at)
    return False


def _end_of(pattern: re.Pattern[bytes], body: bytes, at: int) -> int:
    found = pattern.match(body, at)
    return at if found is None else found.end()
