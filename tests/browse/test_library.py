"""An archive that is written to, replaced, migrated, taken away or damaged while it is looked at."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

import httpx

from crawler.browse.kept import CHEAP_S, Kept, Stand
from storage.archive import open_archive
from storage.writer import Writer
from tests.storage.build import SITE, House, article, at, page

from .serving import asking
from .test_pages import text_of


def articles(client: httpx.Client) -> str:
    return text_of(client.get("/articles")).split(" article")[0]


def test_what_a_crawl_stores_is_there_at_the_next_look(own: Path) -> None:
    with asking(own) as client:
        assert articles(client) == "Articles 31"
        with open_archive(own) as archive:
            writer = Writer(archive, SITE)
            writer.begin_run(
                "crawl", program_version="0", reader_version="1", profile_digest="p", settings={}
            )
            writer.save_page(page(article("NeWeSt"), when=at(5000)), now=at(5000))
            assert articles(client) == "Articles 32"
            assert client.get("/article/sample/NeWeSt").status_code == 200
            assert "running" in text_of(client.get("/runs"))


def test_another_archive_in_its_place_is_shown(own: Path, tmp_path: Path) -> None:
    other = House(tmp_path / "other")
    other.save(article("OtHeR1"))
    other.archive.close()
    with asking(own) as client:
        assert articles(client) == "Articles 31"
        (tmp_path / "other" / "archive.db").replace(own / "archive.db")
        assert articles(client) == "Articles 1"
        assert client.get("/article/sample/aB3dE6").status_code == 404


def test_a_missing_archive_is_one_clear_page_until_it_is_there(own: Path, tmp_path: Path) -> None:
    away = tmp_path / "away"
    with asking(own) as client:
        assert client.get("/").status_code == 200
        own.rename(away)
        answer = client.get("/")
        assert answer.status_code == 503
        assert "no archive in" in text_of(answer)
        assert answer.headers["cache-control"] == "no-store"
        away.rename(own)
        assert client.get("/").status_code == 200


def test_a_schema_that_is_not_ours_is_said(own: Path) -> None:
    with asking(own) as client:
        assert client.get("/").status_code == 200
        _execute(own, "UPDATE alembic_version SET version_num = '9999'")
        answer = client.get("/")
        assert answer.status_code == 503
        assert "made by a newer version" in text_of(answer)
        _execute(own, "UPDATE alembic_version SET version_num = '0001'")
        assert "has an older schema" in text_of(client.get("/articles"))


def test_a_damaged_archive_is_said(own: Path) -> None:
    with asking(own) as client:
        (own / "archive.db").unlink()
        (own / "archive.db").write_bytes(b"This is no database, however long one looks at it." * 40)
        answer = client.get("/")
        assert answer.status_code == 503
        assert "is no SQLite database" in text_of(answer)
        assert "msarchive verify" in text_of(answer)


def test_an_empty_archive_has_pages_too(tmp_path: Path) -> None:
    open_archive(tmp_path / "empty", create=True).close()
    with asking(tmp_path / "empty") as client:
        for path in (
            "/",
            "/articles",
            "/topics",
            "/journals",
            "/changes",
            "/runs",
            "/coverage",
            "/alarms",
            "/search",
        ):
            answer = client.get(path)
            assert answer.status_code == 200, path
        assert "There is nothing in this archive yet" in text_of(client.get("/"))


def test_reading_needs_no_leave_to_write(own: Path) -> None:
    before = (own / "archive.db").read_bytes()
    with asking(own) as client:
        for path in ("/", "/article/sample/aB3dE6?as_of=2026-03-01", "/search?q=moved"):
            assert client.get(path).status_code == 200
    assert (own / "archive.db").read_bytes() == before


def test_a_dear_answer_is_given_again_while_a_new_one_is_had() -> None:
    now = [0.0]
    kept = Kept(clock=lambda: now[0])

    def dear() -> str:
        now[0] += 2 * CHEAP_S
        return "first"

    def never() -> tuple[Stand, str]:
        raise AssertionError("had anew too soon")

    assert kept.get("key", Stand(1, 1), dear, never) == "first"
    assert kept.get("key", Stand(1, 2), lambda: "second", never) == "first"  # its rest is not over
    assert kept.get("key", Stand(2, 1), lambda: "of another file", never) == "of another file"


def test_a_cheap_answer_is_always_of_this_state() -> None:
    kept = Kept(clock=lambda: 0.0)
    assert kept.get("key", Stand(1, 1), lambda: "first", lambda: (Stand(1, 1), "never")) == "first"
    assert kept.get("key", Stand(1, 2), lambda: "second", lambda: (Stand(1, 2), "never")) == "second"


def test_no_more_is_kept_than_there_is_room_for() -> None:
    kept, made = Kept(clock=lambda: 0.0), []
    stand = Stand(1, 1)
    for key in (*range(200), 0):
        kept.get(key, stand, partial(made.append, key), lambda: (stand, None))
    assert made == [*range(200), 0]


def _execute(directory: Path, statement: str) -> None:
    connection = sqlite3.connect(directory / "archive.db")
    connection.execute(statement)
    connection.commit()
    connection.close()
