"""Text in comparison form. Text is stored as printed; only comparing and searching may use these."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from spiders.reading.remembered import Remembered

_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"), "-")
_QUOTES = {
    **dict.fromkeys(map(ord, "\u2018\u2019\u201a\u201b\u2032\u02bc\u00b4"), "'"),
    **dict.fromkeys(map(ord, "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb"), '"'),
}
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x61C, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
_FOLD = {**_DASHES, **_QUOTES, **_INVISIBLE}
_NOT_WORD_START = re.compile(r"^[^\w]+")
_COUNT_AT_END = re.compile(r"(?:\s*[(\[]\s*\d+\s*[)\]])$")
_NOT_WORD_END = re.compile(r"[^\w)]+$")
_NUMBER_START = re.compile(r"^(?:\d{1,2}[.):]\s+)")


def squeeze(text: str) -> str:
    """Text with every run of white space made one space, and none at its ends."""
    return " ".join(text.split())


def word_set(text: str) -> frozenset[str]:
    """The words of a text, for tables of words."""
    return frozenset(text.split())


def comparable(text: str) -> str:
    """Comparison form: NFKC, case folded, dashes and quotes made plain, invisible characters dropped."""
    return _comparable[text] if len(text) <= _SHORT else _comparable_lately(text)


def _in_comparison_form(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_FOLD)
    return " ".join(text.split()).replace("`", "'").casefold()


_SHORT = 200
"""Characters of what may stand on many pages; a longer text is asked for again only on its own page."""
_comparable = Remembered[str, str](_in_comparison_form, 20_000, _SHORT, len)
_comparable_lately = lru_cache(maxsize=64)(_in_comparison_form)


def shown(text: str) -> str:
    """Text without invisible characters."""
    return text if text.isascii() else text.translate(_INVISIBLE)


@lru_cache(maxsize=5_000)
def heading_key(text: str) -> str:
    """Comparison form of a heading or label: also without icons, colons, numbering and counts around it.

    `heading_key("★ 2. Key Takeaway (3):") == "key takeaway"`.
    """
    key = _NOT_WORD_START.sub("", comparable(text))
    key = _NUMBER_START.sub("", key)
    key = _NOT_WORD_END.sub("", key)
    key = _COUNT_AT_END.sub("", key)
    return _NOT_WORD_END.sub("", key)
