"""What the sample site is made of: articles as the site promises them, and cards as it shows them."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
import zlib
from dataclasses import dataclass

TEASER_LENGTH = 100
SLUG_LENGTH = 60


@dataclass(frozen=True)
class Rating:
    """A drawn rating: `value` of `scale` stars."""

    value: int
    scale: int = 5


@dataclass(frozen=True)
class Passage:
    """A paragraph or list item, kept as its sentences because some pages glue them together.

    `glue` is "" (sentences with a space between them), "span" (each in an inline element of its own, nothing
    between them) or "br" (a line break between them).
    """

    sentences: tuple[str, ...]
    glue: str = ""
    is_item: bool = False

    @property
    def text(self) -> str:
        """The passage as a browser shows it; a line break is white space."""
        return ("" if self.glue == "span" else " ").join(self.sentences)


@dataclass(frozen=True)
class Section:
    """A part of an article under a heading of its own."""

    heading: str
    passages: tuple[Passage, ...]

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The texts of all passages in order; each item of a list counts as one."""
        return tuple(passage.text for passage in self.passages)


@dataclass(frozen=True)
class Source:
    """The "More Details" of an article: the original paper. None means that the page does not tell."""

    title: str
    authors: tuple[str, ...]
    journal: str
    published: str | None
    doi: str | None
    pmid: str | None
    link: str | None


@dataclass(frozen=True)
class Article:
    """A summary exactly as the site promises it; every text is as printed.

    `takeaway`, `sections`, `topics` and so on stand on the article's page. `date` (as printed, M/D/YYYY) and
    `teaser` do not: cards and listings carry them (framework state and JSON-LD in the page have the date as
    ISO 8601). `description` is the whole sentence, in the head of the two newer layouts. `credibility` and
    `interest` are None on a page without ratings, `reading_minutes` where the layout has none.
    `card_title` and `card_description` are what cards say where they differ from the page.
    """

    id: str
    slug: str
    title: str
    layout: str
    credibility: Rating | None
    interest: Rating | None
    reading_minutes: int | None
    takeaway: str
    sections: tuple[Section, ...]
    topics: tuple[str, ...]
    source: Source | None
    journal: str
    date: str
    description: str
    updated: dt.date
    card_title: str
    card_description: str
    rating_style: str = ""
    encoding: str = "utf-8"
    charset_in: str = "header"
    old_slugs: tuple[str, ...] = ()
    second_path: str | None = None
    in_sitemap: bool = True
    unlisted: bool = False

    @property
    def path(self) -> str:
        """The path of the article's page."""
        return f"/news/view/{self.slug}-{self.id}"

    @property
    def old_paths(self) -> tuple[str, ...]:
        """Paths that answer with a redirect to `path`."""
        return tuple(f"/news/view/{slug}-{self.id}" for slug in self.old_slugs)

    @property
    def teaser(self) -> str:
        """The article's own description, cut as the site cuts it."""
        return cut(self.description)

    @property
    def image(self) -> str:
        """The path of the article's picture."""
        return f"/static/art-{zlib.crc32(self.id.encode()) % 8 + 1}.svg"

    @property
    def day(self) -> dt.date:
        """`date` as a date."""
        return parse_date(self.date)


@dataclass(frozen=True)
class Card:
    """An entry of a card list or a listing, as shown."""

    path: str
    title: str
    date: str
    teaser: str
    image: str

    @property
    def day(self) -> dt.date:
        """`date` as a date."""
        return parse_date(self.date)


def card_of(article: Article) -> Card:
    """Return the card that shows `article` in lists."""
    return Card(article.path, article.card_title, article.date, cut(article.card_description), article.image)


def cut(description: str) -> str:
    """Return the first 100 characters, in mid-word if it falls so, without a space at the end."""
    return description[:TEASER_LENGTH].rstrip()


def parse_date(printed: str) -> dt.date:
    """Return the date that M/D/YYYY means."""
    month, day, year = map(int, printed.split("/"))
    return dt.date(year, month, day)


def slug_of(title: str) -> str:
    """Return the slug for a title: ASCII, lower case, hyphens, at most 60 characters.

    Apostrophes, `:`, `?` and U+2011 vanish without leaving a hyphen.
    """
    kept = re.sub("[:?'\N{RIGHT SINGLE QUOTATION MARK}\N{NON-BREAKING HYPHEN}]", "", title)
    hyphenated = re.sub("[\N{HYPHEN}\N{EN DASH}\N{EM DASH}]", "-", kept)
    folded = unicodedata.normalize("NFKD", hyphenated).encode("ascii", "ignore").decode().lower()
    return re.sub("[^a-z0-9]+", "-", folded).strip("-")[:SLUG_LENGTH].strip("-")
