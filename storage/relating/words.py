"""The words that say what an article is about, and how much each of them counts there. Pure.

They are the words of its title and takeaway, and those that its text says more than once; a function of the
article alone. Which of them are telling depends on how many other articles have them, and is counted when
somebody asks (`storage.relating.asking`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

IN_TITLE, IN_TAKEAWAY, IN_TEXT = 3, 2, 1
"""What a word counts by where it stands; the best place decides."""
SHORTEST = 3
_LONGEST = 40
"""Longer runs of letters are addresses and the like."""

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_APOSTROPHES = str.maketrans({"\u2019": "'", "\u02bc": "'"})
_SAY_NOTHING = frozenset(
    """
    about above after again all also although among and another any are around because been before being
    below between both but can cannot could did does doing don't down during each either else even ever
    every few first for from further had has have having her here him his how however into its itself
    just last least less like likely made make many may might more most much must near nearly neither
    never new nor not now off often once one only other others our out over own per quite rather same
    she should since some still such than that the their them themselves then there these they this
    those three though through too two under until upon use used using very was well were what when
    where whether which while who whole whom whose why will with within without would yet you your
    """.split()  # noqa: SIM905 - as a list it would be a page long
)
"""Words of which it says nothing that two articles both have them."""


def tokens(text: str) -> list[str]:
    """The words of a text in order: folded like the search index's (case, accents), numbers among them."""
    folded = text.translate(_APOSTROPHES)
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded)
        folded = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _WORD.findall(folded.casefold())


def key_words(title: str | None, takeaway: str | None, sections: str | None) -> dict[str, int]:
    """Word -> what it counts (`IN_TITLE`, …), plurals brought to the singular."""
    found: dict[str, int] = {}
    counted: Counter[str] = Counter()
    for text, weight in ((sections, IN_TEXT), (takeaway, IN_TAKEAWAY), (title, IN_TITLE)):
        words = [singular(word) for word in tokens(text or "") if _tells(word)]
        counted.update(words)
        if weight != IN_TEXT:
            found.update(dict.fromkeys(words, weight))
    for word, times in counted.items():
        if times > 1:
            found.setdefault(word, IN_TEXT)
    return found


def singular(word: str) -> str:
    """The word without the ending of an English plural or possessive.

    The S stemmer of Harman (How effective is suffixing?, JASIS 42, 1991, p. 7): it never makes a word that a
    reader would not know again.
    """
    word = word.removesuffix("'s").removesuffix("'")
    if len(word) <= SHORTEST or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word if word.endswith(("eies", "aies")) else f"{word[:-3]}y"
    if word.endswith("es"):
        return word if word.endswith(("aes", "ees", "oes")) else word[:-1]
    return word if word.endswith(("us", "ss", "is")) else word[:-1]


def _tells(word: str) -> bool:
    return SHORTEST <= len(word) <= _LONGEST and word not in _SAY_NOTHING and not word.isdecimal()
