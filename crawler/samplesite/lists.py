"""The pages that are no articles: home, listings, privacy, and a draft that robots may not read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from .editions import Edition
from .layouts import classic, semantic
from .markup import Frame, attr, esc
from .model import Card, card_of

PER_PAGE = 12
HOME_CARDS = 6
# One link of the home page carries tracking parameters, as if it came from a newsletter's template.
TRACKING = "?utm_source=home&utm_medium=card&utm_campaign=spring"


def pages(site: Edition, frame: Frame) -> Iterator[tuple[str, str]]:
    """Yield path and text of every such page."""
    yield "/", _home(site, frame)
    yield from _listing(site.listing(), frame)
    yield from _archive(site.listing(), frame)
    yield "/privacy", _privacy(frame)
    yield "/internal/draft-spring-letter", _draft(frame)


def _home(site: Edition, frame: Frame) -> str:
    shown = [card_of(article) for article in site.newest() if not article.unlisted][:HOME_CARDS]
    cards = "".join(map(semantic.card, shown))
    last = attr(shown[-1].path)
    cards = cards.replace(f'href="{last}"', f'href="{last}{attr(TRACKING)}"')
    main = (
        f'<section class="hero"><h1>{esc(frame.words.tagline)}</h1>\n<p>{esc(frame.words.intro)}</p>\n'
        f'<p><a class="button" href="/news">See all summaries</a></p></section>\n'
        '<section class="more-news"><h2>Newest summaries</h2>\n'
        f'  <ul class="cards">\n{cards}  </ul></section>'
    )
    return semantic.page(frame, "", main, '<link rel="canonical" href="' + attr(frame.base_url) + '/">')


def _address(number: int) -> str:
    return "/news" if number == 1 else f"/news?page={number}"


def _listing(cards: list[Card], frame: Frame) -> Iterator[tuple[str, str]]:
    """Yield the numbered pages of the listing; each links its neighbours, also as rel=prev and rel=next."""
    count = -(-len(cards) // PER_PAGE)
    for number in range(1, count + 1):
        rows = "".join(map(_entry, cards[(number - 1) * PER_PAGE : number * PER_PAGE]))
        head = f'<link rel="canonical" href="{attr(frame.base_url + _address(number))}">\n'
        numbers = "".join(
            f'<li><a aria-current="page">{one}</a></li>'
            if one == number
            else f'<li><a href="{_address(one)}">{one}</a></li>'
            for one in range(1, count + 1)
        )
        newer = older = ""
        if number > 1:
            head += f'<link rel="prev" href="{_address(number - 1)}">\n'
            newer = f'<a href="{_address(number - 1)}">← Newer</a>'
        if number < count:
            head += f'<link rel="next" href="{_address(number + 1)}">\n'
            older = f'<a rel="next" href="{_address(number + 1)}">Older →</a>'
        main = (
            f'<section class="listing"><h1>All summaries</h1>\n<ol class="entries">\n{rows}</ol>\n'
            f'<nav class="pager" aria-label="Pages">{newer}<ul>{numbers}</ul>{older}</nav></section>'
        )
        title = "All summaries" if number == 1 else f"All summaries, page {number}"
        yield _address(number), semantic.page(frame, title, main, head)


def _entry(card: Card) -> str:
    return (
        f'  <li><h2><a href="{attr(card.path)}">{esc(card.title)}</a></h2>'
        f"<p><time>{esc(card.date)}</time> {esc(card.teaser)}</p></li>\n"
    )


def _archive(cards: list[Card], frame: Frame) -> Iterator[tuple[str, str]]:
    """Yield the archive in the oldest layout: newest year first, each with a link to the one before."""
    years = [(year, list(group)) for year, group in groupby(cards, key=lambda card: card.day.year)]
    for index, (year, shown) in enumerate(years):
        older = years[index + 1][0] if index + 1 < len(years) else None
        rows = "".join(
            f'<TR><TD WIDTH=90 VALIGN=TOP>{card.date}<TD><A HREF="{attr(card.path)}">{esc(card.title)}</A>\n'
            for card in shown
        )
        link = f'<P><A HREF="/news/archive/{older}">Older: {older}</A>' if older else ""
        main = (
            f"<TR><TD COLSPAN=2><H1>Summaries of {year}</H1>\n"
            f"<TABLE BORDER=0 CELLPADDING=4>\n{rows}</TABLE>{link}"
        )
        text = classic.page(frame, f"Summaries of {year}", main, charset="utf-8")
        if index == 0:
            yield "/news/archive", text
        yield f"/news/archive/{year}", text


def _privacy(frame: Frame) -> str:
    paragraphs = "".join(f"<p>{esc(text)}</p>\n" for text in frame.words.privacy)
    return semantic.page(frame, "Privacy", f'<section class="plain"><h1>Privacy</h1>\n{paragraphs}</section>')


def _draft(frame: Frame) -> str:
    main = (
        '<section class="plain"><h1>Draft: spring letter</h1>\n'
        "<p>Not for readers yet, and not for robots.</p></section>"
    )
    return semantic.page(frame, "Draft", main)
