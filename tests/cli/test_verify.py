"""`msarchive verify` as a user, a script and an archivist meet it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage import fixity
from tests.cli.archives import import_pages, save_pages
from tests.cli.conftest import Run, one_line


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """An archive of some imported pages."""
    folder = save_pages(tmp_path / "pages")
    for path in sorted(folder.iterdir())[5:]:
        path.unlink()
    import_pages(tmp_path / "archive", folder)
    return tmp_path / "archive"


def _warc(archive: Path) -> Path:
    (path,) = (archive / "captures").iterdir()
    return path


def test_a_sound_archive_is_one_line_and_status_0(archive: Path, run: Run) -> None:
    said = run("verify", "--archive", archive)
    assert (said.code, said.err) == (0, "")
    size = _warc(archive).stat().st_size
    assert said.out == f"sound: 5 captures in 1 WARC file ({size:,} bytes), 5 revisions\n"


def test_damage_is_one_line_each_and_status_12(archive: Path, run: Run) -> None:
    path = _warc(archive)
    data = path.read_bytes()
    path.write_bytes(data[:-10])
    said = run("verify", "--archive", archive)
    assert said.code == 12
    cut, summary = said.out.splitlines()
    assert cut.startswith(f"damage: warc-cut: captures/{path.name}:{len(data) - 10}: it has ")
    assert "1 capture lost" in cut
    assert summary.startswith("damaged: 1 thing is wrong; looked at 5 captures")


def test_json_says_the_same_for_programs(archive: Path, run: Run) -> None:
    path = _warc(archive)
    path.write_bytes(path.read_bytes() + b"more")
    said = run("verify", "--archive", archive, "--json")
    assert said.code == 12
    report = said.json
    assert (report["sound"], report["damage"], report["notes"], report["repaired"]) == (False, 1, 0, [])
    (finding,) = report["findings"]
    assert finding["code"] == "warc-grown"
    assert finding["level"] == "damage"
    assert finding["file"] == f"captures/{path.name}"
    assert finding["offset"] == path.stat().st_size - 4
    assert finding["capture_id"] is None


def test_notes_are_no_damage(archive: Path, run: Run) -> None:
    fixity.forget(archive / "archive.db")
    (archive / "captures" / "st\x1b[31mray").write_bytes(b"")
    said = run("verify", "--archive", archive)
    assert said.code == 0
    assert [line.split(": ")[:2] for line in said.out.splitlines()[:-1]] == [
        ["note", "no-checksum"],
        ["note", "warc-unnamed"],
    ]
    assert "\x1b" not in said.out
    assert said.out.splitlines()[-1].endswith(", 2 notes")


def test_a_database_that_is_none_is_damage_not_a_traceback(archive: Path, run: Run) -> None:
    (archive / "archive.db").write_bytes(b"no database")
    for options in ([], ["--repair"]):
        said = run("verify", "--archive", archive, *options)
        assert (said.code, said.err) == (12, "")
        assert "damage: database-unreadable: archive.db: " in said.out


def test_no_archive_is_a_usage_error_and_makes_nothing(run: Run, tmp_path: Path) -> None:
    for options in ([], ["--repair"]):
        said = run("verify", "--archive", tmp_path / "none", *options)
        assert said.code == 2
        assert "no archive in" in one_line(said.err)
    assert not (tmp_path / "none").exists()


def test_repair_has_nothing_to_do_on_a_sound_archive(archive: Path, run: Run) -> None:
    before = {path: path.read_bytes() for path in (archive / "captures").iterdir()}
    said = run("verify", "--archive", archive, "--repair")
    assert said.code == 0
    assert len(said.out.splitlines()) == 1
    assert {path: path.read_bytes() for path in (archive / "captures").iterdir()} == before
