"""Dates are read as printed, as precisely as printed, whatever today is."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from spiders.reading import dates
from spiders.reading.dates import read_date


@pytest.fixture(params=["UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
def somewhere(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


DAYS = [
    ("12/1/2025", "2025-12-01"),
    ("5/1/2026", "2026-05-01"),
    ("12/31/2026", "2026-12-31"),
    ("05/01/2026", "2026-05-01"),
    ("2/29/2024", "2024-02-29"),
    ("12/31/2099", "2099-12-31"),
    ("Dec 1, 2025", "2025-12-01"),
    ("December 1, 2025", "2025-12-01"),
    ("Dec. 1, 2025", "2025-12-01"),
    ("December 1st, 2025", "2025-12-01"),
    ("1 December 2025", "2025-12-01"),
    ("2025-12-01", "2025-12-01"),
    ("2025-12-01T10:00:00Z", "2025-12-01"),
    ("2026-02-01T00:00:00.000Z", "2026-02-01"),
    ("2025-12-01T23:30:00-08:00", "2025-12-01"),
]
MONTHS = [
    ("March 2021", "2021-03"),
    ("July 2024", "2024-07"),
    ("May 2026", "2026-05"),
    ("Dec 2025", "2025-12"),
    ("2026-03", "2026-03"),
]
NOT_DATES = [
    "13/1/2025", "2/30/2025", "2/29/2025", "0/1/2025", "12/0/2025", "99/99/9999", "2024-02-30", "2026-13",
    "a", "12", "", " ", "4/5", "1.5", "24-7", "5 min read", "May", "Dec", "12 Dec", "Monday", "10:30",
    "today", "yesterday", "now", "3 days ago", "next month", "10.5555/abc", "p = 0.81", "Read More", "\x00",
    "12/1/2025/7",
]  # fmt: skip


@pytest.mark.parametrize(("raw", "iso"), DAYS)
def test_a_day_is_read_to_the_day(raw: str, iso: str, somewhere: str) -> None:
    date = read_date(raw)
    assert (date.raw, date.iso, date.precision) == (raw, iso, "day")


@pytest.mark.parametrize(("raw", "iso"), MONTHS)
def test_a_month_is_never_given_a_day(raw: str, iso: str, somewhere: str) -> None:
    date = read_date(raw)
    assert (date.raw, date.iso, date.precision) == (raw, iso, "month")


def test_a_year_alone_stays_a_year(somewhere: str) -> None:
    date = read_date("2021")
    assert (date.raw, date.iso, date.precision) == ("2021", "2021", "year")


@pytest.mark.parametrize("raw", NOT_DATES)
def test_what_is_no_whole_date_is_none_and_keeps_its_text(raw: str) -> None:
    date = read_date(raw)
    assert (date.raw, date.iso, date.precision) == (raw, None, None)


@pytest.mark.parametrize(
    ("raw", "order", "iso"),
    [
        ("12/1/2025", "DMY", "2025-01-12"),
        ("13/1/2025", "DMY", "2025-01-13"),
        ("1/13/2025", "DMY", None),
        ("1/13/2025", "MDY", "2025-01-13"),
        ("2025/12/1", "YMD", "2025-12-01"),
        ("2025-12-01", "DMY", "2025-12-01"),
    ],
)
def test_the_sites_order_of_day_and_month_decides(raw: str, order: str, iso: str | None) -> None:
    assert read_date(raw, order).iso == iso


def test_a_date_is_read_the_same_the_second_time_and_in_another_order() -> None:
    assert read_date("3/4/2025", "MDY").iso == "2025-03-04"
    assert read_date("3/4/2025", "DMY").iso == "2025-04-03"
    assert read_date("3/4/2025", "MDY").iso == "2025-03-04"


def test_a_very_long_text_is_no_date_and_takes_no_time() -> None:
    started = time.perf_counter()
    assert read_date("1/" * 50_000).iso is None
    assert read_date("a " * 50_000).iso is None
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize("month", ["January", "feb", "MARCH", "Sep", "december", "Febuary"])
@pytest.mark.parametrize(
    "form", ["{} 2021", "{} 30, 2021", "{} 3 2021", "29 {} 2024", "{} 00, 2021", "1 {} 2, 2021"]
)
def test_what_an_exact_pattern_reads_dateparser_reads_the_same(month: str, form: str) -> None:
    text = form.format(month)
    assert dates._english(text) in (None, dates._by_dateparser(text, ("en",)))
