"""`msarchive browse --database`: the pages are, to the byte, those of the same archive in SQLite.

What they say and what may be asked of them is in tests/browse, with both databases.
"""

from __future__ import annotations

import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from storage.archive import open_archive
from storage.history import changes
from storage.postgresql import connecting
from storage.writer import Writer
from tests.browse.serving import asking
from tests.browse.test_pages import text_of
from tests.cli.conftest import Run
from tests.cli.test_browse import command
from tests.crawl.crawling import clean_environment
from tests.postgresql import Server, name_in
from tests.storage.build import SITE, article, at, page


@pytest.fixture(scope="module")
def pages(crawled: Path) -> list[str]:
    """Pages of an archive that has seen everything: also what was edited, moved, gone, is in quarantine."""
    with open_archive(crawled, read_only=True) as opened, opened.engine.connect() as connection:
        entries = changes(connection, since="2000-01-01")
        captures = connection.exec_driver_sql("SELECT max(id) FROM capture GROUP BY kind").scalars().all()
    keys = dict.fromkeys(f"{entry.site}/{entry.key}" for entry in entries[-6:])
    whats = ("article", "history", "captures", "evidence")
    of_articles = [f"/{what}/{key}" for key in keys for what in whats]
    of_captures = [f"/{what}/{number}" for number in captures for what in ("capture", "archived", "record")]
    return [
        "/", "/articles", "/articles?sort=title", "/articles?page=2", "/topics", "/topics?sort=name",
        "/journals", "/topic/fatigue", "/changes", "/changes?what=whole", "/changes?what=changed", "/runs",
        "/run/1", "/run/3", "/coverage", "/coverage/stored", "/coverage/gone", "/alarms",
        "/search?q=topic:fatigue&sort=date", "/search?q=relapse&sort=title",
        f"/article/{next(iter(keys))}?as_of=2099-01-01", *of_articles, *of_captures,
    ]  # fmt: skip


def test_pages_have_the_same_bytes(server: Server, crawled: Path, pages: list[str]) -> None:
    url = server.copy_of(crawled)
    title = name_in(url)  # of each page, in the place of the folder's name
    with asking(crawled) as here, asking(crawled, url) as there:
        for path in pages:
            one, other = settled(here, path), settled(there, path)
            assert other.text.replace(title, "archive") == one.text, path
            assert other.status_code == one.status_code
            assert one.status_code in (200, 404), path


def settled(client: httpx.Client, path: str) -> httpx.Response:
    """A page, once what is counted in the background for it is there."""
    answer, same = client.get(path), 0
    while same < 3:
        time.sleep(0.05)
        again = client.get(path)
        same = same + 1 if again.content == answer.content else 0
        answer = again
    return answer


@pytest.fixture
def own(archive: Path, server: Server) -> Iterator[str]:
    url = server.new_like(server.copy_of(archive))
    yield url
    server.drop(url)


def articles(client: httpx.Client) -> str:
    return text_of(client.get("/articles")).split(" article")[0]


def test_what_a_crawl_stores_is_there_at_the_next_look(archive: Path, own: str, tmp_path: Path) -> None:
    archive = shutil.copytree(archive, tmp_path / "own")
    with asking(archive, own) as client:
        assert articles(client) == "Articles 11"
        with open_archive(archive, database=own) as opened:
            writer = Writer(opened, SITE)
            writer.begin_run(
                "crawl", program_version="0", reader_version="1", profile_digest="p", settings={}
            )
            writer.save_page(page(article("NeWeSt"), when=at(5000)), now=at(5000))
            assert articles(client) == "Articles 12"
            assert client.get("/article/sample/NeWeSt").status_code == 200


def test_another_database_in_its_place_is_shown(archive: Path, own: str, server: Server) -> None:
    with asking(archive, own) as client:
        assert articles(client) == "Articles 11"
        server.drop(own)
        answer = client.get("/articles")
        assert answer.status_code == 503
        assert "can't be used" in text_of(answer) or "can't use" in text_of(answer)
        with psycopg.connect(server.address("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name_in(server.new_archive())} RENAME TO {name_in(own)}")
        assert articles(client) == "Articles There is no"


def test_a_server_that_was_started_anew_is_asked_again(archive: Path, own: str, server: Server) -> None:
    with asking(archive, own) as client:
        assert client.get("/").status_code == 200
        server.down()
        try:
            answer = client.get("/")
            assert answer.status_code == 503
            assert "Traceback" not in answer.text
        finally:
            server.up()
        assert client.get("/").status_code == 200


def test_a_schema_that_is_not_ours_and_one_that_is_gone_are_said(archive: Path, own: str) -> None:
    with asking(archive, own) as client:
        assert client.get("/").status_code == 200
        for statement, said in (
            ("UPDATE alembic_version SET version_num = '9999'", "made by a newer version"),
            ("UPDATE alembic_version SET version_num = '0001'", "has an older schema"),
            ("DROP TABLE alembic_version", "no archive in"),
        ):
            with psycopg.connect(own) as connection:
                connection.execute(statement)
            answer = client.get("/articles")
            assert answer.status_code == 503
            assert said in text_of(answer)


def test_it_says_where_it_is_and_ends_cleanly(archive: Path, url: str) -> None:
    with subprocess.Popen(
        command("--archive", archive, "--database", url, "--port", 0),
        env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        address, _, said = process.stdout.readline().partition(" ")
        named = connecting.shown(connecting.address(url))
        assert said == f"shows {named}; Ctrl-C ends it\n"
        assert named in text_of(httpx.get(f"{address}about", timeout=30))
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stderr.read() == ""


def test_no_archive_is_said_before_anything_is_served(run: Run, server: Server) -> None:
    ran = run("browse", "--database", server.new())
    assert ran.code == 2
    assert "no archive in postgresql://" in ran.err
