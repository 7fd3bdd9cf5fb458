"""The frontier: what is asked next, in rounds that survive any death."""

from __future__ import annotations

import pytest

from storage.frontier import Frontier
from storage.records import FoundRecord, UrlOutcome
from storage.revisiting import Refresh, RevisitPolicy
from tests.storage.build import SITE, T0, House, article, at, url_of

ROBOTS = FoundRecord("https://site.example/robots.txt", "robots", "seed")
LISTING = FoundRecord("https://site.example/news", "listing", "seed")
ARTICLE = FoundRecord(url_of("aB3dE6"), "article", "seed", "aB3dE6")
PAGE = FoundRecord("https://site.example/privacy", "page", "seed")


NEVER = RevisitPolicy(sample=0.0)
"""Nothing is due by chance."""


@pytest.fixture
def frontier(house: House) -> Frontier:
    frontier = Frontier(house.archive, SITE, NEVER)
    frontier.seed([PAGE, ARTICLE, LISTING, ROBOTS], T0)
    return frontier


def urls(frontier: Frontier, now: str = T0, limit: int = 10, exclude: tuple[int, ...] = ()) -> list[str]:
    return [row.url for row in frontier.take(limit, now=now, exclude=exclude)]


def finish(house: House, *found: FoundRecord, when: str = T0) -> None:
    for one in found:
        house.save(url=one.url, url_kind=one.kind, kind="other", when=when)


def whys(house: House) -> dict[str, str]:
    """Address -> why it is due, of all that are."""
    return dict(house.rows("SELECT url, due_why FROM url WHERE due_at IS NOT NULL"))


def next_run(house: House, outcome: str = "complete") -> None:
    house.writer.end_run(outcome, "so it ended", {})  # type: ignore[arg-type]
    house.begin()


def test_what_helps_to_find_others_is_asked_first(frontier: Frontier) -> None:
    assert urls(frontier) == [ROBOTS.url, LISTING.url, ARTICLE.url, PAGE.url]


def test_what_is_in_flight_is_not_handed_out_twice(frontier: Frontier) -> None:
    first = frontier.take(1, now=T0)[0]
    assert (first.kind, first.attempts, first.depth, first.etag) == ("robots", 0, 0, None)
    assert urls(frontier, limit=2, exclude=(first.id,)) == [LISTING.url, ARTICLE.url]


def test_seeds_are_new_once(frontier: Frontier) -> None:
    assert frontier.seed([PAGE, ROBOTS], T0) == 0


def test_what_is_done_is_not_asked_again_in_this_round(house: House, frontier: Frontier) -> None:
    assert frontier.start_round(T0).resumed is False
    finish(house, ROBOTS, LISTING)
    assert urls(frontier) == [ARTICLE.url, PAGE.url]
    assert frontier.counts() == {"stored": 2, "waiting": 2, "due": 2}


def test_a_retry_waits_for_its_time(house: House, frontier: Frontier) -> None:
    finish(house, ROBOTS, LISTING, ARTICLE)
    house.writer.record_failure(PAGE.url, "timed out", now=T0, retry_at=at(5))
    assert urls(frontier, at(4)) == []
    assert frontier.next_due(at(4)) == at(5)
    assert [row.attempts for row in frontier.take(1, now=at(5))] == [1]
    house.writer.record_failure(PAGE.url, "timed out", now=at(5), retry_at=None)
    assert frontier.next_due(at(6)) is None
    assert frontier.failed() == [(PAGE.url, "timed out")]


@pytest.mark.parametrize(("refresh", "due"), [("all", 4), ("due", 2), ("new", 2)])
def test_a_finished_crawl_is_followed_by_a_new_round(
    house: House, frontier: Frontier, refresh: Refresh, due: int
) -> None:
    finish(house, ROBOTS, LISTING, ARTICLE, PAGE)
    house.save(url=ARTICLE.url, kind="gone", outcome=UrlOutcome("gone", "HTTP 404"))
    next_run(house)
    start = frontier.start_round(at(9), refresh=refresh)
    assert (start.resumed, start.due) == (False, due)


@pytest.mark.parametrize("outcome", ["stopped", "limit", "failed"])
def test_an_unfinished_crawl_is_gone_on_with(house: House, frontier: Frontier, outcome: str) -> None:
    finish(house, ROBOTS, LISTING, ARTICLE)
    next_run(house, outcome)
    start = frontier.start_round(at(9))
    assert start.resumed is True
    assert urls(frontier, at(9)) == [ROBOTS.url, PAGE.url]


def test_a_killed_crawl_is_gone_on_with(house: House, frontier: Frontier) -> None:
    finish(house, ROBOTS)
    house.begin()
    assert frontier.start_round(at(9)).resumed is True


def test_going_on_later_looks_at_listings_and_failures_again(house: House, frontier: Frontier) -> None:
    finish(house, ROBOTS, LISTING)
    house.writer.record_failure(ARTICLE.url, "timed out", now=T0, retry_at=None)
    next_run(house, "stopped")
    start = frontier.start_round(at(2 * 1440))
    assert (start.resumed, start.due) == (True, 4)
    assert [row.attempts for row in frontier.take(9, now=at(2 * 1440))] == [0, 0, 0, 0]


def test_a_new_seed_after_a_finished_crawl_does_not_make_it_unfinished(
    house: House, frontier: Frontier
) -> None:
    finish(house, ROBOTS, LISTING, ARTICLE, PAGE)
    next_run(house)
    frontier.seed([FoundRecord("https://site.example/more", "page", "seed")], at(5))
    start = frontier.start_round(at(5))
    assert (start.resumed, start.due) == (False, 3)
    assert whys(house) == {LISTING.url: "always", ROBOTS.url: "always", "https://site.example/more": "new"}


def test_what_is_refused_by_its_address_is_never_asked(house: House, frontier: Frontier) -> None:
    frontier.seed([FoundRecord("https://else.example/", "page", "link", refused="off-site")], T0)
    next_run(house)
    assert frontier.start_round(at(1)).due == 4


def test_what_robots_txt_refused_is_offered_again_in_the_next_round(house: House, frontier: Frontier) -> None:
    house.writer.record_failure(PAGE.url, "robots.txt", now=T0, retry_at=None, final_state="refused")
    finish(house, ROBOTS, LISTING, ARTICLE)
    assert frontier.counts()["refused"] == 1
    next_run(house)
    frontier.start_round(at(1))
    assert whys(house) == {LISTING.url: "always", ROBOTS.url: "always", PAGE.url: "retry"}


def test_an_answer_leaves_its_validators_for_the_next_round(house: House, frontier: Frontier) -> None:
    house.save(article())
    next_run(house)
    frontier.start_round(at(1), refresh="all")
    (row,) = [row for row in frontier.take(9, now=at(1)) if row.kind == "article"]
    assert (row.etag, row.last_modified, row.article_id) == ('"1"', None, "aB3dE6")


def test_another_sites_addresses_are_left_alone(house: House, frontier: Frontier) -> None:
    other = Frontier(house.archive, "elsewhere")
    assert other.start_round(T0).due == 0
    assert other.counts() == {"due": 0}
    assert other.next_due(T0) is None


def test_taking_reads_only_what_it_hands_out(house: House, frontier: Frontier) -> None:
    if house.database is not None:
        pytest.skip("the plan of a table with a few rows says nothing in PostgreSQL, which scans it")
    plan = " ".join(
        row[-1]
        for row in house.rows(
            "EXPLAIN QUERY PLAN SELECT id, url FROM url WHERE site = 'sample' AND due_at IS NOT NULL "
            "AND coalesce(due_at, '') <= 'x' ORDER BY priority, id LIMIT 5"
        )
    )
    assert "ix_url_frontier" in plan
    assert "TEMP B-TREE" not in plan
