"""The history of a site that goes through all that a site can, crawled after each change."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from crawler.importing import import_files
from crawler.samplesite import truth
from crawler.samplesite.server import SampleSite
from spiders.sites import load_profile
from tests.crawl.crawling import ask, crawl

EDITED, REMOVED, MOVED, NEW = "Sx1jR8", "T2fJs5", "I2hPv4", "Hn5Qd7"
EVENTS = (
    "SELECT event, status, from_url, to_url FROM article_events WHERE article_id = :id ORDER BY at, event"
)
CHANGES = (
    "SELECT revision, field, before, after FROM revision_changes WHERE article_id = :id "
    "ORDER BY revision, field"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of six crawls: of the site as it was, and after each change to it."""
    archive = tmp_path_factory.mktemp("history") / "archive"
    with SampleSite() as site:
        for changes in ("", "footer", "edit", "move,new", "remove,withdraw", "return"):
            site.apply(changes)
            # Everything: cards, menus and the foot of the page change on pages whose article did not.
            assert crawl(archive, site.base_url, refresh="all").code == 0
        assert len(site.edition) == 7
    return archive


def test_the_article_that_was_edited_removed_and_returned_has_exactly_that_history(archive: Path) -> None:
    before, after = ({a.id: a for a in truth(edition)}[EDITED] for edition in ("", "edit"))
    [(url,)] = ask(archive, "SELECT url FROM articles WHERE id = :id", id=EDITED)
    changed = ask(archive, CHANGES, id=EDITED)
    assert [(number, field) for number, field, _, _ in changed] == [
        (2, "credibility"), (2, "sections.findings"), (2, "takeaway"),
    ]  # fmt: skip
    assert changed[2][2:] == (before.takeaway, after.takeaway)
    assert [text for text in changed[1][2:] if "evening television" in text] == [changed[1][3]]
    assert ask(archive, EVENTS, id=EDITED) == [("gone", 404, None, url), ("back", 200, None, url)]
    dated = ask(
        archive,
        "SELECT first_seen_at AS at, 'revision' FROM revisions WHERE article_id = :id "
        "UNION ALL SELECT at, event FROM article_events WHERE article_id = :id ORDER BY 1",
        id=EDITED,
    )
    assert [what for _, what in dated] == ["revision", "revision", "gone", "back"]
    runs = [ask(archive, "SELECT max(id) FROM runs WHERE started_at <= :at", at=at)[0][0] for at, _ in dated]
    assert runs == [1, 3, 5, 6]


def test_so_has_the_one_that_answered_410(archive: Path) -> None:
    assert [row[:2] for row in ask(archive, EVENTS, id=REMOVED)] == [("gone", 410), ("back", 200)]
    assert ask(archive, "SELECT revisions, gone_since FROM articles WHERE id = :id", id=REMOVED) == [
        (1, None)
    ]


def test_a_move_is_an_event_and_no_revision(archive: Path) -> None:
    [(event, status, old, new)] = ask(archive, EVENTS, id=MOVED)
    assert (event, status) == ("moved", 301)
    before, after = ({a.id: a for a in truth(edition)}[MOVED].path for edition in ("", "move"))
    assert old.endswith(before) and new.endswith(after)
    assert ask(archive, "SELECT revisions, url FROM articles WHERE id = :id", id=MOVED) == [(1, new)]


def test_nothing_else_happened(archive: Path) -> None:
    assert ask(archive, "SELECT DISTINCT article_id FROM article_events ORDER BY 1") == sorted(
        [(EDITED,), (MOVED,), (REMOVED,)]
    )
    assert ask(archive, "SELECT article_id, revision FROM revisions WHERE revision > 1") == [(EDITED, 2)]
    assert ask(archive, "SELECT count(DISTINCT article_id) FROM revision_changes") == [(1,)]


def test_though_every_page_did_change_around_its_article(archive: Path) -> None:
    bodies = ask(
        archive,
        "SELECT article_id, count(DISTINCT sha256) FROM captures "
        "WHERE kind = 'summary' AND article_id <> :new GROUP BY 1 HAVING count(DISTINCT sha256) < 2",
        new=NEW,
    )
    assert bodies == []
    lists = ask(archive, "SELECT count(DISTINCT target_id) FROM article_cards WHERE target_id = :id", id=NEW)
    assert lists == [(1,)]
    assert ask(archive, "SELECT count(*) FROM captures WHERE kind = 'unchanged'") > [(100,)]


BUILDS = Path(__file__).parents[1] / "reading" / "pages"
SHOWS_ALL = {"url", "shows", "content_type", "form", "joined", "list_items"}
"""Keys in the description of a build that shows everything, and as its article's record has it."""


@pytest.mark.parametrize("name", ["afternoon-naps", "copper-bracelet", "morning-light", "reading-test"])
def test_other_markup_of_the_same_article_is_no_change(tmp_path: Path, name: str) -> None:
    """One article built in many ways, one after the other: a site that is built anew again and again."""
    count = 0
    for path in sorted((BUILDS / name).glob("*/page.*")):
        meta = json.loads((path.parent / "meta.json").read_text("utf-8"))
        if not meta.keys() <= SHOWS_ALL or meta["url"] is None:
            continue
        count += 1
        page = Path(shutil.copy(path, tmp_path / f"{path.parent.name}{path.suffix}"))
        os.utime(page, (count, count))
        import_files(
            [page], directory=tmp_path / "archive", profile=load_profile("mymsbuddy"), program_version="1",
            url=f"https://{meta['url'].rpartition('https://')[2]}",
        )  # fmt: skip
    assert count > 1
    assert ask(tmp_path / "archive", "SELECT revisions, captures FROM articles") == [(1, count)]


def test_one_query_gives_every_rating_that_ever_changed(archive: Path) -> None:
    rows = ask(archive, "SELECT article_id, before, after FROM revision_changes WHERE field = 'credibility'")
    was, now = ({a.id: a for a in truth(edition)}[EDITED].credibility for edition in ("", "edit"))
    assert was is not None and now is not None
    assert rows == [(EDITED, f"{was.value:g}/5", f"{now.value:g}/5")]
    fields = ask(
        archive, "SELECT changed_fields FROM revisions WHERE article_id = :id ORDER BY revision", id=EDITED
    )
    assert [field and json.loads(field) for (field,) in fields] == [
        None, ["takeaway", "credibility", "sections.findings"],
    ]  # fmt: skip
