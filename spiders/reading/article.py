"""Outline → the article's fields, each with its evidence or the reason for its absence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from spiders.reading.addresses import article_id
from spiders.reading.cards import CardReader
from spiders.reading.dates import looks_like_date, read_date
from spiders.reading.details import doi_in, doi_in_link, pmid_in_link, read_details
from spiders.reading.ledger import Ledger
from spiders.reading.model import Card, PartialDate, Passage, Rating, Reason, Role, Section, Source, Topic
from spiders.reading.outline import Line, Mark, Outline, same_words
from spiders.reading.passages import passage_of, passages_under, slot_value
from spiders.reading.profile import RATINGS, SiteProfile
from spiders.reading.rating_labels import find_ratings
from spiders.reading.ratings import rating_in_text
from spiders.reading.structured import Claim, texts_of
from spiders.reading.topics import read_topics
from spiders.reading.tree import Element
from spiders.reading.words import comparable, heading_key, squeeze

_MINUTES = re.compile(
    r"(\d{1,3})\s*[-‑]?\s*min(?:ute)?s?\.?\s*(?:to\s+)?read\b|read(?:ing)?\s+time\s*:?\s*(\d{1,3})\s*min",
    re.I,
)
_SENTENCE_END = (".", "!", "?", "…", "”", '"', ")", "’", "'")
_SITE_SUFFIX = re.compile(r"\s+[|·–—-]\s+[^|·–—]{2,60}$")
_SHORTEST_UNPLACED = 25
_LONGEST_TAKEAWAY = 400
_SHORT_TEXT = 80


@dataclass(frozen=True)
class ArticlePage:
    """Everything that is known of a page before its article is read."""

    outline: Outline
    profile: SiteProfile
    form: Literal["html", "text"]
    url: str | None
    base: str
    """The address that relative links start from."""
    claims: Sequence[Claim] = ()
    elements: Sequence[Element] = ()
    """By block index; () for text."""
    root: Element | None = None
    cut_off: bool = False
    """The page ends before its markup does."""
    overrides: dict[str, list[Line]] = field(default_factory=dict)
    """Lines that the profile's selectors give for a part or field."""

    @cached_property
    def own_id(self) -> str | None:
        """The id in the page's own address."""
        return article_id(self.url, self.profile)


class ArticleReader:
    """Reads one article; each method one field or a few that belong together."""

    def __init__(self, page: ArticlePage, ledger: Ledger) -> None:
        self.page, self.ledger = page, ledger
        self.outline, self.profile = page.outline, page.profile
        self._placed: set[int] = set()
        self._stray: list[Line] = []

    def read(self) -> dict[str, Any]:
        """The article's fields as keyword arguments of `Reading`."""
        by_order = not self._has_own_parts()
        title = self._title(by_order)
        ratings = self._ratings()
        minutes = self._minutes()
        boilerplate = self._boilerplate()
        takeaway, sections = self._by_order() if by_order else (self._takeaway(), self._sections(title))
        topics = self._topics()
        source = self._source()
        cards = self._cards(by_order)
        fields: dict[str, Any] = {
            "title": title,
            "credibility": ratings.get("credibility"),
            "interest": ratings.get("interest"),
            "reading_minutes": minutes,
            "takeaway": takeaway,
            "sections": sections,
            "topics": topics,
            "source": source,
            "journal": self._journal(boilerplate, source),
            "cards": cards,
            "boilerplate": boilerplate,
            "published": None if self.page.form == "text" else self._published(),
            "description": self._claimed_text("description"),
        }
        if self.page.form == "text":
            self.ledger.absent("published", Reason.CAPTURE_CANNOT_SHOW)
        return fields | {"unplaced": self._unplaced(title)}

    def _has_own_parts(self) -> bool:
        return any(part == "takeaway" or part.startswith("section:") for part in self.outline.known)

    # -- helpers --------------------------------------------------------------------------------------------

    @cached_property
    def _torn(self) -> Line | None:
        """The last line of a page that is cut off: perhaps half of itself."""
        lines = [line for line in self.outline.lines if line.is_text]
        return lines[-1] if self.page.cut_off and lines else None

    def _whole(self, lines: Sequence[Line]) -> list[Line]:
        """Lines without the torn one, for fields of which a half would be a wrong value."""
        return [line for line in lines if line is not self._torn]

    def _part(self, name: str) -> tuple[Line | None, list[Line]]:
        """A part's heading and lines, by the profile's selector or its words; strays go to the unplaced."""
        if name in self.page.overrides:
            return None, self.page.overrides[name]
        mark = self.outline.known.get(name)
        if mark is None:
            return None, []
        return self._marked(mark)

    def _marked(self, mark: Mark) -> tuple[Line, list[Line]]:
        heading = self.outline.heading(mark)
        self.ledger.take(heading, f"heading: {mark.part}")
        inside, stray = self.outline.content(mark)
        self._stray += stray
        return heading, inside

    def _missing(self, name: str, detail: str = "", can_show: bool = True) -> None:
        if self.page.form == "text" and not can_show:
            self.ledger.absent(name, Reason.CAPTURE_CANNOT_SHOW, detail)
        elif self._is_cut_off(name):
            self.ledger.absent(name, Reason.CUT_OFF, detail)
        else:
            self.ledger.absent(name, Reason.NOT_ON_PAGE, detail)

    def _is_cut_off(self, name: str) -> bool:
        """Whether the capture ends before the part could have come."""
        if not self.page.cut_off or name in ("title", "credibility", "interest"):
            return False
        return "cards" not in self.outline.known or name in ("journal", "boilerplate", "cards")

    def _claims(self, name: str) -> list[Claim]:
        return [claim for claim in self.page.claims if claim.field == name]

    def _claimed_text(self, name: str) -> str | None:
        """A field that only structured data gives: the first claim wins, others that differ are kept."""
        value: str | None = None
        for claim in self._claims(name):
            text = squeeze(str(claim.value)) if isinstance(claim.value, (str, int)) else ""
            if not text:
                continue
            if value is None:
                value = text
                self.ledger.won(name, text, claim.rule, where=claim.where)
            elif not same_words(value, text):
                self.ledger.lost(name, text, claim.rule, where=claim.where)
        return value

    def _against_claims(self, name: str, value: str | None) -> str | None:
        """A field that the page shows: claims that differ are evidence, and win where it shows none."""
        if value is None:
            return self._claimed_text(name)
        for claim in self._claims(name):
            text = str(claim.value)
            if isinstance(claim.value, str) and not same_words(value, text) and not text.startswith(value):
                self.ledger.lost(name, text, claim.rule, where=claim.where)
        return value

    @cached_property
    def _visible_texts(self) -> set[str]:
        return {
            comparable(line.text) for line in self.outline.lines if not line.block.hidden and line.is_text
        }

    def _paragraphs(self, lines: Sequence[Line], what: str) -> list[tuple[str, bool]]:
        """The text of a part: its paragraphs as printed, and for each whether it is a list item."""
        paragraphs: list[tuple[str, bool]] = []
        for line in lines:
            if not line.is_text or line.part or line.block.index in self._placed:
                continue
            if self._is_furniture(line):
                continue
            if line.block.hidden and comparable(line.text) in self._visible_texts:
                continue  # a copy counts once
            self.ledger.take(line, what)
            is_item = line.block.role is Role.LIST_ITEM
            if line.block.after_br and paragraphs and not is_item:
                paragraphs[-1] = (f"{paragraphs[-1][0]} {line.text}", paragraphs[-1][1])
            else:
                paragraphs.append((line.text, is_item))
        return paragraphs

    def _is_furniture(self, line: Line) -> bool:
        """Buttons and labels that stand in a part without being its text."""
        if heading_key(line.text) in self.profile.labels:
            return True
        if line.href is not None and line.href.startswith("#"):
            return True  # a table of contents, "Back to top"
        if line.text[0] == "©" or (len(line.text) <= 40 and _MINUTES.search(line.text)):
            return True
        return line.block.style.startswith("button") and len(line.text) <= 40

    # -- fields ---------------------------------------------------------------------------------------------

    def _title(self, by_order: bool) -> str | None:
        line, rule = (None, "") if by_order else self._shown_title()
        claimed = self._claims("title")
        if line is not None:
            for other in self.outline.lines[: self.outline.start]:
                if same_words(other.text, line.text):
                    self.ledger.take(other, "title")
            self.ledger.take(line, "title")
            text = _without_reading_time(line.text)
            self.ledger.won("title", text, rule, line)
            return self._against_claims("title", text)
        for claim in claimed:
            text = (
                _SITE_SUFFIX.sub("", str(claim.value)) if claim.rule == "title-element" else str(claim.value)
            )
            self.ledger.won("title", text, claim.rule, where=claim.where)
            return text
        self._missing("title", "the capture has no title line" if by_order else "", can_show=not by_order)
        return None

    def _shown_title(self) -> tuple[Line | None, str]:
        if "title" in self.page.overrides:
            lines = [line for line in self.page.overrides["title"] if line.is_text]
            if lines:
                return lines[0], "selector"
        before = [line for line in self.outline.lines[: self.outline.start] if line.text]
        claimed = [comparable(str(claim.value)) for claim in self._claims("title")]
        texts = [line for line in before if line.is_text and not self._is_rating_label(line)]
        content = [line for line in texts if not line.block.chrome and not line.block.hidden]
        first_level = [line for line in content if line.block.level == 1]
        for lines in (first_level, [line for line in content if line.block.level], content, texts):
            for line in lines:
                key = comparable(line.text)
                if any(key == claim or (claim.startswith(f"{key} ") and len(key) > 15) for claim in claimed):
                    return line, "shown-and-claimed"
        if first_level:
            return first_level[-1], "h1"
        counts = [comparable(line.text) for line in before if not line.block.chrome]
        for line in content:
            if counts.count(comparable(line.text)) > 1 and len(line.text) > 3:
                return line, "shown-twice"
        headings = [line for line in content if line.block.level]
        if headings:
            return headings[-1], "heading-before-parts"
        if self._has_own_parts() and not claimed and content and not content[-1].text.endswith("."):
            candidates = [line for line in content if len(line.text) > 15 and not line.href]
            if len(candidates) == 1:
                return candidates[0], "only-line-before-parts"
        return None, ""

    def _is_rating_label(self, line: Line) -> bool:
        return self.profile.labels.get(heading_key(line.text)) in (*RATINGS, "share")

    @cached_property
    def _article_area(self) -> list[Line]:
        """Lines that belong to no card."""
        cards = self.outline.known.get("cards")
        skip = {line.block.index for line in self.outline.content(cards)[0]} if cards else set()
        return [line for line in self.outline.lines if line.block.index not in skip]

    def _ratings(self) -> dict[str, Rating]:
        marks = self.outline.marks
        elements = self.page.elements
        boundaries = [elements[self.outline.heading(mark).block.index] for mark in marks] if elements else []
        before = [line for line in self._article_area if not line.part]
        found = find_ratings(before, elements, self.page.root, boundaries, self.profile)
        ratings: dict[str, Rating] = {}
        for name in RATINGS:
            spot = found.get(name)
            if spot and spot.line:
                self.ledger.take(spot.line, f"rating: {name}")
                self._placed.add(spot.line.block.index)
            claimed = self._claimed_rating(name)
            if spot and spot.rating:
                ratings[name] = spot.rating
                self.ledger.won(name, spot.rating.raw, spot.rule, spot.line, spot.where)
                if claimed and claimed[0].value / claimed[0].scale != spot.rating.value / spot.rating.scale:
                    self.ledger.lost(name, claimed[0].raw, claimed[1].rule, where=claimed[1].where)
            elif claimed:
                ratings[name] = claimed[0]
                self.ledger.won(name, claimed[0].raw, claimed[1].rule, where=claimed[1].where)
            elif self.page.form == "text":
                self.ledger.absent(name, Reason.CAPTURE_CANNOT_SHOW, "drawn, not written")
            elif spot:
                self.ledger.absent(
                    name, Reason.UNREADABLE, "its label stands on the page without a value in any known form"
                )
            else:
                self._missing(name)
        return ratings

    def _claimed_rating(self, name: str) -> tuple[Rating, Claim] | None:
        scale = self.profile.rating_scale
        for claim in self._claims(name):
            value = claim.value
            if isinstance(value, dict):
                value = value.get("value", value.get("score", value.get("rating")))
            if isinstance(value, str):
                written = rating_in_text(value, scale)
                if written:
                    return written, claim
                value = float(value) if re.fullmatch(r"\d(?:\.\d+)?", value) else None
            if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= scale:
                return Rating(float(value), scale, f"{value}"), claim
        return None

    def _minutes(self) -> int | None:
        for line in self._article_area:
            match = _MINUTES.search(line.text) if len(line.text) <= _SHORT_TEXT else None
            if match:
                self.ledger.take(line, "reading time")
                self.ledger.won("reading_minutes", match[1] or match[2], "label", line)
                return int(match[1] or match[2])
        self._missing("reading_minutes", can_show=self._has_own_parts())
        return None

    def _takeaway(self) -> str | None:
        heading, lines = self._part("takeaway")
        paragraphs = self._paragraphs(self._whole(lines), "takeaway")
        if paragraphs:
            text = " ".join(text for text, _ in paragraphs)
            self.ledger.won("takeaway", text, "heading" if heading else "selector", _first_text(lines))
            return text
        for claim in self._claims("takeaway"):
            if isinstance(claim.value, str) and claim.value.strip():
                self.ledger.won("takeaway", claim.value, claim.rule, where=claim.where)
                return squeeze(claim.value)
        self._missing("takeaway", "its heading stands on the page without text" if heading else "")
        return None

    def _sections(self, title: str | None) -> tuple[Section, ...]:
        sections: list[Section] = []
        for mark in self.outline.marks:
            if mark.part != "other" and not mark.part.startswith("section:"):
                if mark.part == "copy":
                    self._marked(mark)
                continue
            heading = self.outline.heading(mark)
            if mark.part == "other" and title is not None and same_words(heading.text, title):
                continue
            heading, lines = self._marked(mark)
            kind = mark.part.removeprefix("section:")
            if mark.part in self.page.overrides:
                lines = self.page.overrides[mark.part]
            boilerplate = {line.block.index for line in lines if passage_of(line, None, self.profile)}
            paragraphs = self._paragraphs(
                [line for line in lines if line.block.index not in boilerplate], f"section: {kind}"
            )
            if not paragraphs:
                if mark.part != "other":
                    self._missing(
                        mark.part.replace("section:", "sections."),
                        "its heading stands on the page without text",
                    )
                continue
            items = tuple(item for _, item in paragraphs)
            sections.append(
                Section(
                    kind, heading.text, tuple(text for text, _ in paragraphs), items if any(items) else ()
                )
            )
            if self._torn is not None and self._torn in lines:
                self.ledger.absent(f"sections.{kind}", Reason.CUT_OFF, "its text breaks off")
            name = f"sections.{kind}" if kind != "other" else f"sections[{len(sections) - 1}]"
            self.ledger.won(name, heading.text, "heading", heading)
        present = {section.kind for section in sections}
        named = {absence.field for absence in self.ledger.absences}
        for key in self.profile.section_order:
            if key not in present and f"sections.{key}" not in named:
                self._missing(f"sections.{key}")
        return tuple(sections)

    def _boilerplate(self) -> tuple[Passage, ...]:
        heading, lines = self._part("boilerplate")
        words = heading.text if heading else None
        found = passages_under(lines, words, self.profile)
        taken = {line.block.index for _, line in found}
        self._stray += [line for line in lines if line.block.index not in taken]
        found = [entry for entry in found if entry[1] is not self._torn]
        for line in self._whole(self.outline.lines):
            if line.block.index not in taken and line.is_text and len(line.text) > _SHORT_TEXT:
                passage = passage_of(line, words, self.profile)
                if passage:
                    found.append((passage, line))
        found.sort(key=lambda entry: entry[1].block.index)
        once: dict[str, Passage] = {}
        for passage, line in found:
            self.ledger.take(line, "boilerplate")
            self._placed.add(line.block.index)
            once.setdefault(comparable(passage.text), passage)
        if not once:
            self._missing("boilerplate")
        elif heading is None:
            last = max(line.block.index for _, line in found)
            self._stray += [
                line for line in self.outline.lines if line.block.index > last and not line.block.chrome
            ]
        return tuple(once.values())

    def _journal(self, boilerplate: Sequence[Passage], source: Source | None) -> str | None:
        value = slot_value(boilerplate, "journal")
        claims = [(claim.value, claim) for claim in self._claims("journal") if isinstance(claim.value, str)]
        if value:
            self.ledger.won("journal", value, "boilerplate-slot")
        elif source is not None and source.journal:
            value = source.journal
            self.ledger.won("journal", value, "more-details")
        elif claims:
            value = squeeze(claims[0][0])
            self.ledger.won("journal", value, claims[0][1].rule, where=claims[0][1].where)
        elif value == "":
            self.ledger.absent("journal", Reason.UNREADABLE, "its place in the boilerplate is empty")
            return None
        else:
            self._missing("journal", "no boilerplate sentence names one")
            return None
        for other, claim in claims:
            if not same_words(other, value):
                self.ledger.lost("journal", other, claim.rule, where=claim.where)
        if source is not None and source.journal and not same_words(source.journal, value):
            self.ledger.lost("journal", source.journal, "more-details")
        return value

    def _topics(self) -> tuple[Topic, ...] | None:
        _, lines = self._part("topics")
        lines = [
            line for line in lines
            if line.block.index not in self._placed and not self._is_stray_button(line)
            and not (line.block.hidden and comparable(line.text) in self._visible_texts)
        ]  # fmt: skip
        topics = read_topics(self._whole(lines), glued=self.page.form == "text")
        for number, (topic, line) in enumerate(topics):
            self.ledger.take(line, "topics")
            self.ledger.won(f"topics[{number}]", topic.text, "heading", line)
        if topics:
            return tuple(topic for topic, _ in topics)
        for claim in self._claims("topics"):
            values = claim.value if isinstance(claim.value, (list, tuple)) else (claim.value,)
            texts = texts_of(values)
            if texts:
                self.ledger.won("topics", ", ".join(texts), claim.rule, where=claim.where)
                return tuple(Topic(text) for text in dict.fromkeys(texts))
        self._missing("topics", can_show=self._has_own_parts())
        return None

    def _is_stray_button(self, line: Line) -> bool:
        return heading_key(line.text) in self.profile.labels

    def _source(self) -> Source | None:
        heading, lines = self._part("details")
        if heading is not None and heading.href:
            lines = [heading, *lines]  # "More Details" is itself the link
        lines = self._whole(lines)
        source = read_details(lines, self.page.base, self.profile, self.ledger) if lines else None
        if source is None:
            source = self._linked_source() or self._claimed_source()
        if source is None:
            detail = "its heading stands on the page without details" if heading else ""
            self._missing("source", detail, can_show=heading is not None)
        return source

    def _linked_source(self) -> Source | None:
        """Outside "More Details", only a link that itself carries an identifier names the paper."""
        for line in self._article_area:
            if line.block.chrome:
                continue
            for href in (line.href, *(part.href for part in line.parts)):
                doi, pmid = (
                    (doi_in_link(href), pmid_in_link(href)) if href and "://" in href else (None, None)
                )
                if doi or pmid:
                    self.ledger.take(line, "source: link")
                    self.ledger.won("source.doi" if doi else "source.pmid", doi or pmid, "link", line)
                    return Source(doi=doi, pmid=pmid, url=href)
        return None

    def _claimed_source(self) -> Source | None:
        doi = self._claimed_text("source.doi")
        pmid = self._claimed_text("source.pmid")
        source = Source(
            title=self._claimed_text("source.title"),
            journal=self._claimed_text("source.journal"),
            doi=doi_in(doi) if doi else None,
            pmid=pmid if pmid and pmid.isascii() and pmid.isdigit() else None,
        )
        return source if source != Source() else None

    def _cards(self, by_order: bool) -> tuple[Card, ...]:
        _, lines = self._part("cards")
        if not lines and by_order:
            lines = self._lines_from_first_date()
        lines = self._whole([line for line in lines if line.block.index not in self._placed])
        cards = CardReader(self.profile, self.page.base, self.ledger.take).read(lines, self.page.own_id)
        self._placed |= {
            line.block.index
            for line in lines
            if self.ledger.takes.get(line.block.index, "").startswith("card")
        }
        if not cards:
            self._missing("cards", can_show=True)
        elif self.page.form == "text":
            for name in ("title", "url", "image"):
                if all(getattr(card, name) is None for card in cards):
                    self.ledger.absent(f"cards[*].{name}", Reason.CAPTURE_CANNOT_SHOW)
        return cards

    def _published(self) -> PartialDate | None:
        """The article's own date, where the page shows or claims one; never a card's."""
        for line in self.outline.lines[: self.outline.start]:
            if line.block.chrome or not (looks_like_date(line.text) or line.block.datetime):
                continue
            printed = read_date(line.text, self.profile.date_order)
            if printed.iso is None and line.block.datetime:
                printed = read_date(line.block.datetime, self.profile.date_order)
            if printed.iso:
                self.ledger.take(line, "published")
                self.ledger.won("published", printed.raw, "time" if line.block.datetime else "shown", line)
                return printed
        raw = self._claimed_text("published")
        date = read_date(raw, self.profile.date_order) if raw else None
        if date is not None and date.iso:
            return date
        if date is not None:
            self.ledger.absent("published", Reason.UNREADABLE, f"not a date: {date.raw}")
        else:
            self._missing("published", "the page does not show its own date; cards may")
        return None

    def _unplaced(self, title: str | None) -> tuple[str, ...]:
        """Text of the article's area that nothing claimed, once each."""
        before = self.outline.lines[: self.outline.start]
        long_before = [
            line
            for line in before
            if len(line.text) > _SHORT_TEXT and not line.block.chrome and not line.href
        ]
        texts: dict[str, str] = {}
        for line in [*long_before, *sorted(self._stray, key=lambda line: line.block.index)]:
            index = line.block.index
            if index in self.ledger.takes or not line.is_text or line.block.hidden or line.href:
                continue
            if len(line.text) < _SHORTEST_UNPLACED or self._is_furniture(line):
                continue
            if title is not None and same_words(title, line.text):
                continue
            self.ledger.take(line, "unplaced")
            texts.setdefault(comparable(line.text), line.text)
        return tuple(texts.values())

    # -- captures without headings ---------------------------------------------------------------------------

    def _lines_from_first_date(self) -> list[Line]:
        lines = self.outline.lines
        first = next((index for index, line in enumerate(lines) if looks_like_date(line.text)), len(lines))
        return list(lines[first:])

    def text_before_cards(self) -> list[Line]:
        """The lines before the first card, first boilerplate passage, or end."""
        lines = []
        for line in self.outline.lines[: self.outline.start]:
            if looks_like_date(line.text) or passage_of(line, None, self.profile):
                break
            lines.append(line)
        return lines

    def readable_by_order(self) -> bool:
        """Whether a text without headings has the site's shape: a sentence, paragraphs, cards or footer."""
        lines = self.text_before_cards()
        ends = len(lines) < len(self.outline.lines)
        expected = 1 + len(self.profile.section_order)
        if not lines or len(lines[0].text) > _LONGEST_TAKEAWAY or not lines[0].text.endswith(_SENTENCE_END):
            return False
        if ends:
            return len(lines) == expected
        long_ones = all(len(line.text) > _LONGEST_TAKEAWAY // 2 for line in lines[1:-1])
        return 2 <= len(lines) <= expected and long_ones and len(lines[1].text) > len(lines[0].text)

    def _by_order(self) -> tuple[str | None, tuple[Section, ...]]:
        lines = self.text_before_cards()
        self.ledger.take(lines[0], "takeaway")
        self.ledger.won("takeaway", lines[0].text, "order", lines[0])
        sections = []
        for key, line in zip(self.profile.section_order, lines[1:], strict=False):
            self.ledger.take(line, f"section: {key}")
            self.ledger.won(f"sections.{key}", line.text[:80], "order", line)
            sections.append(Section(key, None, (line.text,)))
            if line is self._torn:
                self.ledger.absent(f"sections.{key}", Reason.CUT_OFF, "its text breaks off")
        for key in self.profile.section_order[len(sections) :]:
            self.ledger.absent(f"sections.{key}", Reason.CUT_OFF)
        return lines[0].text, tuple(sections)


def _without_reading_time(title: str) -> str:
    """A title without the reading time that stands in the same heading, in small print."""
    match = _MINUTES.search(title)
    if match is None or match.end() < len(title):
        return title
    return title[: match.start()].rstrip(" ·•|–—-()") or title


def _first_text(lines: Sequence[Line]) -> Line | None:
    return next((line for line in lines if line.is_text), None)
