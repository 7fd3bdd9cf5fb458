"""Which headings recur on articles, and what stands under them: sections, topics, the paper's details."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from statistics import median

from crawler.drafting import hints
from crawler.drafting.blocks import LONGEST_HEADING, ArticleBlocks, most, some, usual
from crawler.drafting.model import Guess
from crawler.drafting.passages import Passage
from spiders.reading.dates import looks_like_date
from spiders.reading.details import doi_in, doi_in_link, pmid_in, pmid_in_link
from spiders.reading.model import Block
from spiders.reading.outline import Line, outline_of
from spiders.reading.profile import SiteProfile
from spiders.reading.ratings import rating_in_text
from spiders.reading.words import comparable, heading_key

_LONG = 60
_MOST_HEADINGS = 60
"""A page may be anything; each heading is looked for on all of them."""
_LONGEST_TAKEAWAY = 320
_HEADING_LOOKS = frozenset(f"h{level}" for level in range(1, 7))
_COLON = re.compile(r"^([^:.!?]{3,40}):\s+\S")


class _Kind(Enum):
    SECTION = auto()
    TOPICS = auto()
    DETAILS = auto()
    BOILERPLATE = auto()
    NOTHING = auto()


@dataclass(frozen=True)
class Region:
    """What stands under one heading on one page."""

    heading: Block
    lines: Sequence[Line]


@dataclass(frozen=True)
class Parts:
    """The parts that articles have."""

    parts: Mapping[str, Guess]
    """`takeaway`, `topics`, `details`, `cards`, `boilerplate` -> heading."""
    sections: Mapping[str, Guess]
    """Key -> heading, in the pages' order."""
    details: Sequence[Region]
    """The regions of the paper's details, one a page."""
    unclear: tuple[str, ...]


def parts_of(pages: Sequence[ArticleBlocks], elsewhere: frozenset[str], passages: Sequence[Passage],
             base: SiteProfile) -> Parts:  # fmt: skip
    """Tell the parts of articles apart.

    `elsewhere` are the texts of pages that are no articles, in comparison form: what stands there, too, heads
    no section. `base` is a profile that knows addresses, and no words.
    """
    cards = _cards(pages)
    spellings = _headings(pages, elsewhere | ({heading_key(cards.value)} if cards else set()))
    regions = _regions(pages, spellings, base)
    inner = _labels_under_headings(regions, passages)
    if inner:
        spellings = {key: texts for key, texts in spellings.items() if key not in inner}
        regions = _regions(pages, spellings, base)
    kinds = {key: _kind(found, passages) for key, found in regions.items()}
    few = some(len(pages))
    kinds = {key: kind for key, kind in kinds.items() if kind is _Kind.DETAILS or len(spellings[key]) >= few}
    chosen: dict[str, Guess] = {}
    unclear: list[str] = []
    for kind, name in (
        (_Kind.TOPICS, "topics"), (_Kind.DETAILS, "details"), (_Kind.BOILERPLATE, "boilerplate"),
    ):  # fmt: skip
        keys = sorted(
            (key for key in kinds if kinds[key] is kind), key=lambda key: _rank(key, name, regions[key])
        )
        if keys:
            chosen[name] = Guess(usual(spellings[keys[0]]), len(regions[keys[0]]), len(pages))
        unclear += [
            f"“{usual(spellings[key])}” ({len(regions[key])} of {len(pages)} pages) may be {name}, too"
            for key in keys[1:]
        ]
    if cards:
        chosen["cards"] = cards
    sections = [key for key in kinds if kinds[key] is _Kind.SECTION]
    takeaway = _takeaway(sections, regions, len(pages))
    if takeaway is not None:
        chosen["takeaway"] = Guess(usual(spellings[takeaway]), len(regions[takeaway]), len(pages))
        sections.remove(takeaway)
    named: dict[str, Guess] = {}
    for key in sections:
        named[_section_key(key, named)] = Guess(usual(spellings[key]), len(regions[key]), len(pages))
    details = next((regions[key] for key in kinds if kinds[key] is _Kind.DETAILS), [])
    return Parts(chosen, named, details, tuple(unclear))


def _cards(pages: Sequence[ArticleBlocks]) -> Guess | None:
    texts = [page.cards_heading.text for page in pages if page.cards_heading is not None]
    keys = Counter(map(heading_key, texts))
    if not keys:
        return None
    key, count = min(keys.items(), key=lambda entry: (-entry[1], entry[0]))
    if count < some(len(pages)):
        return None
    return Guess(usual([text for text in texts if heading_key(text) == key]), count, len(pages))


def _headings(pages: Sequence[ArticleBlocks], elsewhere: frozenset[str]) -> dict[str, list[str]]:
    """Texts that may head a part -> how each page spells it: those that recur, most alike in their looks."""
    spelled: dict[str, dict[int, str]] = {}
    looks: dict[str, set[str]] = {}
    for number, page in enumerate(pages):
        for text, look in _candidates(page):
            key = heading_key(text)
            if key and key not in elsewhere:
                spelled.setdefault(key, {}).setdefault(number, text)
                looks.setdefault(key, set()).add(look)
    usually = {key for key, texts in spelled.items() if len(texts) >= most(len(pages))}
    known_looks = {look for key in usually for look in looks[key] if look}
    fitting = [
        key
        for key, texts in spelled.items()
        if key in usually
        or (len(texts) >= some(len(pages)) and looks[key] & known_looks)
        or (
            hints.says(key, "details") and looks[key] & _HEADING_LOOKS
        )  # seldom given, and told by what is in it
    ]
    commonest = set(sorted(fitting, key=lambda key: -len(spelled[key]))[:_MOST_HEADINGS])
    return {key: list(spelled[key].values()) for key in fitting if key in commonest}


def _candidates(page: ArticleBlocks) -> Iterator[tuple[str, str]]:
    """Short texts that might head what follows, with their looks; "" where the looks say nothing."""
    for block in page.own:
        if block.href and not block.href.startswith("#"):
            continue
        lead = _lead(block)
        if lead is not None:
            yield lead, ""
        elif len(block.text) <= LONGEST_HEADING and _may_head(block.text, page):
            yield block.text, f"h{block.level}" if block.level else ""


def _may_head(text: str, page: ArticleBlocks) -> bool:
    if not any(map(str.isalpha, text)) or text.endswith((".", ",", "!", "…")) or looks_like_date(text):
        return False
    return comparable(text) not in page.titles and rating_in_text(text, 5) is None


def _lead(block: Block) -> str | None:
    """The bold words, or those before a colon, that a block begins with and its text goes on behind."""
    strong = ""
    for number, part in enumerate(block.parts[:-1]):
        if not part.strong:
            break
        strong += part.text
        if not block.parts[number + 1].strong and 2 < len(strong.strip()) <= LONGEST_HEADING:
            return strong.strip()
    match = _COLON.match(block.text)
    return match[1] if match else None


def _regions(
    pages: Sequence[ArticleBlocks], spellings: Mapping[str, Sequence[str]], base: SiteProfile
) -> dict[str, list[Region]]:
    """Heading -> what stands under it, on each page that has it; in the order in which pages have them."""
    profile = replace(base, parts={key: f"section:{key}" for key in spellings})
    found: dict[str, list[Region]] = {}
    places: dict[str, list[int]] = {}
    for page in pages:
        outline = outline_of(page.blocks, profile)
        for place, (part, mark) in enumerate(outline.known.items()):
            key = part.removeprefix("section:")
            heading = outline.heading(mark)
            if heading.block.index in page.cards or heading.block.chrome:
                continue
            lines = [line for line in outline.content(mark)[0] if line.block.index not in page.cards]
            found.setdefault(key, []).append(Region(heading.block, lines))
            places.setdefault(key, []).append(place)
    return {key: found[key] for key in sorted(found, key=lambda key: (median(places[key]), key))}


def _labels_under_headings(
    regions: Mapping[str, Sequence[Region]], passages: Sequence[Passage]
) -> frozenset[str]:
    """Labels of a table or list under a heading that has no other text: they head no parts of their own."""
    found: set[str] = set()
    under = False
    for key, seen in regions.items():
        headed = any(region.heading.level for region in seen)
        if headed:
            under = 2 * sum(not any(line.is_text for line in region.lines) for region in seen) > len(seen)
        elif under and _kind(seen, passages) is not _Kind.SECTION:
            found.add(key)
        else:
            under = False
    return frozenset(found)


def _kind(regions: Sequence[Region], passages: Sequence[Passage]) -> _Kind:
    """What most of the regions under one heading are."""
    votes = Counter(_vote(region, passages) for region in regions)
    kind = min(votes.items(), key=lambda entry: (-entry[1], entry[0].value))[0]
    texts = {comparable(" ".join(line.text for line in region.lines)) for region in regions}
    return _Kind.NOTHING if kind in (_Kind.SECTION, _Kind.TOPICS) and len(texts) < 2 else kind


def _vote(region: Region, passages: Sequence[Passage]) -> _Kind:
    texts = [line.text for line in region.lines if line.is_text]
    if not texts:
        return _Kind.NOTHING
    shared = [text for text in texts if any(passage.is_in(text) for passage in passages)]
    own = [text for text in texts if text not in shared]
    if shared and not own:
        return _Kind.BOILERPLATE
    if any(map(_names_a_paper, region.lines)):
        return _Kind.DETAILS
    if any(len(text) >= _LONG or text.endswith((".", "!", "?")) for text in own):
        if shared and len(shared) > len(own):
            return _Kind.BOILERPLATE
        listed = len(own) == 1 and own[0].count(", ") >= 3 and not own[0].endswith((".", "!", "?"))
        return _Kind.TOPICS if listed else _Kind.SECTION
    if any(rating_in_text(text, 5) or text.strip("()[]").isdigit() for text in own):
        return _Kind.NOTHING
    return _Kind.TOPICS


def _names_a_paper(line: Line) -> bool:
    hrefs = [href for href in (line.href, *(part.href for part in line.parts)) if href]
    return bool(
        doi_in(line.text)
        or pmid_in(line.text)
        or any(doi_in_link(href) or pmid_in_link(href) for href in hrefs)
    )


def _rank(key: str, name: str, regions: Sequence[Region]) -> tuple[bool, bool, int, str]:
    """For choosing among headings of one kind: a known word first, then a real heading, then the commoner."""
    headed = any(region.heading.level for region in regions)
    return (not hints.says(key, name), not headed, -len(regions), key)


def _takeaway(sections: Sequence[str], regions: Mapping[str, Sequence[Region]], pages: int) -> str | None:
    """The section that says it in short: by its words, or the first one where it is one short paragraph."""
    fitting = [
        key for key in sections if _is_one_paragraph(regions[key]) and len(regions[key]) >= some(pages)
    ]
    for key in fitting:
        if hints.says(key, "takeaway"):
            return key
    if len(sections) > 2 and sections[0] in fitting and len(regions[sections[0]]) >= most(pages):
        lengths = [_length(regions[key]) for key in sections]
        if lengths[0] < min(lengths[1:]):
            return sections[0]
    return None


def _is_one_paragraph(regions: Sequence[Region]) -> bool:
    lengths = [[len(line.text) for line in region.lines if line.is_text] for region in regions]
    short = sum(len(one) == 1 and one[0] <= _LONGEST_TAKEAWAY for one in lengths)
    return 5 * short >= 4 * len(lengths)


def _length(regions: Sequence[Region]) -> float:
    return median(sum(len(line.text) for line in region.lines) for region in regions)


def _section_key(heading: str, taken: Mapping[str, Guess]) -> str:
    plain = unicodedata.normalize("NFKD", heading.replace("ß", "ss")).encode("ascii", "ignore").decode()
    key = "_".join(re.findall(r"[a-z0-9]+", plain.lower())[:5]) or "section"
    if key in ("other", "lead"):  # the reader's own names
        key = f"{key}_part"
    return key if key not in taken else f"{key}_{len(taken) + 1}"
