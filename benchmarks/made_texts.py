"""Articles of a made archive: the sample site's sentences with words drawn as in any language, a few of them
very often and most of them hardly ever (Zipf's law). The same on every machine."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import accumulate, islice
from random import Random

from crawler.samplesite import edition
from crawler.samplesite.model import cut
from storage.records import DateRecord

VOCABULARY = 60_000
TOPICS = 2_000
JOURNALS = 300
FIRST_DAY = date(2019, 1, 1)
DAYS = 7 * 365
FUTURE = date(2027, 12, 31)

_WITHOUT_TOPICS = 0.3
_WITHOUT_RATINGS = 0.05
_NEAR_COPIES = 0.01
_SENTENCES = (3, 6)
"""Fewest and most sentences of a section."""
_IDS = string.ascii_letters + string.digits
_IDS_STEP = 30_103_505_671
"""Coprime to 62 to the sixth: multiples of it go through all ids of six characters before one comes again."""
_WORD = re.compile(r"[A-Za-z]{5,}")
_SUBJECTS = ("Neurology", "Nursing", "Immunology", "Rehabilitation", "Imaging", "Pharmacy", "Genetics")
_KINDS = ("Annals of {}", "Journal of {}", "Archives of {}", "{} Letters", "{}", "Frontiers in {}")


@dataclass(frozen=True, slots=True)
class MadeArticle:
    """What one page says."""

    id: str
    title: str
    takeaway: str
    sections: tuple[str, str, str]
    topics: tuple[str, ...]
    """As printed, in order; empty for a page without a topic list."""
    journal: str
    credibility: int | None
    interest: int | None
    """Of 5; None for a page without ratings."""
    published: DateRecord
    description: str

    @property
    def teaser(self) -> str:
        """What cards show of the description."""
        return cut(self.description)


class Drawn:
    """Things of which the first is drawn most often, the second half as often, and so on."""

    def __init__(self, things: Sequence[str]) -> None:
        self._things = things
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(things))))

    def draw(self, random: Random, number: int) -> list[str]:
        """`number` of them; one may come twice."""
        return random.choices(self._things, cum_weights=self._weights, k=number)

    def supply(self, random: Random) -> Iterator[str]:
        """As many as are taken."""
        while True:
            yield from self.draw(random, 32)


class Texts:
    """The articles of an archive of `count`: each a function of its number and the seed alone, but for its
    date, which goes with its place among all."""

    def __init__(self, seed: int, count: int) -> None:
        self._seed = seed
        self._count = count
        base = edition(()).articles
        sentences = sorted(
            {
                sentence
                for article in base
                for section in article.sections
                for passage in section.passages
                for sentence in passage.sentences
            }
        )
        random = Random(f"words {seed}")
        words = list(_words(sentences, random))
        self._words = Drawn(words)
        self._sentences = [_pattern(sentence) for sentence in sentences]
        self._titles = [_pattern(title) for title in sorted({article.title for article in base})]
        self._takeaways = [_pattern(text) for text in sorted({article.takeaway for article in base})]
        self._descriptions = [_pattern(text) for text in sorted({article.description for article in base})]
        printed = sorted({topic for article in base for topic in article.topics})
        self._topics = Drawn(list(_topics(printed, words, random)))
        self._journals = Drawn(list(_journals(sorted({article.journal for article in base}), words, random)))

    def article(self, number: int) -> MadeArticle:
        """The article of that number, from 0. One in a hundred is nearly the same as an earlier one."""
        random = self._random("article", number)
        if number and random.random() < _NEAR_COPIES:
            return self._near_copy(number, random)
        return self._article(number)

    def revised(self, article: MadeArticle, number: int) -> MadeArticle:
        """The article of that number after the site has changed something in it."""
        random = self._random("revised", number)
        found, audience, considerations = article.sections
        added = self._sentence(random, self._words.supply(random))
        changed = replace(article, sections=(f"{found} {added}", audience, considerations))
        if article.credibility is not None and random.random() < 0.5:
            changed = replace(changed, credibility=article.credibility % 5 + 1)
        return changed

    def _article(self, number: int) -> MadeArticle:
        random = self._random("own", number)
        supply = self._words.supply(random)
        title = _filled(random.choice(self._titles), supply)
        if "MS" not in title and random.random() < 0.95:
            title = f"{title} in MS"
        rated = random.random() >= _WITHOUT_RATINGS
        sections = tuple(
            " ".join(self._sentence(random, supply) for _ in range(random.randint(*_SENTENCES)))
            for _ in range(3)
        )
        return MadeArticle(
            id=_id(number),
            title=title,
            takeaway=_filled(random.choice(self._takeaways), supply),
            sections=sections,  # type: ignore[arg-type]  # three of them
            topics=self._some_topics(random),
            journal=self._journals.draw(random, 1)[0],
            credibility=random.randint(1, 5) if rated else None,
            interest=random.randint(1, 5) if rated else None,
            published=self._date(number, random),
            description=_filled(random.choice(self._descriptions), supply),
        )

    def _near_copy(self, number: int, random: Random) -> MadeArticle:
        """An earlier article's text under another id and title, but for a sentence."""
        earlier = self._article(number - random.randint(1, min(number, 5000)))
        own = self._article(number)
        found, audience, _ = earlier.sections
        supply = self._words.supply(random)
        changed = f"{earlier.sections[2]} {self._sentence(random, supply)}"
        return replace(
            earlier,
            id=own.id,
            title=f"{earlier.title}: {next(supply).title()}",
            sections=(found, audience, changed),
            published=own.published,
            description=own.description,
        )

    def _some_topics(self, random: Random) -> tuple[str, ...]:
        if random.random() < _WITHOUT_TOPICS:
            return ()
        several = {random.choice(_spellings(topic)) for topic in self._topics.draw(random, 5)}
        return tuple(sorted(several | {random.choice(_spellings("multiple sclerosis"))}))

    def _date(self, number: int, random: Random) -> DateRecord:
        """The first of a month for most, as the site has it; a month, a year, or a time to come for some."""
        if random.random() < 0.01:
            day = FUTURE
        else:
            day = FIRST_DAY + timedelta(DAYS * number // self._count + random.randint(-20, 20))
            day = day.replace(day=1) if random.random() < 0.9 else day
        kind = random.random()
        if kind < 0.04:
            return DateRecord(str(day.year), str(day.year), "year")
        if kind < 0.12:
            return DateRecord(f"{day:%B} {day.year}", f"{day:%Y-%m}", "month")
        return DateRecord(f"{day.month}/{day.day}/{day.year}", day.isoformat(), "day")

    def _sentence(self, random: Random, supply: Iterator[str]) -> str:
        return _filled(random.choice(self._sentences), supply)

    def _random(self, what: str, number: int) -> Random:
        return Random(f"{what} {self._seed} {number}")  # a text as seed gives the same numbers everywhere


def _pattern(sentence: str) -> tuple[str, int]:
    """A sentence with `%s` for every second long word but the first, and how many that are."""
    first, *rest = sentence.replace("%", "%%").split(" ")
    slots = 0
    longer = [place for place, word in enumerate(rest) if _WORD.fullmatch(word) and word.islower()]
    for place in longer[::2]:
        rest[place] = "%s"
        slots += 1
    return " ".join([first, *rest]), slots


def _filled(pattern: tuple[str, int], supply: Iterator[str]) -> str:
    text, slots = pattern
    return text % tuple(islice(supply, slots))


def _words(sentences: Sequence[str], random: Random) -> Iterator[str]:
    """The sentences' own words, the most frequent first, and then words put together from theirs."""
    counted = Counter(word for sentence in sentences for word in _WORD.findall(sentence) if word.islower())
    own = sorted(counted, key=lambda word: (-counted[word], word))
    yield from own
    known = set(own)
    while len(known) < VOCABULARY:
        begin, end = random.choice(own), random.choice(own)
        word = begin[: random.randint(3, 6)] + end[-random.randint(3, 6) :]
        if word not in known:
            known.add(word)
            yield word


def _topics(printed: Sequence[str], words: Sequence[str], random: Random) -> Iterator[str]:
    yield from printed
    for _ in range(TOPICS - len(printed)):
        yield f"{random.choice(words[:3000])} {random.choice(words[:3000])}"


def _spellings(topic: str) -> tuple[str, ...]:
    """The ways in which a topic is printed."""
    first = topic[:1].upper() + topic[1:]
    initials = "".join(word[0] for word in topic.split() if word[0].isalpha()).upper()
    longer = (f"{first} ({initials})",) if len(initials) > 1 else ()
    return (first, first, topic, topic.title() if topic.islower() else topic, *longer)


def _journals(printed: Sequence[str], words: Sequence[str], random: Random) -> Iterator[str]:
    """Names of journals; some of them are printed in two ways."""
    yield from printed
    number = len(printed)
    while number < JOURNALS:
        subject = f"{random.choice(words[:500]).title()} {random.choice(_SUBJECTS)}"
        name = random.choice(_KINDS).format(subject)
        if random.random() < 0.2:
            yield f"{name} & Practice"
            name, number = f"{name} and Practice", number + 1
        yield name
        number += 1


def _id(number: int) -> str:
    left = (number + 1) * _IDS_STEP % len(_IDS) ** 6
    characters = []
    for _ in range(6):
        left, character = divmod(left, len(_IDS))
        characters.append(_IDS[character])
    return "".join(characters)
