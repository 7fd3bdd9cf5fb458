"""The views of history: which fields changed, from what to what."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from storage import search_index
from storage.content import PARTIAL, loads
from storage.records import (
    CANNOT_SHOW,
    AbsenceRecord,
    JournalRecord,
    RatingRecord,
    SectionRecord,
    SourceRecord,
)
from tests.storage.build import House, article, as_text, at, sections, topics


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "archive")
    yield made
    with made.archive.engine.begin() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        search_index.check(connection)
    made.archive.close()


def changes(house: House, columns: str = "field, before, after") -> list[tuple[Any, ...]]:
    return house.rows(f"SELECT {columns} FROM revision_changes ORDER BY revision, field")


OTHER = SectionRecord("other", "A heading of its own", ("Something.", "And more."))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"title": "Another"}, ("title", "A title aB3dE6", "Another")),
        ({"takeaway": None}, ("takeaway", "A takeaway of aB3dE6.", None)),
        ({"credibility": RatingRecord(2.0, 5.0, "**")}, ("credibility", "4/5", "2/5")),
        ({"interest": RatingRecord(7.5, 10.0, "7.5")}, ("interest", "3/5", "7.5/10")),
        ({"interest": None}, ("interest", "3/5", None)),
        ({"topics": topics("Iron", "Sleep")}, ("topics", '["Iron","Memory"]', '["Iron","Sleep"]')),
        ({"topics": None}, ("topics", '["Iron","Memory"]', None)),
        ({"journal": JournalRecord("Other", "other")}, ("journal", "Brain, Behavior & Cells", "Other")),
        ({"sections": sections("It stayed.")}, ("sections.findings", "Cells of aB3dE6 moved.", "It stayed.")),
        (
            {"sections": sections("Cells of aB3dE6 moved.", OTHER)},
            ("sections.other", None, "A heading of its own\n\nSomething.\n\nAnd more."),
        ),
    ],
)
def test_a_change_is_shown_from_what_to_what(
    house: House, change: dict[str, Any], expected: tuple[str, str | None, str | None]
) -> None:
    house.save(article())
    house.save(article(**change), when=at(7))
    assert changes(house) == [expected]
    assert house.rows("SELECT article_id, article_key, site, revision, at FROM revision_changes") == [
        ("aB3dE6", "aB3dE6", "sample", 2, at(7))
    ]
    listed = house.rows("SELECT revision, is_current, changed_fields FROM revisions ORDER BY revision")
    assert listed == [(1, 0, None), (2, 1, json.dumps([expected[0]]))]


def test_topics_say_which_came_and_which_went(house: House) -> None:
    house.save(article())
    house.save(article(topics=topics("Sleep", "Iron", "Gait")), when=at(1))
    assert changes(house, "added, removed") == [('["Sleep","Gait"]', '["Memory"]')]


def test_the_paper_is_told_whole(house: House) -> None:
    house.save(article())
    house.save(article(source=SourceRecord(doi="10.5555/1", authors=("A. One", "B. Two"))), when=at(1))
    ((field, before, after),) = changes(house)
    assert (field, before) == ("source", None)
    told = json.loads(after)
    assert (told["doi"], told["authors"], told["title"]) == ("10.5555/1", ["A. One", "B. Two"], None)


def test_every_rating_that_ever_changed_is_one_query(house: House) -> None:
    for minute, (key, value) in enumerate([("aaaaaa", 4), ("bbbbbb", 4), ("aaaaaa", 2), ("aaaaaa", 5)]):
        house.save(article(key, credibility=RatingRecord(value, 5.0, str(value))), when=at(minute))
    house.save(article("bbbbbb", title="Renamed"), when=at(9))
    assert house.rows(
        "SELECT article_id, before, after FROM revision_changes WHERE field = 'credibility' ORDER BY at"
    ) == [("aaaaaa", "4/5", "2/5"), ("aaaaaa", "2/5", "5/5")]


def test_what_a_capture_cannot_show_has_not_changed(house: House) -> None:
    """A text capture of other content: only what both can show is told."""
    house.save(article())
    house.save(as_text(article(takeaway="Another takeaway.")), when=at(1))
    assert [row[0] for row in changes(house)] == ["takeaway"]


def test_a_field_learned_later_is_no_change(house: House) -> None:
    house.save(article(interest=None, absences=(AbsenceRecord("interest", CANNOT_SHOW),)))
    house.save(article(title="Another"), when=at(1))
    assert [row[0] for row in changes(house)] == ["title"]


def test_a_change_is_not_lost_over_a_capture_that_could_not_show_it(house: House) -> None:
    house.save(article())
    house.save(as_text(article(takeaway="Another takeaway.")), when=at(1))
    house.save(article(takeaway="A third.", interest=RatingRecord(1.0, 5.0, "1")), when=at(2))
    assert changes(house, "revision, field, before, after")[1:] == [
        (3, "interest", "3/5", "1/5"),
        (3, "takeaway", "Another takeaway.", "A third."),
    ]


def test_every_change_is_told_when_content_comes_back(house: House) -> None:
    house.save(article())
    house.save(article(title="Second"), when=at(1))
    house.save(article(), when=at(2))
    assert changes(house, "revision, before, after") == [
        (2, "A title aB3dE6", "Second"),
        (3, "Second", "A title aB3dE6"),
    ]


_MAYBE: Callable[..., Any] = lambda *values: st.sampled_from(values)  # noqa: E731


@st.composite
def _records(draw: st.DrawFn) -> Any:
    record = article(
        title=draw(_MAYBE("One", "Two")),
        interest=draw(_MAYBE(None, RatingRecord(3.0, 5.0, "3"))),
        journal=draw(_MAYBE(None, JournalRecord("J", "j"))),
        topics=draw(_MAYBE(None, topics("Iron"), topics("Iron", "Gait"))),
        sections=draw(_MAYBE(sections("It moved."), sections("It stayed.", OTHER), ())),
        absences=draw(_MAYBE((), (AbsenceRecord("journal", CANNOT_SHOW),))),
    )
    return as_text(record) if draw(st.booleans()) else record


def _changed(rows: list[tuple[int, dict[str, str | None]]]) -> set[tuple[int, str]]:
    """The rule in plain words: of each field, every value against the last one known before it."""
    found = set()
    for key in {key for _, digests in rows for key in digests} - {PARTIAL}:
        last = None
        for number, digests in rows:
            value = digests.get(key, None if PARTIAL in digests else "")
            if value is not None and last is not None and value != last:
                found.add((number, key.replace("section:", "sections.")))
            last = last if value is None else value
    return found


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_records(), min_size=2, max_size=5))
def test_the_rule_is_that_of_the_digests(
    tmp_path_factory: pytest.TempPathFactory, records: list[Any]
) -> None:
    house = House(tmp_path_factory.mktemp("any") / "archive")
    for minute, record in enumerate(records):
        house.save(record, when=at(minute))
    rows = house.rows("SELECT number, field_digests FROM revision ORDER BY number")
    expected = _changed([(number, loads(digests)) for number, digests in rows])
    assert {tuple(row) for row in changes(house, "revision, field")} == expected
    listed = {
        (number, field)
        for number, fields in house.rows("SELECT revision, changed_fields FROM revisions")
        for field in json.loads(fields or "[]")
    }
    assert listed == expected
    # Each has a reason: neighbours that were the same would be one revision.
    assert {number for number, _ in expected} == {row[0] for row in rows[1:]}
    house.archive.close()
