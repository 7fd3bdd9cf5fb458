"""What is found is what was asked for, no more and no less, in the order that was promised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from crawler.asking import parse
from storage.archive import open_archive
from storage.as_of import as_of
from storage.dialects import is_postgresql
from storage.search import members, order, total
from storage.search.ask import SORTS, count, search
from storage.search.facets import facets
from storage.search.matching import expression
from storage.search.query import EVERYTHING, All, Any, Filter, Node, Not, Query, SearchError, Words
from storage.search.selection import conditions, selected
from tests.conftest import Database
from tests.storage.build import House, at

from .library import DATES, JOURNALS, TOPICS, WORDS, books, divided, shelve

LIBRARY = books()


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of an archive whose writer has not ended its run."""
    house = House(tmp_path_factory.mktemp("library") / "archive")
    shelve(house, LIBRARY)
    yield house.directory
    house.archive.close()


@pytest.fixture(scope="module")
def reader(library: Path, database: Database) -> Iterator[Connection]:
    """A reader beside that writer; or of the copy of it."""
    with (
        open_archive(library, read_only=True, database=database(library)) as archive,
        archive.engine.connect() as connection,
    ):
        yield connection


@pytest.fixture(params=["few", "many"])
def asked(request: pytest.FixtureRequest, reader: Connection, monkeypatch: pytest.MonkeyPatch) -> Connection:
    """The same archive, as one of few matches and as one where everything is many."""
    if request.param == "many":
        monkeypatch.setattr(order, "MANY", 2)
        monkeypatch.setattr(total, "MANY", 2)
        monkeypatch.setattr(order, "WINDOWS", (3, 20))
    return reader


def keys(connection: Connection, query: Query, **options: object) -> list[str]:
    return [hit.article.key for hit in search(connection, query, limit=None, **options).hits]  # type: ignore[arg-type]


def found(connection: Connection, typed: str, **options: object) -> list[str]:
    return keys(connection, parse(typed), **options)


_texts = st.sampled_from([*WORDS, "ms", "people with ms", "sleep re", "nothing", "absent"])
_words = st.builds(Words, _texts, st.booleans(), st.sampled_from([None, None, "title", "takeaway"]))
_names = st.sampled_from(["topic", "journal"]).flatmap(
    lambda field: st.builds(
        Filter,
        st.just(field),
        st.sampled_from(["has", "="]),
        st.sampled_from([*TOPICS.values(), *JOURNALS.values(), "ms", "sclerosis", "behavior", "bra", "*"]),
        st.booleans(),
    )
)
_dates = st.builds(
    Filter,
    st.sampled_from(["after", "before", "date"]),
    st.just("="),
    st.sampled_from([*filter(None, DATES), "2025", "2025-01-31", "2026-01-01", "2026-05-01", "2026-06"]),
)
_ratings = st.builds(
    Filter,
    st.sampled_from(["credibility", "interest"]),
    st.sampled_from(["=", ">", ">=", "<", "<="]),
    st.sampled_from(["2.5", "3", "4"]),
)
_nodes: st.SearchStrategy[Node] = st.recursive(
    st.one_of(_words, _words, _names, _dates, _ratings),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        *(st.builds(kind, st.lists(inner, min_size=2, max_size=3).map(tuple)) for kind in (All, Any)),
    ),
    max_leaves=6,
)


_PROPERTY = settings(
    deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80
)
in_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
in_postgresql = pytest.mark.parametrize("database", ["postgresql"], indirect=True)


@in_sqlite
@_PROPERTY
@given(node=_nodes, sort=st.sampled_from(SORTS))
def test_what_is_found_is_what_a_person_would_find(asked: Connection, node: Node, sort: str) -> None:
    _is_what_a_person_would_find(asked, node, sort)


@in_postgresql
@settings(_PROPERTY, max_examples=15)  # they take longer there
@given(node=_nodes, sort=st.sampled_from(SORTS))
def test_postgresql_finds_it_too(asked: Connection, node: Node, sort: str) -> None:
    _is_what_a_person_would_find(asked, node, sort)


def _is_what_a_person_would_find(asked: Connection, node: Node, sort: str) -> None:
    query, right = Query(node), {book.key for book in LIBRARY if book.meets(node)}
    everything = keys(asked, query, sort=sort)
    assert sorted(everything) == sorted(right)
    assert count(asked, query) == len(right)
    pages = [search(asked, query, sort=sort, limit=7, offset=first) for first in range(0, 70, 7)]  # type: ignore[arg-type]
    assert [hit.article.key for page in pages for hit in page.hits] == everything
    assert {page.total for page in pages} == {len(right)}
    chosen = selected(query, in_postgresql=is_postgresql(asked))
    rows = asked.execute(text(f"SELECT key FROM article WHERE id IN ({chosen.sql})"), chosen.parameters)
    assert set(rows.scalars()) == right


@in_sqlite
@settings(_PROPERTY, max_examples=30)
@given(node=_nodes, most=st.sampled_from([1, 3, 100]))
def test_facets_count_what_is_found(asked: Connection, node: Node, most: int) -> None:
    right = divided([book for book in LIBRARY if book.meets(node)])
    told = facets(asked, Query(node), most=most)
    for kind, values in (("topics", told.topics), ("journals", told.journals)):
        best = sorted(right[kind].items(), key=lambda item: (-item[1], item[0]))[:most]
        assert [value.articles for value in values] == [number for _, number in best]
        for value, (name, number) in zip(values, best, strict=True):
            narrowed = All((node, *_parts(value.filter)))
            assert count(asked, Query(narrowed)) == number
            assert {**TOPICS, **JOURNALS}[value.label] == name
    assert [(v.label, v.articles) for v in told.years] == sorted(right["years"].items(), reverse=True)[:most]


@in_postgresql
@pytest.mark.parametrize(
    "typed", ["ms", "iron OR topic:sleep", "-zinc date:2025", "topic:symptom* (brain OR fog)"]
)
def test_postgresql_counts_it_too(asked: Connection, typed: str) -> None:
    right = divided([book for book in LIBRARY if book.meets(*_parts(typed))])
    told = facets(asked, parse(typed), most=3)
    for kind, values in (("topics", told.topics), ("journals", told.journals)):
        best = sorted(right[kind].items(), key=lambda item: (-item[1], item[0]))[:3]
        assert [value.articles for value in values] == [number for _, number in best]
    assert [(v.label, v.articles) for v in told.years] == sorted(right["years"].items(), reverse=True)[:3]


@in_postgresql
def test_postgresql_answers_whatever_is_typed(asked: Connection) -> None:
    for typed in _ODD:
        try:
            query = parse(typed)
        except SearchError:
            continue
        answer = search(asked, query)
        assert len(answer.hits) == min(answer.total, 20)


def _parts(typed: str) -> tuple[Node, ...]:
    root = parse(typed).root
    assert root is not None
    return (root,)


@in_sqlite
def test_what_a_filter_asks_is_asked_once_and_not_for_every_match(asked: Connection) -> None:
    query = parse("ms -topic:iron after:2024 before:2027")
    chosen = conditions(query)
    assert chosen.words is not None
    statement = total.matching(asked, chosen, expression(chosen.words) or "")
    values = {**chosen.parameters, "search_match": expression(chosen.words)}
    plan = asked.execute(text(f"EXPLAIN QUERY PLAN SELECT count(*) {statement}"), values).all()
    assert not [row.detail for row in plan if "CORRELATED" in row.detail]
    assert count(asked, query) > 0


def test_everything_is_all_articles_the_newest_first(asked: Connection) -> None:
    dates = [hit.article.published_on or "" for hit in search(asked, EVERYTHING, limit=None).hits]
    assert len(dates) == len(LIBRARY)
    assert dates == sorted(dates, reverse=True)
    assert [value.articles for value in facets(asked, EVERYTHING).years] == [
        number for _, number in sorted(divided(LIBRARY)["years"].items(), reverse=True)
    ]


_ODD = (
    "iron", "AND", "OR", "NOT", "-", "(", ")", '"', "*", "NEAR(", "topic:", "topic:iron", "after:2025",
    "before:x", "credibility:>=4", "foo:bar", "a:b:c", "😀", "\x00", "\u202e", "COVID-19", "ms*", "-ms",
    "{title}", "date:2025", "+", "^", '"brain fog"', "'", ":search_0", "%", "\\", "\ufdd0",
)  # fmt: skip


@in_sqlite
@settings(_PROPERTY, max_examples=100)
@given(typed=st.one_of(st.text(max_size=60), st.lists(st.sampled_from(_ODD), max_size=12).map(" ".join)))
def test_whatever_is_typed_gives_results_or_one_line(asked: Connection, typed: str) -> None:
    try:
        query = parse(typed)
    except SearchError as error:
        assert len(str(error).splitlines()) == 1
        return
    answer = search(asked, query)
    assert len(answer.hits) == min(answer.total, 20)
    assert facets(asked, query)
    assert query.describe()


def test_ten_thousand_characters_are_searched_or_refused(asked: Connection) -> None:
    assert found(asked, "x" * 10_000) == []
    assert found(asked, '"' + "iron " * 2_000 + '"') == []
    for typed in ("a b " * 2_500 + "c" * 60, "(" * 10_000, "-" * 10_000, "NOT " * 2_500, '"' * 10_000):
        try:
            found(asked, typed)
        except SearchError as error:
            assert len(str(error)) < 200
    with pytest.raises(SearchError, match="too much"):
        parse(" ".join(f"w{number}" for number in range(2_000)))


def test_a_word_in_the_title_weighs_most_then_one_in_the_takeaway(asked: Connection) -> None:
    places = []
    for key in found(asked, "zinc"):
        book = next(book for book in LIBRARY if book.key == key)
        places.append(
            next(n for n, field in enumerate((book.title, book.takeaway, book.text)) if "zinc" in field)
        )
    assert set(places) == {0, 1, 2}
    if order.MANY == 2:
        assert places == sorted(places)
    else:
        assert places[0] == 0
        assert places[-1] == 2


def test_scores_fall_and_are_told_only_where_they_decide(reader: Connection) -> None:
    scores = [hit.score for hit in search(reader, parse("zinc"), limit=None).hits]
    assert None not in scores
    assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]
    assert {hit.score for hit in search(reader, parse("zinc"), sort="date").hits} == {None}
    assert {hit.score for hit in search(reader, parse("topic:iron")).hits} == {None}


def test_what_matched_is_marked_and_the_title_is_whole(asked: Connection) -> None:
    (hit,) = (
        h for h in search(asked, parse("zin* -topic:absent"), limit=None).hits if h.article.key == "a00002"
    )
    book = next(book for book in LIBRARY if book.key == "a00002")
    assert "".join(piece.text for piece in hit.title) == book.title
    marked = [piece.text.lower() for piece in (*hit.title, *hit.snippet) if piece.match]
    assert marked
    assert set(marked) <= {"zinc", "zincs"}


def test_without_words_a_hit_shows_how_its_takeaway_begins(asked: Connection) -> None:
    for hit in search(asked, parse("-iron date:2025")).hits:
        assert "".join(piece.text for piece in hit.snippet) == hit.article.takeaway
        assert not any(piece.match for piece in (*hit.title, *hit.snippet))


@pytest.mark.parametrize(
    ("typed", "dates"),
    [
        ("after:2025-01-15", {"2025-01-15", "2025-02-01", "2026-05", "2026"}),
        ("after:2025-01", {"2025-01", "2025-01-01", "2025-01-15", "2025-02-01", "2026-05", "2026"}),
        ("before:2025-01-15", {"2024", "2025-01-01"}),  # in 2025-01, who knows
        ("before:2025-02", {"2024", "2025-01", "2025-01-01", "2025-01-15"}),
        ("date:2025-01", {"2025-01", "2025-01-01", "2025-01-15"}),
        ("date:2026", {"2026-05", "2026"}),
        ("-after:2025-01-15 -before:2025-01-15", {"2025-01", None}),
    ],
)
def test_a_date_counts_when_it_is_sure(asked: Connection, typed: str, dates: set[str | None]) -> None:
    assert {hit.article.published_on for hit in search(asked, parse(typed), limit=None).hits} == dates


def test_topics_match_by_whole_words_of_their_grouping_form(asked: Connection) -> None:
    assert found(asked, "topic:ms") == found(asked, "topic:symptom") == []
    assert set(found(asked, "topic:symptom*")) == set(found(asked, "topic:Symptoms")) != set()
    assert set(found(asked, "topic:=iron")) < set(found(asked, "topic:iron"))
    spelled = set(found(asked, 'topic:"MULTIPLE SCLEROSIS (MS)"'))
    assert spelled == set(found(asked, "topic:sclerosis")) != set()


def test_journals_match_by_whole_words_of_their_grouping_form(asked: Connection) -> None:
    spelled = set(found(asked, 'journal:"BRAIN & Behavior."'))
    assert (
        spelled == set(found(asked, 'journal:="brain and behavior"')) == set(found(asked, "journal:behav*"))
    )
    assert len({hit.article.journal for hit in search(asked, parse("journal:brain"), limit=None).hits}) == 2


def test_the_past_is_searched_as_it_was(reader: Connection) -> None:
    with as_of(reader, at(999)):
        then = [book.key for number, book in enumerate(LIBRARY) if number % 4 == 0]
        assert sorted(found(reader, "title:relapse title:fog")) == then
        assert sorted(found(reader, "topic:symptoms -journal:brain")) == then
        assert count(reader, EVERYTHING) == len(then)
        told = facets(reader, parse("iron"))
        assert [(value.label, value.articles) for value in told.topics] == [("Symptoms", len(then))]
        assert told.journals == ()
        chosen = selected(parse("iron"), in_postgresql=is_postgresql(reader))
        rows = reader.execute(
            text(f"SELECT count(*) FROM article WHERE id IN ({chosen.sql})"), chosen.parameters
        )
        assert rows.scalar_one() == len(then)
    assert found(reader, "title:relapse title:fog") == []


@in_sqlite
def test_the_shorter_list_is_taken_of_what_matches_and_what_does_not(reader: Connection) -> None:
    assert members.members(reader, parse("ms")).complement
    assert not members.members(reader, parse("title:zinc")).complement
    with as_of(reader, at(5000)):
        assert not members.members(reader, parse("ms")).complement
