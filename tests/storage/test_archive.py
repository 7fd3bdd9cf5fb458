"""Opening an archive: every way it can fail gives one clear line; readers are in nobody's way."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.archive import (
    ArchiveBusy,
    ArchiveDamaged,
    ArchiveError,
    ArchiveMissing,
    ArchiveNewer,
    ArchiveOlder,
    ArchiveUnwritable,
    open_archive,
)
from tests.places import change, opened
from tests.storage.build import House, article, at

ROOT = Path(__file__).parents[2]


def one_line(error: BaseException, *words: str) -> None:
    said = str(error)
    assert "\n" not in said
    for word in words:
        assert word in said


def test_there_is_none(tmp_path: Path) -> None:
    for read_only in (True, False):
        with pytest.raises(ArchiveMissing) as caught:
            open_archive(tmp_path / "nothing", read_only=read_only)
        one_line(caught.value, "no archive in", "msarchive crawl")
    assert list(tmp_path.iterdir()) == []


def test_the_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ArchiveUnwritable) as caught:
        open_archive(tmp_path / "file" / "archive", create=True)
    one_line(caught.value, "can't make")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_the_folder_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ArchiveUnwritable) as caught:
        open_archive(tmp_path, create=True)
    one_line(caught.value, "can't write to")


def test_the_folder_is_a_device() -> None:
    with pytest.raises(ArchiveUnwritable):
        open_archive(Path("/dev/null/archive"), create=True)


@pytest.mark.parametrize("read_only", [True, False])
@pytest.mark.parametrize("content", [b"<html>no database</html>" * 99, b"SQLite format 3\0" + b"\xff" * 4096])
def test_it_is_no_database(tmp_path: Path, content: bytes, read_only: bool) -> None:
    (tmp_path / "archive.db").write_bytes(content)
    for _ in range(2):  # the first refusal leaves no lock behind
        with pytest.raises(ArchiveDamaged) as caught:
            open_archive(tmp_path, read_only=read_only)
        one_line(caught.value, "archive.db")
    assert (tmp_path / "archive.db").read_bytes() == content


@pytest.mark.parametrize("read_only", [True, False])
def test_it_is_another_programs_database(tmp_path: Path, read_only: bool) -> None:
    other = sqlite3.connect(tmp_path / "archive.db")
    other.execute("CREATE TABLE notes (text)")
    other.close()
    with pytest.raises(ArchiveDamaged) as caught:
        open_archive(tmp_path, read_only=read_only)
    one_line(caught.value, "no archive")


def test_an_empty_file_becomes_an_archive_only_for_a_writer(tmp_path: Path) -> None:
    (tmp_path / "archive.db").touch()
    with pytest.raises(ArchiveMissing):
        open_archive(tmp_path, read_only=True)
    open_archive(tmp_path).close()
    open_archive(tmp_path, read_only=True).close()


@pytest.mark.usefixtures("both")
@pytest.mark.parametrize("read_only", [True, False])
def test_it_is_of_a_newer_program(tmp_path: Path, read_only: bool) -> None:
    opened(tmp_path, create=True).close()
    change(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(ArchiveNewer) as caught:
        opened(tmp_path, read_only=read_only)
    one_line(caught.value, "newer", "9999")


def test_an_older_one_is_brought_up_to_date_by_a_writer_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_archive(tmp_path, create=True).close()
    monkeypatch.setattr("storage.archive.HEAD", "0099")
    with pytest.raises(ArchiveOlder) as caught:
        open_archive(tmp_path, read_only=True)
    one_line(caught.value, "older")
    open_archive(tmp_path).close()


@pytest.mark.usefixtures("both")
def test_a_second_writer_is_told_who_is_first(tmp_path: Path) -> None:
    with opened(tmp_path, create=True):
        for _ in range(2):
            with pytest.raises(ArchiveBusy) as caught:
                opened(tmp_path)
            one_line(caught.value, f"process {os.getpid()}")
        opened(tmp_path, read_only=True).close()
    opened(tmp_path).close()


def test_a_reader_is_not_blocked_and_sees_whole_pages(house: House) -> None:
    house.save(article())
    with (
        open_archive(house.directory, read_only=True, database=house.database) as reader,
        reader.engine.connect() as connection,
    ):
        count = text("SELECT count(*) FROM articles")
        assert connection.execute(count).scalar() == 1
        house.save(article("bB3dE6"))
        assert connection.execute(count).scalar() == 1  # the same transaction, the same archive
        connection.rollback()
        assert connection.execute(count).scalar() == 2


def test_a_reader_cannot_write(house: House) -> None:
    with open_archive(house.directory, read_only=True, database=house.database) as reader:
        assert reader.read_only
        with pytest.raises(Exception, match=r"read-?only"), reader.engine.begin() as connection:
            connection.execute(text("DELETE FROM run"))


def test_closed_it_is_one_file_that_needs_no_neighbour(tmp_path: Path) -> None:
    house = House(tmp_path / "a")
    house.save(article())
    house.archive.close()
    house.archive.close()
    assert not list((tmp_path / "a").glob("archive.db-*"))
    shutil.copy(tmp_path / "a" / "archive.db", tmp_path / "archive.db")
    with open_archive(tmp_path, read_only=True) as copy, copy.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM articles")).scalar() == 1


def test_odd_folder_names_work(tmp_path: Path) -> None:
    directory = tmp_path / "a b?c#d%41 é"
    open_archive(directory, create=True).close()
    open_archive(directory, read_only=True).close()
    assert (directory / "archive.db").is_file()


def test_errors_share_one_ancestor() -> None:
    kinds: list[type[Exception]] = [
        ArchiveBusy, ArchiveDamaged, ArchiveMissing, ArchiveNewer, ArchiveOlder, ArchiveUnwritable
    ]  # fmt: skip
    assert all(issubclass(kind, ArchiveError) for kind in kinds)


def test_two_archives_of_the_same_content_compare_equal(new_house: Callable[[], House]) -> None:
    from storage.compare import archive_digest

    one, two = new_house(), new_house()
    for n, name in enumerate(("aaaaaa", "bbbbbb")):
        one.save(article(name), when=at(n))
    for n, name in enumerate(("bbbbbb", "aaaaaa")):
        two.save(article(name), when=at(50 + n))
    assert archive_digest(one.archive) == archive_digest(two.archive)
    two.save(article("cccccc"), when=at(99))
    assert archive_digest(one.archive) != archive_digest(two.archive)
