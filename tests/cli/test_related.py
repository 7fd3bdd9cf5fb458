"""related, topics, journals and boilerplate on an archive of the sample site."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from crawler.exits import ExitCode
from crawler.samplesite import truth
from storage.archive import open_archive
from storage.relating.asking import duplicate_groups
from tests.conftest import Database
from tests.storage.build import House, article, at, sections

from .archives import import_pages, save_pages
from .conftest import Run, ask, one_line

WAVES, SLEEP = "k4RtZ9", "sX1Jr8"
TEXT = " ".join(f"Word{n} of a long text that tells of measure{n % 7} and result{n % 5}." for n in range(12))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    import_pages(folder / "archive", save_pages(folder / "pages"))
    return folder / "archive"


@pytest.fixture
def sample(archive: Path, database: Database, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    ask(monkeypatch, archive, database(archive))
    return run


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive in which two articles say the same, the second a day later, and one says something else."""
    house = House(tmp_path_factory.mktemp("twins") / "archive")
    for id_, text, title, minute in (
        ("first", TEXT, "A plain title", 0),
        ("again", f"{TEXT} One more.", "\x1b[31mA red title\x1b[0m", 1500),
        ("other", "Nothing of the kind.", "Else", 0),
    ):
        house.save(article(id_, title=title, takeaway=None, sections=sections(text)), when=at(minute))
    house.writer.settle(at(2000))
    house.writer.end_run("complete", "all done", {})
    house.archive.close()
    return house.archive.directory


def test_articles_about_the_same_are_told_with_what_they_share(sample: Run) -> None:
    found = sample("related", WAVES, "--json").json
    assert (found["key"], found["near_duplicates"]) == (WAVES, [])
    best = found["related"][0]
    assert best["key"] == SLEEP
    assert best["shared_topics"] == ["fatigue"] and "fatigue" in best["shared_words"]
    scores = [one["score"] for one in found["related"]]
    assert scores == sorted(scores, reverse=True) and scores[-1] > 0 and scores[0] < 1
    printed = sample("related", WAVES, "--limit", "1").out
    assert SLEEP in printed and "topics: fatigue" in printed
    assert len(sample("related", WAVES, "--limit", "3", "--json").json["related"]) == 3


def test_what_cards_show_plays_no_part(sample: Run) -> None:
    """The newest articles stand on every page's cards; they are like others no more than their text is."""
    newest = [each["target_id"] for each in sample("show", WAVES, "--json").json["cards"]]
    assert len(newest) == 6
    assert not set(newest) <= {one["key"] for one in sample("related", WAVES, "--json").json["related"]}


def test_an_address_names_an_article_too_and_an_unknown_one_is_one_line(sample: Run) -> None:
    url = sample("show", WAVES, "--json").json["article"]["url"]
    assert sample("related", url, "--json").json["key"] == WAVES
    failed = sample("related", WAVES.lower())
    assert failed.code == ExitCode.ERROR and WAVES in one_line(failed.err)


@pytest.mark.parametrize("wrong", [[], [WAVES, "--duplicates"]])
def test_one_article_or_all_duplicates(sample: Run, wrong: list[str]) -> None:
    failed = sample("related", *wrong)
    assert failed.code == ExitCode.USAGE and "--duplicates" in one_line(failed.err)


def test_near_duplicates_are_told_apart_from_what_is_only_alike(run: Run, twins: Path) -> None:
    found = run("related", "first", "--archive", twins, "--json").json
    (twin,) = found["near_duplicates"]
    assert twin["key"] == "again" and 0.9 < twin["similarity"] < 1
    assert "again" not in {one["key"] for one in found["related"]}
    printed = run("related", "first", "--archive", twins).out
    assert "Nearly the same text" in printed and "\x1b" not in printed
    (group,) = run("related", "--duplicates", "--archive", twins, "--json").json
    assert [member["key"] for member in group["articles"]] == ["again", "first"]
    assert "2 articles, " in run("related", "--duplicates", "--archive", twins).out


def test_show_names_near_duplicates(run: Run, twins: Path) -> None:
    assert "again" in run("show", "first", "--archive", twins).out
    assert [
        each["key"] for each in run("show", "first", "--archive", twins, "--json").json["near_duplicates"]
    ] == ["again"]
    assert "Nearly the same" not in run("show", "other", "--archive", twins).out


def test_as_of_a_date_tells_of_articles_seen_by_then_and_says_what_it_compares(run: Run, twins: Path) -> None:
    then = run("related", "first", "--archive", twins, "--as-of", "2026-03-01")
    assert "Nearly the same text" not in then.out
    assert "articles seen by 2026-03-01 23:59:59 UTC, compared by what they say today" in then.out
    assert run("related", "--duplicates", "--archive", twins, "--as-of", "2026-03-01", "--json").json == []
    later = run("related", "first", "--archive", twins, "--as-of", "2026-03-02", "--json").json
    assert (later["as_of"], len(later["near_duplicates"])) == ("2026-03-02T23:59:59.999Z", 1)


def test_no_near_duplicates_is_one_line(sample: Run, archive: Path) -> None:
    with open_archive(archive, read_only=True) as opened, opened.engine.connect() as connection:
        assert duplicate_groups(connection) == []
    none = sample("related", "--duplicates")
    assert none.code == 0 and "no two articles" in one_line(none.err)


@pytest.mark.usefixtures("both")
def test_an_archive_whose_runs_have_kept_nothing_yet_says_what_to_do(run: Run, tmp_path: Path) -> None:
    house = House(tmp_path / "archive")
    house.save(article())
    house.archive.close()
    failed = run("related", "aB3dE6", "--archive", tmp_path / "archive")
    assert failed.code == ExitCode.ERROR and "when a run ends" in one_line(failed.err)


def test_topics_are_listed_with_all_spellings_the_most_frequent_first(sample: Run) -> None:
    listed = sample("topics", "--json").json
    counts = [one["articles"] for one in listed]
    assert counts == sorted(counts, reverse=True)
    first = listed[0]
    assert first["group"] == "multiple sclerosis"
    printed = {
        topic
        for each in truth()
        for topic in each.topics
        if topic.casefold().startswith("multiple sclerosis")
    }
    assert {spelling["name"] for spelling in first["spellings"]} == printed
    have_it = sum(any(topic in printed for topic in each.topics) for each in truth())
    assert first["articles"] == have_it
    table = sample("topics").out
    assert all(spelling["name"] in table for spelling in first["spellings"])


@pytest.mark.parametrize("kind", ["topics", "journals"])
def test_lists_can_be_sorted_narrowed_and_cut(sample: Run, kind: str) -> None:
    by_name = [one["name"] for one in sample(kind, "--sort", "name", "--json").json]
    assert by_name[0].casefold() < by_name[-1].casefold() and len(by_name) > 10
    assert len(sample(kind, "--limit", "3", "--json").json) == 3
    assert all(one["articles"] >= 3 for one in sample(kind, "--least", "3", "--json").json)
    seen = [one["first_seen_at"] for one in sample(kind, "--sort", "seen", "--json").json]
    assert seen == sorted(seen, reverse=True)
    none = sample(kind, "zzz-no-such")
    assert none.code == 0 and "zzz-no-such" in one_line(none.err)


def test_a_part_of_a_name_is_found_whatever_its_case_and_accents(sample: Run) -> None:
    names = {one["name"] for one in sample("journals", "serie", "--json").json}
    assert any("Série" in unicodedata.normalize("NFC", name) for name in names)


def test_boilerplate_is_told_with_its_slots_and_where_it_stands(sample: Run) -> None:
    listed = sample("boilerplate", "--json", "--values", "2").json
    assert [one["source"] for one in listed] == ["profile"] * 3
    (with_slot,) = (one for one in listed if one["slots"])
    (slot,) = with_slot["slots"]
    assert slot["name"] == "journal" and slot["values"] == len({each.journal for each in truth()})
    assert len(slot["commonest"]) == 2
    assert slot["commonest"][0]["articles"] >= slot["commonest"][1]["articles"] > 0
    assert with_slot["articles"] == sum(place["articles"] for place in with_slot["places"])
    printed = sample("boilerplate").out
    assert "{journal}" in printed and "known by the site's profile" in printed
    none = sample("boilerplate", "--source", "counted")
    assert none.code == 0 and "no passage" in one_line(none.err)


@pytest.mark.parametrize("command", ["topics", "journals", "boilerplate"])
def test_before_the_first_capture_there_was_nothing(sample: Run, command: str) -> None:
    listed = sample(command, "--as-of", "2000-01-01", "--json").json
    assert not any(one["articles"] for one in listed)
