"""`msarchive report`: its numbers are the archive's, its file is whole, a site's text does nothing in it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from lxml import html

from crawler.report import page
from tests.cli.conftest import Run, one_line, run
from tests.places import Places, rows
from tests.report import archives

__all__ = ["run"]
pytestmark = pytest.mark.usefixtures("both")


def tables(path: Path) -> dict[str, list[list[str]]]:
    """The tables of a report by caption: rows of text, without the head."""
    root = html.fromstring(path.read_bytes())
    return {
        details.findtext("summary") or "": [
            [cell.text_content() for cell in row.iter("td")] for row in details.iterfind(".//tbody/tr")
        ]
        for details in root.iter("details")
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archives.living(tmp_path_factory.mktemp("living"))


@pytest.fixture
def living(made: Path, both: Places) -> Path:
    """An archive in both databases. For reading."""
    both.share(made)
    return made


@pytest.fixture
def reported(living: Path, run: Run, tmp_path: Path) -> Iterator[Path]:
    assert run("report", "-o", "report.html", "--archive", living).code == 0
    yield tmp_path / "report.html"


def test_the_numbers_behind_the_pictures_are_what_sql_finds_in_the_archive(
    living: Path, reported: Path
) -> None:
    found = tables(reported)
    dates = "SELECT coalesce(substr(published_on, 1, 7), 'no date'), count(*) FROM articles GROUP BY 1"
    assert {(row[0], int(row[1])) for row in found["Articles by date"]} == set(rows(living, dates))
    topics = "SELECT count(*) FROM article_topics GROUP BY topic_group ORDER BY 1 DESC"
    assert [int(row[1]) for row in found["Topics"]] == [number for (number,) in rows(living, topics)]
    together = (
        "SELECT count(*) FROM article_topics a JOIN article_topics b ON b.article_key = a.article_key "
        "AND b.topic_group > a.topic_group GROUP BY a.topic_group, b.topic_group ORDER BY 1 DESC"
    )
    assert [int(row[2]) for row in found["Topics that stand on the same articles"]] == [
        number for (number,) in rows(living, together)
    ]
    journals = "SELECT journal, count(*) FROM articles GROUP BY 1"
    assert [(row[0], int(row[1])) for row in found["Journals"]] == rows(living, journals)
    ratings = (
        "SELECT 'credibility', credibility, count(*) FROM articles GROUP BY 2 UNION ALL "
        "SELECT 'interest', interest, count(*) FROM articles GROUP BY 2"
    )
    assert {(row[0], row[1], int(row[3])) for row in found["Articles by rating"]} == {
        (which, f"{value:g}", number) for which, value, number in rows(living, ratings)
    }
    fields = "SELECT field, count(*) FROM revision_changes GROUP BY 1 ORDER BY 2 DESC, 1"
    assert [(row[0], int(row[1])) for row in found["Fields that changed"]] == rows(living, fields)
    states = "SELECT state, reason, count(*) FROM urls GROUP BY 1, 2"
    coverage = {(row[0], row[1], int(row[2])) for row in found["Addresses by state and reason"]}
    assert coverage == set(rows(living, states))
    runs = "SELECT CAST(id AS TEXT), outcome FROM runs ORDER BY id DESC"
    assert [(row[0], row[4]) for row in found["Runs, the newest first"]] == rows(living, runs)
    held = found["What the archive held at the end of each day on which something was captured"][-1]
    counts = (
        "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM revisions), "
        "(SELECT count(*) FROM captures), (SELECT sum(warc_length) FROM captures)"
    )
    assert tuple(int(cell.replace(",", "")) for cell in held[1:]) == rows(living, counts)[0]


def test_what_changed_is_told_by_month_and_in_words(reported: Path) -> None:
    found = tables(reported)
    by_month = found["What happened to articles, by month of the capture that shows it (UTC)"]
    assert by_month[0] == ["2026-01", "2", "0", "0", "0", "0"]
    assert by_month[-1] == ["2026-04", "0", "1", "1", "0", "0"]
    assert [row[0] for row in by_month] == ["2026-01", "2026-02", "2026-03", "2026-04"]
    root = html.fromstring(reported.read_bytes())
    changes = {
        str(item.xpath("string(.//*[@class='when'])")).rpartition("· ")[2]: (
            item.xpath(".//del/text()"), item.xpath(".//ins/text()")
        )
        for item in root.xpath("//ol[@class='changes']/li")
    }  # fmt: skip
    assert changes["credibility"] == (["1/5"], ["2/5"])
    assert changes["topics"] == (["Memory"], ["Sleep"])
    assert changes["takeaway"] == ([], [", reworded"])


def test_dates_are_as_precise_as_printed_and_those_ahead_are_told_as_such(
    living: Path, run: Run, tmp_path: Path
) -> None:
    run("report", "-o", "then.html", "--archive", living, "--as-of", "2026-03-31")
    dated = {row[0]: row[1:] for row in tables(tmp_path / "then.html")["Articles by date"]}
    assert dated == {
        "2024": ["1", ""], "2025-03": ["2", ""], "2027-12": ["1", "yes"], "no date": ["1", ""]
    }  # fmt: skip
    text = (tmp_path / "then.html").read_text("utf-8")
    assert "1 date lies ahead" in text
    assert "1 article without a date" in text
    assert "as of 2026-03-31 23:59:59 UTC" in text


def test_as_of_a_date_nothing_is_told_that_came_later(living: Path, run: Run, tmp_path: Path) -> None:
    run("report", "-o", "then.html", "--archive", living, "--as-of", "2026-03-31")
    found = tables(tmp_path / "then.html")
    days = found["What the archive held at the end of each day on which something was captured"]
    assert [row[0] for row in days] == ["2026-01-10", "2026-02-10", "2026-03-10"]
    assert "Fields that changed" not in found
    assert "Runs, the newest first" not in found  # these tests' runs began later


def test_since_a_date_growth_and_changes_are_of_that_time_and_the_rest_of_all(
    living: Path, run: Run, tmp_path: Path
) -> None:
    run("report", "-o", "since.html", "--archive", living, "--since", "2026-03-15")
    found = tables(tmp_path / "since.html")
    assert [
        row[0] for row in found["What happened to articles, by month of the capture that shows it (UTC)"]
    ] == ["2026-04"]
    assert len(found["Articles by date"]) == 4
    assert "Growth, changes and crawls since 2026-03-15 00:00:00 UTC" in (tmp_path / "since.html").read_text()


def test_the_same_archive_gives_the_same_bytes(living: Path, run: Run, tmp_path: Path) -> None:
    for name in ("one.html", "other.html"):
        run("report", "-o", name, "--archive", living)
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "other.html").read_bytes()


@pytest.mark.parametrize("kind", ["empty", "single", "hostile"])
def test_nothing_but_our_own_elements_and_no_way_out_is_in_the_page(
    kind: str, run: Run, tmp_path: Path
) -> None:
    archive = getattr(archives, kind)(tmp_path / "archive")
    assert run("report", "-o", "report.html", "--archive", archive).code == 0
    root = html.fromstring((tmp_path / "report.html").read_bytes())
    assert not root.xpath("//script | //iframe | //img | //object | //embed | //form | //base")
    assert not [name for one in root.iter() for name in one.attrib if name.startswith("on")]
    out = [value for value in root.xpath("//@href | //@src") if not value.startswith(("#", "data:,"))]
    assert out == []
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policy
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert len(root.xpath("//style")) == 1


def test_a_sites_dollar_signs_and_braces_are_shown_as_they_are(run: Run, tmp_path: Path) -> None:
    archive = archives.hostile(tmp_path / "archive")
    done = run("report", "-o", "report.html", "--archive", archive)
    assert done.code == 0, done.err
    text = (tmp_path / "report.html").read_text("utf-8")
    labels = html.fromstring(text).xpath("//svg//text/text()")
    assert "$\\frac{1}{0}$ and $x^{2" in labels
    assert "{{ 7*7 }}{% for x in y %}" in labels
    assert not re.search("[\x00-\x08\x0b-\x1f\u202a-\u202e\u2066-\u2069]", text)


def test_an_archive_of_nothing_and_one_of_a_single_article_say_so_in_words(run: Run, tmp_path: Path) -> None:
    run("report", "-o", "empty.html", "--archive", archives.empty(tmp_path / "empty"))
    text = (tmp_path / "empty.html").read_text("utf-8")
    for told in ("nothing has been captured yet", "There is no article yet.", "No address is known yet."):
        assert told in text
    assert "<svg" not in text
    run("report", "-o", "one.html", "--archive", archives.single(tmp_path / "one"))
    text = (tmp_path / "one.html").read_text("utf-8")
    for told in (
        "1 article (", "None of the articles bears a date.", "No article has topics.", "No article is rated.",
        "No article names its journal.",
    ):  # fmt: skip
        assert told in text


def test_a_file_that_is_there_is_only_replaced_with_force_and_a_failure_leaves_nothing(
    living: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "report.html").write_text("mine")
    refused = run("report", "-o", "report.html", "--archive", living)
    assert refused.code == 2
    assert one_line(refused.err) == "msarchive: report.html exists already; --force replaces it"
    assert (tmp_path / "report.html").read_text() == "mine"

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(page, "os", SimpleNamespace(getpid=os.getpid, fsync=full))
    failed = run("report", "-o", "report.html", "--archive", living, "--force")
    assert failed.code == 7
    assert "No space left" in one_line(failed.err)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    assert (tmp_path / "report.html").read_text() == "mine"


def test_where_there_is_no_folder_or_the_extra_is_missing_one_line_says_so(
    living: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    nowhere = run("report", "-o", "no/report.html", "--archive", living)
    assert nowhere.code == 2
    assert one_line(nowhere.err) == "msarchive: can't write no/report.html: there is no folder no"
    backwards = run(
        "report", "-o", "x.html", "--archive", living, "--since", "2026-03-01", "--as-of", "2026-02-01"
    )
    assert (backwards.code, one_line(backwards.err)) == (
        2, "msarchive: --since lies after --as-of: nothing is in between"
    )  # fmt: skip
    monkeypatch.setattr("crawler.cli.report.find_spec", lambda _name: None)
    without = run("report", "-o", "x.html", "--archive", living)
    assert without.code == 2
    assert "pip install 'msarchive[report]'" in one_line(without.err)
