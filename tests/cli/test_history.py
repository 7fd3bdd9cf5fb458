"""history, diff, changes and --as-of: what changed, and what was known when."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from crawler.cli.changes import FIELDS
from crawler.exits import ExitCode
from storage import history
from storage.records import FoundRecord, RatingRecord, SectionRecord, UrlOutcome
from tests.conftest import Database
from tests.storage.build import House, article, at, sections, topics, url_of

from .conftest import Run, ask, one_line

OLD, NEW = url_of("aB3dE6", "old"), url_of("aB3dE6", "new")
DAY = 1440
HOSTILE = "\x1b]0;owned\x07 \x1b[2J\u202e[red]x[/red] :smile:"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One article edited on the 2nd, moved on the 3rd, gone on the 4th, back and edited on the 5th; another
    that stays."""
    house = House(tmp_path_factory.mktemp("history") / "archive")
    house.save(article("bbbbbb"), when=at(0))
    house.save(article(url=OLD, sections=sections("The zebra ran.", OTHER)), when=at(1))
    edited: dict[str, Any] = {
        "takeaway": "A better takeaway of aB3dE6.",
        "credibility": RatingRecord(2.0, 5.0, "2"),
        "topics": topics("Iron", "Sleep"),
        "sections": sections("The gazelle ran.", OTHER),
    }
    house.save(article(url=OLD, **edited), when=at(DAY))
    house.save(
        url=OLD,
        kind="redirect",
        outcome=UrlOutcome("redirected", "HTTP 301", target=NEW),
        found=(FoundRecord(NEW, "article", "redirect", "aB3dE6"),),
        when=at(2 * DAY),
    )
    house.save(article(url=NEW, **edited), when=at(2 * DAY + 1))
    house.save(url=NEW, kind="gone", outcome=UrlOutcome("gone", "HTTP 410"), when=at(3 * DAY))
    house.save(article(url=NEW, **{**edited, "title": f"Back {HOSTILE}"}), when=at(4 * DAY))
    house.writer.end_run("complete", "done", {})
    house.archive.close()
    return house.directory


OTHER = SectionRecord("other", "A heading of its own", ("Something else.", "And more."))


@pytest.fixture
def sample(archive: Path, database: Database, monkeypatch: pytest.MonkeyPatch, run: Run) -> Run:
    ask(monkeypatch, archive, database(archive))
    return run


def test_an_articles_history_is_exactly_what_happened(sample: Run) -> None:
    told = sample("history", "aB3dE6", "--json").json
    assert (told["site"], told["key"]) == ("sample", "aB3dE6")
    assert [(entry["at"], entry["what"], entry["revision"]) for entry in told["entries"]] == [
        (at(1), "new", 1),
        (at(DAY), "revision", 2),
        (at(2 * DAY), "moved", None),
        (at(3 * DAY), "gone", None),
        (at(4 * DAY), "back", None),
        (at(4 * DAY), "revision", 3),
    ]
    entries = told["entries"]
    assert [change["field"] for change in entries[1]["changes"]] == [
        "takeaway", "credibility", "topics", "sections.findings",
    ]  # fmt: skip
    assert entries[1]["changes"][1] == {
        "field": "credibility", "before": "4/5", "after": "2/5", "added": None, "removed": None,
    }  # fmt: skip
    assert (entries[1]["changes"][2]["added"], entries[1]["changes"][2]["removed"]) == (["Sleep"], ["Memory"])
    assert (entries[2]["from_url"], entries[2]["to_url"]) == (OLD, NEW)
    assert (entries[3]["status"], entries[3]["to_url"]) == (200, NEW)


def test_history_for_people_is_one_dated_list(sample: Run) -> None:
    out = sample("history", "aB3dE6").out
    for said in (
        "2026-03-01 00:01:00 UTC  first seen",
        "2026-03-02 00:00:00 UTC  revision 2: takeaway, credibility, topics, sections.findings",
        "credibility: 4/5 → 2/5",
        "topics: +Sleep, -Memory",
        f"2026-03-03 00:00:00 UTC  moved to {NEW} from {OLD}",
        "2026-03-04 00:00:00 UTC  gone",
        "2026-03-05 00:00:00 UTC  back",
        "revision 3: title",
    ):
        assert said in out
    assert sample("history", NEW).out == sample("history", OLD).out == out


@pytest.mark.usefixtures("both")
def test_a_long_value_is_shown_from_where_it_differs(run: Run, tmp_path: Path) -> None:
    house = House(tmp_path / "archive")
    long = " ".join(f"word{number}" for number in range(60))
    house.save(article(takeaway=f"{long} begins."))
    house.save(article(takeaway=f"{long} ends here."), when=at(5))
    house.archive.close()
    line = next(line for line in run("history", "aB3dE6").out.splitlines() if "takeaway:" in line)
    assert re.search(r"….*word59 begins\. → ….*word59 ends here\.", line)
    assert len(line) < 200


def test_diff_is_a_unified_diff_where_nobody_looks(sample: Run) -> None:
    lines = sample("diff", "aB3dE6", "1", "2").out.splitlines()
    assert lines[0].startswith("--- aB3dE6 revision 1\t2026-03-01T00:01:00.000Z")
    assert lines[1].startswith("+++ aB3dE6 revision 2\t2026-03-02T00:00:00.000Z")
    assert [line for line in lines[2:] if line[0] in "-+"] == [
        "-Credibility: 4/5",
        "+Credibility: 2/5",
        "-Memory",
        "+Sleep",
        "-A takeaway of aB3dE6.",
        "+A better takeaway of aB3dE6.",
        "-The zebra ran.",
        "+The gazelle ran.",
    ]
    assert " What They Found" in lines
    assert sample("diff", "aB3dE6", "2", "1").out.count("\n-The gazelle ran.") == 1


@pytest.mark.skipif(shutil.which("patch") is None, reason="no patch on this machine")
def test_the_patch_makes_one_revision_of_the_other(sample: Run, tmp_path: Path) -> None:
    there, back = sample("diff", "aB3dE6", "1", "2").out, sample("diff", "aB3dE6", "2", "1").out
    old = "".join(line[1:] + "\n" for line in there.splitlines()[3:] if line[0] in " -")
    for name, patch in (("there", there), ("back", back)):
        (tmp_path / name).write_text(patch)
    # Hunks only: their lines are the whole article here.
    assert there.count("\n@@ ") == 1
    (tmp_path / "text").write_text(old)
    for name in ("there", "back"):
        done = subprocess.run(
            ["patch", str(tmp_path / "text"), str(tmp_path / name)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout
    assert (tmp_path / "text").read_text() == old


def test_diff_shows_the_last_two_by_default(sample: Run) -> None:
    assert sample("diff", "aB3dE6").out == sample("diff", "aB3dE6", "2", "3").out


def test_diff_as_json_goes_by_field_and_word(sample: Run) -> None:
    told = sample("diff", "aB3dE6", "1", "2", "--json").json
    assert (told["before"]["revision"], told["after"]["revision"]) == (1, 2)
    fields = {field["field"]: field for field in told["fields"]}
    assert list(fields) == ["credibility", "topics", "takeaway", "sections.findings"]
    takeaway = fields["takeaway"]
    assert takeaway["before"] == ["A takeaway of aB3dE6."]
    assert takeaway["words"] == [
        {"kind": "same", "text": "A "},
        {"kind": "added", "text": "better "},
        {"kind": "same", "text": "takeaway of aB3dE6."},
    ]
    assert fields["topics"]["after"] == ["Iron", "Sleep"]


def test_diff_on_a_terminal_is_coloured_by_word(sample: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    out = sample("diff", "aB3dE6", "1", "2").out
    assert "\x1b[32mbetter \x1b[0m" in out
    assert re.search(r"\x1b\[9;31mzebra\x1b\[0m\x1b\[32mgazelle\x1b\[0m", out)
    assert "What They Found (sections.findings)" in out
    assert "@@" not in out
    # The text of what did not change is not there.
    assert "Who Should Care" not in out


def test_one_revision_only_is_said(sample: Run) -> None:
    ran = sample("diff", "bbbbbb")
    assert (ran.code, ran.out) == (0, "")
    assert "'bbbbbb' has one revision only, first seen 2026-03-01 00:00:00 UTC" in one_line(ran.err)
    assert sample("diff", "bbbbbb", "--json").json["fields"] == []
    ran = sample("diff", "bbbbbb", "1", "2")
    assert ran.code == ExitCode.ERROR
    assert "one revision only, no 2" in one_line(ran.err)


def test_a_revision_against_itself_is_no_difference(sample: Run) -> None:
    ran = sample("diff", "aB3dE6", "2", "2")
    assert (ran.code, ran.out) == (0, "")
    assert "differ in nothing" in one_line(ran.err)


@pytest.mark.parametrize("numbers", [("1",), ("1", "2", "3"), ("0", "1"), ("x", "1")])
def test_numbers_that_are_no_pair_are_a_usage_error(sample: Run, numbers: tuple[str, ...]) -> None:
    ran = sample("diff", "aB3dE6", *numbers)
    assert ran.code == ExitCode.USAGE
    one_line(ran.err)


@pytest.mark.parametrize("command", ["history", "diff"])
def test_an_unknown_id_is_told_as_by_show(sample: Run, command: str) -> None:
    for wanted in ("AB3DE6", "nope", "https://site.example/nothing"):
        shown, ran = sample("show", wanted), sample(command, wanted)
        assert ran.code == shown.code == ExitCode.ERROR
        assert one_line(ran.err) == one_line(shown.err)
    assert "its case counts: aB3dE6" in sample(command, "ab3de6").err


def test_changes_are_those_of_the_time_asked_for(sample: Run) -> None:
    def what(*arguments: str) -> list[tuple[str, str]]:
        return [(e["key"], e["what"]) for e in sample("changes", "--json", "--since", *arguments).json]

    everything = what("2026-01-01")
    assert everything == [
        ("bbbbbb", "new"), ("aB3dE6", "new"), ("aB3dE6", "revision"), ("aB3dE6", "moved"),
        ("aB3dE6", "gone"), ("aB3dE6", "back"), ("aB3dE6", "revision"),
    ]  # fmt: skip
    assert what("2026-03-03") == everything[3:]
    assert what("2026-03-02", "--until", "2026-03-03") == everything[2:4]
    assert what("2026-03-01T00:01:00Z", "--until", "2026-03-01T00:01:00Z") == everything[1:2]
    assert what("2026-01-01", "--site", "other") == []
    assert what("2026-01-01", "--field", "credibility") == [("aB3dE6", "revision")]
    assert what("2026-01-01", "--field", "sections") == [("aB3dE6", "revision")]
    assert what("2026-01-01", "--field", "sections.other") == []
    (only,) = sample("changes", "--since", "2026-01-01", "--field", "credibility", "--json").json
    assert [change["field"] for change in only["changes"]] == ["credibility"]


def test_changes_for_people(sample: Run) -> None:
    out = sample("changes", "--since", "2026-03-02").out
    assert "revision 2: takeaway, credibility, topics, sections.findings" in out
    ran = sample("changes", "--since", "2030-01-01")
    assert (ran.code, one_line(ran.err)) == (0, "msarchive: no change since 2030-01-01 00:00:00 UTC")


def test_the_fields_offered_are_those_of_the_archive() -> None:
    assert FIELDS == history.FIELDS


@pytest.mark.parametrize(
    "arguments",
    [
        ("changes",),
        ("changes", "--since", "yesterday"),
        ("changes", "--since", "2026-01-01", "--until", "\x1b[31m"),
        ("changes", "--since", "2026-01-01", "--field", "teaser"),
        ("list", "--as-of", "March"),
        ("show", "aB3dE6", "--as-of", "2026-02-30"),
        ("search", "iron", "--as-of", ""),
    ],
)
def test_what_is_no_date_or_field_is_a_usage_error(sample: Run, arguments: tuple[str, ...]) -> None:
    ran = sample(*arguments)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "\x1b" not in one_line(ran.err)


def test_list_as_of_a_date_shows_what_was_there(sample: Run) -> None:
    def rows(*arguments: str) -> list[tuple[str, str | None, float]]:
        found = sample("list", "--json", "--sort", "id", *arguments).json
        assert {row.get("as_of") for row in found} == ({arguments[1]} if arguments else {None})
        return [(row["id"], row["gone_since"], row["credibility"]) for row in found]

    assert rows("--as-of", "2026-03-01T00:00:30.000Z") == [("bbbbbb", None, 4)]
    assert rows("--as-of", "2026-03-01T23:59:59.999Z") == [("aB3dE6", None, 4), ("bbbbbb", None, 4)]
    gone = [("aB3dE6", at(3 * DAY), 2), ("bbbbbb", None, 4)]
    assert rows("--as-of", "2026-03-04T12:00:00.000Z") == gone
    assert rows() == [("aB3dE6", None, 2), ("bbbbbb", None, 4)]
    ran = sample("list", "--as-of", "2026-02-28")
    assert (ran.code, ran.out) == (0, "")
    assert "no article had been seen yet at 2026-02-28 23:59:59 UTC" in one_line(ran.err)


def test_show_as_of_a_date_shows_the_article_of_then(sample: Run) -> None:
    then = sample("show", "aB3dE6", "--as-of", "2026-03-01", "--json").json
    assert then["as_of"] == "2026-03-01T23:59:59.999Z"
    assert (then["article"]["takeaway"], then["article"]["url"]) == ("A takeaway of aB3dE6.", OLD)
    assert [topic["topic"] for topic in then["topics"]] == ["Iron", "Memory"]
    assert then["sections"][0]["text"] == "The zebra ran."
    assert (len(then["captures"]), len(then["revisions"])) == (1, 1)
    out = sample("show", "aB3dE6", "--as-of", "2026-03-01").out
    assert out.startswith("as of 2026-03-01 23:59:59 UTC\n")
    assert "The zebra ran." in out
    assert "as_of" not in sample("show", "aB3dE6", "--json").json
    ran = sample("show", "aB3dE6", "--as-of", "2026-02-01")
    assert ran.code == ExitCode.ERROR
    assert "'aB3dE6' had not been seen yet at 2026-02-01 23:59:59 UTC" in one_line(ran.err)


def test_an_address_of_today_names_the_article_of_then(sample: Run) -> None:
    told = sample("show", NEW, "--as-of", "2026-03-01", "--json").json
    assert told["article"]["url"] == OLD


def test_evidence_as_of_a_date_is_of_the_revision_of_then(sample: Run) -> None:
    told = sample("show", "aB3dE6", "--as-of", "2026-03-01", "--evidence", "--json").json
    assert told["article"]["revision"] == 1
    assert {row["captured_at"] for row in told["evidence"]} == {at(1)}


def test_search_as_of_a_date_finds_the_words_of_then(sample: Run) -> None:
    for word, date, total in (
        ("zebra", "2026-03-01", 1), ("gazelle", "2026-03-01", 0),
        ("zebra", "2026-03-02", 0), ("gazelle", "2026-03-02", 1),
    ):  # fmt: skip
        found = sample("search", word, "--as-of", date, "--json").json
        assert (found["total"], found["as_of"]) == (total, f"{date}T23:59:59.999Z")
    assert sample("search", "zebra", "--json").json["total"] == 0


def test_as_of_today_is_today(sample: Run) -> None:
    for arguments in (("list",), ("search", "ran"), ("show", "aB3dE6")):
        now, then = sample(*arguments).out, sample(*arguments, "--as-of", "2030-01-01").out
        assert then.removeprefix("as of 2030-01-01 23:59:59 UTC\n") == now


def test_hostile_text_does_nothing(sample: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments in (("history", "aB3dE6"), ("diff", "aB3dE6"), ("changes", "--since", "2026-01-01")):
        for more in ((), ("--json",)):
            out = sample(*arguments, *more).out
            assert not any(character in out for character in "\x1b\x07\u202e")
        assert "[red]" in sample(*arguments).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = sample("diff", "aB3dE6").out
    assert ":smile:" in coloured
    assert not any(character in coloured for character in "\x07\u202e")
    assert "\x1b]" not in coloured
    assert "\x1b[2J" not in coloured


@pytest.mark.usefixtures("both")
def test_an_empty_archive_has_no_changes(run: Run, tmp_path: Path) -> None:
    House(tmp_path / "archive").archive.close()
    assert run("changes", "--since", "2026-01-01", "--json").json == []
    assert run("changes", "--since", "2026-01-01").code == 0
    assert run("list", "--as-of", "2026-01-01", "--json").json == []
    assert run("history", "x").code == ExitCode.ERROR
