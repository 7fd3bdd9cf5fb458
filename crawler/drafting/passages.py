"""Passages that many pages share, but for one run of words: the site's boilerplate."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from crawler.drafting.blocks import ArticleBlocks, most
from crawler.drafting.model import Guess
from spiders.reading.words import comparable

SHORTEST = 60
_ALIKE = 6
"""Words that begin a passage."""
_ANCHOR = 8
_BEFORE, _AFTER = 5, 4
"""Words of an anchor before and after its slot."""
_FEWEST_BEHIND = 3
_JOURNAL = re.compile(r"journal|zeitschrift|magazin|revue|revista|rivista|tidskrift", re.I)


@dataclass(frozen=True)
class Passage:
    """A passage that pages share."""

    name: str
    anchor: Guess
    start: str
    """Its first words, in comparison form."""

    def is_in(self, text: str) -> bool:
        """Whether a text is the passage."""
        return _start(text) == self.start


def shared_passages(pages: Sequence[ArticleBlocks]) -> tuple[Passage, ...]:
    """The passages that most of the pages carry, in their order, with an anchor for each."""
    begun: dict[str, dict[int, str]] = {}
    for number, page in enumerate(pages):
        for block in page.own:
            if len(block.text) >= SHORTEST and not block.href:
                begun.setdefault(_start(block.text), {}).setdefault(number, block.text)
    found = []
    names: set[str] = set()
    for start, texts in begun.items():
        anchor = _anchor(list(texts.values())) if len(texts) >= most(len(pages)) else None
        if anchor is None:
            continue
        name = _name(start, names)
        names.add(name)
        found.append(Passage(name, Guess(anchor, len(texts), len(pages)), start))
    return tuple(found)


def _start(text: str) -> str:
    return " ".join(comparable(text).split()[:_ALIKE])


def _name(start: str, taken: set[str]) -> str:
    name = "-".join(re.findall(r"[a-z0-9]+", start)[:3]) or "passage"
    return name if name not in taken else f"{name}-{len(taken) + 1}"


def _anchor(texts: Sequence[str]) -> str | None:
    """A fragment that tells the passage, with a slot where the texts differ; None where they differ in more
    than one place."""
    words = [text.split() for text in texts]
    before = _shared(words)
    if before == len(words[0]) and all(len(one) == before for one in words):
        return _plain(" ".join(words[0][:_ANCHOR]))
    behind = _shared([one[::-1] for one in words])
    shortest = min(map(len, words))
    behind = min(behind, shortest - before)
    if behind < _FEWEST_BEHIND:
        # Too little behind the place where they part: the words before it tell the passage all the same.
        return _plain(" ".join(words[0][: min(before, _ANCHOR)]))
    if before + behind >= shortest:
        return None
    lead = " ".join(words[0][max(0, before - _BEFORE) : before])
    tail = " ".join(words[0][len(words[0]) - behind :][:_AFTER])
    slot = "journal" if _JOURNAL.search(" ".join(words[0][:before])) else "name"
    return f"{_plain(lead)} {{{slot}}} {_plain(tail)}"


def _plain(text: str) -> str:
    """Text without what would be read as a slot."""
    return re.sub(r"[{}]", "", text).strip()


def _shared(lists: Sequence[Sequence[str]]) -> int:
    count = 0
    for words in zip(*lists, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return count
