"""What a profile may say of a site in another language, or built otherwise: dates, ratings, addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from spiders.reading import read_page
from spiders.reading.addresses import article_id, canonical, kind_of, site_address
from spiders.reading.dates import read_date
from spiders.reading.model import Reading
from spiders.reading.profile import ProfileError, SiteProfile
from spiders.sites import load_profile

PAGE = """<html><body><h1>Un paseo al día</h1>
<p class=by>En <i>Revista de Paseos</i>, <b>3 de marzo de 2024</b></p>
<p>Solidez: muy alta</p><p>Interés</p><p>baja</p><p>Lectura: 4 minutos</p>
<h2>Key Takeaway</h2><p>Caminar ayuda.</p></body></html>"""


def profile(folder: Path, text: str) -> SiteProfile:
    path = folder / "mine.toml"
    path.write_text(f'extends = "mymsbuddy"\nname = "mine"\n{text}\n', "utf-8")
    return load_profile(str(path))


@pytest.fixture
def reading(tmp_path: Path) -> Reading:
    mine = profile(
        tmp_path,
        '[labels]\ncredibility = ["Solidez"]\ninterest = ["Interés"]\nreading_time = ["Lectura"]\n'
        '[rating_words]\nbaja = 1\n"muy alta" = 5\n[dates]\norder = "DMY"\nlanguages = ["es"]\n'
        '[selectors]\njournal = "p.by i"\npublished = "p.by b"',
    )
    return read_page(PAGE.encode(), profile=mine, url=None, content_type="text/html; charset=utf-8")


def test_ratings_in_words_are_read_beside_their_label_and_in_the_line_behind_it(reading: Reading) -> None:
    assert reading.credibility is not None and reading.interest is not None
    assert (reading.credibility.value, reading.credibility.scale, reading.credibility.raw) == (
        5,
        5,
        "muy alta",
    )
    assert (reading.interest.value, reading.interest.raw) == (1, "baja")


def test_reading_time_has_the_profiles_own_words(reading: Reading) -> None:
    assert reading.reading_minutes == 4


def test_journal_and_date_are_read_where_the_selectors_say_as_printed(reading: Reading) -> None:
    assert reading.journal == "Revista de Paseos"
    assert reading.published is not None
    assert (reading.published.raw, reading.published.iso) == ("3 de marzo de 2024", "2024-03-03")
    rules = {claim.field: claim.rule for claim in reading.evidence if claim.won}
    assert rules["journal"] == rules["published"] == "selector"


@pytest.mark.parametrize(
    ("raw", "languages", "iso"),
    [
        ("3. November 2024", ("de",), "2024-11-03"),
        ("März 2024", ("de",), "2024-03"),
        ("12 mars 2024", ("fr",), "2024-03-12"),
        ("3. März 2024", ("en",), None),
        ("Heute", ("de",), None),
    ],
)
def test_names_of_months_are_read_in_the_profiles_languages(
    raw: str, languages: tuple[str, ...], iso: str | None
) -> None:
    assert read_date(raw, "DMY", languages).iso == iso


def test_an_articles_id_may_stand_in_the_query(tmp_path: Path) -> None:
    mine = profile(tmp_path, "[addresses]\narticle = ['^/view\\?id=(?P<id>\\d+)$', '^/old/(?P<id>\\d+)$']")
    address = canonical("https://mymsbuddy.com/view?id=7&utm_source=x")
    assert address is not None
    assert article_id(site_address(address, mine), mine) == "7"
    assert kind_of(address, mine) == "article"
    assert article_id("https://mymsbuddy.com/view?page=2", mine) is None
    assert article_id("https://mymsbuddy.com/old/8?x=1", mine) == "8"
    assert site_address("https://mymsbuddy.com/old/8/?x=1", mine) == "https://mymsbuddy.com/old/8"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ('[dates]\nlanguages = ["deutsch"]', "dates.languages: 'deutsch' is no language's code"),
        ('[dates]\nlanguages = ["xx"]', "dates.languages: dates in 'xx' can't be read"),
        ("[dates]\nlanguages = 3", "dates.languages must be a list of texts"),
        ("[rating_words]\nhoch = 6", "rating_words.hoch must be from 0 to 5"),
        ('[rating_words]\nhoch = "5"', "rating_words.hoch must be a number"),
        ('[selectors]\npublished = "p["', "selectors.published: no CSS selector"),
        ('[parts.sections]\n\'a "b"\' = ["B"]', "'a \"b\"' must have no quotation mark"),
        ("[parts.sections]\n'a\\b' = [\"B\"]", "'a\\\\b' must have no quotation mark, backslash"),
        (
            '[parts.sections]\n"a\\u0000b" = ["B"]',
            "'a\\x00b' must have no quotation mark, backslash or control",
        ),
    ],
)
def test_what_can_not_be_used_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(ProfileError) as caught:
        profile(tmp_path, text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
