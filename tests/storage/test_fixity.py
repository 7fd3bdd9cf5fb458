"""The checksum beside `archive.db`: there when nothing can have changed the file since, and only then."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from storage import fixity
from storage.archive import ArchiveDamaged, open_archive


def _change(directory: Path) -> None:
    with open_archive(directory) as archive, archive.engine.begin() as connection:
        connection.execute(text("INSERT INTO passage (sha256, text) VALUES (randomblob(32), 'a text')"))


def test_a_writer_that_closes_leaves_a_checksum_that_sha256sum_accepts(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    _change(tmp_path)
    assert fixity.check(tmp_path / "archive.db").state == "same"
    tool = shutil.which("sha256sum")
    if tool is None:
        pytest.skip("sha256sum is not installed")
    said = subprocess.run(
        [tool, "--check", "archive.db.sha256"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout == "archive.db: OK\n"


def test_there_is_none_while_a_writer_is_at_work(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    with open_archive(tmp_path):
        assert fixity.check(tmp_path / "archive.db").state == "none"
    assert fixity.check(tmp_path / "archive.db").state == "same"


def test_there_is_none_after_a_writer_was_killed(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    program = (
        "import os, signal, sys; from pathlib import Path; from storage.archive import open_archive\n"
        "archive = open_archive(Path(sys.argv[1])); os.kill(os.getpid(), signal.SIGKILL)"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert fixity.check(tmp_path / "archive.db").state == "none"


def test_there_is_none_while_a_reader_keeps_the_log_from_being_folded_in(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    writer = open_archive(tmp_path)
    with writer.engine.begin() as connection:
        connection.execute(text("INSERT INTO passage (sha256, text) VALUES (randomblob(32), 'a text')"))
    driver = writer.engine.raw_connection()
    driver.cursor().execute("PRAGMA busy_timeout = 0")
    with open_archive(tmp_path, read_only=True) as archive, archive.engine.connect() as reader:
        assert reader.execute(text("SELECT count(*) FROM passage")).scalar() == 1
        driver.close()
        writer.close()
        assert fixity.check(tmp_path / "archive.db").state == "none"


def test_readers_neither_need_nor_touch_it(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    line = fixity.checksum_path(tmp_path / "archive.db").read_text()
    with open_archive(tmp_path, read_only=True) as archive, archive.engine.connect() as connection:
        connection.execute(text("SELECT count(*) FROM articles")).scalar()
    assert fixity.checksum_path(tmp_path / "archive.db").read_text() == line
    fixity.forget(tmp_path / "archive.db")
    with open_archive(tmp_path, read_only=True) as archive, archive.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM articles")).scalar() == 0


def test_a_database_that_cannot_be_opened_keeps_its_checksum(tmp_path: Path) -> None:
    open_archive(tmp_path, create=True).close()
    path = tmp_path / "archive.db"
    os.truncate(path, 5000)
    with pytest.raises(ArchiveDamaged):
        open_archive(tmp_path)
    assert fixity.check(path).state == "changed"


@pytest.mark.parametrize("line", [b"", b"\xff\xfe", b"0" * 64, b"0" * 64 + b"  other.db\n", b"x" * 5000])
def test_what_is_no_line_of_sha256sum_is_unreadable(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(b"content")
    fixity.checksum_path(path).write_bytes(line)
    assert fixity.check(path).state == "unreadable"


def test_nothing_is_left_behind_when_it_cannot_be_written(tmp_path: Path) -> None:
    path = tmp_path / "archive.db"
    path.write_bytes(b"content")
    fixity.checksum_path(path).mkdir()
    with pytest.raises(OSError, match=r"archive\.db\.sha256"):
        fixity.record(path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["archive.db", "archive.db.sha256"]
