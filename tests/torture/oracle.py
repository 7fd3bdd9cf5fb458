"""What may be read from a broken page: what its article says, or less. Anything else is a wrong value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from spiders.reading.model import Card, PageKind, Reading
from spiders.reading.words import comparable
from tests.reading.records import Build, boilerplate_templates

from .mutated import Mutated

_SENTENCE = re.compile(r"(?<=[.!?:;”\"])\s+")
_SHORTEST_PIECE = 12
"""A piece of a cut or damaged text that is shorter says nothing."""


def wrong_values(reading: Reading, build: Build, page: Mutated) -> list[str]:
    """What was read that the article does not say; empty when all is well."""
    if "the reader failed" in (reading.reason or ""):
        return [reading.reason or ""]
    if reading.kind is not PageKind.SUMMARY:
        return []
    return list(_wrong(reading, build, page))


def _wrong(reading: Reading, build: Build, page: Mutated) -> Iterator[str]:
    want = build.expected
    truth = _Truth(build, page)
    yield from truth.one("title", reading.title, want["title"])
    yield from truth.one("journal", reading.journal, want["journal"])
    yield from truth.text("takeaway", (reading.takeaway,), (want["takeaway"],))
    sections = {part["kind"]: part["paragraphs"] for part in want["sections"] if part["kind"] != "other"}
    for section in reading.sections:
        if section.kind in sections:
            yield from truth.text(section.kind, section.paragraphs, sections[section.kind])
        elif section.kind != "other":
            yield f"{section.kind}: {section.paragraphs!r}"
    yield from _ratings(reading, build)
    yield from _lists(reading, build, truth)
    if want["url"] is not None:
        if reading.url not in (want["url"], build.meta.get("url")):
            yield f"url: {reading.url!r}"
        if reading.article_id != want["article_id"]:
            yield f"article_id: {reading.article_id!r}"


def _ratings(reading: Reading, build: Build) -> Iterator[str]:
    want = build.expected
    for name in ("credibility", "interest"):
        rating, true = getattr(reading, name), want[name]
        if rating is None:
            continue
        if true is None or abs(rating.value / rating.scale - true["value"] / true["scale"]) > 1e-6:
            yield f"{name}: {rating!r} for {true!r}"
    if reading.reading_minutes not in (None, want["reading_minutes"]):
        yield f"reading_minutes: {reading.reading_minutes}"


def _lists(reading: Reading, build: Build, truth: _Truth) -> Iterator[str]:
    want = build.expected
    for topic in reading.topics or ():
        if not topic.uncertain:
            yield from truth.any("topic", topic.text, want["topics"] or ())
    if reading.published is not None and want["published"] is not None:
        yield from truth.one("published", reading.published.iso, want["published"]["iso"])
    source, true = reading.source, want["source"] or {}
    for name in ("title", "journal", "doi", "pmid", "url"):
        if source is not None and getattr(source, name) is not None:
            yield from truth.one(f"source.{name}", getattr(source, name), true.get(name))
    for author in source.authors if source is not None else ():
        yield from truth.any("source.authors", author, true.get("authors") or ())
    for card in reading.cards:
        if not any(truth.same_card(card, one) for one in want["cards"]):
            yield f"card: {card!r}"
    templates = [text.replace("{journal}", want["journal"]) for text in boilerplate_templates()]
    # Without anchors a paragraph under the boilerplate's heading may be one, newly worded.
    templates += want.get("unplaced", [])
    for passage in reading.boilerplate:
        yield from truth.text("boilerplate", (passage.text,), templates)


class _Truth:
    """Compares as exactly as the mutation allows."""

    def __init__(self, build: Build, page: Mutated) -> None:
        self._build, self._page = build, page

    def one(self, name: str, value: str | None, true: str | None) -> Iterator[str]:
        if value is not None and not self._same(value, true):
            yield f"{name}: {value!r} for {true!r}"

    def any(self, name: str, value: str, true: Iterable[str]) -> Iterator[str]:
        if not any(self._same(value, one) for one in true):
            yield f"{name}: {value!r}"

    def text(self, name: str, values: Iterable[str | None], true: Iterable[str]) -> Iterator[str]:
        """Running text: every sentence must be one of the article's in that place."""
        whole = self._plain(" ".join(true))
        for value in values:
            for sentence in _SENTENCE.split(value or ""):
                piece = self._plain(sentence)
                if piece and not self._within(piece, whole):
                    yield f"{name}: {sentence!r}"

    def same_card(self, card: Card, true: dict[str, Any]) -> bool:
        date = true["date"] or {}
        return (
            (card.title is None or self._same(card.title, true["title"]))
            and (card.teaser is None or self._same(card.teaser, true["teaser"]))
            and (card.date is None or card.date.iso in (None, date.get("iso")))
            and (card.url is None or self._page.lossy or card.url == true["url"])
        )

    def _same(self, value: str, true: str | None) -> bool:
        if true is None:
            return False
        left, right = self._plain(value), self._plain(true)
        return left == right or (self._page.lossy and _nearly(left, right))

    def _within(self, piece: str, whole: str) -> bool:
        if piece in whole:
            return True
        if self._page.cut and (len(piece) <= _SHORTEST_PIECE or piece[:-_SHORTEST_PIECE] in whole):
            return True
        return self._page.lossy and _is_subsequence(piece, whole)

    def _plain(self, text: str) -> str:
        if self._page.lossy:
            # What replaced a character is no letter of the article's, and what was replaced is missing.
            text = "".join(one for one in text if one.isascii())
            return re.sub(r"[^a-z0-9]", "", text.lower())
        return comparable(text)


def _nearly(left: str, right: str) -> bool:
    """Whether one is the other without a few letters."""
    short, long = sorted((left, right), key=len)
    return len(short) >= 0.8 * len(long) - 2 and _is_subsequence(short, long)


def _is_subsequence(short: str, long: str) -> bool:
    letters = iter(long)
    return all(letter in letters for letter in short)
