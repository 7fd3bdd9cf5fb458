"""The semantic layout: HTML5, JSON-LD, OpenGraph; also the frame of all pages that are no articles."""

from __future__ import annotations

from ..markup import Frame, attr, each, embedded_json, esc, fill, iso, ratings, sentences, source_rows
from ..model import Article, Card, Passage, Rating, Section, Source

LAYOUT = "semantic"


def page(frame: Frame, title: str, main: str, head: str = "") -> str:
    """Return a whole page of the site around `main`, which is markup."""
    words = frame.words
    return fill(
        LAYOUT,
        "page",
        title=esc(f"{title} | {words.name}" if title else f"{words.name}: {words.tagline}"),
        head=head,
        name=esc(words.name),
        main=main,
        note=f"<p>{esc(frame.footer_note)}</p>\n" if frame.footer_note else "",
        copyright=esc(words.copyright),
    )


def article_page(article: Article, frame: Frame) -> str:
    """Return the page of an article."""
    main = fill(
        LAYOUT,
        "article",
        title=esc(article.title),
        ratings=_ratings(article),
        share=_share(article.reading_minutes),
        takeaway=esc(article.takeaway),
        sections="".join(map(_section, article.sections)),
        topics=_topics(article.topics),
        details=_details(article.source) if article.source else "",
        cards="".join(map(card, frame.cards)),
        closing_heading=esc(frame.words.closing_heading),
        closing="".join(
            f"  <p>{esc(text.replace('{journal}', article.journal))}</p>\n" for text in frame.words.closing
        ),
    )
    return page(frame, article.title, main, _head(article, frame.base_url))


def card(shown: Card) -> str:
    """Return a card as an item of a list."""
    return (
        f'    <li><article class="card">'
        f'<img src="{shown.image}" alt="{attr(shown.title)}" width="320" height="160" loading="lazy">\n'
        f'      <h3><a href="{attr(shown.path)}">{esc(shown.title)}</a></h3>\n'
        f'      <time datetime="{iso(shown)}">{esc(shown.date)}</time>\n'
        f"      <p>{esc(shown.teaser)}</p>\n"
        f'      <a class="more" href="{attr(shown.path)}">Read More</a></article></li>\n'
    )


def _ratings(article: Article) -> str:
    shown = [_rating(label, rating, article.rating_style) for label, rating in ratings(article)]
    return f'<dl class="ratings">{"".join(shown)}</dl>' if shown else ""


def _rating(label: str, rating: Rating, style: str) -> str:
    if style == "aria":
        spoken = f"{rating.value} out of {rating.scale} stars"
        drawn = (
            f'<span class="stars" role="img" aria-label="{spoken}" style="--stars: {rating.value}"></span>'
        )
    else:
        drawn = f'<meter min="0" max="{rating.scale}" value="{rating.value}"></meter>'
    return f"<div><dt>{label}</dt><dd>{drawn}</dd></div>"


def _share(minutes: int | None) -> str:
    return f'<p class="share"><span>Share:</span><span>{minutes} min read</span></p>' if minutes else ""


def _section(section: Section) -> str:
    name = section.heading.lower().replace(" ", "-")
    return (
        f'  <section aria-labelledby="{name}">\n'
        f'    <h2 id="{name}">{esc(section.heading)}</h2>\n'
        f"    {_passages(section.passages)}\n"
        f"  </section>\n"
    )


def _passages(passages: tuple[Passage, ...]) -> str:
    made = ""
    for passage in passages:
        made += (
            f"<ul><li>{sentences(passage)}</li></ul>" if passage.is_item else f"<p>{sentences(passage)}</p>"
        )
    return made.replace("</ul><ul>", "\n")


def _topics(topics: tuple[str, ...]) -> str:
    if not topics:
        return ""
    items = each("<li>{}</li>", topics)
    return f'  <section class="topics">\n    <h2>Article Topics:</h2>\n    <ul>{items}</ul>\n  </section>\n'


def _details(source: Source) -> str:
    link = '<a rel="external" href="{}">Read the original paper</a>'
    rows = source_rows(source, "; ", link)
    listed = "".join(f"      <dt>{label}</dt><dd>{value}</dd>\n" for label, value in rows)
    return (
        f'  <section class="details">\n    <h2>More Details</h2>\n    <dl>\n{listed}    </dl>\n  </section>\n'
    )


def _head(article: Article, base_url: str) -> str:
    url = base_url + article.path
    described = attr(article.description)
    data: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": article.title,
        "description": article.description,
        "datePublished": article.day.isoformat(),
        "keywords": list(article.topics),
        "mainEntityOfPage": url,
        "image": base_url + article.image,
    }
    if article.source:
        paper = {"@type": "ScholarlyArticle", "name": article.source.title}
        if article.source.doi:
            paper["sameAs"] = f"https://doi.org/{article.source.doi}"
        data["isBasedOn"] = paper
    return (
        f'<meta name="description" content="{described}">\n'
        f'<link rel="canonical" href="{attr(url)}">\n'
        f'<meta property="og:type" content="article">\n'
        f'<meta property="og:title" content="{attr(article.title)}">\n'
        f'<meta property="og:description" content="{described}">\n'
        f'<meta property="og:url" content="{attr(url)}">\n'
        f'<meta property="og:image" content="{attr(base_url + article.image)}">\n'
        f'<script type="application/ld+json">{embedded_json(data)}</script>'
    )
