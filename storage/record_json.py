"""Records as JSON and back, by msgspec.

For data that this program hands to itself (between processes, into a file beside the archive, into a digest).
`shape` tells whether what wrote it knew the same fields.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any, TypeVar, get_args, get_type_hints

import msgspec

_Record = TypeVar("_Record")
_to_json = msgspec.json.Encoder().encode


def encode(record: Any) -> bytes:
    """A record as JSON in UTF-8. Raises `UnicodeEncodeError` when half a surrogate pair is in it."""
    return _to_json(record)


def decode(kind: type[_Record], data: bytes) -> _Record:
    """The record of type `kind` that `encode` made `data` of. Raises `ValueError` for anything else."""
    wanted: Any = kind
    decoder: msgspec.json.Decoder[_Record] = _decoder(wanted)
    try:
        return decoder.decode(data)
    except ValueError as error:
        raise ValueError(f"no {kind.__name__}: {error}") from None


@lru_cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@lru_cache
def shape(kind: Any) -> str:
    """A digest (SHA-256, hex) of the names and types of a record's fields, and of the records in it."""
    seen: dict[type[Any], str] = {}
    _describe(kind, seen)
    return hashlib.sha256(repr(sorted(seen.values())).encode()).hexdigest()


def _describe(kind: Any, seen: dict[type[Any], str]) -> None:
    if is_dataclass(kind) and isinstance(kind, type) and kind not in seen:
        hints = get_type_hints(kind)
        seen[kind] = f"{kind.__name__}: " + ", ".join(f"{f.name} {hints[f.name]}" for f in fields(kind))
        for hint in hints.values():
            _describe(hint, seen)
    for argument in get_args(kind):
        _describe(argument, seen)
