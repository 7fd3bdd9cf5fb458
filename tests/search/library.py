"""A small archive with some of everything that queries ask for, and what each article holds."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import cycle

from storage.records import ArticleRecord, DateRecord, JournalRecord, RatingRecord, TopicRecord
from storage.search.query import All, Any, Filter, Node, Not, Words
from tests.storage.build import House, article, at, sections

WORDS = ("iron", "brain", "zinc", "fog", "sleep", "relapse")
TOPICS = {
    "Iron": "iron",
    "iron": "iron",
    "Iron chelation": "iron chelation",
    "Multiple Sclerosis (MS)": "multiple sclerosis",
    "multiple sclerosis": "multiple sclerosis",
    "Symptoms": "symptoms",
}
JOURNALS = {
    "Brain & Behavior": "brain and behavior",
    "Brain and Behavior": "brain and behavior",
    "Journal of MS": "journal of ms",
}
DATES = (None, "2024", "2025-01", "2025-01-01", "2025-01-15", "2025-02-01", "2026-05", "2026")
_PRECISION = {4: "year", 7: "month", 10: "day"}


@dataclass(frozen=True)
class Book:
    """An article of the library, as a test sees it."""

    key: str
    title: str
    takeaway: str
    text: str
    topics: tuple[str, ...]
    journal: str | None
    date: str | None
    credibility: float | None

    def holds(self, words: Words) -> bool:
        """Whether its own text holds them, as a person would look for them."""
        fields = {"title": (self.title,), "takeaway": (self.takeaway,)}
        places = fields.get(words.field or "", (self.title, self.takeaway, self.text))
        end = "" if words.prefix else r"\b"
        pattern = r"\b" + r"\W+".join(map(re.escape, words.text.lower().split())) + end
        return any(re.search(pattern, place.lower()) for place in places)

    def meets(self, node: Node) -> bool:
        """Whether a query matches it."""
        if isinstance(node, Words):
            return self.holds(node)
        if isinstance(node, Not):
            return not self.meets(node.part)
        if isinstance(node, All):
            return all(map(self.meets, node.parts))
        if isinstance(node, Any):
            return any(map(self.meets, node.parts))
        return self._passes(node)

    def _passes(self, asked: Filter) -> bool:
        if asked.field in ("topic", "journal"):
            names = [TOPICS[topic] for topic in self.topics]
            if asked.field == "journal":
                names = [JOURNALS[self.journal]] if self.journal else []
            end = "" if asked.prefix else r"\b"
            pattern = rf"\b{re.escape(asked.value)}{end}"
            if asked.comparison == "=":
                return asked.value in names
            return any(re.search(pattern, name) for name in names)
        if asked.field in ("credibility", "interest"):
            rating = self.credibility if asked.field == "credibility" else 3.0
            if rating is None:
                return False
            limit = float(asked.value)
            return {
                "=": rating == limit, ">": rating > limit, ">=": rating >= limit,
                "<": rating < limit, "<=": rating <= limit,
            }[asked.comparison]  # fmt: skip
        if asked.field in ("site", "id"):
            return asked.value == (self.key if asked.field == "id" else "sample")
        return self.date is not None and _dated(asked, _days(self.date))

    @property
    def record(self) -> ArticleRecord:
        """It as the writer takes it."""
        date = DateRecord(self.date, self.date, _PRECISION[len(self.date)]) if self.date else None
        return replace(
            article(self.key),
            title=self.title,
            takeaway=self.takeaway,
            sections=sections(self.text),
            topics=tuple(TopicRecord(topic, TOPICS[topic], False) for topic in self.topics) or None,
            journal=JournalRecord(self.journal, JOURNALS[self.journal]) if self.journal else None,
            credibility=RatingRecord(self.credibility, 5.0, "drawn") if self.credibility else None,
            published=date,
            published_rule="json-ld" if date else None,
        )


def _days(value: str) -> tuple[str, str]:
    """The first and the last day that a date may mean."""
    return value + "-01-01"[len(value) - 4 :], value + "-12-31"[len(value) - 4 :]


def _dated(asked: Filter, days: tuple[str, str]) -> bool:
    """Whether it is sure, of a date that may be any of some days."""
    first, last = _days(asked.value)
    if asked.field == "after":
        return days[0] >= first
    if asked.field == "before":
        return days[1] < first
    return first <= days[0] and days[1] <= last


def books(number: int = 60) -> list[Book]:
    """Articles whose words, topics, dates and ratings meet in every which way."""
    words, topics, journals = cycle(WORDS), cycle(TOPICS), cycle((*JOURNALS, None))
    dates, ratings = cycle(DATES), cycle((1.0, 2.5, 4.0, 5.0, None))
    made = []
    for count in range(number):
        some = [next(words) for _ in range(1 + count % 4)]
        made.append(
            Book(
                key=f"a{count:05}",
                title=f"MS and {some[0]}",
                takeaway=f"On {' '.join(some[1:] or ['nothing'])}.",
                text=f"People with MS {'asked' if count % 3 else 'spoke'} of {next(words)} {next(words)}s.",
                topics=tuple(dict.fromkeys(next(topics) for _ in range(count % 5))),
                journal=next(journals),
                date=next(dates),
                credibility=next(ratings),
            )
        )
        if count % 7 == 0:
            next(words)
        if count % 11 == 0:
            next(dates), next(topics), next(journals)
    return made


def shelve(house: House, library: list[Book]) -> None:
    """Write the library; every fourth article said something else before."""
    for count, book in enumerate(library):
        if count % 4 == 0:
            before = replace(
                book, title="Iron brain zinc fog sleep relapse", topics=("Symptoms",), journal=None
            )
            house.save(before.record, when=at(count), body=f"{count} before".encode())
        house.save(book.record, when=at(1000 + count))


def divided(library: list[Book]) -> dict[str, Counter[str]]:
    """The counts that facets have to come to, by what narrows to them."""
    counts: dict[str, Counter[str]] = {"topics": Counter(), "journals": Counter(), "years": Counter()}
    for book in library:
        counts["topics"].update({TOPICS[topic] for topic in book.topics})
        counts["journals"].update([JOURNALS[book.journal]] if book.journal else [])
        counts["years"].update([book.date[:4]] if book.date else [])
    return counts
