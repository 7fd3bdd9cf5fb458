"""What a person types becomes an expression that FTS5 takes, whatever it is."""

from __future__ import annotations

import contextlib
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search_query import MAX_TERMS, SearchError, expression


def matches(typed: str, *documents: str) -> list[str]:
    database = sqlite3.connect(":memory:")
    try:
        database.execute("CREATE VIRTUAL TABLE d USING fts5(text, tokenize='unicode61 remove_diacritics 2')")
        database.executemany("INSERT INTO d VALUES (?)", [(text,) for text in documents])
        found = database.execute("SELECT text FROM d WHERE d MATCH ? ORDER BY rowid", (expression(typed),))
        return [text for (text,) in found]
    finally:
        database.close()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("iron", '"iron"'),
        ("iron brain", '"iron" AND "brain"'),
        ("iron  iron", '"iron"'),
        ('"brain fog" sleep', '"brain fog" AND "sleep"'),
        ("“brain fog”", '"brain fog"'),
        ('"brain fog', '"brain" AND "fog"'),
        ('a"b c"d', '"a" AND "b c" AND "d"'),
        ("COVID-19", '"COVID-19"'),
        ("NEAR(a b)", '"NEAR(a" AND "b)"'),
        ("a OR b", '"a" AND "OR" AND "b"'),
        ("title:x -y ^z w*", '"title:x" AND "-y" AND "^z" AND "w*"'),
        ("😀 iron — ", '"iron"'),
        ("a\x00b", '"a" AND "b"'),
    ],
)
def test_every_word_is_quoted(typed: str, expected: str) -> None:
    assert expression(typed) == expected


@pytest.mark.parametrize("typed", ["", " ", '"', '""', '" "', "*", "()", "-", "😀", "\x00", "\ud800", "…"])
def test_nothing_to_search_for_is_told(typed: str) -> None:
    with pytest.raises(SearchError, match="nothing to search for"):
        expression(typed)


def test_a_pasted_text_is_too_much() -> None:
    assert expression(" ".join(f"w{n}" for n in range(MAX_TERMS)))
    with pytest.raises(SearchError, match="too much"):
        expression(" ".join(f"w{n}" for n in range(MAX_TERMS + 1)))


@given(st.text(max_size=60))
def test_no_text_is_a_syntax_error(typed: str) -> None:
    with contextlib.suppress(SearchError):
        matches(typed, "iron in the brain")


@given(st.lists(st.text(st.characters(categories=["Ll", "Lu", "Nd"]), min_size=1), min_size=1, max_size=5))
def test_a_document_is_found_by_its_own_words(words: list[str]) -> None:
    document = " ".join(words)
    assert matches(document, document) == [document]


def test_all_words_must_occur_and_phrases_as_they_stand() -> None:
    documents = ("brain fog and sleep", "fog on the brain", "sleep")
    assert matches("brain fog", *documents) == list(documents[:2])
    assert matches('"brain fog"', *documents) == [documents[0]]
    assert matches("CAFÉ", "a cafe", "a Café") == ["a cafe", "a Café"]
