"""When lost fields mean that the site has changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from storage.site_losses import Loss, Seen, is_more_than_chance, losses


def seen(
    number: int, *, lost: Iterable[str] = (), layout: str = "a", shown: Iterable[str] = ("title",)
) -> Seen:
    return Seen(number, layout, frozenset(shown) - frozenset(lost), frozenset(lost))


def pages(lost: int, of: int, *, layout: str = "a", first: int = 1) -> list[Seen]:
    return [seen(first + n, lost=("title",) if n < lost else (), layout=layout) for n in range(of)]


def nothing_else(field: str) -> list[Seen]:
    return []


@pytest.mark.parametrize("of", [3, 4, 10, 1000])
def test_three_pages_never_make_an_alarm_by_themselves(of: int) -> None:
    assert losses(pages(3, of), nothing_else) == []


def test_four_of_four_do() -> None:
    assert losses(pages(4, 4), nothing_else) == [Loss("title", None, 4, 4, 1)]


@pytest.mark.parametrize(("lost", "of"), [(4, 20), (6, 57), (20, 1000), (110, 5000)])
def test_what_authors_take_away_now_and_then_does_not(lost: int, of: int) -> None:
    assert not is_more_than_chance(lost, of)


@pytest.mark.parametrize(("lost", "of"), [(5, 20), (9, 57), (57, 57), (50, 1000), (200, 5000), (5000, 5000)])
def test_more_than_that_does(lost: int, of: int) -> None:
    assert is_more_than_chance(lost, of)


def test_more_lost_pages_never_make_it_less_sure() -> None:
    for of in (4, 30, 300, 3000):
        judged = [is_more_than_chance(lost, of) for lost in range(of + 1)]
        assert judged == sorted(judged)


def test_a_layout_of_its_own_is_told_by_its_name() -> None:
    run = [*pages(5, 5, layout="b"), *pages(0, 400, layout="a", first=100)]
    assert losses(run, nothing_else) == [Loss("title", "b", 5, 5, 1)]


def test_a_whole_site_is_told_without_one() -> None:
    run = [*pages(5, 5, layout="b"), *pages(5, 5, layout="a", first=100)]
    assert losses(run, nothing_else) == [Loss("title", None, 10, 10, 1)]


def test_pages_that_never_had_a_field_do_not_count() -> None:
    run = [*pages(4, 4), *(seen(100 + n, shown=()) for n in range(500))]
    assert losses(run, nothing_else) == [Loss("title", None, 4, 4, 1)]


def test_few_pages_in_each_of_many_runs_are_added_up() -> None:
    recent = [*pages(5, 20)]
    assert losses(pages(1, 1), lambda field: recent) == [Loss("title", None, 5, 20, 1)]


def test_every_field_is_judged_by_itself() -> None:
    run = [
        seen(n, lost=("title", "topics") if n < 3 else ("title",), shown=("title", "topics"))
        for n in range(9)
    ]
    assert [loss.field for loss in losses(run, nothing_else)] == ["title"]


@pytest.mark.parametrize(("lost", "of"), [(3, 3), (4, 4), (5, 20), (20, 1000), (50, 1000)])
def test_pages_alike_count_together_as_they_do_one_by_one(lost: int, of: int) -> None:
    alike = [replace(seen(1, lost=("title",)), pages=lost), replace(seen(lost + 1), pages=of - lost)]
    alike = [those for those in alike if those.pages]
    assert losses(alike, nothing_else) == losses(pages(lost, of), nothing_else)
