"""WARC files read piece by piece give what reading them from beginning to end gives, however they are cut."""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from crawler import warc_pieces
from crawler.foreign_warc import read_warc
from crawler.pool import Here, Pending, Result
from crawler.warc_items import Item, Passed, ReadRecord, read, sifted
from crawler.warc_pieces import Pieces
from crawler.warc_sources import DiskFile
from spiders.sites import load_profile

from .warcs import EVENING, MORNING, NOON, info, other, page, record, response

PROFILE = load_profile("mymsbuddy")
IDS = [f"{letter}B3dE{number}" for letter in "abcdefghij" for number in range(4)]


def records() -> list[bytes]:
    """Pages of the site, large and small, and what stands between them."""
    noise = random.Random(7)
    made = [info()]
    for number, article in enumerate(IDS):
        url = other(article)
        made.append(record("request", url, b"GET / HTTP/1.1\r\n\r\n", date=NOON))
        made.append(response(url, page(f"Walk {number}", url=url), date=(MORNING, NOON, EVENING)[number % 3]))
        away = f"https://example.org/{number}"
        made.append(response(away, noise.randbytes(noise.choice((10, 500, 9_000))), date=NOON))
    return made


def members(made: list[bytes]) -> bytes:
    return b"".join(gzip.compress(one, mtime=0) for one in made)


def one_stream() -> bytes:
    return gzip.compress(b"".join(records()), mtime=0)


def streams_of_several() -> bytes:
    made = records()
    return b"".join(gzip.compress(b"".join(made[n : n + 7]), mtime=0) for n in range(0, len(made), 7))


def plain() -> bytes:
    return b"".join(records())


def cut_off() -> bytes:
    return members(records())[:-40]


def with_junk() -> bytes:
    made = records()
    junk = bytes(range(256)) * 30 + b"\x1f\x8b\x08" + b"\0" * 5000
    return junk[:90] + members(made[:30]) + junk + members(made[30:60]) + b"\r\n\r\n" + members(made[60:])


def damaged() -> bytes:
    data = bytearray(members(records()))
    for at in range(3_000, len(data), 11_003):
        data[at] ^= 0x55
    return bytes(data)


def records_over_members() -> bytes:
    whole = b"".join(records())
    return b"".join(gzip.compress(whole[n : n + 3_001], mtime=0) for n in range(0, len(whole), 3_001))


def without_ends() -> bytes:
    return members([one.removesuffix(b"\r\n\r\n") for one in records()])


@pytest.mark.parametrize("piece", [1, 700, 4_096, 33_333, 1 << 20])
@pytest.mark.parametrize("behind", [1, 2_500, 1 << 16])
@pytest.mark.parametrize(
    "made",
    [
        lambda: members(records()), one_stream, streams_of_several, plain, cut_off, with_junk, damaged,
        records_over_members, without_ends, lambda: b"",
    ],
    ids=[
        "members", "one stream", "several a member", "plain", "cut off", "junk", "damaged",
        "records over members", "without ends", "empty",
    ],
)  # fmt: skip
def test_however_a_file_is_cut_the_same_comes_of_it(
    made: Callable[[], bytes], piece: int, behind: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "some.warc.gz"
    path.write_bytes(made())
    if piece == 1:  # each byte a piece: only of a file's beginning, or it would take long
        path.write_bytes(path.read_bytes()[:6_000])
    monkeypatch.setattr(warc_pieces, "PIECE", piece)
    monkeypatch.setattr(warc_pieces, "BEHIND", behind)
    with path.open("rb") as file:
        expected = list(read(sifted(read_warc(file), PROFILE), PROFILE, path.name))
    source = DiskFile(path)
    found = list(Pieces([source], PROFILE, Here()).items(source))
    assert without_counts(found) == without_counts(expected)
    assert passed(found) == passed(expected)


def without_counts(items: list[Item]) -> list[Item]:
    return [one for one in items if not isinstance(one, Passed)]


def passed(items: list[Item]) -> int:
    return sum(one.number for one in items if isinstance(one, Passed))


def test_records_that_are_longer_than_a_piece_cost_nobody_the_pieces_behind_them(tmp_path: Path) -> None:
    made = records()
    long = random.Random(3).randbytes(warc_pieces.PIECE + 2 * warc_pieces.BEHIND)
    made.insert(20, response("https://example.org/film", long, date=NOON))
    path = tmp_path / "long.warc.gz"
    path.write_bytes(members(made) + b"".join(members(records()) for _ in range(12)))
    assert path.stat().st_size > warc_pieces.PIECE + 2 * warc_pieces.BEHIND
    with path.open("rb") as file:
        expected = list(read(sifted(read_warc(file), PROFILE), PROFILE, path.name))
    source = DiskFile(path)
    found = list(Pieces([source], PROFILE, Here()).items(source))
    assert without_counts(found) == without_counts(expected)
    assert passed(found) == passed(expected)


class Counting(Here):
    """Notes how often it is called."""

    def __init__(self) -> None:
        self.calls = 0

    def run(self, function: Callable[..., Result], *arguments: object) -> Pending[Result]:
        self.calls += 1
        return super().run(function, *arguments)


def test_of_sound_files_each_piece_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warc_pieces, "PIECE", 20_000)
    sources = []
    for number in range(3):
        path = tmp_path / f"{number}.warc.gz"
        path.write_bytes(members(records()))
        sources.append(DiskFile(path))
    pool = Counting()
    pieces = Pieces(sources, PROFILE, pool)
    for source in sources:
        assert sum(isinstance(one, ReadRecord) for one in pieces.items(source)) == 2 * len(IDS)
    assert pool.calls == sum(-(-source.size // 20_000) for source in sources)
    assert pool.calls > 6
