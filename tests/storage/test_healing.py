"""What a run that was killed leaves in its folder, and what the next writer makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.archive import ArchiveDamaged, ArchiveMissing, open_archive
from storage.db import Db
from storage.warc.files import WarcWriter
from storage.warc.healing import heal
from storage.warc.records import member, new_id
from storage.writer import Writer
from tests.places import Places, opened, rows

INFO = [("software", "msarchive/1"), ("description", "crawl, run 1 of the archive")]


@pytest.fixture
def killed(tmp_path: Path, both: Places) -> Path:
    """An archive whose first run was killed; it had begun a file with one record that nothing names."""
    with opened(tmp_path, create=True) as archive:
        Writer(archive, "sample").begin_run(
            "crawl", program_version="1", reader_version="1", profile_digest="0" * 64, settings={}
        )
    files = WarcWriter(tmp_path / "captures", "sample", INFO)
    files.append(
        member("response", new_id(), [("WARC-Date", "2026-01-01T00:00:00Z")], b"HTTP/1.1 200 OK\r\n\r\n")
    )
    files.finish()
    return tmp_path


def healed(directory: Path) -> list[tuple[str, int, bool]]:
    with opened(directory) as archive:
        heal(Db(archive.connection), directory / "captures")
    found = rows(directory, "SELECT name, run_id, sha256 IS NOT NULL FROM warc_file")
    return [(name, run, bool(whole)) for name, run, whole in found]


def file_of(directory: Path) -> Path:
    (path,) = (directory / "captures").iterdir()
    return path


def test_a_file_that_no_transaction_named_is_named_and_its_records_stay(killed: Path, both: Places) -> None:
    path = file_of(killed)
    before = path.read_bytes()
    assert healed(killed) == [(path.name, 1, True)]
    assert path.read_bytes() == before
    assert {finding.code for finding in both.verify(killed).findings} == {"records-unnamed"}
    assert healed(killed) == [(path.name, 1, True)]


def test_its_torn_end_is_cut_off(killed: Path) -> None:
    path = file_of(killed)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 3])
    healed(killed)
    assert path.read_bytes() == whole


@pytest.mark.parametrize("length", [0, 1, 10, 40, 100])
def test_one_that_ends_before_its_first_record_does_is_removed(killed: Path, length: int) -> None:
    path = file_of(killed)
    path.write_bytes(path.read_bytes()[:length])
    assert healed(killed) == []
    assert not path.exists()


@pytest.mark.parametrize("kind", ["another run's", "another name", "no gzip", "a torn record of the site's"])
def test_what_may_be_somebody_else_s_stays_as_it_is(killed: Path, kind: str) -> None:
    path = file_of(killed)
    data = path.read_bytes()
    if kind == "another run's":
        path.unlink()
        other = WarcWriter(
            killed / "captures",
            "sample",
            [("software", "msarchive/1"), ("description", "crawl, run 7 of the archive")],
        )
        other.append(b"")
        other.finish()
        path = file_of(killed)
        data = path.read_bytes()
    elif kind == "another name":
        path = path.rename(path.with_name("mine.warc.gz"))
    elif kind == "no gzip":
        data = b"WARC/1.1\r\n"
        path.write_bytes(data)
    else:
        data = member("response", new_id(), [("WARC-Date", "2026-01-01T00:00:00Z")], b"x" * 5000)[:-20]
        path.write_bytes(data)
    assert healed(killed) == []
    assert path.read_bytes() == data


def test_an_archive_that_was_killed_while_it_was_made_is_none_yet(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    with pytest.raises(ArchiveMissing, match="ended at once"):
        open_archive(tmp_path, read_only=True)
    open_archive(tmp_path).close()
    open_archive(tmp_path, read_only=True).close()


def test_an_empty_database_beside_captures_is_damage(tmp_path: Path) -> None:
    (tmp_path / "captures").mkdir()
    (tmp_path / "captures" / "one.warc.gz").write_bytes(b"x")
    (tmp_path / "archive.db").touch()
    with pytest.raises(ArchiveDamaged, match="captures beside it"):
        open_archive(tmp_path, read_only=True)


def test_a_checksum_that_was_never_finished_goes_with_the_next_writer(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    (tmp_path / "archive.db.sha256.4711").write_text("half")
    mine = tmp_path / "archive.db.sha256.bak"
    mine.write_text("mine")
    open_archive(tmp_path).close()
    assert not (tmp_path / "archive.db.sha256.4711").exists()
    assert mine.read_text() == "mine"
