"""Files that are cut off or damaged: never a traceback, never a wrong page, and the rest is imported."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest

from tests.cli.conftest import Run, run
from tests.places import rows

from .warcs import bring, digest, info, other, page, response, save

__all__ = ["run"]
IDS = ("aB3dE6", "cD4eF5", "gH6iJ7")
RECORDS = (info(), *(response(other(one), page(f"Article {one}", url=other(one))) for one in IDS))
TITLES = {one: f"Article {one}" for one in IDS}
CONTENT = "SELECT id, title, takeaway FROM articles"


def form(how: str) -> bytes:
    """The same three articles, plain or compressed in either way."""
    if how == "plain":
        return b"".join(RECORDS)
    if how == "one stream":
        return gzip.compress(b"".join(RECORDS), mtime=0)
    return b"".join(gzip.compress(one, mtime=0) for one in RECORDS)


def ending(how: str) -> str:
    return "cut.warc" if how == "plain" else "cut.warc.gz"


def whole_content(folder: Path) -> set[tuple[object, ...]]:
    bring(folder / "whole", save(folder / "whole.warc", *RECORDS))
    return set(rows(folder / "whole", CONTENT))


FORMS = ["plain", "members", "one stream"]


@pytest.mark.parametrize("how", FORMS)
def test_cut_off_anywhere_what_is_before_the_cut_is_imported(run: Run, tmp_path: Path, how: str) -> None:
    expected, data = whole_content(tmp_path), form(how)
    most = 0
    for number, length in enumerate(range(1, len(data), 50)):
        path = tmp_path / str(number) / ending(how)
        path.parent.mkdir()
        path.write_bytes(data[:length])
        ran = run("import", path, "--archive", tmp_path / f"a{number}")
        assert "Traceback" not in ran.err
        assert "unexpected" not in ran.err
        assert ran.code in (0, 1), ran.err
        if not (tmp_path / f"a{number}" / "archive.db").exists():
            assert most == 0
            continue
        found = set(rows(tmp_path / f"a{number}", CONTENT))
        assert found <= expected
        assert len(found) >= most  # a longer piece never gives less
        most = len(found)
    assert most >= len(IDS) - 1


@pytest.mark.parametrize("how", FORMS)
def test_a_cut_inside_a_record_is_named_with_its_place(run: Run, tmp_path: Path, how: str) -> None:
    data = form(how)
    path = tmp_path / ending(how)
    path.write_bytes(data[:-30])
    ran = run("import", path)
    assert ran.code == 1
    assert path.name in ran.err
    assert len(rows(tmp_path / "archive", CONTENT)) == len(IDS) - 1


@pytest.mark.parametrize("how", ["plain", "members"])
def test_damage_in_the_middle_costs_no_more_than_what_it_struck(run: Run, tmp_path: Path, how: str) -> None:
    parts = [gzip.compress(one, mtime=0) for one in RECORDS] if how == "members" else list(RECORDS)
    struck = bytearray(parts[2])
    struck[len(struck) // 2] ^= 0x55
    path = tmp_path / ending(how)
    path.write_bytes(b"".join([*parts[:2], bytes(struck), *parts[3:]]))
    ran = run("import", path)
    assert ran.code == 1
    assert path.name in ran.err
    assert [row[0] for row in rows(tmp_path / "archive", CONTENT + " ORDER BY id")] == ["aB3dE6", "gH6iJ7"]


@pytest.mark.parametrize("junk", [b"\0" * 5000, b"WARC/1.0 is a format\r\n" * 100, b"\x1f\x8b\x08 junk" * 50])
@pytest.mark.parametrize("how", ["plain", "members"])
def test_junk_between_records_is_passed_over(run: Run, tmp_path: Path, how: str, junk: bytes) -> None:
    parts = [gzip.compress(one, mtime=0) for one in RECORDS] if how == "members" else list(RECORDS)
    path = tmp_path / ending(how)
    path.write_bytes(b"".join([*parts[:2], junk, *parts[2:]]))
    ran = run("import", path)
    assert ran.code in (0, 1)
    assert dict(row[:2] for row in rows(tmp_path / "archive", CONTENT)) == TITLES


@pytest.mark.parametrize("how", FORMS)
def test_bits_that_flipped_never_give_a_wrong_page(tmp_path: Path, how: str) -> None:
    expected, data = whole_content(tmp_path), form(how)
    chance = random.Random(20260301)
    for number in range(60):
        struck = bytearray(data)
        struck[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = tmp_path / str(number) / ending(how)
        path.parent.mkdir()
        path.write_bytes(struck)
        archive = tmp_path / f"a{number}"
        bring(archive, path)
        wrong = set(rows(archive, CONTENT)) - expected
        assert not wrong, (number, wrong)


def test_a_large_page_whose_compressed_record_is_damaged_is_not_taken(run: Run, tmp_path: Path) -> None:
    chance = random.Random(1)
    noise = "".join(chance.choice("abcdefghijklmnopqrstuvwxyz ") for _ in range(700_000))
    big = page("A large page", url=other("pQ2rS3")).replace(b"</main>", f"<p>{noise}</p></main>".encode())
    # Without a digest nothing but the member's own checksum tells.
    record = response(other("pQ2rS3"), big, "WARC-Block-Digest: ")
    packed = bytearray(gzip.compress(record, mtime=0))
    packed[-6] ^= 1
    path = tmp_path / "large.warc.gz"
    path.write_bytes(bytes(packed) + gzip.compress(RECORDS[1], mtime=0))
    ran = run("import", path)
    assert ran.code == 1
    assert [row[0] for row in rows(tmp_path / "archive", CONTENT)] == ["aB3dE6"]


def test_a_wacz_that_is_cut_off_gives_the_records_before_the_cut(run: Run, tmp_path: Path) -> None:
    import zipfile

    inner = save(tmp_path / "rec-0.warc.gz", *RECORDS)
    with zipfile.ZipFile(tmp_path / "whole.wacz", "w") as packed:
        packed.write(inner, "archive/rec-0.warc.gz")
        packed.writestr("datapackage.json", "{}")
    (tmp_path / "cut.wacz").write_bytes((tmp_path / "whole.wacz").read_bytes()[:-60])
    ran = run("import", tmp_path / "cut.wacz")
    assert ran.code == 1
    assert "cut.wacz" in ran.err
    assert dict(row[:2] for row in rows(tmp_path / "archive", CONTENT)) == TITLES


@pytest.mark.parametrize("data", [b"", b"\x1f\x8b\x08", b"WARC/1.0\r\n", b"PK\x03\x04"])
@pytest.mark.parametrize("name", ["x.warc", "x.warc.gz", "x.wacz"])
def test_files_without_a_single_record_are_named(run: Run, tmp_path: Path, data: bytes, name: str) -> None:
    (tmp_path / name).write_bytes(data)
    ran = run("import", tmp_path / name)
    assert ran.code == 1
    assert name in ran.err
    assert "unexpected" not in ran.err


def test_killed_imports_can_simply_be_run_again(tmp_path: Path) -> None:
    path = save(tmp_path / "one.warc.gz", *RECORDS)
    bring(tmp_path / "once", path)
    (tmp_path / "part.warc.gz").write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    bring(tmp_path / "twice", tmp_path / "part.warc.gz")
    bring(tmp_path / "twice", path)
    assert digest(tmp_path / "twice") == digest(tmp_path / "once")
    assert rows(tmp_path / "twice", "SELECT count(*) FROM captures") == [(len(IDS),)]
