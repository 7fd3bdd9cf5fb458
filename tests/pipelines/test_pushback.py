"""What `Retry-After` asks, and when a site's answers mean that it does not want us."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pipelines.pushback import LONGEST_RETRY_AFTER_S, Standing, retry_after

NOW = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
DAY_S = 86_400.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("0", 0.0),
        ("Sun, 01 Mar 2026 12:05:00 GMT", 300.0),
        ("Sunday, 01-Mar-26 12:05:00 GMT", 300.0),
        ("Sun Mar  1 12:05:00 2026", 300.0),
        ("Sun, 01 Mar 2026 13:05:00 +0100", 300.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST_RETRY_AFTER_S),
        ("99999999999", LONGEST_RETRY_AFTER_S),
        ("9" * 6000, LONGEST_RETRY_AFTER_S),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("1e3", None),
        ("٣", None),
        ("NaN", None),
        ("Sun, 99 Foo 2026 99:99:99 GMT", None),
        ("Sun, 01 Mar 99999999 12:00:00 GMT", None),
        ("\x00\xff", None),
    ],
)
def test_seconds_and_dates_are_understood_and_nonsense_is_none(value: str, seconds: float | None) -> None:
    assert retry_after((("Retry-After", value),), NOW) == seconds


def test_a_date_counts_from_the_servers_own_clock() -> None:
    headers = (("date", "Sun, 01 Mar 2020 00:00:00 GMT"), ("RETRY-AFTER", "Sun, 01 Mar 2020 00:10:00 GMT"))
    assert retry_after(headers, NOW) == 600.0


def test_the_first_of_several_counts_and_without_one_there_is_none() -> None:
    assert retry_after((("Retry-After", "5"), ("Retry-After", "9")), NOW) == 5.0
    assert retry_after((("Content-Type", "text/html"),), NOW) is None


def _heard(*answers: int | None) -> list[str | None]:
    standing = Standing()
    return [standing.heard(f"/{number}", status) for number, status in enumerate(answers)]


@pytest.mark.parametrize("status", [429, 503])
def test_three_addresses_in_a_row_that_ask_for_less_are_a_block(status: int) -> None:
    *before, last = _heard(200, status, status, status)
    assert before == [None, None, None]
    assert last is not None and f"HTTP {status}" in last


def test_a_good_answer_between_makes_it_no_row() -> None:
    assert set(_heard(*([200, 429, 503] * 20))) == {None}


def test_404_and_410_are_good_answers() -> None:
    assert set(_heard(*([404, 429, 410, 503] * 20))) == {None}


def test_one_address_that_is_always_refused_is_no_block() -> None:
    standing = Standing()
    standing.heard("/fine", 200)
    assert {standing.heard("/bad", 429) for _ in range(50)} == {None}
    assert standing.at_end() is None


def test_one_address_of_a_site_that_never_worked_is() -> None:
    standing = Standing()
    assert [standing.heard("/only", 429) is None for _ in range(3)] == [True, True, False]


def test_403_everywhere_after_having_worked_is_a_block_but_a_few_are_not() -> None:
    assert set(_heard(200, *[403] * 9, 200)) == {None}
    last = _heard(200, *[403] * 10)[-1]
    assert last is not None and "HTTP 403" in last


def test_challenges_count_as_refusals_whatever_their_status() -> None:
    standing = Standing()
    told = [standing.heard(f"/{number}", 200, is_challenge=True) for number in range(3)]
    assert told[:2] == [None, None]
    assert told[2] is not None and "challenge" in told[2]


def test_a_site_that_has_stopped_answering_is_left_alone() -> None:
    assert set(_heard(200, *[None, 500] * 9)) == {None}
    last = _heard(200, *[None, 500] * 10)[-1]
    assert last is not None and "stopped answering" in last


@pytest.mark.parametrize(
    ("answers", "is_blocked"), [([403, 401], True), ([503], True), ([500], False), ([], False)]
)
def test_a_run_whose_every_page_was_refused_is_blocked(answers: list[int], is_blocked: bool) -> None:
    standing = Standing()
    for number, status in enumerate(answers):
        standing.heard(f"/{number}", status)
    assert (standing.at_end() is not None) is is_blocked
