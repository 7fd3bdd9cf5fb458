"""CSV: what a spreadsheet would run is text, and reading it back gives what was there."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.export.csv_tables import lines, read_cell, safe_cell
from storage.views.kinds import FLAG, Kind, N, R, T

RUNS = "=+-@\t\r\n＝＋－＠"


def table(kinds: list[Kind], *rows: list[Any]) -> list[list[str]]:
    names = [f"c{number}" for number in range(len(kinds))]
    data = b"".join(lines(names, kinds, rows)).decode()
    return list(csv.reader(io.StringIO(data, newline="")))[1:]


@pytest.mark.parametrize("formula", ["=1+1", "+cmd|'/C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_a_formula_is_text(formula: str) -> None:
    assert table([T], [formula]) == [[f"'{formula}"]]


@pytest.mark.parametrize("number", ["-5", "+3.5", "-1e-3", "12", "-.5"])
def test_numbers_are_left_alone_in_text_too(number: str) -> None:
    assert table([T], [number]) == [[number]]


def test_each_kind_as_it_is_written() -> None:
    assert table([N, R, R, FLAG, T, T], [-3, 4.0, -3.5, 1, None, "a\nb"]) == [
        ["-3", "4", "-3.5", "true", "", "a\nb"]
    ]


@given(st.text(st.sampled_from("'" + RUNS + "1.ae ")) | st.text())
def test_what_is_read_is_what_was_there(text: str) -> None:
    cell = safe_cell(text)
    assert read_cell(cell) == text
    assert cell[:1] not in tuple(RUNS) or cell == text  # a number


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=2, max_size=2))
def test_no_text_becomes_another_cell(texts: list[str]) -> None:
    (row,) = table([T, T], texts)
    assert [read_cell(cell) for cell in row] == texts
