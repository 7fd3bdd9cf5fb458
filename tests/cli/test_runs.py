"""runs, coverage, status and doctor on an archive that was crawled, and on archives in trouble."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.coverage import UNEXPLAINED
from storage.writer import Writer
from tests.cli.conftest import Run
from tests.crawl.crawling import crawl
from tests.crawl.scripted import Answer, ScriptedSite, links, redirect, robots
from tests.places import Places, change, opened, rows

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
ESCAPE = "/a%1Bb"
SITE = {
    "/robots.txt": robots("Disallow: /private"),
    "/": links("/a", "/broken", "/moved", "/lost", "/private/page", ESCAPE),
    "/news": links(),
    "/a": links(),
    ESCAPE: Answer(403, b"no"),
    "/broken": Answer(403, b"no"),
    "/moved": redirect("/a"),
}


@pytest.fixture(scope="module")
def crawled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ScriptedSite]]:
    """An archive of a crawl that a limit ended and of one that went to the end; and its site, still there."""
    archive = tmp_path_factory.mktemp("runs") / "archive"
    with ScriptedSite(SITE) as site:
        assert crawl(archive, site.base_url, max_pages=2).code == 6
        assert crawl(archive, site.base_url).code == 3
        yield archive, site


@pytest.fixture
def site(crawled: tuple[Path, ScriptedSite]) -> ScriptedSite:
    """The site."""
    return crawled[1]


@pytest.fixture
def archive(both: Places, crawled: tuple[Path, ScriptedSite], tmp_path: Path) -> Path:
    """A copy of the archive."""
    return both.copy(crawled[0], tmp_path / "archive")


def checks(run: Run, archive: Path, *more: str) -> tuple[int, dict[str, str]]:
    """The doctor's exit code, and the level of each check."""
    ran = run("doctor", "--json", "--archive", archive, *more)
    return ran.code, {check["name"]: check["level"] for check in ran.json["checks"]}


def test_runs_lists_them_newest_first_with_how_each_ended(run: Run, archive: Path) -> None:
    told = run("runs", "--archive", archive, "--json").json
    assert [(one["id"], one["outcome"], one["exit_code"]) for one in told] == [
        (2, "incomplete", 3), (1, "limit", 6),
    ]  # fmt: skip
    lines = run("runs", "--archive", archive).out.splitlines()
    assert len(lines) == 3
    assert "incomplete" in lines[1] and "2 of 9 addresses failed" in lines[1]
    assert run("runs", "--archive", archive, "--limit", "1", "--json").json == told[:1]


def test_a_run_says_what_it_asked_and_what_came_of_it(run: Run, archive: Path) -> None:
    told = run("runs", "2", "--archive", archive, "--json").json
    asked = told["asked"]
    assert asked["requests"] == asked["answers"] + asked["unanswered"] + asked["refused"]
    assert (asked["refused"], asked["not_modified"], asked["share_not_modified"]) == (1, 0, 0.0)
    assert asked["bytes"] > 0
    assert sum(told["captures"].values()) == asked["answers"]
    assert {one["url"].rpartition("/")[2] for one in told["failed"]} == {"broken", ESCAPE[1:]}
    out = run("runs", "2", "--archive", archive).out
    for word in ("Requests", "Received", "Not modified (304)", "Smallest gap", "DOWNLOAD_DELAY", "reader "):
        assert word in out
    assert "\x1b" not in out


def test_an_unknown_run_is_one_line(run: Run, archive: Path) -> None:
    for command in (("runs", "99"), ("coverage", "--run", "99")):
        ran = run(*command, "--archive", archive)
        assert (ran.code, ran.err.count("\n")) == (1, 1)


def test_every_address_is_in_exactly_one_state_with_a_reason(run: Run, archive: Path) -> None:
    told = run("coverage", "--archive", archive, "--json").json
    assert told["unexplained"] == []
    assert told["addresses"] == len(told["urls"]) == len({one["url"] for one in told["urls"]})
    assert all(one["state"] and one["reason"] and one["told_by"] for one in told["urls"])
    assert told["states"] == {"stored": 4, "redirected": 1, "gone": 2, "failed": 2, "refused": 1}
    assert "10 addresses, 0 of them unexplained" in run("coverage", "--archive", archive).out


def test_coverage_as_a_run_left_it(run: Run, archive: Path) -> None:
    told = run("coverage", "--run", "1", "--archive", archive, "--json").json
    assert told["states"]["waiting"] > 0 and "failed" not in told["states"]
    asked = {one["url"] for one in told["urls"] if one["asked"]}
    assert len(asked) == told["asked"] > 0
    assert not asked & {one["url"] for one in told["urls"] if one["state"] == "waiting"}
    after = run("coverage", "--run", "2", "--archive", archive, "--json").json
    assert after["states"] == run("coverage", "--archive", archive, "--json").json["states"]


def test_the_addresses_of_a_state_are_listed_with_their_reasons(run: Run, archive: Path) -> None:
    out = run("coverage", "--state", "failed", "--archive", archive).out
    assert out.count("HTTP 403") == 2 and "/broken" in out


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM url_source WHERE url_id = (SELECT id FROM url WHERE url LIKE '%/broken')",
        "UPDATE url SET due_at = NULL, state = 'waiting', target_url_id = NULL WHERE url LIKE '%/a'",
        "UPDATE url SET state = 'gone' WHERE url LIKE '%/a'",
    ],
)
def test_an_address_that_nothing_bears_out_is_unexplained(sql: str, run: Run, archive: Path) -> None:
    change(archive, sql)
    ran = run("coverage", "--archive", archive)
    assert ran.code == 1
    assert "1 of them unexplained" in ran.out and "unexplained: http" in ran.out
    assert checks(run, archive, "--offline")[1]["coverage"] == "fail"


def test_the_guide_has_the_very_sql_that_proves_it() -> None:
    [sql] = re.findall(
        r"```sql\n(SELECT url, state, reason FROM urls\nWHERE told_by.*?)```", GUIDE.read_text(), re.S
    )
    assert sql.strip() == UNEXPLAINED.strip()


def test_status_says_what_is_amiss_and_what_to_do(run: Run, archive: Path) -> None:
    out = run("status", "--archive", archive).out
    assert "Something wants a look." in out
    assert "last crawl: run 2 incomplete" in out
    assert "msarchive coverage --state failed" in out
    assert run("status", "--json", "--archive", archive).json["verdict"] == "warn"
    change(archive, "UPDATE run SET outcome = 'complete', exit_code = 0 WHERE id = 2")
    change(archive, "DELETE FROM url_source WHERE url_id IN (SELECT id FROM url WHERE state = 'failed')")
    change(archive, "DELETE FROM url_history WHERE url_id IN (SELECT id FROM url WHERE state = 'failed')")
    change(archive, "UPDATE capture SET url_id = NULL, file_name = 'a' WHERE kind = 'error'")
    change(archive, "DELETE FROM url WHERE state = 'failed'")
    assert "All is well." in run("status", "--archive", archive).out


def test_status_warns_of_a_success_long_ago_and_of_a_holder_that_hangs(run: Run, archive: Path) -> None:
    change(archive, "UPDATE run SET started_at = '2020-01-01T00:00:00Z', ended_at = '2020-01-01T00:00:00Z'")
    assert "more than 8 days" in run("status", "--archive", archive).out
    for minute in range(3):
        change(
            archive,
            "INSERT INTO run (site, kind, started_at, ended_at, outcome, reason, exit_code, program_version, "
            "reader_version, profile_digest, settings, counts) SELECT site, kind, :at, :at, 'skipped', "
            "'held by process 7', 4, '0', '0', 'p', '{}', '{}' FROM run WHERE id = 1",
            at=f"2026-01-01T00:0{minute}:00Z",
        )
    assert (
        "the last 3 crawls found the archive held: held by process 7"
        in run("status", "--archive", archive).out
    )


def test_the_doctor_asks_for_robots_txt_once_and_in_the_crawls_name(
    run: Run, archive: Path, site: ScriptedSite
) -> None:
    before = len(site.paths)
    code, levels = checks(run, archive)
    assert code == 0
    assert set(levels) >= {"disk", "lock", "schema", "clock", "last crawl", "last success", "robots.txt"}
    assert (levels["robots.txt"], levels["last crawl"]) == ("ok", "warn")
    assert site.paths[before:] == ["/robots.txt"]
    assert any(line.lower().startswith(b"user-agent: msarchive/") for line in site.heads["/robots.txt"][-1])
    checks(run, archive, "--offline")
    assert len(site.paths) == before + 1


def test_the_doctor_connects_where_the_last_crawl_might_and_nowhere_else(
    run: Run, archive: Path, site: ScriptedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MSARCHIVE_ALLOW_PRIVATE")
    before = len(site.paths)
    _, levels = checks(run, archive)
    assert (levels["robots.txt"], len(site.paths)) == ("fail", before)
    for number, settings in rows(archive, "SELECT id, settings FROM run"):
        told = json.dumps({**json.loads(settings), "MSARCHIVE_ALLOW_PRIVATE": "127.0.0.1"})
        change(archive, "UPDATE run SET settings = :told WHERE id = :id", told=told, id=number)
    _, levels = checks(run, archive)
    assert (levels["robots.txt"], len(site.paths)) == ("ok", before + 1)


def test_the_doctor_asks_nothing_while_a_crawl_is_at_work(
    run: Run, archive: Path, site: ScriptedSite
) -> None:
    before = len(site.paths)
    with opened(archive):
        ran = run("doctor", "--archive", archive)
    assert ran.code == 0
    assert "lock: held by process" in ran.out and "a run is at work" in ran.out
    assert len(site.paths) == before


def test_the_doctors_exit_code_is_that_of_what_fails(run: Run, archive: Path) -> None:
    change(archive, "UPDATE run SET outcome = 'blocked', reason = 'HTTP 429', exit_code = 9 WHERE id = 2")
    code, levels = checks(run, archive, "--offline")
    assert (code, levels["last crawl"]) == (9, "fail")


@pytest.mark.sqlite("tests/database/test_doctor.py has PostgreSQL's")
def test_the_doctor_without_an_archive_and_of_a_file_that_is_no_database(
    run: Run, archive: Path, tmp_path: Path
) -> None:
    assert run("doctor", "--offline", "--archive", tmp_path / "none").code == 2
    (archive / "archive.db").write_bytes(b"SQLite format 3\0" + b"x" * 9000)
    assert run("doctor", "--offline", "--archive", archive).code == 12


def test_the_doctor_sees_a_clock_that_is_behind_the_archive(run: Run, archive: Path) -> None:
    change(archive, "UPDATE run SET started_at = '2999-01-01T00:00:00Z', ended_at = '2999-01-01T00:00:00Z'")
    code, levels = checks(run, archive, "--offline")
    assert (code, levels["clock"]) == (1, "fail")


def test_the_doctor_sees_a_clock_that_is_not_the_sites(run: Run, archive: Path) -> None:
    headers = json.dumps([["Date", "Mon, 02 Mar 2020 10:00:00 GMT"]])
    change(archive, "UPDATE capture SET headers = :headers", headers=headers)
    assert checks(run, archive, "--offline")[1]["clock"] == "warn"
    change(archive, "UPDATE capture SET headers = :headers", headers=json.dumps([["Date", "yesterday"]]))
    assert checks(run, archive, "--offline")[1]["clock"] == "ok"


@pytest.mark.sqlite("there are no archives in PostgreSQL from before this version")
def test_an_older_archive_is_no_failure(run: Run, archive: Path) -> None:
    change(archive, "UPDATE alembic_version SET version_num = '0001'")
    code, levels = checks(run, archive, "--offline")
    assert (code, levels["schema"]) == (0, "warn")


COMMANDS = (
    ("runs",), ("runs", "2"), ("coverage",), ("coverage", "--run", "2"), ("status",), ("doctor", "--offline"),
)  # fmt: skip


def test_all_of_them_work_beside_a_run(run: Run, archive: Path) -> None:
    with opened(archive) as found:
        Writer(found, "sample").begin_run(
            "crawl", program_version="0", reader_version="1", profile_digest="p", settings={}
        )
        with found.engine.begin():
            for command in COMMANDS:
                assert run(*command, "--archive", archive).code == 0, command


@pytest.mark.sqlite("about its file")
def test_all_of_them_work_on_read_only_media(run: Run, archive: Path) -> None:
    for file in ("archive.db-wal", "archive.db-shm"):
        (archive / file).unlink(missing_ok=True)
    before = {path: path.read_bytes() for path in archive.rglob("*") if path.is_file()}
    archive.chmod(0o555)
    try:
        for command in COMMANDS:
            assert run(*command, "--archive", archive).code == 0, command
    finally:
        archive.chmod(0o755)
    kept = {path: path.read_bytes() for path in before}
    assert kept == before
