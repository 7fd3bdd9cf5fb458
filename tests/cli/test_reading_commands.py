"""list, show, search and status on an archive of the sample site."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

import pytest

from crawler.cli.list_ import SORTS
from crawler.exits import ExitCode
from crawler.samplesite import truth
from storage import queries
from tests.conftest import Database

from .archives import import_pages, save_pages
from .conftest import Run, ask, one_line

HOSTILE = """<!doctype html><html><body><main><h1>\x1b]0;owned\x07Hostile [red]title[/red]\u202e</h1>
<h2>Key Takeaway</h2><p>Escapes \x1b[2J do nothing.</p>
<h2>What They Found</h2><p>Nothing :smile: happened.</p>
</main></body></html>"""


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    import_pages(folder / "archive", save_pages(folder / "pages"))
    return folder / "archive"


@pytest.fixture
def sample(archive: Path, database: Database, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    ask(monkeypatch, archive, database(archive))
    return run


def test_list_shows_one_article_a_line(sample: Run) -> None:
    lines = sample("list").out.splitlines()
    assert lines[0].split()[:2] == ["Id", "Date"]
    assert sorted(line.split()[0] for line in lines[1:]) == sorted(article.id for article in truth())


def test_list_is_a_json_array(sample: Run) -> None:
    rows = sample("list", "--json").json
    assert {row["id"]: row["title"] for row in rows} == {article.id: article.title for article in truth()}
    assert len({row["url"] for row in rows}) == len(rows)


def test_newest_dates_come_first_and_articles_without_one_last(sample: Run) -> None:
    dates = [row["published_on"] for row in sample("list", "--json").json]
    known = [date for date in dates if date]
    assert known == sorted(known, reverse=True)
    assert known
    assert dates[: len(known)] == known


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_is_total(sample: Run, sort: str) -> None:
    rows = sample("list", "--json", "--sort", sort).json
    assert len(rows) == len(truth())
    assert sample("list", "--json", "--sort", sort).json == rows


def test_the_orders_offered_are_those_of_the_archive() -> None:
    assert SORTS == queries.SORTS


def test_limit(sample: Run) -> None:
    assert len(sample("list", "--limit", "3", "--json").json) == 3


def test_a_topic_is_found_in_any_spelling(sample: Run) -> None:
    wanted = {
        article.id
        for article in truth()
        if any(
            topic.casefold() in ("multiple sclerosis", "multiple sclerosis (ms)") for topic in article.topics
        )
    }
    assert wanted
    for spelling in ("multiple sclerosis (MS)", "Multiple Sclerosis"):
        assert {row["id"] for row in sample("list", "--topic", spelling, "--json").json} == wanted


def test_a_topic_nobody_has_is_told_with_near_ones(sample: Run) -> None:
    ran = sample("list", "--topic", "Multiple sclerosi")
    assert ran.code == 0
    assert "there are: " in one_line(ran.err)
    assert sample("list", "--topic", "Multiple sclerosi", "--json").json == []


def test_a_journal_is_found_by_a_part_of_its_name(sample: Run) -> None:
    name = next(article.journal for article in truth() if article.journal)
    wanted = {article.id for article in truth() if article.journal == name}
    assert wanted <= {row["id"] for row in sample("list", "--journal", name[3:-3].upper(), "--json").json}


def test_show_tells_the_whole_article(sample: Run) -> None:
    article = next(article for article in truth() if article.source is not None and article.topics)
    assert article.source is not None
    assert article.credibility is not None
    out = sample("show", article.id).out
    for text in (article.title, article.takeaway, article.journal, *article.topics, article.source.title):
        assert text in out
    assert "Where this came from" in out
    assert f"{article.credibility.value} of 5" in out


def test_show_says_why_something_is_absent(sample: Run) -> None:
    article = next(article for article in truth() if not article.topics)
    out = sample("show", article.id).out
    assert "Topics       - not on the page" in out


def test_show_takes_an_address_too(sample: Run) -> None:
    row = sample("list", "--json", "--limit", "1").json[0]
    assert sample("show", row["url"]).out == sample("show", row["id"]).out
    assert sample("show", row["url"] + "#top").out == sample("show", row["id"]).out


def test_ids_that_differ_in_case_are_two_articles(sample: Run) -> None:
    by_fold: dict[str, list[str]] = {}
    for article in truth():
        by_fold.setdefault(article.id.lower(), []).append(article.id)
    one, other = next(ids for ids in by_fold.values() if len(ids) == 2)
    assert f"Id           {one}" in sample("show", one).out
    assert f"Id           {other}" in sample("show", other).out


def test_an_unknown_id_gives_one_line_with_those_that_differ_in_case(sample: Run) -> None:
    known = truth()[0].id
    ran = sample("show", known.swapcase())
    assert ran.code == ExitCode.ERROR
    assert known in one_line(ran.err)
    ran = sample("show", "\x1b[31mnope\nforged")
    assert ran.code == ExitCode.ERROR
    assert "nope" in one_line(ran.err)
    assert "\x1b" not in ran.err


def test_show_as_json_holds_everything(sample: Run) -> None:
    article = next(article for article in truth() if article.topics)
    value = sample("show", article.id, "--json").json
    assert value["article"]["title"] == article.title
    assert value["article"]["topics"] == list(article.topics)
    assert [section["heading"] for section in value["sections"]] == [s.heading for s in article.sections]
    assert value["captures"][0]["sha256"]
    assert value["boilerplate"]
    assert value["absences"] is not None


def test_search_finds_titles_first_and_marks_what_matched(sample: Run) -> None:
    found = sample("search", "--json", "fatigue").json
    assert found["total"] == len(found["hits"]) >= 2
    assert any(piece["match"] and piece["text"].lower() == "fatigue" for piece in found["hits"][0]["title"])
    assert "[Fatigue]" in sample("search", "fatigue").out
    scores = [hit["score"] for hit in found["hits"]]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(
    "words",
    [
        "COVID-19",
        "NEAR(",
        "title:fatigue",
        "fatigue AND",
        "NOT fatigue",
        "a*b",
        "x\x00y",
        "ms -",
        "(ms",
        "^ms",
    ],
)
def test_odd_input_is_searched_for(sample: Run, words: str) -> None:
    ran = sample("search", words)
    assert ran.code == 0
    if not ran.out:
        one_line(ran.err)


@pytest.mark.parametrize("words", ["", '"', '""', "*", "(", "😀", "\x00", "—", "' '", "\ud800"])
def test_a_search_for_nothing_is_one_line(sample: Run, words: str) -> None:
    for more in ((), ("--json",)):
        ran = sample("search", words, *more)
        assert ran.code == ExitCode.USAGE
        assert "nothing to search for" in one_line(ran.err)
        assert ran.out == ""


def test_a_word_after_a_minus_is_no_option_and_a_misspelt_option_no_word(sample: Run) -> None:
    everything = sample("search", "fatigue", "--json").json["total"]
    assert 0 < sample("search", "fatigue", "-waves", "--json").json["total"] < everything
    assert sample("search", "-help", "--json").json["searched"] == "not “help”"
    ran = sample("search", "fatigue", "--jsno")
    assert ran.code == ExitCode.USAGE
    assert "No such option" in one_line(ran.err)


def test_counts_say_what_narrows_to_them(sample: Run) -> None:
    counts = sample("search", "fatigue", "--counts", "--json").json["counts"]
    for value in (*counts["topics"], *counts["journals"], *counts["years"]):
        narrowed = sample("search", "fatigue", value["filter"], "--json").json
        assert narrowed["total"] == value["articles"]
    assert counts["topics"][0]["label"] in sample("search", "fatigue", "--counts").out


def test_filters_alone_list_all_that_pass_the_newest_first(sample: Run) -> None:
    hits = sample("search", "after:2025", "credibility:>=4", "--json", "--limit", "100").json["hits"]
    dates = [hit["article"]["published_on"] for hit in hits]
    assert dates == sorted(dates, reverse=True)
    assert len(dates) > 3
    assert {hit["article"]["credibility"] for hit in hits} <= {4.0, 4.5, 5.0}


def test_boilerplate_is_not_found(sample: Run, archive: Path) -> None:
    with sqlite3.connect(f"file:{archive / 'archive.db'}?mode=ro", uri=True) as database:
        (template,) = database.execute(
            "SELECT template FROM boilerplate WHERE template NOT LIKE '%{%'"
        ).fetchone()
    database.close()
    assert sample("search", f'"{" ".join(template.split()[:6])}"', "--json").json["total"] == 0


def test_search_pages(sample: Run) -> None:
    everything = sample("search", "--json", "--limit", "500", "the").json["hits"]
    first = sample("search", "the", "--limit", "2")
    assert f"1-2 of {len(everything)}; --offset 2 shows the next" in first.out
    second = sample("search", "--json", "--limit", "2", "--offset", "2", "the").json["hits"]
    assert [hit["article"]["key"] for hit in second] == [hit["article"]["key"] for hit in everything[2:4]]


def test_status_tells_what_there_is_and_what_to_do(sample: Run) -> None:
    out = sample("status").out
    assert f"Articles     {len(truth())} (" in out
    assert "Outcome      complete: all files read" in out
    assert "\nAll is well.\n" in out
    value = sample("status", "--json").json
    assert value["articles"] == len(truth())
    assert value["last_run"]["outcome"] == "complete"
    assert value["writer"] is None
    assert value["bytes"] > 0


def test_status_tells_who_is_writing(sample: Run, archive: Path) -> None:
    from storage.archive import open_archive

    with open_archive(archive):
        assert f"process {os.getpid()}" in sample("status", "--json").json["writer"]
        assert sample("list").code == 0
    assert sample("status", "--json").json["writer"] is None


def test_a_killed_run_is_told(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(HOSTILE)
    run("import", page)
    with sqlite3.connect("archive/archive.db") as database:
        database.execute("UPDATE run SET ended_at = NULL, outcome = NULL, reason = NULL")
    database.close()
    (tmp_path / "archive" / ".lock.json").write_text(
        json.dumps({"pid": 2**22 + 1, "host": os.uname().nodename, "since": "2026-01-01T00:00:00Z"})
    )
    assert "Outcome      killed: ended without a word" in run("status").out


def test_hostile_text_does_nothing_anywhere(run: Run, tmp_path: Path) -> None:
    page = tmp_path / "page\x1b[31m.html"
    page.write_text(HOSTILE)
    outputs = [run("import", page), run("list"), run("status"), run("search", "hostile")]
    key = run("list", "--json").json[0]["key"]
    outputs += [run("show", key), run("show", key, "--json"), run("list", "--json")]
    for ran in outputs:
        assert ran.code == 0, ran.err
        assert not any(character in ran.out + ran.err for character in "\x1b\x07\u202e")
    assert "[red]" in outputs[1].out
    assert ":smile:" in outputs[4].out


def test_an_empty_archive_is_no_error(run: Run, tmp_path: Path) -> None:
    from storage.archive import open_archive

    open_archive(tmp_path / "archive", create=True).close()
    ran = run("list")
    assert (ran.code, one_line(ran.err)) == (0, "msarchive: the archive holds no articles yet")
    assert run("list", "--json").json == []
    assert "'msarchive crawl' fills the archive" in run("status").out
    assert run("search", "x").code == 0
