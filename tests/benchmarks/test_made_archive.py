"""The made archive is an archive: sound in every respect, and whatever reads archives works on it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from benchmarks import searching
from benchmarks.made_archive import Plan, main, make_archive
from benchmarks.made_texts import Texts
from crawler.cli import cli
from spiders.reading import read_page
from spiders.sites import load_profile
from storage import search_index
from storage.archive import FILE_NAME, open_archive
from storage.bodies import BodyReader
from storage.compare import archive_digest
from storage.verify import verify
from storage.views import VIEWS

PLAN = Plan(articles=300, runs=6, revisions=0.2, gone=0.1)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made archive of 300 articles; nobody changes it."""
    directory = tmp_path_factory.mktemp("made")
    assert list(make_archive(directory, PLAN))[-1] == PLAN.articles
    return directory


def ask(directory: Path, *arguments: str) -> str:
    result = CliRunner().invoke(cli, [arguments[0], "--archive", str(directory), *arguments[1:]])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_it_is_sound(made: Path) -> None:
    report = verify(made)
    assert [str(finding) for finding in report.findings] == []
    assert report.captures > PLAN.articles
    with open_archive(made) as archive, archive.engine.begin() as connection:
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        search_index.check(connection)


def test_every_view_of_articles_answers(made: Path) -> None:
    empty = {"article_unplaced", "corrections", "alarms", "field_coverage", "quarantined"}
    with open_archive(made, read_only=True) as archive, archive.engine.connect() as connection:
        found = {
            view.name for view in VIEWS if connection.execute(text(f"SELECT * FROM {view.name}")).first()
        }
    assert {view.name for view in VIEWS} - found <= empty


@pytest.mark.parametrize("rare", [searching.RARE, 0])
def test_it_is_asked_something_of_each_kind_also_where_no_word_is_rare(
    made: Path, monkeypatch: pytest.MonkeyPatch, rare: int
) -> None:
    # Of a million articles none of the vocabulary's words stands in so few.
    monkeypatch.setattr(searching, "RARE", rare)
    questions = searching.questions_about(made / FILE_NAME)
    assert len(questions["rare words"]) == searching.QUESTIONS
    assert [kind for kind, asked in questions.items() if not asked] == []


def test_it_holds_what_archives_grow_to(made: Path) -> None:
    with open_archive(made, read_only=True) as archive, archive.engine.connect() as connection:

        def one(sql: str) -> int:
            return int(connection.execute(text(sql)).scalar_one())

        assert one("SELECT count(*) FROM articles") == PLAN.articles
        assert one("SELECT count(*) FROM articles WHERE revisions = 2") > 10
        assert one("SELECT count(*) FROM articles WHERE gone_since IS NOT NULL") > 5
        assert one("SELECT count(DISTINCT published_precision) FROM articles") == 3
        assert one("SELECT count(*) FROM articles WHERE published_on > '2026'") > 0
        assert one("SELECT count(*) FROM articles WHERE title LIKE '%MS%'") > PLAN.articles * 0.9
        assert one("SELECT count(*) FROM (SELECT 1 FROM article_topics GROUP BY topic_group "
                   "HAVING count(DISTINCT topic) > 2)") > 0  # fmt: skip
        assert one("SELECT count(*) FROM urls WHERE told_by IS NULL") == 0


def test_the_commands_work_on_it(made: Path) -> None:
    first = Texts(PLAN.seed, PLAN.articles).article(0)
    assert first.takeaway in " ".join(ask(made, "show", first.id).split())
    assert (
        json.loads(ask(made, "show", first.id, "--json"))["topics"] == list(first.topics) or not first.topics
    )
    assert json.loads(ask(made, "search", "MS", "--json"))["total"] > PLAN.articles * 0.9
    assert json.loads(ask(made, "status", "--json"))["articles"] == PLAN.articles
    assert "0 of them unexplained" in ask(made, "coverage")
    assert json.loads(ask(made, "related", first.id, "--json"))["related"]
    assert json.loads(ask(made, "related", "--duplicates", "--json"))
    assert json.loads(ask(made, "topics", "--json"))[0]["group"] == "multiple sclerosis"


def test_its_pages_read_as_they_are_stored(made: Path) -> None:
    article = Texts(PLAN.seed, PLAN.articles).article(3)
    with open_archive(made, read_only=True) as archive, archive.engine.connect() as connection:
        capture = connection.execute(
            text("SELECT id FROM captures WHERE article_id = :id ORDER BY id"), {"id": article.id}
        ).scalar_one()
        with BodyReader(archive, connection) as bodies:
            body = bodies.read(capture)
    html = "text/html; charset=utf-8"
    reading = read_page(body, profile=load_profile("sample"), url=None, content_type=html)
    assert (reading.title, reading.takeaway, reading.journal) == (
        article.title, article.takeaway, article.journal,
    )  # fmt: skip
    assert tuple(" ".join(section.paragraphs) for section in reading.sections) == article.sections
    assert tuple(topic.text for topic in reading.topics or ()) == article.topics


def test_the_same_plan_makes_the_same_archive_and_another_seed_another(tmp_path: Path) -> None:
    digests = []
    for folder, seed in (("one", 0), ("same", 0), ("other", 1)):
        list(make_archive(tmp_path / folder, Plan(articles=20, runs=2, seed=seed)))
        with open_archive(tmp_path / folder, read_only=True) as archive:
            digests.append(archive_digest(archive))
    assert digests[0] == digests[1] != digests[2]
    files = [sorted((tmp_path / folder / "captures").iterdir()) for folder in ("one", "same")]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]


def test_no_archive_is_written_over(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(made), "--articles", "10"]) == 1
    assert "there is an archive" in capsys.readouterr().err
