"""When an article counts as gone, back, or moved: by everything seen of its addresses, in whatever order."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from itertools import islice, permutations
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.archive import open_archive
from storage.db import Db
from storage.event_log import Events
from storage.events import Observation, Told, tell
from storage.records import ArticleRecord, ExchangeRecord, FoundRecord, PageRecord, UrlOutcome
from tests.places import Places
from tests.storage.build import House, article, as_text, at, page, sections, url_of

OLD, NEW, THIRD = (url_of("aB3dE6", slug) for slug in ("old", "new", "third"))
LEADS = "SELECT DISTINCT url_id, target_url_id FROM capture WHERE target_url_id IS NOT NULL ORDER BY url_id"
FIRST_SCHEMA = Path(__file__).parent / "archives" / "0001.sql.gz"
GONE = UrlOutcome("gone", "HTTP 404")


def seen(
    minute: int,
    kind: str = "shown",
    asked: str | None = OLD,
    target: str | None = None,
    *,
    visit: int | None = 0,
    status: int | None = 200,
) -> Observation:
    return Observation(at(minute), kind, asked, target, status, minute, visit)  # type: ignore[arg-type]


def gone(minute: int, asked: str = OLD, *, visit: int | None = 0) -> Observation:
    return seen(minute, "gone", asked, visit=visit, status=404)


def brief(told: Told) -> list[tuple[str, str, str | None, str | None]]:
    return [(event.at, event.event, event.from_url, event.to_url) for event in told.events]


def told(*observations: Observation) -> list[tuple[str, str, str | None, str | None]]:
    """The events of observations, which must be the same in every order."""
    found = tell(observations)
    for order in list(permutations(observations))[:120]:
        assert tell(order) == found
    assert (found.gone_since is not None) == bool(
        (last := [event for event in found.events if event.event != "moved"]) and last[-1].event == "gone"
    )
    return brief(found)


def test_an_article_that_stays_has_no_events() -> None:
    assert told(seen(1), seen(2, visit=1), seen(3, visit=2)) == []


def test_gone_once_and_back_again_and_gone() -> None:
    happened = told(
        seen(1), gone(2, visit=1), gone(3, visit=2), seen(4, visit=3), gone(5, visit=4), gone(6, visit=5)
    )
    assert happened == [
        (at(2), "gone", None, OLD),
        (at(4), "back", None, OLD),
        (at(5), "gone", None, OLD),
    ]


def test_what_was_never_shown_is_not_gone() -> None:
    assert told(gone(1), gone(2, visit=1)) == []
    assert told(gone(1), seen(2, visit=1)) == []


def test_a_redirect_moves_it() -> None:
    assert told(seen(1), seen(2, "redirect", OLD, NEW, visit=1, status=301), seen(3, asked=NEW, visit=1)) == [
        (at(2), "moved", OLD, NEW)
    ]


def test_a_redirect_that_was_always_there_moves_nothing() -> None:
    always = seen(1, "redirect", OLD, NEW, status=301)
    assert told(always, seen(2, asked=NEW)) == []
    assert told(seen(1, asked=NEW), seen(2, "redirect", OLD, NEW, status=301)) == []


def test_a_page_that_names_another_address_as_its_own_moves_it() -> None:
    assert told(seen(1), seen(2, asked=OLD, target=NEW, visit=1), seen(3, asked=NEW, visit=1)) == [
        (at(2), "moved", OLD, NEW)
    ]


def test_an_alias_that_was_always_there_moves_nothing() -> None:
    assert told(seen(1, asked=OLD, target=NEW), seen(2, asked=NEW), seen(3, asked=OLD, target=NEW)) == []


def test_a_new_address_in_a_later_visit_is_a_move_and_no_more_than_one() -> None:
    happened = told(seen(1), seen(2, asked=NEW, visit=1), seen(3, visit=2), seen(4, asked=NEW, visit=2))
    assert happened == [(at(2), "moved", OLD, NEW)]


def test_two_addresses_found_in_one_visit_are_two_ways_to_one_page() -> None:
    both = [seen(n, asked=url, visit=n // 2) for n, url in enumerate((OLD, NEW, OLD, NEW))]
    assert told(*both) == []


def test_until_one_of_them_leads_to_the_other() -> None:
    both = (seen(1), seen(2, asked=NEW), seen(3, asked=NEW, visit=1))
    assert told(*both, seen(4, "redirect", OLD, NEW, visit=1, status=301)) == [(at(4), "moved", OLD, NEW)]


def test_it_is_not_gone_from_one_address_while_another_shows_it() -> None:
    assert told(seen(1), seen(2, asked=NEW), gone(3, visit=1)) == [(at(3), "moved", OLD, NEW)]
    assert told(seen(1), seen(2, asked=NEW), gone(3, NEW, visit=1)) == []


def test_it_is_gone_when_its_last_address_is() -> None:
    assert told(seen(1), seen(2, asked=NEW), gone(3, NEW, visit=1), gone(4, visit=2)) == [
        (at(4), "gone", None, OLD)
    ]


@pytest.mark.parametrize("visits", [(0, 1, 1), (None, None, None), (0, None, 1)])
def test_an_old_address_that_is_gone_before_the_new_one_is_met_is_a_move(
    visits: tuple[int | None, int | None, int | None],
) -> None:
    one, two, three = visits
    happened = told(seen(1, visit=one), gone(5000, visit=two), seen(5001, asked=NEW, visit=three))
    assert happened == [(at(5001), "moved", OLD, NEW)]


@pytest.mark.parametrize(("visit", "minute"), [(2, 3), (None, 3 + 25 * 60)])
def test_it_was_gone_when_it_turns_up_elsewhere_later(visit: int | None, minute: int) -> None:
    assert told(seen(1), gone(2, visit=1), seen(minute, asked=NEW, visit=visit)) == [
        (at(2), "gone", None, OLD),
        (at(minute), "back", None, NEW),
        (at(minute), "moved", OLD, NEW),
    ]


def test_a_move_there_and_back() -> None:
    happened = told(
        seen(1),
        seen(2, "redirect", OLD, NEW, visit=1, status=301),
        seen(3, asked=NEW, visit=1),
        seen(4, "redirect", NEW, OLD, visit=2, status=302),
        seen(5, visit=2),
    )
    assert happened == [(at(2), "moved", OLD, NEW), (at(4), "moved", NEW, OLD)]


def test_moved_to_where_nothing_is() -> None:
    assert told(
        seen(1), seen(2, "redirect", OLD, NEW, visit=1, status=301), gone(3, NEW, visit=1), gone(4, visit=2)
    ) == [(at(2), "moved", OLD, NEW), (at(3), "gone", None, NEW)]


def test_what_other_addresses_answer_does_not_matter() -> None:
    assert told(seen(1), gone(2, THIRD), seen(3, "redirect", THIRD, NEW, status=301)) == []


def test_files_make_no_event_but_say_where_it_was() -> None:
    filed = seen(1, visit=None, status=None)
    assert told(filed, gone(2, visit=1)) == [(at(2), "gone", None, OLD)]
    assert told(seen(1), gone(2, visit=1), seen(3, visit=None, status=None)) == [(at(2), "gone", None, OLD)]
    assert told(seen(1), seen(9999, asked=NEW, visit=None, status=None)) == []
    assert told(filed, seen(9999, asked=NEW)) == [(at(9999), "moved", OLD, NEW)]
    assert told(seen(1, asked=None, visit=None, status=None), seen(2)) == []


OBSERVATIONS = st.builds(
    seen,
    st.integers(0, 9),
    st.sampled_from(["shown", "shown", "gone", "redirect"]),
    st.sampled_from([OLD, NEW, THIRD]),
    st.sampled_from([None, OLD, NEW]),
    visit=st.sampled_from([None, 0, 1, 2]),
    status=st.sampled_from([200, 404, None]),
)


@given(st.lists(OBSERVATIONS, max_size=8), st.randoms(use_true_random=False))
def test_whatever_is_seen_the_history_holds_together(many: list[Observation], random: Random) -> None:
    numbered = [replace(one, capture_id=n) for n, one in enumerate(many)]
    found = tell(numbered)
    assert tell(random.sample(numbered, len(numbered))) == found
    turns = [event.event for event in found.events if event.event != "moved"]
    assert turns == (["gone", "back"] * len(turns))[: len(turns)]
    assert (found.gone_since is not None) == (len(turns) % 2 == 1)
    assert [event.at for event in found.events] == sorted(event.at for event in found.events)
    home = None
    for event in found.events:
        if event.event == "moved":
            assert event.from_url != event.to_url
            assert home in (None, event.from_url)
            home = event.to_url


# From here on through the writer.


def shown(minute: int, url: str = OLD, *, named: str | None = None) -> PageRecord:
    alias = UrlOutcome("alias", "names another", target=named) if named else None
    return page(article(url=named or url), url=url, when=at(minute), outcome=alias)


def answered_gone(minute: int, url: str = OLD) -> PageRecord:
    return page(url=url, kind="gone", outcome=GONE, when=at(minute))


def redirected(minute: int, url: str = OLD, target: str = NEW) -> PageRecord:
    return page(
        url=url,
        kind="redirect",
        outcome=UrlOutcome("redirected", "HTTP 301", target=target),
        when=at(minute),
        found=(FoundRecord(target, "article", "redirect", "aB3dE6"),),
    )


HEARD = tuple(FoundRecord(url, "article", "sitemap", "aB3dE6") for url in (OLD, NEW, THIRD))
EVENTS = "SELECT at, event, from_url, to_url FROM article_event ORDER BY at, event"


def crawled(house: House, *pages: PageRecord) -> None:
    """One finished crawl after the one before."""
    house.writer.save_page(page(url="https://site.example/sitemap.xml", kind="sitemap", when=at(0),
                                url_kind="sitemap", found=HEARD), now=at(0))  # fmt: skip
    for record in pages:
        house.writer.save_page(record, now=record.capture.captured_at)
    house.writer.end_run("complete", "done", {})
    house.begin()


def test_the_writer_notes_what_happened(house: House) -> None:
    crawled(house, shown(1))
    crawled(house, redirected(2), shown(3, NEW))
    crawled(house, answered_gone(4, NEW))
    assert house.value("SELECT gone_since FROM articles") == at(4)
    crawled(house, shown(5, NEW))
    assert house.value("SELECT gone_since FROM articles") is None
    crawled(house, shown(6, NEW, named=THIRD))
    assert house.rows(EVENTS) == [
        (at(2), "moved", OLD, NEW),
        (at(4), "gone", None, NEW),
        (at(5), "back", None, NEW),
        (at(6), "moved", NEW, THIRD),
    ]
    statuses = house.rows("SELECT e.event, e.status, c.captured_at = e.at FROM article_event e "
                          "JOIN capture c ON c.id = e.capture_id ORDER BY e.at")  # fmt: skip
    assert statuses == [("moved", 200, 1), ("gone", 200, 1), ("back", 200, 1), ("moved", 200, 1)]


def test_imports_of_older_captures_complete_the_history(
    places: Places, new_house: Callable[[], House]
) -> None:
    pages = [shown(1), answered_gone(2000), shown(4000), redirected(6000), shown(6001, NEW)]
    found = []
    # In PostgreSQL a few of them: each is a database with connections of its own.
    for order in islice(permutations(pages), 0, None, 20 if places.in_postgresql else 1):
        house = new_house()
        for record in order:
            imported = replace(record, capture=replace(record.capture, origin="import"), article_id="aB3dE6")
            house.writer.save_page(imported, now=at(9999))
        found.append((house.rows(EVENTS), house.value("SELECT gone_since FROM articles")))
    assert all(one == found[0] for one in found)
    assert [event for _, event, _, _ in found[0][0]] == ["gone", "back", "moved"]


def test_a_crawl_that_was_cut_short_and_went_on_is_one_visit(house: House) -> None:
    house.writer.save_page(shown(1), now=at(1))
    house.writer.end_run("stopped", "Ctrl-C", {})
    house.begin()
    house.writer.save_page(shown(2, NEW), now=at(2))
    assert house.rows(EVENTS) == []


def test_a_nameless_capture_brings_no_events_along(house: House) -> None:
    house.save(as_text(article(), nameless=True))
    crawled(house, shown(1), answered_gone(2))
    assert house.rows(EVENTS) == [(at(2), "gone", None, OLD)]
    house.save(as_text(article(), nameless=True), when=at(3), body=b"again", origin="import")
    assert house.value("SELECT gone_since FROM articles") == at(2)


def test_an_article_known_by_its_address_can_be_gone(house: House) -> None:
    nameless = "https://site.example/news/no-id"
    record = article(None, url=nameless)
    house.save(record)
    house.save(url=nameless, kind="gone", outcome=GONE, when=at(1))
    assert house.rows(EVENTS) == [(at(1), "gone", None, nameless)]


def test_of_two_sites_only_the_one_that_answers_is_meant(house: House) -> None:
    house.save(article())
    house.save(article("aB3dE7"), when=at(1))
    house.save(url=url_of("aB3dE6"), kind="gone", outcome=GONE, when=at(2))
    assert house.rows("SELECT key FROM articles WHERE gone_since IS NOT NULL") == [("aB3dE6",)]


def answer(url: str, minute: int, body: bytes, record: ArticleRecord | None) -> PageRecord:
    """A page with the exchange that brought it; a 304 without `record`."""
    head = b"HTTP/1.1 200 OK" if record is not None else b"HTTP/1.1 304 Not Modified"
    response = b"%s\r\nContent-Length: %d\r\n\r\n%s" % (head, len(body), body)
    kind = "summary" if record is not None else "unchanged"
    made = page(record, url=url, when=at(minute), body=body, kind=kind)
    exchange = ExchangeRecord(url, b"GET / HTTP/1.1\r\n\r\n", response)
    return replace(made, capture=replace(made.capture, exchange=exchange, status=200 if record else 304))


def test_a_304_counts_to_its_own_address_even_where_two_articles_have_the_same_bytes(house: House) -> None:
    names, body = ("aaaaaa", "bbbbbb"), b"<p>The same.</p>" * 9
    for minute, name in enumerate(names):
        record = article(name, title="Same", takeaway="Same.", sections=sections("Same."))
        house.writer.save_page(answer(url_of(name), minute, body, record), now=at(minute))
    gone = page(url=url_of("bbbbbb"), kind="gone", outcome=GONE, when=at(3))
    house.writer.save_page(replace(gone, capture=replace(gone.capture, status=404)), now=at(3))
    house.writer.save_page(answer(url_of("bbbbbb"), 4, b"", None), now=at(4))
    assert house.row("SELECT article_id, revision FROM captures WHERE kind = 'unchanged'") == ("bbbbbb", 1)
    assert house.rows("SELECT id, last_seen_at, gone_since FROM articles ORDER BY id") == [
        ("aaaaaa", at(0), None),
        ("bbbbbb", at(4), None),
    ]
    assert house.rows("SELECT event, to_url FROM article_event ORDER BY at") == [
        ("gone", url_of("bbbbbb")),
        ("back", url_of("bbbbbb")),
    ]


def test_an_archive_of_the_first_schema_keeps_what_it_knew(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "archive.db")
    old.executescript(gzip.decompress(FIRST_SCHEMA.read_bytes()).decode())
    key, url_id, url, body = old.execute(
        "SELECT a.id, u.id, u.url, c.body_id FROM article a JOIN url u ON u.url = a.url "
        "JOIN capture c ON c.url_id = u.id ORDER BY a.key"
    ).fetchone()
    since = "2030-01-01T00:00:00.000Z"
    old.execute(
        "INSERT INTO capture (run_id, url_id, captured_at, origin, status, headers, kind, reason, body_id) "
        "VALUES (1, ?, ?, 'crawl', 410, '[]', 'gone', 'HTTP 410', ?)",
        (url_id, since, body),
    )
    old.execute("UPDATE article SET gone_since = ? WHERE id = ?", (since, key))
    old.execute("UPDATE url SET state = 'gone' WHERE id = ?", (url_id,))
    old.commit()
    leads = old.execute(
        "SELECT id, target_url_id FROM url WHERE target_url_id IS NOT NULL ORDER BY id"
    ).fetchall()
    old.close()
    with open_archive(tmp_path) as archive:
        db = Db(archive.connection)
        kept = db.all("SELECT article_key, at, event, status, from_url, to_url FROM article_event")
        assert kept == [(key, since, "gone", 410, None, url)]
        assert db.all(LEADS) == leads
        with db.transaction():
            for article_key, site in db.all("SELECT id, site FROM article"):
                Events(db, site).update(article_key)
        assert db.all("SELECT article_key, at, event, status, from_url, to_url FROM article_event") == kept
        assert db.all("SELECT id, gone_since FROM article WHERE gone_since IS NOT NULL") == [(key, since)]
