"""The words that stand at values: ratings, reading time, "Read more", and those of the paper's details."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from crawler.drafting import hints
from crawler.drafting.blocks import ArticleBlocks, most, some, usual
from crawler.drafting.model import Guess, SeenPage
from crawler.drafting.parts import Region
from spiders.reading import read_page
from spiders.reading.addresses import article_id
from spiders.reading.details import doi_in
from spiders.reading.model import Block
from spiders.reading.profile import RATINGS, SiteProfile
from spiders.reading.reading_time import READING_TIME
from spiders.reading.words import heading_key

_LONGEST_LINE, _LONGEST_LABEL = 160, 40
_BEFORE_COLON = re.compile(r"(?:^|[·|•;,–—]\s*)([^\W\d_][\w '’&-]{2,38}?)\s*:\s*([^·|•;]*)")
_BEFORE_VALUE = re.compile(r"^([^\W\d_][^\d:★☆●○]{1,38}?)\s*[-–]?\s*[\d★☆●○]")
_MINUTES = re.compile(r"\d{1,3}\s*min", re.I)
_FEWEST_TARGETS = 3
_MOST_LABELS = 40
"""A page may be anything; all pages are read anew for each."""
_MOST_WORDS = 5


@dataclass(frozen=True)
class Labels:
    """The labels of articles and their cards."""

    labels: Mapping[str, tuple[Guess, ...]]
    rating_words: Mapping[str, float]
    unclear: tuple[str, ...]


@dataclass(frozen=True)
class _Candidate:
    """A short text that recurs, and what stands behind it on each page."""

    key: str
    printed: str
    values: Sequence[str]
    pages: int


def labels_of(pages: Sequence[ArticleBlocks], profile: SiteProfile) -> Labels:
    """The ratings and the reading time; `profile` is one that finds the articles' parts."""
    candidates = [one for one in _candidates(pages) if one.key not in profile.parts]
    found: dict[str, tuple[Guess, ...]] = {}
    unclear: list[str] = []
    times = [one for one in candidates if all(map(_is_time, one.values))]
    worded = [one for one in candidates if _may_be_words(one) and _values(one)]
    words = {word: value for one in worded for word, value in _values(one).items()}
    # What is known already is no prose beside the next label.
    known = {one.key: "reading_time" for one in times} | {one.key: RATINGS[1] for one in worded}
    profile = replace(profile, labels={**profile.labels, **known}, rating_words=words)
    counts = _rated([one for one in candidates if one not in times], pages, profile)
    for name, (one, sure) in _which([one for one in candidates if one.key in counts]).items():
        found[name] = (Guess(one.printed, counts[one.key], len(pages)),)
        if not sure:
            unclear.append(f"which of the ratings “{one.printed}” is: {name} is a guess by its place")
    if times:
        found["reading_time"] = (Guess(times[0].printed, times[0].pages, len(pages)),)
    for one in candidates:
        if one.key not in counts and _may_be_words(one):
            shown = ", ".join(sorted(set(one.values)))
            unclear.append(f"what the words at “{one.printed}” are worth ({shown}): see [rating_words]")
    return Labels(found, words, tuple(unclear))


def _is_time(value: str) -> bool:
    """Whether a value is a reading time that the reader does not know by itself, as it does `2 min read`."""
    return _MINUTES.match(value) is not None and READING_TIME.search(value) is None


def _candidates(pages: Sequence[ArticleBlocks]) -> list[_Candidate]:
    seen: dict[str, dict[int, tuple[str, str]]] = {}
    for number, page in enumerate(pages):
        own = page.own
        for place, block in enumerate(own):
            behind = own[place + 1].text if place + 1 < len(own) else ""
            for label, value in _labels_in(block, behind):
                seen.setdefault(heading_key(label), {}).setdefault(number, (label, value))
    found_on = [
        _Candidate(
            key,
            usual([label for label, _ in found.values()]),
            [value for _, value in found.values()],
            len(found),
        )
        for key, found in seen.items()
        if key and len(found) >= some(len(pages))
    ]
    commonest = sorted(found_on, key=lambda one: -one.pages)[:_MOST_LABELS]
    return [one for one in found_on if one in commonest]


def _labels_in(block: Block, behind: str) -> Iterator[tuple[str, str]]:
    if len(block.text) > _LONGEST_LINE:
        return
    alone = len(block.text) <= _LONGEST_LABEL
    for match in _BEFORE_COLON.finditer(block.text):
        yield match[1], match[2].strip()
        alone = alone and not match[2].strip()
    valued = _BEFORE_VALUE.match(block.text)
    if valued:
        yield valued[1], block.text[valued.end(1) :].strip()
    elif alone:
        yield block.text.rstrip(":"), behind


def _rated(
    candidates: Iterable[_Candidate], pages: Sequence[ArticleBlocks], profile: SiteProfile
) -> dict[str, int]:
    """Label -> on how many pages the reader finds a rating at it."""
    found = {}
    for one in candidates:
        labelled = replace(profile, labels={**profile.labels, one.key: RATINGS[0]})
        count = sum(_has_rating(page.page, labelled) for page in pages)
        if count >= some(len(pages)):
            found[one.key] = count
    return found


def _has_rating(page: SeenPage, profile: SiteProfile) -> bool:
    reading = read_page(page.body, profile=profile, url=page.url, content_type=page.content_type)
    return reading.credibility is not None


def _may_be_words(one: _Candidate) -> bool:
    """Whether its values are few words that come again: a scale in words, perhaps."""
    values = {value.casefold() for value in one.values}
    short = all(value and len(value) <= 20 and len(value.split()) <= 2 for value in one.values)
    known = hints.says(one.key, "credibility") or hints.says(one.key, "interest")
    alphabetic = all(value.replace(" ", "").isalpha() for value in values)
    return short and alphabetic and known and len(values) < len(one.values)


def _values(one: _Candidate) -> dict[str, float]:
    """What a label's words are worth on a scale to 5; {} when they are none that are known."""
    seen = {value.casefold() for value in one.values}
    for scale in hints.RATING_WORDS:
        if seen <= set(scale):
            return {word: 1 + 2 * place for place, word in enumerate(scale)}
    return {}


def _which(rated: Sequence[_Candidate]) -> dict[str, tuple[_Candidate, bool]]:
    """For each rating its label, and whether its words say so; what no word tells goes by the order."""
    found: dict[str, tuple[_Candidate, bool]] = {}
    free = list(rated)
    for name in RATINGS:
        one = next((one for one in free if hints.says(one.key, name)), None)
        if one is not None:
            found[name] = (one, True)
            free.remove(one)
    for name in RATINGS:
        if name not in found and free:
            found[name] = (free.pop(0), False)
    return {name: found[name] for name in RATINGS if name in found}


def more_labels(pages: Iterable[SeenPage], profile: SiteProfile) -> tuple[Guess, ...]:
    """Words that lead to one article as to another: "Read more". Counted are the pages that have them."""
    targets: dict[str, set[str]] = {}
    spelled: dict[str, list[str]] = {}
    on: dict[str, set[str]] = {}
    looked = list(pages)
    for page in looked:
        for link in page.links:
            name = article_id(link.url, profile)
            if name is not None and 0 < len(link.words.split()) <= _MOST_WORDS:
                key = heading_key(link.words)
                targets.setdefault(key, set()).add(name)
                spelled.setdefault(key, []).append(link.words)
                on.setdefault(key, set()).add(page.url)
    return tuple(
        Guess(usual(spelled[key]), len(on[key]), len(looked))
        for key in sorted(targets)
        if key and len(targets[key]) >= _FEWEST_TARGETS
    )


def source_labels(regions: Sequence[Region]) -> tuple[dict[str, tuple[Guess, ...]], tuple[str, ...]]:
    """The labels inside the paper's details by the fields they name, and what could not be told."""
    seen: dict[str, dict[int, tuple[str, str]]] = {}
    for number, region in enumerate(regions):
        texts = [line for line in region.lines if line.is_text]
        for place, line in enumerate(texts):
            behind = texts[place + 1].text if place + 1 < len(texts) else ""
            for label, value in _labels_in(line.block, behind):
                seen.setdefault(heading_key(label), {}).setdefault(number, (label, value))
    found: dict[str, list[Guess]] = {}
    unclear = []
    for key, labels in seen.items():
        if not key or len(labels) < most(len(regions)):
            continue
        printed = usual([label for label, _ in labels.values()])
        field = _source_field(key, [value for _, value in labels.values()])
        if field is None:
            unclear.append(f"what “{printed}” in the paper's details names")
        else:
            found.setdefault(field, []).append(Guess(printed, len(labels), len(regions)))
    return {field: tuple(guesses) for field, guesses in found.items()}, tuple(unclear)


def _source_field(key: str, values: Sequence[str]) -> str | None:
    if all(map(doi_in, values)):
        return "doi"
    for field in ("doi", "pmid", "authors", "journal", "published", "title", "url"):
        if hints.says(key, f"source.{field}"):
            return field
    return None
