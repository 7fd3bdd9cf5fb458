"""Two texts word by word: nothing is lost, and long hostile ones end in time."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.word_diff import MAX_PAIRS, word_diff


def told(before: str, after: str) -> list[tuple[str, str]]:
    return [(piece.kind, piece.text) for piece in word_diff(before, after)]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("", "", []),
        ("same", "same", [("same", "same")]),
        ("", "new", [("added", "new")]),
        ("old", "", [("removed", "old")]),
        ("the old", "the new", [("same", "the "), ("removed", "old"), ("added", "new")]),
        ("3/5", "2/5", [("removed", "3"), ("added", "2"), ("same", "/5")]),
        ("one\ntwo", "one\nthree", [("same", "one\n"), ("removed", "two"), ("added", "three")]),
    ],
)
def test_words(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert told(before, after) == expected


_TEXT = st.text(st.sampled_from("ab .,\n\u00e9"), max_size=40)


def test_a_phrase_is_exchanged_whole() -> None:
    assert told("showed no clear sign.", "showed some faint link.") == [
        ("same", "showed "),
        ("removed", "no clear sign"),
        ("added", "some faint link"),
        ("same", "."),
    ]


@given(_TEXT, _TEXT)
def test_the_pieces_are_both_texts(before: str, after: str) -> None:
    pieces = word_diff(before, after)
    assert "".join(piece.text for piece in pieces if piece.kind != "added") == before
    assert "".join(piece.text for piece in pieces if piece.kind != "removed") == after
    assert all(piece.text for piece in pieces)
    kinds = [piece.kind for piece in pieces]
    assert all(one != other for one, other in pairwise(kinds))


def test_what_is_too_long_to_compare_is_told_as_a_whole() -> None:
    words = int(MAX_PAIRS**0.5) + 10
    before, after = "x y " * words, "y z " * words
    assert told(f"a {before}b", f"a {after}b") == [
        ("same", "a "),
        ("removed", before.rstrip()),
        ("added", after.rstrip()),
        ("same", " b"),
    ]
