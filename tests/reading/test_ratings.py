"""Ratings as real sites draw them; what can't be told for certain is no value, never a wrong one."""

from __future__ import annotations

import pytest

from spiders.reading import read_page

from .records import PROFILE

URL = "https://mymsbuddy.com/news/view/a-page-aB3dE9"


def stars(lit: str, unlit: str, value: int, of: int = 5) -> str:
    return lit * value + unlit * (of - value)


def ratings_of(drawn: str) -> tuple[float | None, float | None]:
    """Credibility and interest as shares of their best, on a page that shows them so."""
    page = (
        f"<html><body><main><h1>A Page About Something</h1>{drawn}<h2>Key Takeaway</h2><p>It may help.</p>"
        f"<h2>What They Found</h2><p>Not much was found, but all of it was sound.</p></main></body></html>"
    )
    reading = read_page(page.encode(), profile=PROFILE, url=URL)
    assert reading.takeaway == "It may help."
    pair = (reading.credibility, reading.interest)
    return tuple(None if rating is None else rating.value / rating.scale for rating in pair)  # type: ignore[return-value]


FA = ('<i class="fa fa-star"></i>', '<i class="fa fa-star-o"></i>')
CHECKED = ('<span class="fa fa-star checked"></span>', '<span class="fa fa-star"></span>')
LINE = ('<svg fill="none" class="text-amber-400"></svg>', '<svg fill="none" class="text-gray-200"></svg>')
SOLID = (
    '<svg fill="currentColor" class="text-yellow-400"></svg>',
    '<svg fill="currentColor" class="text-gray-300"></svg>',
)
HEX = ('<svg><path fill="#FFC107"></path></svg>', '<svg><path fill="#E4E5E9"></path></svg>')
BOOTSTRAP = ('<i class="bi bi-star-fill"></i>', '<i class="bi bi-star"></i>')
LUCIDE = ('<svg fill="none" class="lucide fill-yellow-400"></svg>', '<svg fill="none" class="lucide"></svg>')


@pytest.mark.parametrize("pair", [FA, CHECKED, LINE, SOLID, HEX, BOOTSTRAP, LUCIDE])
@pytest.mark.parametrize("values", [(4, 2), (5, 1), (1, 5)])
def test_rows_of_icons(pair: tuple[str, str], values: tuple[int, int]) -> None:
    one, other = (stars(*pair, value) for value in values)
    columns = (
        f"<div><span>Credibility</span><div>{one}</div></div>"
        f"<div><span>Interest</span><div>{other}</div></div>"
    )
    assert ratings_of(columns) == (values[0] / 5, values[1] / 5)
    flat = f"<p><b>Credibility</b> {one} <b>Interest</b> {other}</p>"
    assert ratings_of(flat) == (values[0] / 5, values[1] / 5)


def test_values_may_stand_before_their_labels() -> None:
    drawn = f"<p>{stars(*FA, 4)} <b>Credibility</b> {stars(*FA, 2)} <b>Interest</b></p>"
    assert ratings_of(drawn) == (0.8, 0.4)


@pytest.mark.parametrize(
    "alike",
    [FA[0], CHECKED[1], LINE[0], LINE[1].replace("gray", "brand"), "<svg></svg>", '<img src="s.png">'],
)
def test_icons_that_all_look_the_same_say_nothing_alone(alike: str) -> None:
    drawn = f"<div>Credibility <span>{alike * 5}</span></div><div>Interest <span>{alike * 5}</span></div>"
    assert ratings_of(drawn) == (None, None)


def test_a_row_of_full_stars_that_a_width_cuts_is_read_by_the_width() -> None:
    def bar(width: int) -> str:
        return (
            f'<div class="back">{"<i class=far></i>" * 5}</div>'
            f'<div class="front" style="width:{width}%">{"<i class=fas></i>" * 5}</div>'
        )

    drawn = f"<div><b>Credibility</b>{bar(80)}</div><div><b>Interest</b>{bar(30)}</div>"
    assert ratings_of(drawn) == (0.8, 0.3)


@pytest.mark.parametrize(
    ("drawn", "share"),
    [
        ('<meter min="0" max="10" value="8"></meter>', 0.8),
        ('<data value="4">four</data>', 0.8),
        ('<input type="range" max="5" value="4" disabled>', 0.8),
        ('<select><option>3</option><option selected>4</option><option>5</option></select>', 0.8),
        ('<img src="/img/stars-4.png" alt="">', 0.8),
        ('<img src="/img/4-stars@2x.png" alt="">', 0.8),
        ('<span style="--rating: 4"></span>', 0.8),
        ('<i style="background:linear-gradient(to right, rgb(1, 2, 3) 80%, #ddd 0)"></i>', 0.8),
        ('<i style="background:conic-gradient(from 90deg, gold 288deg, #eee 0)"></i>', 0.8),
        ('<svg viewBox="0 0 100 20"><clipPath id="a"><rect width="80" height="20"/></clipPath></svg>', 0.8),
        ('<span itemprop="ratingValue" content="8"></span><meta itemprop="bestRating" content="10">', 0.8),
        ('<span role="img" aria-label="4 Stars"></span>', 0.8),
        ('<img src="/img/star.png" alt="">', None),
        ('<img src="/img/stars-16x16.png" alt="">', None),
        ('<img src="/img/stars-2x.png" alt="">', None),
        ('<i style="background:linear-gradient(to right, gold 20%, #ddd 80%)"></i>', None),
        ('<i style="background:conic-gradient(red, blue)"></i>', None),
        ('<input type="range" value="4">', None),
        ("High", None),
        ('<input type="radio" value="1"><input type="radio" value="2"><input type="radio" value="3">', None),
        ('<label title="1 of 5"></label><label title="2 of 5"></label><label title="3 of 5"></label>', None),
        ('<meter max="5" value="7"></meter>', None),
    ],
)  # fmt: skip
def test_one_drawing(drawn: str, share: float | None) -> None:
    assert ratings_of(f"<div><span>Credibility</span>{drawn}</div>")[0] == share
