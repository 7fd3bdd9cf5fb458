"""The layout of a JavaScript framework that renders on the server: divs, utility classes, embedded state."""

from __future__ import annotations

from ..markup import Frame, attr, each, embedded_json, esc, fill, iso, ratings, sentences, source_rows
from ..model import Article, Card, Passage, Rating, Section, Source

LAYOUT = "framework"
STAR = "M10 1.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9-5.2-2.8-5.2 2.8 1-5.9L1.5 7.7l5.9-.8z"
ICON = (
    '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="8" fill="none"'
    ' stroke="currentColor" stroke-width="2"/><path d="M6 10l3 3 5-6" fill="none" stroke="currentColor"'
    ' stroke-width="2"/></svg>'
)
HEADING = '<div class="css-9hd02m text-xl font-semibold text-slate-900 mb-2">'


def article_page(article: Article, frame: Frame) -> str:
    """Return the page of an article, in one line as such frameworks write it."""
    words = frame.words
    closing = (text.replace("{journal}", article.journal) for text in words.closing)
    return fill(
        LAYOUT,
        "article",
        title=esc(article.title),
        title_attr=attr(article.title),
        name=esc(words.name),
        description=attr(article.description),
        url=attr(frame.base_url + article.path),
        image=article.image,
        ratings=_ratings(article),
        share=_share(article.reading_minutes),
        icon=ICON,
        takeaway=esc(article.takeaway),
        sections="".join(map(_section, article.sections)),
        topics=_topics(article.topics),
        details=_details(article.source) if article.source else "",
        slides=_slides(frame.cards),
        closing_heading=esc(words.closing_heading),
        closing=each('<div class="mb-4 leading-relaxed">{}</div>', closing),
        note=f'<div class="mb-4">{esc(frame.footer_note)}</div>' if frame.footer_note else "",
        copyright=esc(words.copyright),
        state=embedded_json(_state(article, frame.cards)),
    ).rstrip("\n")


def _ratings(article: Article) -> str:
    shown = [_rating(label, rating, article.rating_style) for label, rating in ratings(article)]
    return f'<div class="flex gap-6 mb-4 text-sm">{"".join(shown)}</div>' if shown else ""


def _rating(label: str, rating: Rating, style: str) -> str:
    stars = "".join(
        f'<svg class="w-5 h-5 {"fill-amber-400" if number < rating.value else "fill-slate-200"}"'
        f' viewBox="0 0 20 20"><path d="{STAR}"/></svg>'
        for number in range(rating.scale)
    )
    data = f' data-rating="{rating.value}" data-max="{rating.scale}"' if style == "data" else ""
    return (
        f'<div class="flex items-center gap-2"><span class="font-medium">{label}</span>'
        f'<div class="flex"{data}>{stars}</div></div>'
    )


def _share(minutes: int | None) -> str:
    if not minutes:
        return ""
    # React separates neighbouring text nodes with empty comments.
    return (
        '<div class="flex items-center gap-2 text-sm text-slate-500 mb-6"><span>Share:</span>'
        f"<span>{minutes}<!-- --> min read</span></div>"
    )


def _section(section: Section) -> str:
    inside = "".join(map(_passage, section.passages)).replace("</ul><ul>", "")
    return f'<div class="mb-6">{HEADING}{ICON}<span>{esc(section.heading)}</span></div>{inside}</div>'


def _passage(passage: Passage) -> str:
    if passage.is_item:
        return f"<ul><li>{sentences(passage)}</li></ul>"
    return f'<div class="leading-relaxed mb-4">{sentences(passage, "<br/>")}</div>'


def _topics(topics: tuple[str, ...]) -> str:
    if not topics:
        return ""
    chips = "".join(
        f'<a class="chip" href="/news#topic-{number}">{esc(topic)}</a>' for number, topic in enumerate(topics)
    )
    return f'<div class="mb-6"><span class="font-medium">Article Topics:</span><div>{chips}</div></div>'


def _details(source: Source) -> str:
    link = '<a class="text-indigo" href="{}">Read the original paper</a>'
    rows = source_rows(source, ", ", link)
    listed = "".join(
        f'<div class="flex gap-2 mb-2"><div class="w-32 text-slate-500">{label}</div><div>{value}</div></div>'
        for label, value in rows
    )
    return (
        '<div class="border rounded-xl"><button type="button" class="accordion flex justify-between p-4"'
        ' aria-expanded="false" aria-controls="radix-:r1:"><span class="font-semibold">More Details</span>'
        '<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d="M5 7l5 6 5-6z"/></svg></button>'
        f'<div id="radix-:r1:" role="region" hidden="" class="p-4">{listed}</div></div>'
    )


def _slides(cards: tuple[Card, ...]) -> str:
    """Return the slides; an endless carousel has a hidden copy of the last before and of the first after."""
    if not cards:
        return ""
    clone = '<div class="slide" data-clone="true" aria-hidden="true" hidden="">'
    shown = "".join(f'<div class="slide">{_card(card)}</div>' for card in cards)
    return f"{clone}{_card(cards[-1])}</div>{shown}{clone}{_card(cards[0])}</div>"


def _card(card: Card) -> str:
    return (
        f'<a class="block rounded-xl bg-white shadow" href="{attr(card.path)}"><img src="{card.image}"'
        f' alt="{attr(card.title)}" class="w-full rounded-xl object-cover"/><div class="p-4">'
        f'<div class="font-semibold text-slate-900 mb-2">{esc(card.title)}</div>'
        f'<div class="text-sm text-slate-500 mb-2">{esc(card.date)}</div>'
        f'<div class="text-sm mb-2">{esc(card.teaser)}</div>'
        '<span class="text-sm text-indigo font-medium">Read More</span></div></a>'
    )


def _state(article: Article, cards: tuple[Card, ...]) -> dict[str, object]:
    """Return what the framework's script would start from: the article's data and the cards."""
    data: dict[str, object] = {
        "id": article.id,
        "slug": article.slug,
        "title": article.title,
        "description": article.description,
        "keyTakeaway": article.takeaway,
        "publishedAt": f"{article.day.isoformat()}T00:00:00.000Z",
        "readingTime": article.reading_minutes,
        "topics": list(article.topics),
        "journal": article.journal,
        "sections": [
            {"heading": section.heading, "body": "\n\n".join(section.paragraphs)}
            for section in article.sections
        ],
    }
    for label, rating in ratings(article):
        data[label.lower()] = {"score": rating.value, "max": rating.scale}
    latest = [{"href": card.path, "title": card.title, "publishedAt": iso(card)} for card in cards]
    return {
        "props": {"pageProps": {"article": data, "latest": latest}, "__N_SSG": True},
        "page": "/news/view/[slug]",
        "query": {"slug": f"{article.slug}-{article.id}"},
        "buildId": "sample",
    }
