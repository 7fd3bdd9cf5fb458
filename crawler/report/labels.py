"""Text for pictures: a site's names made harmless and short enough, and numbers as people read them. Pure."""

from __future__ import annotations

from unicodedata import combining, east_asian_width

from crawler.terminal import printable

NAME = 30
"""Columns that a name may take beside a bar."""


def short(name: str, columns: int = NAME) -> str:
    """A site's text on one line, without anything that acts on whoever shows it, cut to so many columns (a
    Chinese sign takes two)."""
    clean = " ".join(printable(name).split())
    if _columns(clean) <= columns:
        return clean
    kept, room = "", columns - 1
    for sign in clean:
        room -= _columns(sign)
        if room < 0:
            break
        kept += sign
    return kept.rstrip() + "…"


def number(value: float) -> str:
    """`1,234`, and `2.5` where it is none that counts."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def size(number_of_bytes: int) -> str:
    """`302.9 kB`, in powers of 1000."""
    size = float(number_of_bytes)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def share(part: int, whole: int) -> str:
    """`97 %`; never `100 %` of what is not whole, nor `0 %` of what is there."""
    if not whole:
        return "-"
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "< 1 %"
    if 99 < percent < 100:
        return "> 99 %"
    return f"{percent:.0f} %"


def plural(many: int, one: str, several: str | None = None) -> str:
    """`1 article`, `1,234 articles`."""
    return f"{many:,} {one if many == 1 else several or one + 's'}"


def _columns(text: str) -> int:
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)
