"""The two whole text captures of the real site, held against their own lines.

They are third-party text and lie beside the project, not in it; what is expected is told by line numbers and
by SHA-256 digests of lines that were cut out by hand.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from spiders.reading import read_page
from spiders.reading.model import PageKind, Reading, Reason

from .records import PROFILE

FOLDER = Path(__file__).resolve().parents[2].parent / "shared/captures"
ADDRESS = "https://mymsbuddy.com/news/view/how-iron-levels-in-the-brain-may-affect-ms-progression-mhFS5r"

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the captures lie beside this checkout, or nowhere"
)


def _lines(name: str) -> list[str]:
    """The file's lines, numbered from 1 as editors do."""
    return ["", *(FOLDER / name).read_text("utf-8").split("\n")]


def _sha(text: str | None) -> str:
    return hashlib.sha256((text or "").encode()).hexdigest()


def _reason(reading: Reading, field: str) -> Reason | None:
    return next((absence.reason for absence in reading.absences if absence.field == field), None)


@pytest.fixture(params=["told", "guessed"])
def form(request: pytest.FixtureRequest) -> str | None:
    return "text" if request.param == "told" else None


@pytest.fixture
def iron(form: str | None) -> Reading:
    body = (FOLDER / "iron-headed.txt").read_bytes()
    return read_page(body, profile=PROFILE, url=ADDRESS, form=form)  # type: ignore[arg-type]


@pytest.fixture
def il6(form: str | None) -> Reading:
    body = (FOLDER / "il6-plain.txt").read_bytes()
    return read_page(body, profile=PROFILE, url=None, form=form)  # type: ignore[arg-type]


def test_headed_is_a_summary_with_title_and_address(iron: Reading) -> None:
    lines = _lines("iron-headed.txt")
    assert (iron.kind, iron.reason, iron.form) == (PageKind.SUMMARY, None, "text")
    assert (iron.url, iron.article_id) == (ADDRESS, "mhFS5r")
    assert iron.title == lines[1] == lines[3]


def test_headed_takeaway_and_sections(iron: Reading) -> None:
    lines = _lines("iron-headed.txt")
    assert _sha(iron.takeaway) == "dcd8798a28709892b9f39e6a78669fc27e0f4687e97b2cfe498958bdf2e88641"
    assert iron.takeaway == lines[8]
    assert [(part.kind, part.heading, part.paragraphs) for part in iron.sections] == [
        ("findings", lines[10], (lines[12],)),
        ("audience", lines[14], (lines[16],)),
        ("considerations", lines[18], (lines[20],)),
    ]
    assert [_sha(part.paragraphs[0]) for part in iron.sections] == [
        "c8f57a9521ef4f1017ffe5d3475bf8366f32decd706eec4be5ef1aa56abf0767",
        "07614b79c73833775a68a56a5f8a42e086e3a31f7125854fd57c1cce3d37abaf",
        "d8addc18a4496948a1df4ab4d738927c89ab124ed2241e34705d3143cd6e106a",
    ]


def test_headed_topics_are_parted_only_where_the_border_is_proven(iron: Reading) -> None:
    assert [(topic.text, topic.uncertain) for topic in iron.topics or ()] == [
        ("Cerebral iron accumulation", False),
        ("Demyelination", False),
        ("Immune response", False),
        ("Multiple sclerosis", False),
        ("Neurodegeneration", False),
        ("Oxidative stressiron", True),
    ]


def test_headed_cards(iron: Reading) -> None:
    lines = _lines("iron-headed.txt")
    starts = range(27, 75, 8)
    assert [card.position for card in iron.cards] == [1, 2, 3, 4, 5, 6]
    assert [card.title for card in iron.cards] == [lines[start] for start in starts]
    assert [card.teaser for card in iron.cards] == [lines[start + 5] for start in starts]
    assert {(card.url, card.image) for card in iron.cards} == {(None, None)}
    dates = {(card.date.raw, card.date.iso, card.date.precision) for card in iron.cards if card.date}
    assert dates == {("12/1/2025", "2025-12-01", "day")}
    assert all(card.date for card in iron.cards)


def test_headed_boilerplate_and_journal(iron: Reading) -> None:
    lines = _lines("iron-headed.txt")
    assert iron.journal == "Autoimmunity reviews"
    assert [passage.text for passage in iron.boilerplate] == [lines[77], lines[79], lines[81]]
    assert [dict(passage.slots) for passage in iron.boilerplate] == [
        {"journal": "Autoimmunity reviews"},
        {},
        {},
    ]
    assert {passage.heading for passage in iron.boilerplate} == {lines[75]}
    assert iron.unplaced == ()


def test_headed_says_what_it_cannot_show(iron: Reading) -> None:
    for field in ("credibility", "interest"):
        assert getattr(iron, field) is None
        assert _reason(iron, field) is Reason.CAPTURE_CANNOT_SHOW
    assert (iron.reading_minutes, iron.source, iron.published) == (None, None, None)
    assert {_reason(iron, field) for field in ("title", "takeaway", "topics", "journal")} == {None}


def test_plain_is_a_summary_without_title_or_address(il6: Reading) -> None:
    assert (il6.kind, il6.reason, il6.form) == (PageKind.SUMMARY, None, "text")
    assert (il6.url, il6.article_id, il6.title, il6.topics) == (None, None, None, None)
    for field in ("title", "topics", "credibility", "interest"):
        assert _reason(il6, field) is Reason.CAPTURE_CANNOT_SHOW, field


def test_plain_parts_are_told_by_their_order(il6: Reading) -> None:
    lines = _lines("il6-plain.txt")
    assert il6.takeaway == lines[1]
    assert [(part.kind, part.heading, part.paragraphs) for part in il6.sections] == [
        ("findings", None, (lines[2],)),
        ("audience", None, (lines[3],)),
        ("considerations", None, (lines[4],)),
    ]
    assert [_sha(il6.takeaway), *(_sha(part.paragraphs[0]) for part in il6.sections)] == [
        "cb98c5afb5e33ca16af2f105e03f30cb147eb6cfcd908b9912f1c982f2aaeb43",
        "522e7ce6d822112ac1718e403fd89960c3c33d882c79f654a2a66eabe0938f63",
        "791158bc41f4b3897659bcf9d25cbccd8ee0f3a96f5764b669f5a64f793efc01",
        "c04929f3dc781ac84e8835332ee95b429d471446b224927ba44399a56493a685",
    ]


def test_plain_cards_lose_the_link_that_is_glued_to_their_date(il6: Reading) -> None:
    lines = _lines("il6-plain.txt")
    assert [(card.position, card.title, card.url, card.teaser, card.image) for card in il6.cards] == [
        (number, None, None, lines[4 + 2 * number], None) for number in range(1, 7)
    ]
    dates = [(card.date.raw, card.date.iso, card.date.precision) for card in il6.cards if card.date]
    assert dates == [("12/1/2025", "2025-12-01", "day")] * 6


def test_plain_boilerplate_and_journal(il6: Reading) -> None:
    lines = _lines("il6-plain.txt")
    assert il6.journal == "Biochemistry. Biokhimiia"
    assert [passage.text for passage in il6.boilerplate] == [
        lines[17].removeprefix("Read More"), lines[18], lines[19],
    ]  # fmt: skip
    assert {passage.heading for passage in il6.boilerplate} == {None}
    assert il6.unplaced == ()


def test_both_carry_the_same_three_passages(iron: Reading, il6: Reading) -> None:
    templates = [passage.template for passage in iron.boilerplate]
    assert templates == [passage.template for passage in il6.boilerplate]
    assert [_sha(text) for text in templates[1:]] == [
        "eae2139c11471a1dbe2165e225f033d06d3f7ee4b656e41c3e40d4794f3dfc3b",
        "8026f30673787b4e5cb245846ebd0d87e7c4afd93689a13d4a33468f6a707550",
    ]
    (slot,) = dict(iron.boilerplate[0].slots)
    assert (
        _sha(templates[0].replace(f"{{{slot}}}", "{journal}"))
        == "3b6e07f451f397a1e9600e37fbf44bea56bf2589b3e0b92b96604c65a12e544e"
    )


@pytest.mark.parametrize("name", ["iron-headed.txt", "il6-plain.txt"])
def test_cut_off_at_two_thousand_characters_it_still_says_what_it_shows(name: str) -> None:
    text = (FOLDER / name).read_text("utf-8")
    whole = read_page(text.encode(), profile=PROFILE, url=None, form="text")
    cut = read_page(text[:2000].encode(), profile=PROFILE, url=None, form="text")
    assert cut.kind is PageKind.SUMMARY
    assert (cut.title, cut.takeaway, cut.sections[:2]) == (whole.title, whole.takeaway, whole.sections[:2])
    assert (cut.journal, cut.boilerplate) == (None, ())
    assert _reason(cut, "journal") is Reason.CUT_OFF


@pytest.mark.parametrize("name", ["iron-headed.txt", "il6-plain.txt"])
def test_line_ends_and_a_byte_order_mark_make_no_difference(name: str) -> None:
    body = (FOLDER / name).read_bytes()
    plain = read_page(body, profile=PROFILE, url=None, form="text")
    dos = read_page(b"\xef\xbb\xbf" + body.replace(b"\n", b"\r\n"), profile=PROFILE, url=None, form="text")
    for field in ("title", "takeaway", "sections", "topics", "journal", "cards", "boilerplate", "absences"):
        assert getattr(plain, field) == getattr(dos, field), field
