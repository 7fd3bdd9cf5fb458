"""What a user is told when the site has changed: `alarms`, `inspect --capture`, and the article itself."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.crawl.test_site_changes import RENAMED
from tests.crawl.visits import article_paths, site_pages, visit
from tests.places import Places

from .conftest import Run


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose site has given a section another name since."""
    archive = tmp_path_factory.mktemp("changed") / "archive"
    pages = article_paths()
    visit(archive, site_pages(pages), day=1)
    visit(archive, site_pages(pages, "findings-renamed"), day=8)
    return archive


@pytest.fixture
def changed(made: Path, both: Places, tmp_path: Path) -> Path:
    """A copy of it, in both databases."""
    return both.copy(made, tmp_path / "changed")


def test_each_alarm_says_which_field_where_since_when_and_what_stands_there(changed: Path, run: Run) -> None:
    done = run("alarms", "--archive", changed)
    number = len(article_paths())
    assert done.code == 0, done.err
    assert f"sections.findings: lost on {number} of {number} pages of sample" in done.out
    assert "2026-03-08" in done.out and "/news/view/" in done.out
    assert "Our Discoveries" in done.out
    assert f"{number} pages wait in quarantine" in done.out


def test_the_command_that_it_names_shows_that_page(changed: Path, run: Run) -> None:
    (alarm,) = run("alarms", "--archive", changed, "--json").json["alarms"]
    words = shlex.split(alarm["look"])
    shown = run(*words[1:])
    assert shown.code == 0, shown.err
    assert "Our Discoveries" in shown.out
    assert "Looked for in vain" in shown.out and "section:findings" in shown.out


def test_an_article_says_that_a_reading_of_it_waits(changed: Path, run: Run) -> None:
    key = article_paths()[0].rsplit("-", 1)[1]
    for command in ("show", "history"):
        done = run(command, "--archive", changed, key)
        assert done.code == 0, done.err
        assert "has lost sections.findings and waits in quarantine" in done.out
        (waiting,) = run(command, "--archive", changed, key, "--json").json["quarantined"]
        assert waiting["fields"] == ["sections.findings"] and waiting["held"] is True


def test_status_says_it_and_what_to_do_until_it_is_mended(changed: Path, run: Run, tmp_path: Path) -> None:
    (check,) = [
        one
        for one in run("status", "--archive", changed, "--json").json["checks"]
        if one["name"] == "readings"
    ]
    assert check["level"] == "fail" and "sections.findings" in check["says"]
    assert "msarchive alarms" in check["do"]
    mended = tmp_path / "mended.toml"
    mended.write_text(RENAMED, "utf-8")
    assert run("reread", "--archive", changed, "--site", mended).code == 0
    checks = run("status", "--archive", changed, "--max-age", "100000", "--json").json["checks"]
    levels = {one["name"]: one["level"] for one in checks}
    assert (levels["readings"], levels["last crawl"]) == ("ok", "ok")


def test_coverage_says_that_the_reading_waits(changed: Path, run: Run) -> None:
    done = run("coverage", "--archive", changed, "--json")
    reasons = [
        one["reason"] for one in done.json["urls"] if one["kind"] == "article" and one["state"] == "stored"
    ]
    assert len(reasons) == len(article_paths())
    assert all("waits in quarantine, without sections.findings" in reason for reason in reasons)


def test_verify_notes_the_quarantine_and_finds_no_damage(changed: Path, run: Run) -> None:
    done = run("verify", "--archive", changed)
    assert done.code == 0, done.err
    told = f"readings that wait in quarantine: {len(article_paths())}; alarms that stand: 1"
    assert told in done.out + done.err


@pytest.mark.usefixtures("both")
def test_without_alarms_it_says_so(tmp_path: Path, run: Run) -> None:
    visit(tmp_path / "archive", site_pages(article_paths()[:2]), day=1)
    done = run("alarms", "--archive", tmp_path / "archive")
    assert done.code == 0
    assert "No alarm stands" in done.out
    assert run("alarms", "--archive", tmp_path / "archive", "--json").json == {
        "alarms": [],
        "in_quarantine": 0,
    }


def test_inspect_wants_one_thing_to_look_at(changed: Path, run: Run) -> None:
    assert run("inspect").code == 2
    assert run("inspect", "--capture", "1", "page.html").code == 2
    assert run("inspect", "--archive", changed, "--capture", "999999").code == 1
