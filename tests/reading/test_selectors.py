"""Where words can't tell, a profile names elements: they win, and a bad selector is refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from spiders.reading import read_page
from spiders.reading.model import Reading
from spiders.reading.profile import ProfileError
from spiders.sites import load_profile

PAGE = b"""<html><body><div id=t>A Walk a Day</div><h1>Not the title</h1>
<div class=cred><i class=on></i><i class=on></i><i class=off></i></div>
<div class=kt>In short, walking helps.</div>
<div class=f><p>Forty people walked.</p><p>Most slept better.</p></div>
<h2>Important Considerations</h2><p>It was a small study.</p>
<p class=src>Journal of Walks</p></body></html>"""


def _read(tmp_path: Path, selectors: str) -> Reading:
    profile = tmp_path / "mine.toml"
    profile.write_text(f'extends = "mymsbuddy"\nname = "mine"\n[selectors]\n{selectors}\n')
    return read_page(PAGE, profile=load_profile(str(profile)), url=None, content_type="text/html")


def test_selected_elements_give_title_rating_takeaway_and_a_section_without_a_heading(tmp_path: Path) -> None:
    reading = _read(
        tmp_path, 'title = "#t"\ncredibility = ".cred"\ntakeaway = ".kt"\n"section:findings" = ".f"'
    )
    assert reading.title == "A Walk a Day"
    assert reading.credibility is not None
    assert (reading.credibility.value, reading.credibility.scale) == (2.0, 3.0)
    assert reading.takeaway == "In short, walking helps."
    assert [(part.kind, part.heading, part.paragraphs) for part in reading.sections] == [
        ("findings", None, ("Forty people walked.", "Most slept better.")),
        ("considerations", "Important Considerations", ("It was a small study.", "Journal of Walks")),
    ]
    rules = {claim.field: claim.rule for claim in reading.evidence if claim.won}
    assert rules["title"] == rules["credibility"] == rules["takeaway"] == "selector"
    assert rules["sections.findings"] == "selector"


def test_a_selector_that_matches_nothing_leaves_the_words_to_decide(tmp_path: Path) -> None:
    reading = _read(tmp_path, 'takeaway = ".kt"\n"section:considerations" = ".gone"')
    assert [part.kind for part in reading.sections] == ["considerations"]


@pytest.mark.parametrize(
    ("selectors", "complaint"),
    [
        ('takeaway = "p["', "selectors.takeaway: no CSS selector"),
        ('"section:nonsense" = "p"', "selectors.section:nonsense: not one of"),
        ("title = 3", "selectors.title must be a text"),
    ],
)
def test_a_bad_selector_is_refused_in_one_line(tmp_path: Path, selectors: str, complaint: str) -> None:
    with pytest.raises(ProfileError) as caught:
        _read(tmp_path, selectors)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
