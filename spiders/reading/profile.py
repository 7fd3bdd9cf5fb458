"""A site's peculiarities as data: its addresses, the words that head its parts, its boilerplate's anchors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, Literal
from urllib.parse import urlsplit

from cssselect import GenericTranslator, SelectorError

from spiders.reading.words import comparable, heading_key

_SELECTABLE = (
    "title", "credibility", "interest", "takeaway", "topics", "journal", "published", "details", "cards",
    "boilerplate",
)  # fmt: skip
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,8})*")

_SHORTEST_DAYS, _LONGEST_DAYS = 0.001, 3650

OBSTACLES = ("soft_404", "login", "challenge", "consent", "maintenance")
_SHORTEST_WORDS = 4

RATINGS = ("credibility", "interest")
"""The labels that stand at a drawn value."""


class ProfileError(Exception):
    """A profile that can't be used; the message is one line for its author."""


@dataclass(frozen=True)
class Anchor:
    """A fragment that tells a boilerplate passage; at most one `{slot}` in it."""

    passage: str
    before: str
    slot: str | None
    after: str

    @cached_property
    def rarest(self) -> str:
        """Its longest word, in small letters: a text without it does not hold the anchor."""
        return max(re.findall(r"\w+", self.before.lower()), key=len, default="")


@dataclass(frozen=True)
class Revisit:
    """When a page is asked again: `[revisit]`, times in days."""

    first: float = 7
    """From the first answer to the second visit."""
    shortest: float = 1
    longest: float = 90
    shorter: float = 0.5
    """Factor on the time to the next visit when the page has changed; above 0, at most 1."""
    longer: float = 1.5
    """Factor on it when the page has not; at least 1."""
    sample: float = 0.02
    """Share of the supposedly unchanged pages that each crawl asks all the same; 0 to 1."""


@dataclass(frozen=True, eq=False)  # compared by identity, so that it can be a key
class SiteProfile:
    """See `spiders/sites/mymsbuddy.toml` for what each key means; patterns apply to an address's path."""

    name: str
    title: str
    scheme: str
    hosts: tuple[str, ...]
    """`host` or `host:port`; the first is canonical, the others are read as it."""
    start: tuple[str, ...]
    sitemaps: tuple[str, ...]
    article: tuple[re.Pattern[str], ...]
    listing: tuple[re.Pattern[str], ...]
    skip: tuple[re.Pattern[str], ...]
    explore_depth: int
    max_pages_a_listing: int
    max_other_pages: int
    max_articles: int
    max_sitemaps: int
    parts: Mapping[str, str]
    """Heading in comparison form -> `takeaway`, `topics`, `details`, `cards`, `boilerplate`, `section:…`."""
    labels: Mapping[str, str]
    """Label in comparison form -> `credibility`, `interest`, `share`, `card_more`, `older`,
    `reading_time`."""
    source_labels: Mapping[str, str]
    """Label in comparison form -> field of `Source`."""
    section_order: tuple[str, ...]
    """Section keys in the site's order, for captures without headings."""
    date_order: Literal["MDY", "DMY", "YMD"]
    anchors: tuple[Anchor, ...]
    state_keys: Mapping[str, tuple[str, ...]]
    rating_scale: float
    date_languages: tuple[str, ...] = ("en",)
    """Languages that dates with names of months are written in, by their codes (ISO 639)."""
    rating_words: Mapping[str, float] = field(default_factory=dict)
    """Words in comparison form that stand for a rating -> its value on `rating_scale`."""
    selectors: Mapping[str, str] = field(default_factory=dict)
    """Explicit overrides: field (or part) -> CSS selector, used before the words when it matches."""
    revisit: Revisit = field(default_factory=Revisit)
    obstacles: Mapping[str, str] = field(default_factory=dict)
    """Words in comparison form -> `soft_404`, `login`, `challenge`, `consent`, `maintenance`: a page that has
    none of an article's parts, and says them in a short text, is that."""
    digest: str = ""
    """SHA-256 (hex) of the tables it was made from; stored with each run."""

    @cached_property
    def canonical_host(self) -> str:
        """The host that addresses are written with."""
        return self.hosts[0]

    @cached_property
    def base_url(self) -> str:
        """The address of the site's root."""
        return f"{self.scheme}://{self.hosts[0]}/"

    @cached_property
    def part_start(self) -> re.Pattern[str]:
        """Matches a text that may begin with the words of a part's heading: a cheap first look."""
        words = sorted({re.escape(key.split(" ", 1)[0]) for key in self.parts}, key=len, reverse=True)
        return re.compile(rf"[\W\d_]*(?:{'|'.join(words)})", re.I)

    @cached_property
    def rating_label(self) -> re.Pattern[str]:
        """Matches a text that may hold a rating's label: a cheap first look."""
        keys = [re.escape(key.split(" ", 1)[0]) for key, name in self.labels.items() if name in RATINGS]
        return re.compile("|".join(sorted(set(keys))) or r"(?!)", re.I)

    @cached_property
    def reading_time(self) -> re.Pattern[str] | None:
        """Matches the reading time in the profile's own words, `Reading time: 4`; None without such words."""
        words = [re.escape(key) for key, name in self.labels.items() if name == "reading_time"]
        return (
            re.compile(rf"(?:{'|'.join(words)})\s*:?\s*(\d{{1,3}})\b(?:\s*min\w*)?", re.I) if words else None
        )

    @cached_property
    def query_tells(self) -> bool:
        """Whether an article's address is told by its query, too: one of the patterns has a `\\?`."""
        return any(r"\?" in pattern.pattern for pattern in self.article)

    def at(self, base_url: str) -> SiteProfile:
        """The same site served somewhere else (a mirror, a test server): scheme and host of `base_url`."""
        parts = urlsplit(base_url)
        scheme, host = parts.scheme.lower(), parts.netloc.lower()

        def moved(url: str) -> str:
            return urlsplit(url)._replace(scheme=scheme, netloc=host).geturl()

        return replace(
            self,
            scheme=scheme,
            hosts=(host,),
            start=tuple(map(moved, self.start)),
            sitemaps=tuple(map(moved, self.sitemaps)),
        )


def profile_from(tables: Mapping[str, Any], where: str) -> SiteProfile:
    """Build a profile from parsed TOML tables.

    `where` names the file in messages. Raises `ProfileError` naming the first key that is missing, unknown or
    of the wrong type.
    """
    read = _Tables(tables, where)
    addresses = read.table("addresses")
    parts = read.table("parts")
    labels = read.table("labels")
    sections = parts.table("sections")
    state = read.table("state", required=False)
    dates = read.table("dates", required=False)
    scale = float(state.number("rating_scale", 5))
    hosts = tuple(host.lower() for host in addresses.texts("hosts"))
    if not hosts:
        raise ProfileError(f"profile {where}: addresses.hosts is empty")
    for key in sections.names():
        # The archive's views find a section by a path into JSON, which not every SQLite can write with these.
        if re.search(r'["\\\x00-\x1f\x7f]', key):
            raise ProfileError(
                f"profile {where}: parts.sections: {key!r} must have no quotation mark, backslash or control"
            )
    profile = SiteProfile(
        name=read.text("name"),
        title=read.text("title", read.text("name")),
        scheme=addresses.text("scheme", "https"),
        hosts=hosts,
        start=addresses.texts("start"),
        sitemaps=addresses.texts("sitemaps", ()),
        article=addresses.patterns("article", need_group="id"),
        listing=addresses.patterns("listing"),
        skip=addresses.patterns("skip"),
        explore_depth=addresses.number("explore_depth", 2),
        max_pages_a_listing=addresses.number("max_pages_a_listing", 2000),
        max_other_pages=addresses.number("max_other_pages", 2000),
        max_articles=addresses.number("max_articles", 100_000),
        max_sitemaps=addresses.number("max_sitemaps", 1000),
        parts=_spellings(
            [(key, parts.texts(key, ())) for key in ("takeaway", "topics", "details", "cards", "boilerplate")]
            + [(f"section:{key}", sections.texts(key)) for key in sections.names()],
        ),
        labels=_spellings(
            [
                (key, labels.texts(key, ()))
                for key in ("credibility", "interest", "share", "card_more", "older", "reading_time")
            ]
        ),
        source_labels=_spellings(
            [(key, labels.table("source").texts(key)) for key in labels.table("source").names()]
        ),
        section_order=tuple(sections.names()),
        date_order=dates.choice("order", ("MDY", "DMY", "YMD"), "MDY"),
        date_languages=_languages(dates, where),
        anchors=tuple(_anchors(read, where)),
        state_keys={key: state.texts(key) for key in state.names() if key != "rating_scale"},
        rating_scale=scale,
        rating_words=_rating_words(read.table("rating_words", required=False), scale, where),
        selectors=_selectors(read.table("selectors", required=False), sections.names(), where),
        obstacles=_obstacles(read.table("obstacles", required=False), where),
        revisit=_revisit(read.table("revisit", required=False), where),
        digest=hashlib.sha256(json.dumps(tables, sort_keys=True).encode()).hexdigest(),
    )
    _check(profile, where)
    return profile


def _selectors(table: _Tables, sections: Iterable[str], where: str) -> dict[str, str]:
    allowed = {*_SELECTABLE, *(f"section:{key}" for key in sections)}
    found = {}
    for key in table.names():
        if key not in allowed:
            raise ProfileError(f"profile {where}: selectors.{key}: not one of {', '.join(sorted(allowed))}")
        found[key] = table.text(key)
        try:
            GenericTranslator().css_to_xpath(found[key])
        except SelectorError as error:
            raise ProfileError(f"profile {where}: selectors.{key}: no CSS selector: {error}") from None
    return found


def _languages(dates: _Tables, where: str) -> tuple[str, ...]:
    found = dates.texts("languages", ("en",))
    for code in found:
        if not _LANGUAGE.fullmatch(code):
            raise ProfileError(f"profile {where}: dates.languages: {code!r} is no language's code")
    if found and found != ("en",):
        from dateparser.data.languages_info import language_order  # heavy to import

        for code in found:
            if code not in language_order:
                raise ProfileError(f"profile {where}: dates.languages: dates in {code!r} can't be read")
    return found or ("en",)


def _rating_words(table: _Tables, scale: float, where: str) -> dict[str, float]:
    found = {heading_key(words): table.decimal(words, 0) for words in table.names()}
    for words, value in found.items():
        if not words or not 0 <= value <= scale:
            raise ProfileError(f"profile {where}: rating_words.{words} must be from 0 to {scale:g}")
    return found


def _obstacles(table: _Tables, where: str) -> dict[str, str]:
    for key in table.names():
        if key not in OBSTACLES:
            raise ProfileError(f"profile {where}: obstacles.{key}: not one of {', '.join(OBSTACLES)}")
    found = {comparable(words): key for key in table.names() for words in table.texts(key)}
    if any(len(words) < _SHORTEST_WORDS for words in found):
        raise ProfileError(f"profile {where}: obstacles: words of fewer than {_SHORTEST_WORDS} letters")
    return found


def _revisit(table: _Tables, where: str) -> Revisit:
    keys = tuple(entry.name for entry in fields(Revisit))
    for key in table.names():
        if key not in keys:
            raise ProfileError(f"profile {where}: revisit.{key}: not one of {', '.join(keys)}")
    found = Revisit(**{key: table.decimal(key, getattr(Revisit, key)) for key in keys})
    for holds, rule in (
        (found.shortest >= _SHORTEST_DAYS, "shortest must be at least 0.001 (days)"),
        (found.shortest <= found.first <= found.longest, "must have shortest <= first <= longest"),
        (found.longest <= _LONGEST_DAYS, f"longest must be at most {_LONGEST_DAYS:,} (days)"),
        (0 < found.shorter <= 1, "shorter must be above 0 and at most 1"),
        (1 <= found.longer <= 100, "longer must be from 1 to 100"),
        (0 <= found.sample <= 1, "sample must be from 0 to 1"),
    ):
        if not holds:
            raise ProfileError(f"profile {where}: revisit {rule}")
    return found


def _check(profile: SiteProfile, where: str) -> None:
    if profile.scheme not in ("http", "https"):
        raise ProfileError(f"profile {where}: addresses.scheme must be http or https")
    for url in (*profile.start, *profile.sitemaps):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or parts.netloc.lower() not in profile.hosts:
            raise ProfileError(f"profile {where}: {url} is not on one of addresses.hosts")


def _spellings(entries: Iterable[tuple[str, tuple[str, ...]]]) -> dict[str, str]:
    return {heading_key(spelling): key for key, spellings in entries for spelling in spellings}


def _anchors(read: _Tables, where: str) -> Iterable[Anchor]:
    for entry in read.tables("boilerplate"):
        name = entry.text("name")
        for text in entry.texts("anchors"):
            pieces = re.split(r"\{(\w+)\}", text)
            if len(pieces) == 1:
                yield Anchor(name, text, None, "")
            elif len(pieces) == 3 and pieces[0].strip() and pieces[2].strip():
                yield Anchor(name, pieces[0], pieces[1], pieces[2])
            else:
                raise ProfileError(
                    f"profile {where}: boilerplate anchor {text!r} needs words on both sides of its one slot"
                )


class _Tables:
    """A TOML table that answers in types and complains in one line."""

    def __init__(self, values: Any, where: str, prefix: str = "") -> None:
        if not isinstance(values, Mapping):
            raise ProfileError(f"profile {where}: {prefix.rstrip('.')} must be a table")
        self._values, self._where, self._prefix = values, where, prefix

    def names(self) -> tuple[str, ...]:
        return tuple(self._values)

    def _get(self, key: str, kind: type | tuple[type, ...], what: str, default: Any) -> Any:
        value = self._values.get(key, default)
        if value is None:
            raise ProfileError(f"profile {self._where}: {self._prefix}{key} is missing")
        if not isinstance(value, kind):
            raise ProfileError(f"profile {self._where}: {self._prefix}{key} must be {what}")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        return str(self._get(key, str, "a text", default))

    def number(self, key: str, default: int) -> int:
        return int(self._get(key, int, "a whole number", default))

    def decimal(self, key: str, default: float) -> float:
        value = self._get(key, (int, float), "a number", default)
        if isinstance(value, bool):
            raise ProfileError(f"profile {self._where}: {self._prefix}{key} must be a number")
        return float(value)

    def choice(self, key: str, choices: tuple[Any, ...], default: Any) -> Any:
        value = self._values.get(key, default)
        if value not in choices:
            raise ProfileError(
                f"profile {self._where}: {self._prefix}{key} must be one of {', '.join(choices)}"
            )
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        values = self._get(key, (list, tuple), "a list of texts", default)
        if not all(isinstance(value, str) for value in values):
            raise ProfileError(f"profile {self._where}: {self._prefix}{key} must be a list of texts")
        return tuple(values)

    def patterns(self, key: str, need_group: str | None = None) -> tuple[re.Pattern[str], ...]:
        compiled = []
        for text in self.texts(key, ()):
            try:
                pattern = re.compile(text)
            except re.error as error:
                raise ProfileError(
                    f"profile {self._where}: {self._prefix}{key}: {text!r} is no regular expression: {error}"
                ) from None
            if need_group and need_group not in pattern.groupindex:
                raise ProfileError(
                    f"profile {self._where}: {self._prefix}{key}: {text!r} has no group named {need_group!r}"
                )
            compiled.append(pattern)
        return tuple(compiled)

    def table(self, key: str, required: bool = True) -> _Tables:
        if key not in self._values and required:
            raise ProfileError(f"profile {self._where}: table [{self._prefix}{key}] is missing")
        return _Tables(self._values.get(key, {}), self._where, f"{self._prefix}{key}.")

    def tables(self, key: str) -> list[_Tables]:
        entries = self._values.get(key, [])
        if not isinstance(entries, list):
            raise ProfileError(f"profile {self._where}: [[{self._prefix}{key}]] must be a list of tables")
        return [_Tables(entry, self._where, f"{self._prefix}{key}[{n}].") for n, entry in enumerate(entries)]
