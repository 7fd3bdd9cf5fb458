"""Rounds of the frontier: what is asked again, and what came of it, in the URL table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.frontier import Frontier
from storage.records import ArticleRecord, FoundRecord, UrlOutcome
from storage.revisiting import DAY_S, Refresh, RevisitPolicy, is_sampled, later
from tests.storage.build import SITE, T0, House, article, at, page, url_of
from tests.storage.test_frontier import ARTICLE, LISTING, NEVER, PAGE, next_run, whys

SITEMAP = FoundRecord("https://site.example/sitemap.xml", "sitemap", "seed")


def told(lastmod: str | None, article_id: str = "aB3dE6") -> FoundRecord:
    return FoundRecord(url_of(article_id), "article", "sitemap", article_id, lastmod)


def sitemap(house: House, *entries: FoundRecord, when: str, url: str = SITEMAP.url) -> None:
    """A sitemap as it was read to its end."""
    made = page(url=url, url_kind="sitemap", kind="sitemap", when=when, found=entries)
    house.writer.save_page(replace(made, outcome=UrlOutcome("stored", "sitemap")), now=when)


def row(house: House, url: str, *columns: str) -> tuple[Any, ...]:
    return house.row(f"SELECT {', '.join(columns)} FROM url WHERE url = ?", url)


@pytest.fixture
def calm(house: House) -> Frontier:
    """After a first round over a sitemap with one article, without any sampling."""
    frontier = Frontier(house.archive, SITE, NEVER)
    frontier.seed([SITEMAP], T0)
    frontier.start_round(T0)
    sitemap(house, told("2026-01-01"), when=T0)
    house.save(article(), when=at(1))
    return frontier


def again(house: House, frontier: Frontier, when: str, refresh: Refresh = "due") -> dict[str, str]:
    """Begin a run and its round; what is due in it."""
    next_run(house)
    frontier.start_round(when, refresh=refresh)
    return whys(house)


def test_an_article_is_asked_when_the_sitemap_dates_it_anew(house: House, calm: Frontier) -> None:
    assert again(house, calm, at(60)) == {SITEMAP.url: "always"}
    sitemap(house, told("2026-02-28"), when=at(61))
    assert calm.heed_lastmods(at(62)) == 1
    assert whys(house) == {ARTICLE.url: "lastmod"}
    visit = house.save(article(), when=at(63)).visit
    assert visit is not None
    assert (visit.why, visit.lastmod_moved, visit.changed) == ("lastmod", True, False)
    assert row(house, ARTICLE.url, "fetched_lastmod", "checks", "changes") == ("2026-02-28", 1, 0)
    assert calm.heed_lastmods(at(64)) == 0


def test_a_sitemap_that_dates_all_anew_each_time_has_each_asked_once_a_round(
    house: House, calm: Frontier
) -> None:
    for hour in range(1, 4):
        again(house, calm, at(60 * hour))
        asked = 0
        for minute in range(0, 40, 10):
            moment = at(60 * hour + minute + 1)
            sitemap(house, told(moment), when=moment)
            calm.heed_lastmods(moment)
            if ARTICLE.url in whys(house):
                house.save(article(), when=at(60 * hour + minute + 2))
                asked += 1
        assert asked == 1


@pytest.mark.parametrize("lastmod", ["yesterday", "9999-99-99", "", "2026-03-01", "2099-01-01", "💥"])
def test_a_date_that_is_none_is_only_another_date(house: House, calm: Frontier, lastmod: str) -> None:
    again(house, calm, at(60))
    sitemap(house, told(lastmod), when=at(61))
    calm.heed_lastmods(at(62))
    assert whys(house) == {ARTICLE.url: "lastmod"}
    house.save(article(), when=at(63))
    assert again(house, calm, at(120)) == {SITEMAP.url: "always"}


def test_what_the_sitemap_drops_is_asked_once(house: House, calm: Frontier) -> None:
    again(house, calm, at(60))
    sitemap(house, when=at(61))
    assert calm.heed_lastmods(at(62)) == 1
    house.save(url=ARTICLE.url, kind="gone", outcome=UrlOutcome("gone", "HTTP 410"), when=at(63))
    assert again(house, calm, at(120)) == {SITEMAP.url: "always"}


def test_what_moves_from_one_sitemap_to_another_is_not_dropped(house: House, calm: Frontier) -> None:
    other = "https://site.example/sitemap-2.xml"
    again(house, calm, at(60))
    sitemap(house, told("2026-01-01"), when=at(61), url=other)
    sitemap(house, when=at(62))
    assert calm.heed_lastmods(at(63)) == 0
    sitemap(house, when=at(64), url=other)
    assert calm.heed_lastmods(at(65)) == 1


def test_a_sitemap_that_could_not_be_read_to_its_end_drops_nothing(house: House, calm: Frontier) -> None:
    again(house, calm, at(60))
    made = page(url=SITEMAP.url, url_kind="sitemap", kind="sitemap", when=at(61))
    cut = replace(made, capture=replace(made.capture, reason="cut off before its end"))
    house.writer.save_page(cut, now=at(61))
    assert calm.heed_lastmods(at(62)) == 0


def test_a_date_heard_of_after_the_answer_has_moved_unless_it_is_older(house: House, calm: Frontier) -> None:
    second = article("zZ9yY8")
    house.save(second, when=at(2))
    again(house, calm, at(60))
    sitemap(house, told("2026-01-01"), told("2026-02-28T23:00:00Z", "zZ9yY8"), when=at(61))
    assert calm.heed_lastmods(at(62)) == 0
    again(house, calm, at(120))
    sitemap(house, told("2026-01-01"), told("2026-03-01", "zZ9yY8"), when=at(121))
    assert calm.heed_lastmods(at(122)) == 1


def test_for_what_is_new_alone_no_date_counts(house: House, calm: Frontier) -> None:
    assert again(house, calm, at(60), "new") == {SITEMAP.url: "always"}
    sitemap(house, told("2026-02-28"), told("2026-02-28", "zZ9yY8"), when=at(61))
    assert calm.heed_lastmods(at(62)) == 0
    assert whys(house) == {url_of("zZ9yY8"): "new"}


def test_its_time_comes_sooner_for_what_changes_and_later_for_what_does_not(
    house: House, calm: Frontier
) -> None:
    days = []
    when = at(1)
    for changed in (False, False, True, True, True, True, True, False):
        (revisit_at,) = row(house, ARTICLE.url, "revisit_at")
        assert again(house, calm, later(revisit_at, -1)) == {SITEMAP.url: "always"}
        house.save(url=SITEMAP.url, url_kind="sitemap", kind="other", when=later(revisit_at, -1))
        assert again(house, calm, revisit_at) == {SITEMAP.url: "always", ARTICLE.url: "time"}
        when = later(revisit_at, 1)
        house.save(article(takeaway=f"Seen {when}.") if changed else last(house), when=when)
        days.append(row(house, ARTICLE.url, "interval_s")[0] / DAY_S)
    assert [round(day, 2) for day in days] == [10.5, 15.75, 7.88, 3.94, 1.97, 1.0, 1.0, 1.5]
    assert row(house, ARTICLE.url, "checks", "changes") == (8, 5)


def last(house: House) -> ArticleRecord:
    takeaway = house.value("SELECT takeaway FROM articles WHERE id = 'aB3dE6'")
    return article(takeaway=takeaway)


def test_a_redirect_a_loss_and_a_return_are_changes(house: House, calm: Frontier) -> None:
    seen = []
    for minute, made in enumerate(
        (
            page(url=ARTICLE.url, kind="gone", outcome=UrlOutcome("gone", "HTTP 404"), body=b"no"),
            page(url=ARTICLE.url, kind="gone", outcome=UrlOutcome("gone", "HTTP 404"), body=b"still not"),
            page(article()),
            page(url=ARTICLE.url, kind="redirect", outcome=UrlOutcome("redirected", "301", PAGE.url)),
            page(url=ARTICLE.url, kind="redirect", outcome=UrlOutcome("redirected", "302", PAGE.url)),
            page(url=ARTICLE.url, kind="redirect", outcome=UrlOutcome("redirected", "302", LISTING.url)),
            page(article()),
        )
    ):
        when = at(100 + minute)
        visit = house.writer.save_page(
            replace(made, capture=replace(made.capture, captured_at=when)), now=when
        ).visit
        assert visit is not None
        seen.append(visit.changed)
    assert seen == [True, False, True, True, False, True, True]


def test_an_import_of_older_days_leaves_the_schedule_alone(house: House, calm: Frontier) -> None:
    columns = ("state", "etag", "last_tried_at", "revisit_at", "interval_s", "checks", "fetched_lastmod")
    before = row(house, ARTICLE.url, *columns)
    next_run(house)
    house.save(article(takeaway="As it was."), when="2024-05-05T00:00:00.000Z", origin="import")
    assert row(house, ARTICLE.url, *columns) == before
    house.save(article(takeaway="From a file."), when=at(900), origin="import")
    assert row(house, ARTICLE.url, *columns) == before


def test_an_imported_answer_is_no_newer_than_its_date(house: House, calm: Frontier) -> None:
    again(house, calm, at(60))
    sitemap(house, told("2026-01-01"), told("2025-06-06", "zZ9yY8"), when=at(61))
    made = page(article("zZ9yY8"), when="2024-05-05T00:00:00.000Z", origin="import")
    made = replace(made, capture=replace(made.capture, status=200))
    house.writer.save_page(made, now=at(62))
    assert row(house, url_of("zZ9yY8"), "revisit_at") == ("2024-05-12T00:00:00.000Z",)
    assert again(house, calm, at(120)) == {SITEMAP.url: "always", url_of("zZ9yY8"): "lastmod"}


def test_the_sample_of_a_round_can_be_told_from_its_run(house: House) -> None:
    frontier = Frontier(house.archive, SITE, RevisitPolicy(sample=0.3))
    known = [FoundRecord(url_of(f"sS{n:04}"), "article", "seed", f"sS{n:04}") for n in range(60)]
    frontier.seed(known, T0)
    for one in known:
        house.save(article(one.article_id))
    due = again(house, frontier, at(60))
    (began,) = house.row("SELECT max(started_at) FROM run")
    assert due == {one.url: "sample" for one in known if is_sampled(one.url, began, 0.3)}
    assert 0 < len(due) < 60


def test_what_is_only_known_from_a_file_is_still_asked_of_the_site(house: House, calm: Frontier) -> None:
    house.save(article("zZ9yY8"), when=at(5), origin="import")
    assert again(house, calm, at(60)) == {SITEMAP.url: "always", url_of("zZ9yY8"): "new"}
    house.save(article("zZ9yY8"), when=at(61))
    assert again(house, calm, at(120)) == {SITEMAP.url: "always"}


def test_going_on_keeps_what_was_due_and_why(house: House, calm: Frontier) -> None:
    more = [FoundRecord(url_of(f"qQ{n}rR{n}"), "article", "seed", f"qQ{n}rR{n}") for n in range(5)]
    calm.seed(more, at(2))
    for one in more:
        house.save(article(one.article_id), when=at(3))
    due = again(house, calm, at(60), "all")
    assert len(due) == 7
    house.save(article(), when=at(61))
    del due[ARTICLE.url]
    for narrower in ("due", "new"):
        house.begin()  # as after a kill
        assert calm.start_round(at(62), refresh=narrower).resumed
        assert whys(house) == due


def test_going_on_with_a_wider_refresh_adds_what_was_not_asked_in_this_round(
    house: House, calm: Frontier, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.save(article("zZ9yY8"), when=at(5))
    monkeypatch.setattr("storage.run_record.now", lambda: at(60))
    assert again(house, calm, at(60), "due") == {SITEMAP.url: "always"}
    house.save(article("zZ9yY8"), when=at(61))
    house.begin()
    calm.start_round(at(62), refresh="all")
    assert whys(house) == {SITEMAP.url: "always", ARTICLE.url: "all"}


def test_not_modified_is_only_asked_of_what_the_archive_has_whole(house: House, calm: Frontier) -> None:
    def etag() -> str | None:
        (found,) = [one for one in calm.take(9, now=at(999)) if one.url == ARTICLE.url]
        return found.etag

    again(house, calm, at(60), "all")
    assert etag() == '"1"'
    house.writer.record_failure(ARTICLE.url, "timed out", now=at(61), retry_at=at(62))
    assert etag() is None
    house.writer.record_failure(ARTICLE.url, "timed out", now=at(62), retry_at=None)
    assert again(house, calm, at(120))[ARTICLE.url] == "retry"
    assert etag() is None


def test_a_list_read_by_another_profile_comes_again_whole(house: House, calm: Frontier) -> None:
    def etags(digest: str) -> dict[str, str | None]:
        house.writer.end_run("complete", "so it ended", {})
        house.writer.begin_run(
            "crawl", program_version="0", reader_version="1", profile_digest=digest, settings={}
        )
        calm.start_round(at(60), refresh="all")
        return {row.url: row.etag for row in calm.take(9, now=at(60))}

    assert etags("p") == {SITEMAP.url: '"1"', ARTICLE.url: '"1"'}
    assert etags("q") == {SITEMAP.url: None, ARTICLE.url: '"1"'}


def test_what_turned_out_to_be_a_listing_is_asked_in_every_round(house: House, calm: Frontier) -> None:
    house.save(url=PAGE.url, url_kind="page", kind="listing", when=at(5))
    assert again(house, calm, at(60), "new") == {SITEMAP.url: "always", PAGE.url: "always"}


def test_unchanged_keeps_state_reason_and_validators(house: House, calm: Frontier) -> None:
    columns = ("state", "reason", "etag", "target_url_id")
    before = row(house, ARTICLE.url, *columns)
    again(house, calm, at(60), "all")
    made = page(url=ARTICLE.url, kind="unchanged", body=b"", when=at(61))
    made = replace(made, capture=replace(made.capture, status=304, etag=None))
    visit = house.writer.save_page(made, now=at(61)).visit
    assert visit is not None and visit.changed is False
    assert row(house, ARTICLE.url, *columns) == before
    assert row(house, ARTICLE.url, "http_status", "last_ok_at", "checks", "due_at") == (304, at(61), 1, None)


def test_a_round_has_every_address_however_many_there_are(house: House) -> None:
    frontier = Frontier(house.archive, SITE, NEVER)
    many = 2_500  # some times what is held in memory at once
    frontier.seed([FoundRecord(f"https://site.example/{n}", "page", "seed") for n in range(many)], T0)
    with house.archive.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE url SET due_at = NULL, due_why = NULL")
    next_run(house)
    assert frontier.start_round(at(60)).due == many
    assert set(whys(house).values()) == {"new"}
