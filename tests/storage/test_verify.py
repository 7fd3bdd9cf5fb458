"""`verify` tells every damage and nothing else; `repair` cuts off what a killed run left, nothing else."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler.samplesite import SampleSite
from storage import fixity
from storage.archive import ArchiveBusy, ArchiveMissing, open_archive
from storage.bodies import BodyReader
from storage.compare import archive_content
from storage.verify import CODES, repair, verify
from storage.warc.records import member, new_id
from tests.crawl.crawling import crawl
from tests.places import Places

SHARDS = 10
TRIALS = 50
"""Of each kind of damage in each shard: 500 truncations and 500 flips in all."""


def _crawled(directory: Path, database: str | None = None) -> Path:
    with SampleSite() as site:
        for _ in range(2):
            ended = crawl(directory, site.base_url, database=database, max_pages=12, refresh="all")
            assert ended.code == 6
    return directory


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive of a dozen pages, crawled twice: responses, revisits of both kinds, two WARC files."""
    return _crawled(tmp_path_factory.mktemp("verify") / "archive")


@pytest.fixture
def archive(sound: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return shutil.copytree(sound, tmp_path / "archive")


@pytest.fixture(scope="module")
def whole(places: Places, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same in both databases."""
    directory = tmp_path_factory.mktemp("both") / "archive"
    return _crawled(directory, places.url(directory))


@pytest.fixture
def copied(places: Places, whole: Path, tmp_path: Path) -> Path:
    """A copy of that to damage, in either database."""
    return places.copy(whole, tmp_path / "archive")


def _codes(directory: Path) -> set[str]:
    return {finding.code for finding in verify(directory).findings}


def _codes_in(places: Places, directory: Path) -> set[str]:
    return {finding.code for finding in places.verify(directory).findings}


def _warcs(directory: Path) -> list[Path]:
    return sorted((directory / "captures").iterdir())


def _unfinish(places: Places, directory: Path) -> Path:
    """Make the archive look as if its last run had been killed behind its last transaction; its WARC file."""
    path = _warcs(directory)[-1]
    places.damage(directory, f"UPDATE warc_file SET sha256 = NULL WHERE name = '{path.name}'")
    fixity.forget(directory / "archive.db")
    return path


def _everything(directory: Path) -> object:
    """All that can be read: rows by natural keys, every capture's entity and record."""
    with (
        open_archive(directory, read_only=True) as opened,
        opened.engine.connect() as connection,
        BodyReader(opened, connection) as reader,
    ):
        ids = connection.exec_driver_sql("SELECT id FROM capture ORDER BY id").scalars().all()
        bodies = [hashlib.sha256(reader.read(number)).hexdigest() for number in ids]
        records = [(record.headers, record.block) for record in map(reader.record, ids)]
        captures = [tuple(row) for row in connection.exec_driver_sql("SELECT * FROM capture ORDER BY id")]
        return archive_content(opened), bodies, records, captures


def test_an_archive_as_crawls_left_it_is_sound(places: Places, whole: Path) -> None:
    before = _files(whole)
    seen: list[tuple[int, int]] = []
    report = places.verify(whole, workers=2, progress=lambda done, total: seen.append((done, total)))
    assert report.findings == ()
    assert report.sound
    assert (report.files, report.captures) == (2, len(places.rows(whole, "SELECT id FROM capture")))
    assert report.bytes == sum(path.stat().st_size for path in _warcs(whole))
    assert report.revisions == len(places.rows(whole, "SELECT id FROM revision")) > 0
    assert 0 < seen[-1][0] <= seen[-1][1]
    assert _files(whole) == before


def _files(directory: Path) -> dict[Path, bytes]:
    # The log and its index are what every reader of a SQLite database makes, empty.
    paths = [path for path in directory.rglob("*") if path.is_file() and path.suffix != ".db-shm"]
    return {path: data for path in paths if (data := path.read_bytes()) or path.suffix != ".db-wal"}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_random_damage_is_told_or_without_effect(sound: Path, tmp_path: Path, shard: int) -> None:
    random_ = random.Random(shard)
    expected = _everything(sound)
    files = [Path("archive.db"), *(path.relative_to(sound) for path in _warcs(sound))]
    for trial in range(2 * TRIALS):
        name = random_.choice((files[0], random_.choice(files[1:])))
        data = bytearray((sound / name).read_bytes())
        if trial % 2:
            what = f"cut to {(length := random_.randrange(len(data)))}"
            del data[length:]
        else:
            what = f"bit {(bit := random_.randrange(len(data) * 8))} flipped"
            data[bit // 8] ^= 1 << bit % 8
        copy = tmp_path / str(trial)
        shutil.copytree(sound, copy, ignore=shutil.ignore_patterns(name.name))
        (copy / name).write_bytes(data)
        if verify(copy, workers=1).sound:
            assert _everything(copy) == expected, f"{name}, {what}: neither told nor without effect"
        shutil.rmtree(copy)


def test_a_cut_at_the_border_of_two_records_is_told(places: Places, copied: Path) -> None:
    path = _warcs(copied)[0]
    ((offset,),) = places.rows(
        copied,
        "SELECT max(c.warc_offset) FROM capture c JOIN warc_file f ON f.id = c.warc_file_id "
        f"WHERE f.name = '{path.name}'",
    )
    os.truncate(path, offset)
    (finding,) = places.verify(copied).findings
    assert (finding.code, finding.file, finding.offset) == ("warc-cut", f"captures/{path.name}", offset)
    assert "1 capture lost" in finding.message


def test_without_a_checksum_damage_of_the_database_never_stops_it(sound: Path, tmp_path: Path) -> None:
    random_ = random.Random(7)
    for trial in range(60):
        copy = tmp_path / str(trial)
        shutil.copytree(sound, copy)
        (copy / "archive.db.sha256").unlink()
        data = bytearray((copy / "archive.db").read_bytes())
        for _ in range(3):
            bit = random_.randrange(len(data) * 8)
            data[bit // 8] ^= 1 << bit % 8
        (copy / "archive.db").write_bytes(data)
        assert "no-checksum" in _codes(copy)
        shutil.rmtree(copy)


@pytest.mark.parametrize(
    ("code", "sql"),
    [
        ("revision-changed", "UPDATE revision SET title = title || 'x' WHERE id = 1"),
        ("revision-changed", "UPDATE revision SET field_digests = 'no json' WHERE id = 1"),
        ("search-index", "UPDATE revision SET takeaway = 'another word' WHERE id = 1"),
        ("passage-changed", "UPDATE passage SET text = text || '.' WHERE id = 1"),
        ("card-list-changed", "UPDATE card SET title = 'another' WHERE card_list_id = 1 AND position = 1"),
        (
            "revision-without-capture",
            "UPDATE capture SET revision_id = NULL, article_key = NULL WHERE revision_id = 1",
        ),
        ("revision-without-evidence", "DELETE FROM evidence WHERE revision_id = 1 AND field = 'takeaway'"),
        ("article-without-revision", "UPDATE revision SET is_current = 0 WHERE id = 1"),
        ("foreign-key", "UPDATE capture SET url_id = 99999 WHERE id = 1"),
        ("record-differs", "UPDATE capture SET captured_at = '2020-01-01T00:00:00.000Z' WHERE id = 1"),
        ("record-differs", "UPDATE capture SET sha256 = '" + "0" * 64 + "', size = 1 WHERE id = 1"),
        ("record-differs", "UPDATE capture SET warc_offset = 1152921504606846976 WHERE id = 1"),
        ("record-damaged", "UPDATE capture SET warc_offset = warc_offset + 1 WHERE id = 1"),
        ("record-damaged", "UPDATE capture SET request_length = request_length - 1 WHERE id = 1"),
        ("revisit-disagrees", "UPDATE capture SET size = size + 1 WHERE record_type = 'revisit'"),
        ("warc-changed", "UPDATE warc_file SET sha256 = '" + "0" * 64 + "' WHERE id = 1"),
        ("warc-missing", "UPDATE warc_file SET name = '../archive.db' WHERE id = 1"),
        ("schema-changed", "DROP INDEX ix_capture_url"),
        ("database-damaged", "UPDATE capture SET kind = ''"),
    ],
)
def test_what_does_not_fit_together_is_told(places: Places, copied: Path, code: str, sql: str) -> None:
    places.damage(copied, sql)
    assert code in _codes_in(places, copied)


def test_every_code_is_explained_to_archivists() -> None:
    explained = (Path(__file__).parents[2] / "docs" / "captures.md").read_text("utf-8")
    assert [code for code in CODES if f"`{code}`" not in explained] == []


@pytest.mark.parametrize(
    ("code", "damage"),
    [
        ("warc-missing", lambda path: path.unlink()),
        ("warc-missing", lambda path: (path.unlink(), path.mkdir())),
        ("warc-cut", lambda path: path.write_bytes(b"")),
        ("warc-grown", lambda path: path.write_bytes(path.read_bytes() * 2)),
        ("warc-changed", lambda path: path.write_bytes(path.read_bytes()[::-1])),
        ("record-damaged", lambda path: path.write_bytes(path.read_bytes()[::-1])),
        ("warc-damaged", lambda path: path.write_bytes(path.read_bytes()[::-1])),
        ("warc-unnamed", lambda path: path.with_name("another.warc.gz").write_bytes(b"")),
    ],
)
def test_damage_of_a_warc_file_is_told(
    places: Places, copied: Path, code: str, damage: Callable[[Path], None]
) -> None:
    damage(_warcs(copied)[0])
    assert code in _codes_in(places, copied)


@pytest.mark.parametrize("content", [b"", b"not a database", b"SQLite format 3\0" + b"\0" * 5000])
def test_a_database_that_cannot_be_opened_is_one_line(archive: Path, content: bytes) -> None:
    (archive / "archive.db").write_bytes(content)
    assert _codes(archive) == {"database-changed", "database-unreadable"}


def test_a_checksum_that_is_none_is_told(archive: Path) -> None:
    (archive / "archive.db.sha256").write_bytes(b"\xff" * 70)
    assert _codes(archive) == {"checksum-unreadable"}


def test_where_there_is_no_archive_nothing_is_made(tmp_path: Path) -> None:
    for look in (verify, repair):
        with pytest.raises(ArchiveMissing):
            look(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_a_note_and_repair_cuts_off_only_the_torn_record(
    places: Places, copied: Path
) -> None:
    archive, url = copied, places.url(copied)
    path = _unfinish(places, archive)
    counted = path.read_bytes()
    stray = member("response", new_id(), [("WARC-Date", "2026-01-01T00:00:00Z")], b"HTTP/1.1 200 OK\r\n\r\n")
    path.write_bytes(counted + stray + stray[:-5])
    (archive / ".lock.json").write_text("{}")
    before = _files(archive)

    report = places.verify(archive)
    assert report.sound
    assert {finding.code for finding in report.findings} - {"no-checksum"} == {
        "records-unnamed", "torn-end", "lock-stale",
    }  # fmt: skip
    (done,) = repair(archive, database=url)
    assert (done.length, done.cut) == (len(counted + stray), len(stray) - 5)
    assert path.read_bytes() == counted + stray
    changed = {name for name, data in _files(archive).items() if before[name] != data}
    assert changed == {path}
    assert repair(archive, database=url) == []
    assert "torn-end" not in _codes_in(places, archive)


@pytest.mark.parametrize("kind", ["finished", "damage before", "whole record behind", "row says too little"])
def test_repair_leaves_alone_what_is_no_torn_end(places: Places, copied: Path, kind: str) -> None:
    archive = copied
    path = _warcs(archive)[-1] if kind == "finished" else _unfinish(places, archive)
    data = path.read_bytes()
    stray = member("response", new_id(), [("WARC-Date", "2026-01-01T00:00:00Z")], b"HTTP/1.1 200 OK\r\n\r\n")
    if kind == "finished":
        data += stray[:-5]
    elif kind == "damage before":
        data = data[:2000] + bytes([data[2000] ^ 1]) + data[2001:] + stray[:-5]
    elif kind == "whole record behind":
        data += stray[:-5] + stray
    else:
        places.damage(archive, f"UPDATE warc_file SET size = 100 WHERE name = '{path.name}'")
        data = data[:-5]
    path.write_bytes(data)
    assert not places.verify(archive).sound
    assert repair(archive, database=places.url(archive)) == []
    assert path.read_bytes() == data


def test_beside_a_writer_what_it_is_just_writing_is_left_out(places: Places, copied: Path) -> None:
    archive = copied
    path = _unfinish(places, archive)
    with places.open(archive):
        path.write_bytes(path.read_bytes() + b"\x1f\x8b\x08 half a record")
        (archive / "captures" / "just-begun.warc.gz").write_bytes(b"")
        assert _codes_in(places, archive) == {"writer-at-work"}
        with pytest.raises(ArchiveBusy):
            repair(archive, database=places.url(archive))


def test_two_at_once_say_the_same(archive: Path) -> None:
    _warcs(archive)[0].write_bytes(_warcs(archive)[0].read_bytes()[::-1])
    reports = []
    threads = [threading.Thread(target=lambda: reports.append(verify(archive))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reports[0] == reports[1]


def test_an_empty_archive_is_sound(places: Places, tmp_path: Path) -> None:
    places.open(tmp_path, create=True).close()
    assert places.verify(tmp_path).findings == ()
