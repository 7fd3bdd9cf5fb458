"""A page that is cut off says what it shows and never gives one part's text for another's."""

from __future__ import annotations

import pytest

from spiders.reading.model import PageKind, Reading, Reason

from .records import Build, builds

BUILDS = builds()
BY_NAME = {str(build): build for build in BUILDS}
HEADED = BY_NAME["morning-light/text-headed"]
PLAIN = BY_NAME["morning-light/text-plain"]
TEN_CUTS = [step / 11 for step in range(1, 11)]


def _cut(build: Build, characters: int) -> Reading:
    return build.read(build.body.decode("utf-8")[:characters].encode())


def _reason(reading: Reading, field: str) -> Reason | None:
    return next((absence.reason for absence in reading.absences if absence.field == field), None)


def test_headed_text_cut_at_two_thousand_characters() -> None:
    """The cut lies in the third card's title."""
    cut = _cut(HEADED, 2000)
    want = HEADED.expected
    assert (cut.kind, cut.title, cut.takeaway) == (PageKind.SUMMARY, want["title"], want["takeaway"])
    assert [list(part.paragraphs) for part in cut.sections] == [
        part["paragraphs"] for part in want["sections"]
    ]
    assert [topic.text for topic in cut.topics or ()] == want["topics"]
    assert [(card.title, card.teaser) for card in cut.cards[:2]] == [
        (card["title"], card["teaser"]) for card in want["cards"][:2]
    ]
    assert len(cut.cards) <= 3
    assert all((card.title or "").startswith("The Bladder") for card in cut.cards[2:])
    assert (cut.journal, cut.boilerplate, cut.unplaced) == (None, (), ())
    assert _reason(cut, "journal") is Reason.CUT_OFF


def test_plain_text_cut_at_two_thousand_characters() -> None:
    """The cut lies in the middle of the journal's name, which must not be taken for a whole one."""
    cut = _cut(PLAIN, 2000)
    want = PLAIN.expected
    assert (cut.kind, cut.title, cut.takeaway) == (PageKind.SUMMARY, None, want["takeaway"])
    assert [list(part.paragraphs) for part in cut.sections] == [
        part["paragraphs"] for part in want["sections"]
    ]
    assert [card.teaser for card in cut.cards] == [card["teaser"] for card in want["cards"]]
    assert cut.journal is None
    assert _reason(cut, "journal") is Reason.CUT_OFF
    assert _reason(cut, "title") is Reason.CAPTURE_CANNOT_SHOW


def test_headed_text_cut_in_its_first_section() -> None:
    cut = _cut(HEADED, 500)
    want = HEADED.expected
    assert (cut.title, cut.takeaway) == (want["title"], want["takeaway"])
    assert [part.kind for part in cut.sections] == ["findings"]
    (paragraph,) = cut.sections[0].paragraphs
    assert len(paragraph) > 100 and want["sections"][0]["paragraphs"][0].startswith(paragraph)
    assert (cut.topics, cut.cards) == (None, ())
    assert _reason(cut, "topics") is Reason.CUT_OFF


@pytest.mark.parametrize("share", TEN_CUTS)
@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_a_cut_page_never_gives_another_parts_text(build: Build, share: float) -> None:
    reading = build.read(build.body[: int(len(build.body) * share)])
    want = build.expected
    if reading.takeaway is not None:
        assert _is_beginning(reading.takeaway, want["takeaway"])
    wanted = {part["kind"]: " ".join(part["paragraphs"]) for part in want["sections"]}
    for section in reading.sections:
        if section.kind in ("findings", "audience", "considerations"):
            assert _is_beginning(" ".join(section.paragraphs), wanted[section.kind]), section.kind
    if reading.journal is not None:
        assert reading.journal == want["journal"]
    if reading.kind is not PageKind.SUMMARY:
        assert reading.reason


def _is_beginning(text: str, whole: str) -> bool:
    """Whether `text` is `whole` or its beginning, up to an entity or character that the cut tore."""
    text = text.replace("\u00ad", "")
    return whole.startswith(text) or (len(text) > 12 and whole.startswith(text[:-12]))
