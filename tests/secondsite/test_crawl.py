"""The second site, crawled with its profile alone: no line of Python knows of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.crawling import Crawled, ask, crawl, states
from tests.crawl.scripted import Answer, ScriptedSite

from .pages import HEADINGS, NOTES, Befund, articles, newest
from .serving import profile_at, script_of, second_site

ALL = articles()
KINDS = {"frage": "question", "ergebnis": "findings", "bedeutung": "audience", "grenzen": "considerations"}
WORDS = {"gering": 1.0, "mittel": 3.0, "hoch": 5.0}
EDITED, TAKEN_AWAY = 2052, 1987


@pytest.fixture(scope="module")
def site() -> Iterator[ScriptedSite]:
    with second_site() as running:
        yield running


@pytest.fixture(scope="module")
def first(site: ScriptedSite, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Crawled]:
    """An archive after one crawl."""
    folder = tmp_path_factory.mktemp("second")
    return folder / "archive", crawled(folder, site)


def listed(column: str | None) -> list[str] | None:
    """A JSON list of a view."""
    return None if column is None else list(json.loads(column))


def crawled(folder: Path, site: ScriptedSite, **options: Any) -> Crawled:
    profile = profile_at(folder, site.base_url)
    return crawl(folder / "archive", site.base_url, site=str(profile), start=[], **options)


def test_a_crawl_finds_every_article_by_the_pages_of_the_list(first: tuple[Path, Crawled]) -> None:
    archive, result = first
    assert (result.code, result.result["outcome"]) == (0, "complete"), result
    assert {row[0] for row in ask(archive, "SELECT id FROM articles")} == {str(befund.nr) for befund in ALL}
    answers = states(archive)
    assert {path for path, (_, reason) in answers.items() if reason == "listing"} == {
        "/archiv.php", "/archiv.php?seite=2", "/archiv.php?seite=3",
    }  # fmt: skip
    assert answers["/"][0] == "stored"
    assert answers["/impressum.php"][0] == "stored"
    assert answers["/intern/liste.php"] == ("refused", "robots.txt")
    assert {state for state, _ in answers.values()} == {"stored", "refused"}


@pytest.mark.parametrize("befund", ALL, ids=lambda befund: str(befund.nr))
def test_every_field_is_read(first: tuple[Path, Crawled], befund: Befund) -> None:
    [row] = ask(
        first[0],
        "SELECT title, takeaway, credibility, credibility_scale, interest, interest_scale, reading_minutes, "
        "journal, published_on, published_precision, published_raw, source_journal, source_doi, "
        "source_title, source_authors, topics FROM articles WHERE id = :id",
        id=str(befund.nr),
    )
    paper = befund.arbeit
    assert row[:13] == (
        befund.titel, befund.kurz, WORDS[befund.aussagekraft], 5.0, float(befund.nutzen), 5.0, befund.minuten,
        befund.zeitschrift, befund.datum, "day", befund.card_date, befund.zeitschrift if paper else None,
        paper.doi if paper else None,
    )  # fmt: skip
    assert row[13] == (paper.titel if paper else None)
    assert listed(row[14]) == (list(paper.autoren) if paper else None)
    assert listed(row[15]) == (list(befund.schlagworte) or None)


@pytest.mark.parametrize("befund", ALL, ids=lambda befund: str(befund.nr))
def test_sections_and_cards_stand_in_the_pages_order(first: tuple[Path, Crawled], befund: Befund) -> None:
    sections = ask(
        first[0],
        "SELECT kind, heading, text FROM article_sections WHERE article_id = :id ORDER BY position",
        id=str(befund.nr),
    )
    assert sections == [
        (KINDS[key], heading, "\n\n".join(getattr(befund, key))) for key, heading in HEADINGS.items()
    ]
    cards = ask(
        first[0],
        "SELECT target_id, title, date FROM article_cards WHERE article_id = :id ORDER BY position",
        id=str(befund.nr),
    )
    assert cards == [(str(card.nr), card.titel, card.datum) for card in newest(ALL, befund)]


def test_what_all_pages_say_is_kept_once(first: tuple[Path, Crawled]) -> None:
    kept = ask(first[0], "SELECT template, articles FROM boilerplate ORDER BY template")
    assert kept == [(note, len(ALL)) for note in sorted(NOTES)]


def test_an_edited_article_has_a_revision_and_one_taken_away_is_gone(tmp_path: Path) -> None:
    changed = [
        replace(befund, aussagekraft="hoch", ergebnis=["Beide Gruppen hatten eine Stunde weniger Schmerz."])
        if befund.nr == EDITED else befund
        for befund in ALL if befund.nr != TAKEN_AWAY
    ]  # fmt: skip
    script: dict[str, Answer] = dict(script_of(ALL))
    with ScriptedSite(script) as site:
        assert crawled(tmp_path, site).code == 0
        lost = f"/befund.php?nr={TAKEN_AWAY}"
        script.clear()
        script.update(script_of(changed))
        again = crawled(tmp_path, site, refresh="all")
    assert again.code == 0, again
    archive = tmp_path / "archive"
    fields = ask(
        archive,
        "SELECT article_id, field, before, after FROM revision_changes WHERE revision > 1 ORDER BY field",
    )
    assert [row[:2] for row in fields] == [(str(EDITED), "credibility"), (str(EDITED), "sections.findings")]
    assert fields[0][2:] == ("3/5", "5/5")
    assert ask(archive, "SELECT count(*) FROM revisions") == [(len(ALL) + 1,)]
    assert states(archive)[lost] == ("gone", "HTTP 404")
