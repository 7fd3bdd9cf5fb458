"""What a person types is read as search boxes read it, and whatever it is, it means something or is told."""

from __future__ import annotations

import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.asking import parse
from storage.search.grammar import MAX_TERMS, quoted
from storage.search.matching import expression
from storage.search.query import EVERYTHING, Filter, Query, SearchError, Words


def said(typed: str) -> str:
    return parse(typed).describe()


def matches(typed: str, *documents: str) -> list[str]:
    """Those of the documents that FTS5 finds."""
    root = parse(typed).root
    assert root is not None
    asked = expression(root)
    assert asked is not None
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE d USING fts5(text, tokenize='unicode61 remove_diacritics 2')")
        database.executemany("INSERT INTO d VALUES (?)", [(text,) for text in documents])
        return [
            text
            for (text,) in database.execute("SELECT text FROM d WHERE d MATCH ? ORDER BY rowid", (asked,))
        ]
    finally:
        database.close()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("iron", "“iron”"),
        ("iron brain", "“iron” and “brain”"),
        ("iron AND brain", "“iron” and “brain”"),
        ("iron  iron", "“iron”"),
        ('"brain fog" sleep', "“brain fog” and “sleep”"),
        ("“brain fog”", "“brain fog”"),
        ('a"b c"d', "“a” and “b c” and “d”"),
        ("iron OR zinc", "“iron” or “zinc”"),
        ("a b OR c d", "(“a” and “b”) or (“c” and “d”)"),
        ("a (b OR c)", "“a” and (“b” or “c”)"),
        ("iron NOT zinc", "“iron” and not “zinc”"),
        ("iron -zinc", "“iron” and not “zinc”"),
        ('-"brain fog"', "not “brain fog”"),
        ("iron -(a OR b)", "“iron” and not (“a” or “b”)"),
        ("NOT NOT a", "“a”"),
        ("iron or zinc and not tin", "“iron” and “or” and “zinc” and “and” and “not” and “tin”"),
        ("inflam*", "“inflam…”"),
        ("title:iron Takeaway:brain", "“iron” in the title and “brain” in the takeaway"),
        ("topic:Iron", "topic with “iron”"),
        ('topic:"Multiple  Sclerosis (MS)"', "topic with “multiple sclerosis”"),
        ('topic:="oxidative stress"', "topic is “oxidative stress”"),
        ("journal:Brain*", "journal with “brain…”"),
        ("after:2026-05 before:2026-05-15", "dated 2026-05 or later and dated before 2026-05-15"),
        ("date:2026 -date:2026-01", "dated 2026 and not dated 2026-01"),
        ("credibility:>=4 interest:<3.5", "credibility at least 4 and interest less than 3.5"),
        ("credibility:5 site:a id:mhFS5r", "credibility 5 and site a and id mhFS5r"),
    ],
)
def test_habits_of_search_boxes(typed: str, meant: str) -> None:
    assert said(typed) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ('"brain fog', "“brain” and “fog”"),
        ("((iron", "“iron”"),
        ("iron)) brain", "“iron” and “brain”"),
        ("iron) OR brain", "“iron” or “brain”"),
        ("() iron", "“iron”"),
        ("OR iron", "“iron”"),
        ("iron AND", "“iron”"),
        ("iron OR OR brain NOT", "“iron” or “brain”"),
        ("NEAR(", "“NEAR”"),
        ("NEAR(a b)", "“NEAR” and “a” and “b”"),
        ("COVID-19", "“COVID-19”"),
        ("- iron - ", "“iron”"),
        ("a:b:c", "“a:b:c”"),
        ("foo:bar", "“foo:bar”"),
        ('foo:"b c" d', "“foo” and “b c” and “d”"),
        ("https://site.example/a-b", "“https://site.example/a-b”"),
        ("^z a*b **", "“^z” and “a*b”"),
        ("😀 iron — ", "“iron”"),
        ("a\x00b", "“a” and “b”"),
    ],
)
def test_what_is_out_of_place_is_passed_over(typed: str, meant: str) -> None:
    assert said(typed) == meant


@pytest.mark.parametrize("typed", ['"', '""', "*", "()", "-", "😀", "\x00", "\ud800", "…", "AND", "NOT OR"])
def test_nothing_to_search_for_is_told(typed: str) -> None:
    with pytest.raises(SearchError, match="nothing to search for"):
        parse(typed)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            "credibility:banana",
            "can't read credibility:banana: that is no number; give one as in credibility:>=4",
        ),
        ("interest:>=", "can't read interest:"),
        ("credibility:nan", "no number"),
        ("after:banana", "can't read after:banana: that is no date; give one as in after:2026-05"),
        ("before:2026-13", "no date"),
        ("date:2026-02-30", "no date"),
        ("after:٢٠٢٦", "no date"),
        ("after:>2026", "after knows no >"),
        ("topic:>iron", "topic knows no >"),
        ('topic:"."', "a name is missing"),
        ("topic: iron", "topic: needs a value right after the colon, as in topic:fatigue"),
        ("title:", "title: needs a value"),
        ('journal:""', "journal: needs a value"),
        ("topic:(a OR b)", "topic: needs a value"),
        ("s*", "s*: give at least two letters before the *"),
        ("(" * 100 + "a", "too many parentheses"),
        ("credibility:" + "9" * 10_000, "can't read credibility:9999"),
    ],
)
def test_a_value_that_cant_be_read_is_one_line(typed: str, told: str) -> None:
    with pytest.raises(SearchError) as error:
        parse(typed)
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


def test_a_pasted_text_is_too_much() -> None:
    assert parse(" ".join(f"w{n}" for n in range(MAX_TERMS)))
    with pytest.raises(SearchError, match="too much to search for: 51 words, at most 50"):
        parse(" ".join(f"w{n}" for n in range(MAX_TERMS + 1)))


def test_several_texts_are_read_each_on_its_own() -> None:
    assert parse("iron OR zinc", "topic:=iron", " ").describe() == "(“iron” or “zinc”) and topic is “iron”"
    assert parse("iron", '"open', "date:2026").describe() == "“iron” and “open” and dated 2026"
    assert parse("", " ") == EVERYTHING
    assert EVERYTHING.describe() == "all articles"


@given(st.text(min_size=1, max_size=30))
def test_any_value_can_be_typed(value: str) -> None:
    plain = " ".join(value.split())
    if plain and all(c.isprintable() for c in plain) and not any(c in plain for c in "“”„‟«»＂"):
        assert parse(f"id:{quoted(plain)}") == Query(Filter("id", "=", plain))


@given(st.lists(st.text(st.characters(categories=["Ll", "Nd"]), min_size=1), min_size=1, max_size=5))
def test_a_document_is_found_by_its_own_words(words: list[str]) -> None:
    document = " ".join(words)
    assert matches(document, document) == [document]


def test_case_accents_and_hyphens() -> None:
    assert matches("CAFÉ", "a cafe", "a Café", "a caf") == ["a cafe", "a Café"]
    assert matches("COVID-19", "covid 19", "Covid–19", "19 covid") == ["covid 19", "Covid–19"]
    assert matches("inflam* -cells", "inflammation", "inflamed cells", "flames") == ["inflammation"]


def test_only_words_that_may_stand_in_a_hit_are_marked_in_it() -> None:
    assert parse("a (b OR cc*) -d topic:e").words() == (Words("a"), Words("b"), Words("cc", True))
