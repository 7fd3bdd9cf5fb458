"""Pages → draft: the guesses put together, each made by what those before it read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from crawler.drafting.addresses import article_pattern, asked_for, listing_patterns, other_pages
from crawler.drafting.blocks import ArticleBlocks, article_blocks, most
from crawler.drafting.dates import languages_of, listed_dates, order_of
from crawler.drafting.labels import labels_of, more_labels, source_labels
from crawler.drafting.model import Draft, Guess, Looked, SeenPage
from crawler.drafting.parts import parts_of
from crawler.drafting.passages import shared_passages
from crawler.drafting.places import place_of
from crawler.drafting.writing import profile_of
from crawler.fields_read import FieldCount, fields_read
from spiders.reading import read_page
from spiders.reading.addresses import article_id
from spiders.reading.dates import read_date
from spiders.reading.html import walk
from spiders.reading.model import Block, PageKind, Reading
from spiders.reading.profile import SiteProfile
from spiders.reading.structured import script_claims
from spiders.reading.tree import Element
from spiders.reading.words import comparable, heading_key
from spiders.sites import load_profile

_NO_LISTS = (
    "where all articles are listed: give 'start' and 'listing' pages that lead to all of them, or a sitemap"
)
_ARROWS = re.compile(r"^[^\w]+|[^\w]+$")


@dataclass(frozen=True)
class Drafted:
    """A draft, and what it reads."""

    draft: Draft
    fields: tuple[FieldCount, ...]
    """By field, in how many of the articles looked at it is found."""
    articles: int


def draft_of(looked: Looked, name: str) -> Drafted:
    """Draft a profile called `name` from the pages that were looked at."""
    draft = _by_addresses(looked, name)
    base = profile_of(draft)
    pages = [article_blocks(page, base) for page in looked.articles]
    draft = _with_parts(draft, pages, looked.others, base)
    draft = _with_state(_with_dates(draft, looked), looked)
    draft = _with_labels(draft, pages, looked)
    draft = _with_places(draft, looked)
    readings = _read(looked.articles, profile_of(draft))
    fields = fields_read(readings, profile_of(draft))
    missing = tuple(
        f"{one.field}: found on none of the articles"
        for one in fields
        if not one.found and one.field != "unplaced"
    )
    return Drafted(replace(draft, unclear=(*draft.unclear, *missing)), fields, len(readings))


def _by_addresses(looked: Looked, name: str) -> Draft:
    parts = urlsplit(looked.start)
    article = article_pattern(looked.addresses)
    sitemaps = (looked.start,) if parts.path.endswith((".xml", ".xml.gz")) else ()
    turns: dict[str, str] = {}
    lists = [page for page in looked.others if _is_list(page, article.value)]
    for page in lists:
        turns |= other_pages(page.url, page.links, looked.addresses)
    unclear = () if turns or sitemaps else (_NO_LISTS,)
    first = [page.url for page in lists if page.url not in turns]
    start = tuple(first) or (f"{parts.scheme}://{parts.netloc}/",)
    said = [_ARROWS.sub("", words) for words in turns.values()]
    words = tuple(Guess(text, said.count(text), len(said)) for text in sorted(set(filter(None, said))))
    return Draft(
        name, _site_title(looked), parts.scheme, (parts.netloc,), start, sitemaps, article,
        tuple(dict.fromkeys(pattern for url in start for pattern in listing_patterns(url, turns))),
        labels={"older": words} if words else {},
        unclear=unclear,
    )  # fmt: skip


def _is_list(page: SeenPage, article: str) -> bool:
    return len({link.url for link in page.links if re.search(article, asked_for(link.url))}) > 1


def _site_title(looked: Looked) -> str:
    """What the pages call the site (`og:site_name`), or their `<title>`s share at an end; else the host."""
    names = {
        meta.get("content") or ""
        for page in looked.articles
        if page.document is not None
        for meta in page.document.root.iter("meta")
        if meta.get("property") == "og:site_name"
    }
    if len(names) == 1 and "" not in names:
        return " ".join(names.pop().split())
    titles = [
        title.split(mark)
        for page in (*looked.articles, *looked.others)
        if page.document is not None and (title := page.document.root.findtext(".//title"))
        for mark in [next((mark for mark in (" | ", " – ", " — ", " · ", " - ") if mark in title), "\n")]
    ]
    for place in (-1, 0):
        ends = {" ".join(pieces[place].split()) for pieces in titles}
        if len(titles) > 1 and len(ends) == 1:
            return ends.pop() or urlsplit(looked.start).netloc
    return urlsplit(looked.start).netloc


def _with_parts(
    draft: Draft, pages: Sequence[ArticleBlocks], others: Sequence[SeenPage], base: SiteProfile
) -> Draft:
    passages = shared_passages(pages)
    elsewhere = frozenset(
        heading_key(block.text) for page in others for block in _blocks(page, base) if block.text
    )
    parts = parts_of(pages, elsewhere, passages, base)
    labels, unclear = source_labels(parts.details)
    return replace(
        draft, parts=parts.parts, sections=parts.sections, source_labels=labels,
        passages=tuple((passage.name, passage.anchor) for passage in passages),
        unclear=(*draft.unclear, *parts.unclear, *unclear),
    )  # fmt: skip


def _with_dates(draft: Draft, looked: Looked) -> Draft:
    base = profile_of(draft)
    pages = (*looked.articles, *looked.others)
    texts = [block.text for page in pages for block in _blocks(page, base) if len(block.text) <= 200]
    language = next((page.language for page in pages if page.language), None)
    order, why = order_of(texts, language)
    return replace(draft, date_order=order, date_evidence=why, languages=languages_of(pages, texts))


def _with_state(draft: Draft, looked: Looked) -> Draft:
    """The keys of embedded data, by their usual names, where pages hold such data of their article."""
    usual = load_profile("mymsbuddy").state_keys
    profile = replace(profile_of(draft), state_keys=usual)
    count = 0
    for page, reading in zip(looked.articles, _read(looked.articles, profile), strict=True):
        name = article_id(page.url, profile)
        if page.document is None:
            continue
        found = walk(page.document, frozenset())
        claims = script_claims(found, profile, reading.title, name)
        count += any(claim.rule == "embedded-state" for claim in claims)
    if not count:
        return draft
    return replace(draft, state=Guess("", count, len(looked.articles)), state_keys=usual)


def _with_labels(draft: Draft, pages: Sequence[ArticleBlocks], looked: Looked) -> Draft:
    more = more_labels((*looked.articles, *looked.others), profile_of(draft))
    draft = replace(draft, labels={**draft.labels, **({"card_more": more} if more else {})})
    found = labels_of(pages, profile_of(draft))
    told = {f"“{guess.value}”" for guesses in found.labels.values() for guess in guesses}
    unclear = [text for text in draft.unclear if not any(text.startswith(words) for words in told)]
    return replace(
        draft, labels={**draft.labels, **found.labels}, rating_words=found.rating_words,
        unclear=(*unclear, *found.unclear),
    )  # fmt: skip


def _with_places(draft: Draft, looked: Looked) -> Draft:
    """Selectors for title, date and journal, where the words alone do not find them."""
    profile = profile_of(draft)
    readings = _read(looked.articles, profile)
    pages = {page.url: reading for page, reading in zip(looked.articles, readings, strict=True)}
    titles = _titles(looked)
    cards = [
        (card.url, card.date.iso if card.date else None)
        for reading in (*readings, *_read(looked.others, profile))
        for card in reading.cards
    ]
    found = {
        "title": _title_place(pages, titles, looked.articles),
        "published": _date_place(pages, listed_dates(cards), draft, looked.articles),
        "journal": _journal_place(pages, looked.articles),
    }
    unclear = list(draft.unclear)
    if found["title"] is None and not _titles_are_right(pages, titles):
        unclear.append("where the title stands: what is read as it is not what links to the article say")
    return replace(
        draft, selectors={key: guess for key, guess in found.items() if guess}, unclear=tuple(unclear)
    )


def _titles(looked: Looked) -> Mapping[str, frozenset[str]]:
    """Article's address -> what the links to it say, in comparison form."""
    found: dict[str, set[str]] = {}
    for page in (*looked.articles, *looked.others):
        for link in page.links:
            if len(link.words.split()) > 1:
                found.setdefault(link.url, set()).add(comparable(link.words))
    return {url: frozenset(words) for url, words in found.items()}


def _titles_are_right(pages: Mapping[str, Reading], titles: Mapping[str, frozenset[str]]) -> bool:
    """Whether each article has a title of its own, and where links name it, most of them say the same."""
    read = [reading.title for reading in pages.values()]
    known = [url for url in pages if titles.get(url)]
    right = sum(comparable(pages[url].title or "") in titles[url] for url in known)
    return None not in read and len(set(read)) > len(read) / 2 and 2 * right >= len(known)


def _title_place(
    pages: Mapping[str, Reading], titles: Mapping[str, frozenset[str]], articles: Sequence[SeenPage]
) -> Guess | None:
    if _titles_are_right(pages, titles):
        return None

    def says(page: SeenPage, _: Element, text: str) -> bool | None:
        return comparable(text) in titles[page.url] if titles.get(page.url) else None

    return place_of(articles, says)


def _date_place(
    pages: Mapping[str, Reading], dates: Mapping[str, str], draft: Draft, articles: Sequence[SeenPage]
) -> Guess | None:
    if all(reading.published is not None for reading in pages.values()):
        return None
    order: Any = draft.date_order

    def says(page: SeenPage, element: Element, text: str) -> bool | None:
        if page.url not in dates:
            return None
        printed = read_date(text, order, draft.languages).iso or read_date(element.get("datetime") or "").iso
        return printed == dates[page.url]

    return place_of(articles, says)


def _journal_place(pages: Mapping[str, Reading], articles: Sequence[SeenPage]) -> Guess | None:
    """Where an article names the journal that its paper's details name: not every one has such details."""
    named = {url: reading.source.journal for url, reading in pages.items() if reading.source is not None}
    if all(reading.journal for reading in pages.values()) or sum(map(bool, named.values())) < most(
        len(pages)
    ):
        return None

    def says(page: SeenPage, element: Element, text: str) -> bool | None:
        journal = named.get(page.url)
        return comparable(text) == comparable(journal) if journal else None

    return place_of(articles, says)


def _blocks(page: SeenPage, profile: SiteProfile) -> Sequence[Block]:
    return read_page(page.body, profile=profile, url=page.url, content_type=page.content_type).blocks


def _read(pages: Iterable[SeenPage], profile: SiteProfile) -> list[Reading]:
    return [
        read_page(page.body, profile=profile, url=page.url, content_type=page.content_type) for page in pages
    ]


def summaries(readings: Iterable[Reading]) -> int:
    """How many of the readings are articles."""
    return sum(reading.kind is PageKind.SUMMARY for reading in readings)
