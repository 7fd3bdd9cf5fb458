"""When an article has a new revision, and when it has not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from storage import compare
from storage.records import (
    CUT_OFF,
    AbsenceRecord,
    ArticleRecord,
    DateRecord,
    JournalRecord,
    PassageRecord,
    RatingRecord,
    SectionRecord,
    SourceRecord,
)
from storage.writer import Writer
from tests.storage.build import (
    PROFILE_PASSAGE,
    SITE,
    T0,
    House,
    article,
    as_text,
    at,
    card,
    page,
    sections,
    topics,
)

OTHER = SectionRecord("other", "A heading of its own", ("Something else.",))


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Another title"},
        {"takeaway": "Another takeaway."},
        {"credibility": RatingRecord(5.0, 5.0, "5/5")},
        {"interest": None},
        {"sections": sections("Cells stayed.")},
        {"sections": sections("Cells of aB3dE6 moved.", OTHER)},
        {"topics": topics("Iron")},
        {"topics": None},
        {"journal": JournalRecord("Another", "another")},
        {"source": SourceRecord(doi="10.5555/1")},
    ],
)
def test_a_change_of_content_makes_a_revision(house: House, change: dict[str, Any]) -> None:
    house.save(article())
    assert house.save(article(**change), when=at(1)).new_revision
    assert house.rows("SELECT revision, revisions FROM articles") == [(2, 2)]


@pytest.mark.parametrize(
    "change",
    [
        {"title": " A  title\naB3dE6 "},
        {"takeaway": "A takeaway\u00a0of aB3dE6."},
        {"takeaway": "A take\u00adaway of\u200b aB3dE6."},
        {"topics": topics("Memory", "Iron")},
        {"reading_minutes": 3},
        {"description": "Other words"},
        {"unplaced": ("A line below.",)},
        {"boilerplate": (PROFILE_PASSAGE, PassageRecord("A new footer.", "A new footer."))},
        {"boilerplate": ()},
        {"published": DateRecord("May 2026", "2026-05", "month"), "published_rule": "json-ld"},
        {"credibility": RatingRecord(4.0, 5.0, "4 of 5 stars")},
        {"sections": tuple(replace(s, heading="Renamed") for s in sections("Cells of aB3dE6 moved."))},
        {"sections": (replace(sections()[0], paragraphs=("Cells of", "aB3dE6 moved.")), sections()[1])},
    ],
)
def test_a_change_of_anything_else_makes_none(house: House, change: dict[str, Any]) -> None:
    house.save(article())
    assert not house.save(article(**change), when=at(1), cards=(card("x"),)).new_revision
    assert house.value("SELECT count(*) FROM revision") == 1


def test_the_frame_is_that_of_the_latest_capture_and_boilerplate_adds_up(house: House) -> None:
    house.save(article(unplaced=("Old line.",)))
    footer = PassageRecord("A new footer.", "A new footer.")
    house.save(article(unplaced=("New line.",), boilerplate=(footer,), reading_minutes=3), when=at(1))
    assert house.rows("SELECT text FROM article_unplaced") == [("New line.",)]
    assert house.value("SELECT reading_minutes FROM articles") == 3
    assert house.rows("SELECT template, articles FROM boilerplate ORDER BY template") == [
        ("A new footer.", 1),
        ("Papers in {journal} range widely.", 1),
    ]


def test_a_return_to_old_content_is_a_third_revision(house: House) -> None:
    for n, title in enumerate(("One", "Two", "One")):
        assert house.save(article(title=title), when=at(n)).new_revision
    assert house.rows("SELECT number, title, is_current FROM revision ORDER BY number") == [
        (1, "One", 0),
        (2, "Two", 0),
        (3, "One", 1),
    ]


def _indexed(house: House, word: str) -> list[tuple[int, str]]:
    matches = "article_search MATCH ?"
    if house.database is not None:
        matches, word = "s.words @@ CAST(? AS TSQUERY)", word.replace("OR", "|")
    return house.rows(
        "SELECT sign(s.rowid), r.title FROM article_search s JOIN revision r ON r.id = abs(s.rowid) "
        f"WHERE {matches} ORDER BY r.id",
        word,
    )


def test_what_a_page_no_longer_says_stands_apart_in_the_search_index(house: House) -> None:
    house.save(article(title="Zebra"))
    house.save(article(title="Quagga"), when=at(2))
    assert _indexed(house, "zebra") == [(-1, "Zebra")]
    assert _indexed(house, "quagga") == [(1, "Quagga")]
    house.save(article(title="Okapi"), when=at(1), origin="import")  # between the two
    house.save(article(title="Zebra"), when=at(3))
    assert _indexed(house, "quagga OR okapi OR zebra") == [
        (-1, "Zebra"),
        (-1, "Quagga"),
        (-1, "Okapi"),
        (1, "Zebra"),
    ]


def both_ways(new_house: Callable[[], House], captures: list[tuple[ArticleRecord, str]]) -> House:
    """Save captures in every order; the archives have to be the same, and one of them comes back."""
    found = []
    for order in permutations(captures):
        house = new_house()
        for record, when in order:
            house.save(record, when=when, origin="import")
        house.writer.settle(T0)
        found.append(compare.archive_content(house.archive))
    assert all(content == found[0] for content in found)
    return house


def test_what_a_text_capture_cannot_show_is_unknown(new_house: Callable[[], House]) -> None:
    house = both_ways(new_house, [(article(), at(0)), (as_text(article()), at(1))])
    assert house.rows("SELECT title, revisions, captures FROM articles") == [("A title aB3dE6", 1, 2)]
    assert [row[0] for row in house.rows("SELECT field FROM absence")] == ["source"]
    assert house.value("SELECT count(*) FROM article_sections WHERE heading IS NOT NULL") == 2


def test_a_text_capture_without_a_name_finds_its_article(new_house: Callable[[], House]) -> None:
    house = both_ways(new_house, [(article(), at(0)), (as_text(article(), nameless=True), at(1))])
    assert house.rows("SELECT id, captures, first_seen_at, last_seen_at FROM articles") == [
        ("aB3dE6", 2, at(0), at(1))
    ]


def test_a_nameless_capture_keeps_its_cards_when_it_finds_its_article(house: House) -> None:
    house.save(as_text(article(), nameless=True), cards=(card("cArd01"),))
    assert house.rows("SELECT id, key FROM articles")[0][1].startswith("body:")
    house.save(article(), when=at(1), cards=(card("cArd02"),))
    assert house.rows("SELECT id, revisions, captures FROM articles") == [("aB3dE6", 1, 2)]
    assert house.value("SELECT count(*) FROM card_list_sighting") == 2
    assert house.value("SELECT count(*) FROM captures WHERE article_id = 'aB3dE6'") == 2


def test_nameless_captures_of_the_same_text_are_one_article(house: House) -> None:
    text = as_text(article(), nameless=True)
    house.save(text)
    house.save(text, when=at(1))
    house.save(as_text(article("other1"), nameless=True), when=at(2))
    assert [row[0] for row in house.rows("SELECT captures FROM articles ORDER BY captures")] == [1, 2]


def test_nameless_captures_without_any_text_are_not_taken_for_one(house: House) -> None:
    empty = article(None, title=None, takeaway=None, sections=(), url=None)
    house.save(empty, body=b"one")
    house.save(empty, body=b"two")
    assert house.value("SELECT count(*) FROM articles") == 2


def test_a_cut_capture_is_compared_as_far_as_it_goes(new_house: Callable[[], House]) -> None:
    whole = article()
    cut = replace(
        as_text(whole),
        sections=(replace(whole.sections[0], heading=None, paragraphs=("Cells of aB3d",)),),
        boilerplate=(),
        absences=(*as_text(whole).absences, AbsenceRecord("sections.audience", CUT_OFF)),
    )
    house = both_ways(new_house, [(whole, at(0)), (cut, at(1)), (as_text(whole), at(2))])
    assert house.value("SELECT revisions FROM articles") == 1
    assert (
        house.value("SELECT text FROM article_sections WHERE kind = 'findings'") == "Cells of aB3dE6 moved."
    )


def test_a_text_capture_of_other_content_is_another_revision(house: House) -> None:
    house.save(article())
    assert house.save(as_text(article(takeaway="Changed.")), when=at(1)).new_revision


def test_captures_may_come_in_any_order_of_time(new_house: Callable[[], House]) -> None:
    captures = [(article(title=title), at(n)) for n, title in enumerate(("One", "One", "Two", "Two"))]
    house = both_ways(new_house, captures)
    assert house.rows(
        "SELECT number, title, first_seen_at, last_seen_at, is_current FROM revision ORDER BY 1"
    ) == [
        (1, "One", at(0), at(1), 0),
        (2, "Two", at(2), at(3), 1),
    ]


def test_an_older_capture_never_becomes_current(house: House) -> None:
    house.save(article(title="New"), when=at(100))
    assert house.save(article(title="Old"), when=at(1), origin="import").new_revision
    assert house.row("SELECT title, revision, first_seen_at FROM articles") == ("New", 2, at(1))


def test_an_uncertain_topic_list_is_compared_with_nothing(house: House) -> None:
    house.save(article(topics=topics("IronMemory", uncertain=True)))
    assert not house.save(article(), when=at(1)).new_revision
    assert house.value("SELECT topics FROM articles") == '["Iron","Memory"]'


def test_a_date_comes_from_the_cards_that_point_to_the_article(house: House) -> None:
    house.save(article(), cards=(card("bB3dE6", "5/1/2026"),))
    own = DateRecord("2026", "2026", "year")
    house.save(article("bB3dE6", published=own, published_rule="json-ld"))
    row = "SELECT published_on, published_source, teaser FROM articles WHERE id = 'bB3dE6'"
    assert house.row(row) == ("2026-05-01", "card", "A teaser")
    house.save(article("cB3dE6"), cards=(card("bB3dE6", "12/31/2026", teaser="Other"),), when=at(1))
    assert house.row(row) == ("2026-12-31", "card", "Other")
    house.save(article(), cards=(card("bB3dE6", "5/1/2026"),), when=at(2))
    assert house.row(row) == ("2026-05-01", "card", "A teaser")
    house.save(article(), cards=(card("bB3dE6", None),), when=at(3))
    assert house.value("SELECT published_on FROM articles WHERE id = 'bB3dE6'") == "2026-05-01"


def test_a_pages_own_date_counts_while_no_card_dates_it(house: House) -> None:
    own = DateRecord("March 2026", "2026-03", "month")
    house.save(article(published=own, published_rule="json-ld"))
    row = "SELECT published_on, published_precision, published_source FROM articles WHERE id = 'aB3dE6'"
    assert house.row(row) == ("2026-03", "month", "json-ld")
    house.save(article("bB3dE6"), cards=(card("aB3dE6"),))
    assert house.row(row) == ("2026-01-01", "day", "card")


def test_dates_do_not_depend_on_the_order_of_sightings(new_house: Callable[[], House]) -> None:
    pages = [
        (article("aaaaaa"), (card("target", "1/1/2026"),), at(1)),
        (article("bbbbbb"), (card("target", "2/1/2026"),), at(1)),
        (article("target"), (card("aaaaaa"),), at(0)),
    ]
    seen = set()
    for order in permutations(pages):
        house = new_house()
        for record, cards, when in order:
            house.save(record, cards=cards, when=when)
        seen.add(house.value("SELECT published_on FROM articles WHERE id = 'target'"))
    assert len(seen) == 1


def test_cards_speak_of_articles_of_their_own_site_only(house: House) -> None:
    house.save(article("shared"))
    house.save(article("aaaaaa"), cards=(card("shared", "1/1/2026", teaser="Ours"),))
    other = Writer(house.archive, "other")
    other.begin_run("crawl", program_version="0", reader_version="1", profile_digest="p", settings={})
    # First the very list that the other site shows, then one that differs.
    for minute, date, teaser in ((8, "1/1/2026", "Ours"), (9, "2/2/2026", "Theirs")):
        cards = (card("shared", date, teaser=teaser), card("lonely", position=2))
        page_of_cards = page(article("bbbbbb", url="https://other.example/b"), cards=cards, when=at(minute))
        other.save_page(page_of_cards, now=at(minute))
    other.save_page(page(article("shared", url="https://other.example/shared"), when=at(10)), now=at(10))
    house.save(article("lonely"), when=at(11))
    said = house.rows("SELECT site, published_on, teaser FROM articles WHERE id = 'shared' ORDER BY site")
    assert house.row("SELECT published_on, teaser FROM articles WHERE id = 'lonely'") == (None, None)
    assert said == [("other", "2026-02-02", "Theirs"), (SITE, "2026-01-01", "Ours")]
    assert house.rows("SELECT site, count(*) FROM card_list GROUP BY 1 ORDER BY 1") == [
        ("other", 2),
        (SITE, 1),
    ]


def test_card_lists_are_stored_once_and_the_latest_is_shown(house: House) -> None:
    one, two = (card("x1"), card("x2", position=2)), (card("x3"),)
    house.save(article("aaaaaa"), cards=one)
    house.save(article("bbbbbb"), cards=one)
    house.save(article("aaaaaa"), cards=two, when=at(5))
    assert house.value("SELECT count(*) FROM card_list") == 2
    assert house.rows("SELECT article_id, target_id FROM article_cards ORDER BY article_id, position") == [
        ("aaaaaa", "x3"),
        ("bbbbbb", "x1"),
        ("bbbbbb", "x2"),
    ]
