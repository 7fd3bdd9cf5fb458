"""Single WARC records: making their compressed members, and reading one at its offset.

Named fields are those of WARC 1.1 (ISO 28500:2017), section 5, the profiles of revisits those of section 6.7.
The block of a record is handed through byte for byte.
"""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from uuid import uuid4

from fastwarc.stream_io import GzipWriter
from fastwarc.warc import WarcRecord, WarcRecordType

RecordType = Literal["warcinfo", "response", "request", "revisit", "resource", "metadata"]

IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
FILE_NAME = "Msarchive-File-Name"
"""Extension field: percent-encoded name of the imported file that a resource was."""
REBUILT = "Msarchive-Rebuilt"
"""Extension field: why the head of this response is not what came over the wire."""

# Level 3 makes members as small as zlib's 6 in FastWARC, in nearly the time of its 1. But to set it up takes
# as long as zlib takes for ten requests.
_LEVEL = 3
_ZLIB_LEVEL = 6
_SMALL = 8 * 1024
"""Bytes of a record up to which zlib is faster."""
_GZIP_HEAD = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
"""Of a member without a name, a time or a system (RFC 1952 section 2.3)."""
_TAIL = b"\r\n\r\n"
"""What ends a record."""


def _alone(data: bytes) -> bytes:
    packing = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packing.compress(data) + packing.flush()


_PACKED_TAIL = _alone(_TAIL)


class RecordDamaged(Exception):
    """A record is not where it should be, or not what it should be. The message is one line."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record as read."""

    type: str
    headers: Mapping[str, str]
    """Named fields, names in lower case; of several of one name the last."""
    block: bytes


def new_id() -> str:
    """A new WARC-Record-ID, without angle brackets."""
    return f"urn:uuid:{uuid4()}"


def digest(data: bytes) -> str:
    """`sha256:` and the digest in hexadecimal: a labelled digest (WARC 1.1 section 5.8)."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def packed_block(block: bytes) -> bytes:
    """A block compressed beforehand, for `member`: whole deflate blocks (RFC 1951) that others may follow."""
    packing = zlib.compressobj(_ZLIB_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packing.compress(block) + packing.flush(zlib.Z_FULL_FLUSH)


def member(
    kind: RecordType,
    record_id: str,
    fields: Iterable[tuple[str, str]],
    block: bytes,
    packed: bytes | None = None,
    block_digest: str | None = None,
) -> bytes:
    """The gzip member (WARC 1.1 annex D) of one record, with its block digest.

    `fields` are the named fields besides type, id, length and block digest, in the order in which they are
    to stand. A field's text is kept on one line. `packed` is what `packed_block` made of the block; None when
    it is to be compressed here. `block_digest` is the block's `digest` where it is known; None when it is to
    be worked out here.
    """
    record = WarcRecord()
    record.init_headers(record_type=getattr(WarcRecordType, kind))
    headers = record.headers
    headers.status_line = "WARC/1.1"
    headers.set("WARC-Record-ID", f"<{record_id}>")
    headers.remove("WARC-Date")
    for name, value in fields:
        headers.append(name, " ".join(value.split()))
    headers.append("WARC-Block-Digest", block_digest or digest(block))
    record.set_bytes_content(block)
    out = io.BytesIO()
    if packed is None and len(block) > _SMALL:
        packing = GzipWriter(out, compression_level=_LEVEL)
        record.write(packing)
        packing.finish()
        return out.getvalue()
    record.write(out)
    plain = out.getvalue()
    if packed is None:
        return zlib.compress(plain, _ZLIB_LEVEL, zlib.MAX_WBITS | 16)
    return _around(packed, plain, len(block))


def _around(packed: bytes, plain: bytes, size: int) -> bytes:
    """The gzip member of a whole record, of which the block (`size` bytes) is compressed already."""
    before = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join(
        (
            _GZIP_HEAD,
            before.compress(plain[: len(plain) - len(_TAIL) - size]) + before.flush(zlib.Z_FULL_FLUSH),
            packed,
            _PACKED_TAIL,
            zlib.crc32(plain).to_bytes(4, "little"),
            (len(plain) & 0xFFFFFFFF).to_bytes(4, "little"),
        )
    )


def parse_member(data: bytes) -> Record:
    """The record in one whole gzip member. Raises `RecordDamaged`."""
    try:
        return _parse(_unpacked(data, alone=True))
    except (zlib.error, OSError, ValueError) as error:
        raise RecordDamaged(" ".join(str(error).split()) or type(error).__name__) from None


def parse_first_member(data: bytes) -> Record:
    """The record in the gzip member that `data` begins with. Raises `RecordDamaged`."""
    try:
        return _parse(_unpacked(data, alone=False))
    except (zlib.error, OSError, ValueError) as error:
        raise RecordDamaged(" ".join(str(error).split()) or type(error).__name__) from None


def _unpacked(data: bytes, *, alone: bool) -> bytes:
    unpacking = zlib.decompressobj(zlib.MAX_WBITS | 16)
    plain = unpacking.decompress(data)
    if not unpacking.eof or (alone and unpacking.unused_data):
        raise RecordDamaged("not one whole gzip member")
    return plain


def _parse(plain: bytes) -> Record:
    record = WarcRecord.from_bytes(plain)
    headers = {name.lower(): value for name, value in record.headers.items()}
    reader = record.reader
    block = b"" if reader is None else reader.read()
    if str(len(block)) != headers.get("content-length"):
        raise RecordDamaged("the record is cut off")
    return Record(headers.get("warc-type", ""), headers, block)


def read_record(path: Path, offset: int, length: int) -> Record:
    """The record of `length` compressed bytes at `offset`. Raises `RecordDamaged`, or `OSError` when the file
    can't be read."""
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read(length)
    if len(data) < length:
        raise RecordDamaged("the file ends before the record does")
    return parse_member(data)
