"""Grouping forms: under which spellings of one topic, or one journal, come together.

They stand beside what was printed, never in its place.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache

from spiders.reading.model import Section
from spiders.reading.words import comparable

_ACRONYM = re.compile(r"^(?P<words>.*\S)\s*\((?P<short>[\w.+/-]{2,12})\)$")
_AMPERSAND = re.compile(r"\s*&\s*")
_NOT_ALNUM = re.compile(r"[\W_]+")
_STANDARD = ("findings", "audience", "considerations")


@lru_cache(maxsize=5_000)
def normal_topic(text: str) -> str:
    """The form that groups the spellings of a topic: `Multiple Sclerosis (MS)` and `multiple sclerosis`.

    Comparison form, `&` as "and", without a full stop at its end and without an acronym in parentheses there
    that abbreviates the words before it.
    """
    plain = _plain(text)
    found = _ACRONYM.match(_full_stop_off(text.strip()))
    if found and _abbreviates(found["short"], found["words"]):
        plain = _plain(found["words"])
    return plain


@lru_cache(maxsize=5_000)
def normal_journal(name: str) -> str:
    """The form that groups the spellings of a journal's name; the same rules as for topics."""
    return normal_topic(name)


def body_digest(takeaway: str | None, sections: Iterable[Section]) -> str:
    """SHA-256 (hex) of takeaway and standard sections in comparison form.

    White space, quotes, hyphens, case and headings make no difference: it is equal for the HTML of an article
    and for a text capture of it, also one that drops headings.
    """
    parts = [comparable(takeaway or "")]
    parts += [comparable(" ".join(section.paragraphs)) for section in sections if section.kind in _STANDARD]
    # Extractors differ in where they put spaces; words are what counts.
    text = "\n".join(_NOT_ALNUM.sub(" ", part).strip() for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(text: str) -> str:
    return _full_stop_off(_AMPERSAND.sub(" and ", comparable(text)).strip())


def _full_stop_off(text: str) -> str:
    return text[:-1].rstrip() if text.endswith(".") and not text.endswith("..") else text


def _abbreviates(short: str, words: str) -> bool:
    """Whether `short` is an acronym of `words`: written with capitals, its letters found in them in order."""
    letters = _NOT_ALNUM.sub("", short)
    if sum(letter.isupper() or letter.isdigit() for letter in letters) < 2:
        return False
    letters = letters.removesuffix("s").casefold()
    if not letters or letters[0] != comparable(words)[:1] or len(words) < 2 * len(letters):
        return False
    left = iter(comparable(words))
    return all(letter in left for letter in letters)
