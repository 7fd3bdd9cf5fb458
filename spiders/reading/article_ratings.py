"""Credibility and interest: drawn or written on the page, else claimed by structured data."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml import etree

from spiders.reading.article_context import ArticleContext
from spiders.reading.model import Rating, Reason
from spiders.reading.outline import Line
from spiders.reading.profile import RATINGS
from spiders.reading.rating_labels import Found, find_ratings
from spiders.reading.ratings import rating_in_text, read_rating
from spiders.reading.structured import Claim
from spiders.reading.tree import Element


def read_ratings(article: ArticleContext) -> dict[str, Rating]:
    """The ratings found, by name; those without a value are noted as absent."""
    marks = article.outline.marks
    elements = article.page.elements
    boundaries = [elements[article.outline.heading(mark).block.index] for mark in marks] if elements else []
    before = [line for line in article.article_area if not line.part]
    boundaries += _strangers(article, before) if elements else []
    found = find_ratings(before, elements, article.page.root, boundaries, article.profile)
    found |= _selected(article)
    ratings: dict[str, Rating] = {}
    for name in RATINGS:
        spot = found.get(name)
        if spot and spot.line:
            article.ledger.take(spot.line, f"rating: {name}")
            article.placed.add(spot.line.block.index)
        claimed = _claimed_rating(article, name)
        if spot and spot.rating:
            ratings[name] = spot.rating
            article.ledger.won(name, spot.rating.raw, spot.rule, spot.line, spot.where)
            if claimed and claimed[0].value / claimed[0].scale != spot.rating.value / spot.rating.scale:
                article.ledger.lost(name, claimed[0].raw, claimed[1].rule, where=claimed[1].where)
        elif claimed:
            ratings[name] = claimed[0]
            article.ledger.won(name, claimed[0].raw, claimed[1].rule, where=claimed[1].where)
        elif article.page.form == "text":
            article.ledger.absent(name, Reason.CAPTURE_CANNOT_SHOW, "drawn, not written")
        elif spot:
            article.ledger.absent(
                name, Reason.UNREADABLE, "its label stands on the page without a value in any known form"
            )
        else:
            article.missing(name)
    return ratings


def _strangers(article: ArticleContext, lines: Sequence[Line]) -> list[Element]:
    """What stands in boxes of the page's frame (advertisements, forms): a rating in there is not the
    article's. Nothing where the ratings themselves stand in the frame."""
    framed = [line for line in lines if line.block.chrome]
    if any(article.profile.rating_label.search(line.text) for line in framed):
        return []
    return [article.page.elements[line.block.index] for line in framed]


def _selected(article: ArticleContext) -> dict[str, Found]:
    """The ratings drawn in the elements that the profile's selectors name."""
    found = {}
    for name in RATINGS:
        for element in article.page.selected.get(name, ()):
            drawn = [*element.iter(etree.Element)]
            rating = read_rating(drawn, name, article.profile.rating_scale)
            if rating is not None:
                found[name] = Found(None, rating, "selector", article.profile.selectors[name])
                break
    return found


def _claimed_rating(article: ArticleContext, name: str) -> tuple[Rating, Claim] | None:
    scale = article.profile.rating_scale
    for claim in article.claims(name):
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
