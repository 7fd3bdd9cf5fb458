"""The archive as it was: the views of an earlier time are the views that were there at that time."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from storage.archive import open_archive
from storage.as_of import as_of
from storage.moments import NotAMoment, beginning_of, end_of
from storage.queries import articles
from storage.records import ExchangeRecord, FoundRecord, RatingRecord, UrlOutcome
from storage.search.ask import Found, search
from storage.search.query import Query, Words
from tests.storage.build import House, article, as_text, at, card, page, topics, url_of

SEEN = (
    "articles", "article_sections", "article_topics", "article_cards", "article_unplaced", "journals",
    "revisions", "revision_changes", "article_events", "captures",
)  # fmt: skip
LATER = "2030-01-01T00:00:00.000Z"


def rows(connection: Connection, view: str) -> list[str]:
    return sorted(repr(tuple(row)) for row in connection.execute(text(f"SELECT * FROM {view}")))


def everything(connection: Connection) -> dict[str, list[str]]:
    return {view: rows(connection, view) for view in SEEN}


@contextmanager
def reader(house: House) -> Iterator[Connection]:
    with open_archive(house.directory, read_only=True) as archive, archive.engine.connect() as connection:
        yield connection


def found(connection: Connection, word: str) -> Found:
    return search(connection, Query(Words(word)))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "archive")
    yield made
    made.archive.close()


GONE = UrlOutcome("gone", "HTTP 410")
IDS = ("aaaaaa", "AAAAAA", "bbbbbb")


@st.composite
def _visits(draw: st.DrawFn, *, learns: bool) -> tuple[str, str, Any]:
    """What a page was found to be: an article, gone, a listing with cards. `learns`: also captures from which
    an earlier revision learns what it did not know, or takes over the frame."""
    pick: Callable[..., Any] = lambda *values: draw(st.sampled_from(values))  # noqa: E731
    what, key = pick("shown", "shown", "gone", "listing", "failed"), pick(*IDS)
    what = "text" if learns and what == "failed" else what
    cards = tuple(
        card(pick(*IDS), pick("1/1/2026", "2/3/2026", None), position=n, teaser=pick("One", "Two"))
        for n in range(1, draw(st.integers(1, 3)))
    )
    record = article(
        key,
        takeaway=pick("It moved.", "It stayed."),
        credibility=pick(None, RatingRecord(3.0, 5.0, "3"), RatingRecord(4.0, 5.0, "4")),
        topics=pick(None, topics("Iron"), topics("Gait", "Iron")),
        unplaced=("A loose line.",) if learns and draw(st.booleans()) else (),
    )
    return what, key, (record, cards)


def _save(house: House, visit: tuple[str, str, Any], minute: int) -> None:
    what, key, (record, cards) = visit
    url = url_of(key)
    if what == "shown":
        house.save(record, cards=cards, when=at(minute))
    elif what == "text":
        house.save(as_text(record), when=at(minute), origin="import")
    elif what == "gone":
        house.save(url=url, kind="gone", outcome=GONE, when=at(minute))
    elif what == "listing":
        house.save(
            url="https://site.example/news", kind="listing", url_kind="listing", cards=cards, when=at(minute)
        )
    else:
        house.save(url=url, kind="error", outcome=UrlOutcome("failed", "HTTP 500"), when=at(minute))


@settings(max_examples=25, deadline=None)
@given(st.lists(_visits(learns=False), min_size=1, max_size=8))
def test_as_of_a_time_it_is_what_it_was_then(
    tmp_path_factory: pytest.TempPathFactory, visits: list[Any]
) -> None:
    house = House(tmp_path_factory.mktemp("any") / "archive")
    was = {}
    for minute, visit in enumerate(visits):
        _save(house, visit, minute)
        with reader(house) as connection:
            was[at(minute)] = everything(connection)
    with reader(house) as connection:
        for then, expected in was.items():
            with as_of(connection, then):
                assert everything(connection) == expected
            assert everything(connection) == was[at(len(visits) - 1)]
    house.archive.close()


@settings(max_examples=25, deadline=None)
@given(st.lists(_visits(learns=True), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_as_of_now_it_is_what_it_is_in_whatever_order_it_came(
    tmp_path_factory: pytest.TempPathFactory, visits: list[Any], chance: Any
) -> None:
    house = House(tmp_path_factory.mktemp("any") / "archive")
    minutes = list(range(len(visits)))
    chance.shuffle(minutes)
    for minute in minutes:
        _save(house, visits[minute], minute // 2)  # two at one instant, too
    with reader(house) as connection:
        now = everything(connection)
        with as_of(connection, LATER):
            assert everything(connection) == now
        with as_of(connection, None):
            assert everything(connection) == now
    house.archive.close()


def test_before_all_there_was_nothing(house: House) -> None:
    house.save(article(), cards=(card("bbbbbb"),), when=at(5))
    with reader(house) as connection, as_of(connection, at(4)):
        assert not any(everything(connection).values())


def test_a_page_imported_later_counts_from_its_own_date(house: House) -> None:
    house.save(article(title="New"), when=at(9))
    house.save(article(title="Old"), when=at(1), origin="import")
    with reader(house) as connection:
        for then, title in ((at(1), "Old"), (at(8), "Old"), (at(9), "New")):
            with as_of(connection, then):
                assert [row.title for row in articles(connection)] == [title]


def test_an_older_version_imported_between_two_sightings_is_in_force_for_its_time(house: House) -> None:
    house.save(article(), when=at(0))
    house.save(article(), when=at(9), body=b"again")
    house.save(article(title="Between"), when=at(5), origin="import")
    with reader(house) as connection:
        titles = {}
        for minute in (0, 5, 8, 9):
            with as_of(connection, at(minute)):
                titles[minute] = [row.title for row in articles(connection)]
    assert titles == {0: ["A title aB3dE6"], 5: ["Between"], 8: ["Between"], 9: ["A title aB3dE6"]}


def test_search_finds_the_words_of_then_only(house: House) -> None:
    house.save(article(takeaway="The zebra ran."))
    house.save(article(takeaway="The gazelle ran."), when=at(5))
    with reader(house) as connection:
        totals = {}
        for minute in (0, 4, 5):
            with as_of(connection, at(minute)):
                totals[minute] = tuple(found(connection, word).total for word in ("zebra", "gazelle", "ran"))
                (hit,) = found(connection, "ran").hits
                assert hit.article.takeaway == "".join(piece.text for piece in hit.snippet)
        assert totals == {0: (1, 0, 1), 4: (1, 0, 1), 5: (0, 1, 1)}
        assert found(connection, "zebra").total == 0


def test_where_it_was_and_whether_it_was_there(house: House) -> None:
    old, new = url_of("aB3dE6", "old"), url_of("aB3dE6", "new")
    house.save(article(url=old), when=at(0))
    house.save(
        url=old, kind="redirect", outcome=UrlOutcome("redirected", "x", target=new), when=at(1441),
        found=(FoundRecord(new, "article", "redirect", "aB3dE6"),),
    )  # fmt: skip
    house.save(article(url=new), when=at(1442))
    house.save(url=new, kind="gone", outcome=GONE, when=at(2900))
    house.save(article(url=new), when=at(4400), body=b"again")
    with reader(house) as connection:
        places = []
        for minute in (0, 1440, 1442, 2900, 4399, 4400):
            with as_of(connection, at(minute)):
                (row,) = articles(connection)
                places.append((row.url, row.gone_since))
    assert places == [(old, None), (old, None), (new, None), (new, at(2900)), (new, at(2900)), (new, None)]


def test_a_304_shows_what_the_page_showed_before(house: House) -> None:
    house.save(article(), cards=(card("bbbbbb"),))
    house.save(article("bbbbbb"))
    url = url_of("aB3dE6")
    record = page(url=url, when=at(5), kind="unchanged", body=b"", outcome=UrlOutcome("stored", "HTTP 304"))
    exchange = ExchangeRecord(url, b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\n\r\n")
    record = replace(record, capture=replace(record.capture, status=304, exchange=exchange))
    house.writer.save_page(record, now=at(5))
    with reader(house) as connection:
        now = everything(connection)
        with as_of(connection, LATER):
            assert everything(connection) == now
        with as_of(connection, at(4)):
            assert [row.last_seen for row in _seen(connection)] == [at(0), at(0)]
        assert [row.last_seen for row in _seen(connection)] == [at(5), at(0)]


def _seen(connection: Connection) -> list[Any]:
    return list(connection.execute(text("SELECT last_seen_at AS last_seen FROM articles ORDER BY id")))


def test_a_reader_may_write_as_little_as_before(house: House) -> None:
    house.save(article())
    with reader(house) as connection:
        for then in (None, at(0)):
            with as_of(connection, then), pytest.raises(Exception, match="readonly"):
                connection.exec_driver_sql("CREATE TEMP TABLE t (x)")
        with pytest.raises(RuntimeError), as_of(connection, at(0)):
            raise RuntimeError
        assert connection.exec_driver_sql("SELECT count(*) FROM temp.sqlite_master").scalar() == 0
        assert connection.exec_driver_sql("PRAGMA query_only").scalar() == 1


@pytest.mark.parametrize("text", ["2026-03-01", "x", "2026-03-01T00:00:00Z", "' OR 1=1", ""])
def test_only_utc_text_is_taken(house: House, text: str) -> None:
    with reader(house) as connection, pytest.raises(ValueError, match="UTC"), as_of(connection, text):
        pass


@pytest.mark.parametrize(
    ("typed", "begin", "end"),
    [
        ("2026-03-01", "2026-03-01T00:00:00.000Z", "2026-03-01T23:59:59.999Z"),
        ("20260301", "2026-03-01T00:00:00.000Z", "2026-03-01T23:59:59.999Z"),
        ("0001-01-01", "0001-01-01T00:00:00.000Z", "0001-01-01T23:59:59.999Z"),
        ("2026-03-01T10:30", "2026-03-01T10:30:00.000Z", "2026-03-01T10:30:00.000Z"),
        ("2026-03-01 10:30:05.1239Z", "2026-03-01T10:30:05.123Z", "2026-03-01T10:30:05.123Z"),
        ("2026-03-01T00:30:00+01:00", "2026-02-28T23:30:00.000Z", "2026-02-28T23:30:00.000Z"),
    ],
)
def test_dates(typed: str, begin: str, end: str) -> None:
    assert (beginning_of(typed), end_of(typed)) == (begin, end)


@pytest.mark.parametrize(
    "typed",
    ["", "yesterday", "2026-02-30", "2026-13-01", "1/3/2026", "2026-03", "0001-01-01T00:00+01:00", "٢"],
)
def test_what_is_no_date_is_told_in_one_line(typed: str) -> None:
    for parse in (beginning_of, end_of):
        with pytest.raises(NotAMoment, match=r"give one like 2026-03-01, or a time like") as error:
            parse(typed)
        assert "\n" not in str(error.value)


def test_also_of_an_archive_that_an_earlier_version_made(tmp_path: Path) -> None:
    made = Path(__file__).parents[1] / "storage" / "archives" / "0001.sql.gz"
    with closing(sqlite3.connect(tmp_path / "archive.db")) as database:
        database.executescript(gzip.decompress(made.read_bytes()).decode())
    open_archive(tmp_path).close()
    with open_archive(tmp_path, read_only=True) as archive, archive.engine.connect() as connection:
        now = {**everything(connection), "boilerplate": rows(connection, "boilerplate")}
        assert all(now[view] for view in ("articles", "article_cards", "captures", "boilerplate"))
        with as_of(connection, LATER):
            assert {**everything(connection), "boilerplate": rows(connection, "boilerplate")} == now
