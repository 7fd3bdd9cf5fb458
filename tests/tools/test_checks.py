"""Checkers and indexers that others wrote accept our WARC files."""

from __future__ import annotations

import json
from pathlib import Path

from tests.crawl.crawling import ask

from .programs import program, run


def _files(archive: Path) -> list[Path]:
    files = sorted((archive / "captures").glob("*.warc.gz"))
    assert len(files) == 2
    return files


def test_warcio_finds_every_digest_right(archive: Path) -> None:
    done = run(program("warc", "warcio"), "check", "-v", *_files(archive))
    assert done.returncode == 0, done.stdout[-2000:]
    assert "digest pass" in done.stdout
    assert "fail" not in done.stdout


def test_fastwarc_finds_every_digest_right(archive: Path) -> None:
    for file in _files(archive):
        done = run(program("warc", "fastwarc"), "check", file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert "were verified successfully" in done.stdout + done.stderr


def test_a_flipped_bit_is_found_by_them(archive: Path, tmp_path: Path) -> None:
    file = tmp_path / "damaged.warc.gz"
    data = bytearray(_files(archive)[0].read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    assert run(program("warc", "warcio"), "check", file).returncode != 0


def test_cdxj_indexer_finds_every_capture_where_the_database_says(archive: Path) -> None:
    done = run(program("warc", "cdxj-indexer"), "--sort", *_files(archive))
    assert done.returncode == 0, done.stderr
    indexed = {
        (entry["filename"], int(entry["offset"]), int(entry["length"]), entry["url"])
        for entry in (json.loads(line.split(" ", 2)[2]) for line in done.stdout.splitlines())
    }
    # The messages of 304 answers stand beside their revisits, as metadata about them.
    indexed = {entry for entry in indexed if not entry[3].startswith("urn:uuid:")}
    captures = ask(archive, "SELECT warc_file, warc_offset, warc_length, url FROM captures")
    assert indexed == set(captures)


def test_gzip_takes_each_file_as_whole(archive: Path) -> None:
    for file in _files(archive):
        assert run("gzip", "-t", file).returncode == 0
