"""Finding boilerplate by counting: which passages do many articles share, but for slots? Pure.

The answer depends on the passages alone, not on the order in which they are given.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from storage.templates import SLOT, Template, limit

MIN_LENGTH = 40
"""Shorter passages ("Read more about this study.") say too little to be told from an article's own words."""
LOOSE_ARTICLES, LOOSE_SHARE = 5, 0.05
"""Outside the sections that the profile knows, an article has little text of its own: five that share a
passage are enough, where they are no accident of a small part of a large archive."""
SECTION_ARTICLES, SECTION_SHARE = 8, 0.40
"""Inside a known section authors do repeat themselves: only what nearly every second article says is the
site's."""
MIN_LITERAL, LITERAL_SHARE = 30, 0.60
"""Passages are one template when what they have in common is at least this many characters and this share of
each. Slots that hold the article's own title, journal, topic or id do not count as text."""
MAX_SLOTS = 4
_SAMPLE = 200
"""So many passages of a group are compared with one another."""
_ANCHOR = 12
"""Words in common between two slots count from this many characters on; else it is one longer slot."""
_KEY = 15
"""Two passages are compared at all when they begin, or end, with this many characters in common. Less would
not do: of a common text of 30 characters with one slot, 15 stand on one side."""

# A date or a number is one word: its parts are no text that two passages have in common.
_TOKEN = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|\d[\d.,]*\d|\w+|\W")
_LONG_WORD = re.compile(r"\w{4,}")
_NUMBER = re.compile(r"[\d.,]*\d[\d.,]*")
_DATE = re.compile(r"\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4}|(?:\d{1,2} )?[A-Z][a-z]+\.?(?: \d{1,2},?)? \d{4}")


@dataclass(frozen=True, slots=True)
class About:
    """What of an article may stand in a slot."""

    title: str | None = None
    journal: str | None = None
    article_id: str | None = None
    topics: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A passage on an article's page."""

    article: int
    text: str
    loose: bool
    """Outside the sections that the profile knows."""
    heading: str | None = None
    """The heading of the section that it stands in, where that is an unknown one."""


@dataclass(slots=True)
class _Passage:
    text: str
    articles: set[int]
    loose: set[int]
    headings: Counter[str]
    key: str = ""
    """The text with what is known to fill slots made the same everywhere."""
    words: frozenset[str] = frozenset()
    """The longer words of the key."""


def find_templates(
    occurrences: Iterable[Occurrence], about: dict[int, About], articles: int
) -> dict[str, str | None]:
    """The templates that enough of `articles` articles share, each with its heading (None when it has none).

    `about` tells of each article in `occurrences`.
    """
    passages = _gathered(occurrences)
    found: dict[str, str | None] = {}
    for group in _groups(passages, about):
        for template, members in _clusters(group, about):
            if _enough(members, articles) and len(template.text) >= MIN_LENGTH:
                found[_named(template, members, about).text] = _heading(members)
    return found


def _gathered(occurrences: Iterable[Occurrence]) -> list[_Passage]:
    found: dict[str, _Passage] = {}
    for seen in occurrences:
        if len(seen.text) < MIN_LENGTH or SLOT.search(seen.text):
            continue
        passage = found.setdefault(seen.text, _Passage(seen.text, set(), set(), Counter()))
        passage.articles.add(seen.article)
        if seen.loose:
            passage.loose.add(seen.article)
        if seen.heading:
            passage.headings[seen.heading] += 1
    return [found[text] for text in sorted(found)]


def _enough(members: Sequence[_Passage], articles: int) -> bool:
    everywhere = len(set().union(*(member.articles for member in members)))
    loose = len(set().union(*(member.loose for member in members)))
    return (loose >= LOOSE_ARTICLES and loose >= LOOSE_SHARE * articles) or (
        everywhere >= SECTION_ARTICLES and everywhere >= SECTION_SHARE * articles
    )


def _heading(members: Sequence[_Passage]) -> str | None:
    """The heading that most of them stand under; the first in code point order of several."""
    headings: Counter[str] = sum((member.headings for member in members), Counter())
    return min(headings, key=lambda heading: (-headings[heading], heading)) if headings else None


def _groups(passages: list[_Passage], about: dict[int, About]) -> Iterator[list[_Passage]]:
    """Passages that may belong together: chains of those that begin or end alike, with enough articles in
    all."""
    for passage in passages:
        passage.key = _key(passage, about)
        passage.words = frozenset(_LONG_WORD.findall(passage.key))
    parent = list(range(len(passages)))

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = parent[n]
        return n

    for ends in ([passage.key[:_KEY] for passage in passages], [passage.key[-_KEY:] for passage in passages]):
        first: dict[str, int] = {}
        for n, end in enumerate(ends):
            parent[root(n)] = root(first.setdefault(end, n))
    groups: dict[int, list[_Passage]] = {}
    for n, passage in enumerate(passages):
        groups.setdefault(root(n), []).append(passage)
    for members in groups.values():
        if len(set().union(*(member.articles for member in members))) >= LOOSE_ARTICLES:
            yield members


def _key(passage: _Passage, about: dict[int, About]) -> str:
    """The text with what is known to fill slots made the same everywhere."""
    article = about[min(passage.articles)]
    key = passage.text
    for value, name in ((article.title, "\1"), (article.journal, "\2"), (article.article_id, "\3")):
        if value and len(value) > 3:
            key = key.replace(value, name * _KEY)
    return _NUMBER.sub("0", key)


def _clusters(group: list[_Passage], about: dict[int, About]) -> Iterator[tuple[Template, list[_Passage]]]:
    """Put each passage to the first template that it can share, most carried first.

    In a large group templates are found in a sample, and the others only tried on them. What enough articles
    share is too large a part of its group for a sample to miss.
    """
    ordered = sorted(group, key=lambda p: (-len(p.articles), p.text))
    rest: list[_Passage] = []
    if len(ordered) > _SAMPLE:
        drawn = sorted(ordered[_SAMPLE // 2 :], key=lambda p: hashlib.sha256(p.text.encode()).digest())
        ordered, rest = ordered[: _SAMPLE // 2] + drawn[: _SAMPLE // 2], drawn[_SAMPLE // 2 :]
    clusters: list[tuple[Template, list[_Passage]]] = []
    for passage in ordered:
        for n, (template, members) in enumerate(clusters):
            joined = template if template.match(passage.text) else _joined(template, members, passage, about)
            if joined is not None:
                clusters[n] = (joined, [*members, passage])
                break
        else:
            clusters.append((Template(passage.text), [passage]))
    shared = [cluster for cluster in clusters if len(cluster[1]) > 1]
    for passage in rest:
        found = next((members for template, members in shared if template.match(passage.text)), None)
        if found is not None:
            found.append(passage)
        else:
            clusters.append((Template(passage.text), [passage]))
    yield from clusters


def _joined(
    template: Template, members: list[_Passage], passage: _Passage, about: dict[int, About]
) -> Template | None:
    """A template for `members` and `passage`; None when they have too little in common."""
    mine, theirs = members[0].words, passage.words
    if 2 * len(mine & theirs) < min(len(mine), len(theirs)):
        return None  # far from enough in common; comparing word by word takes a thousand times longer
    common = Template(_common(template.text, passage.text))
    if len(common.names) > MAX_SLOTS:
        return None
    literal = len(SLOT.sub("", common.text))
    for member in (*members, passage):
        slots = common.match(member.text)
        if slots is None:
            return None
        foreign = sum(
            len(value)
            for _, value in slots
            if not any(_kind(value, about[n]) for n in sorted(member.articles)[:1])
        )
        if literal < MIN_LITERAL or literal < LITERAL_SHARE * (literal + foreign):
            return None
    return common


def _common(one: str, other: str) -> str:
    """`one` with a slot wherever `other` differs; slots in `one` stay slots."""
    # A slot is one token that `other` can't contain.
    a = [token for piece in re.split(r"(\{[a-z0-9_]+\})", one) for token in _tokens(piece)]
    b = _TOKEN.findall(other)
    blocks = [
        (block.a, block.b, block.size)
        for block in SequenceMatcher(None, a, b, autojunk=False).get_matching_blocks()
        if block.size
        and (
            (block.a == 0 and block.b == 0)
            or (block.a + block.size == len(a) and block.b + block.size == len(b))
            or len("".join(a[block.a : block.a + block.size])) >= _ANCHOR
        )
    ]
    pieces: list[str] = []
    at_a = at_b = slots = 0
    for start_a, start_b, size in [*blocks, (len(a), len(b), 0)]:
        if start_a > at_a or start_b > at_b:
            pieces.append(f"{{slot{slots}}}")
            slots += 1
        pieces.extend(a[start_a : start_a + size])
        at_a, at_b = start_a + size, start_b + size
    return "".join(pieces)


def _tokens(piece: str) -> list[str]:
    return [piece] if SLOT.fullmatch(piece) else _TOKEN.findall(piece)


def _kind(value: str, article: About) -> str | None:
    """What of the article a slot's value is; None when it is nothing of it."""
    if value == article.title:
        return "title"
    if value == article.journal:
        return "journal"
    if value == article.article_id:
        return "id"
    if value in article.topics:
        return "topic"
    return None


def _named(template: Template, members: Sequence[_Passage], about: dict[int, About]) -> Template:
    """`template` with its slots named after what stands in them."""
    values: list[list[tuple[str, About]]] = [[] for _ in template.names]
    for member in members:
        slots = template.match(member.text) or ()
        for n, (_, value) in enumerate(slots):
            values[n].extend((value, about[article]) for article in member.articles)
    names: list[str] = []
    for seen in values:
        name = _name(seen)
        taken = sum(other.partition("_")[0] == name for other in names)
        names.append(name if not taken else f"{name}_{taken + 1}")
    fresh = iter(names)
    return Template(SLOT.sub(lambda _: f"{{{next(fresh)}}}", template.text))


def _name(seen: list[tuple[str, About]]) -> str:
    kinds = Counter(_kind(value, article) for value, article in seen)
    kind, count = min(kinds.items(), key=lambda item: (-item[1], item[0] or ""))
    longest = max(len(value.split()) for value, _ in seen)
    if kind is not None and 2 * count > len(seen) and longest <= limit(kind):
        return kind
    if all(_DATE.fullmatch(value) for value, _ in seen):
        return "date"
    if all(_NUMBER.fullmatch(value) for value, _ in seen):
        return "number"
    return "text"
