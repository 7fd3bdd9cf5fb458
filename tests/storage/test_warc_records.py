"""A record is one gzip member that everybody reads, also when its block was compressed beforehand."""

from __future__ import annotations

import gzip
import io
import os

import pytest
from fastwarc.warc import ArchiveIterator

from storage.warc.records import member, new_id, packed_block, parse_first_member, parse_member

FIELDS = [
    ("WARC-Date", "2026-01-01T00:00:00Z"),
    ("WARC-Target-URI", "http://site.example/"),
    ("Content-Type", "application/http;msgtype=response"),
]
BLOCKS = {
    "empty": b"",
    "one byte": b"x",
    "noise": os.urandom(100_000),
    "text": b"HTTP/1.1 200 OK\r\n\r\n" + b"abc\r\n" * 20_000,
}


@pytest.mark.parametrize("block", BLOCKS.values(), ids=list(BLOCKS))
def test_a_block_compressed_beforehand_makes_the_same_record(block: bytes) -> None:
    record_id = new_id()
    here = member("response", record_id, FIELDS, block)
    beforehand = member("response", record_id, FIELDS, block, packed_block(block))
    assert gzip.decompress(beforehand) == gzip.decompress(here)
    assert parse_member(beforehand) == parse_first_member(beforehand + here) == parse_member(here)
    assert parse_member(beforehand).block == block


def test_members_of_both_kinds_follow_each_other_in_a_file() -> None:
    data = b"".join(
        member("response", new_id(), FIELDS, block, packed)
        for block in BLOCKS.values()
        for packed in (None, packed_block(block))
    )
    read = [record.reader.read() for record in ArchiveIterator(io.BytesIO(data), parse_http=False)]
    assert read == [block for block in BLOCKS.values() for _ in range(2)]
