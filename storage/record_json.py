"""Records as JSON and back: frozen dataclasses as lists of their fields' values, in order.

For data that this program hands to itself (between processes, into a file beside the archive). `shape` tells
whether what wrote it knew the same fields.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_Record = TypeVar("_Record")
_Decoder = Callable[[Any], Any]


def encode(record: Any) -> bytes:
    """A record as JSON in UTF-8. Raises `UnicodeEncodeError` when half a surrogate pair is in it."""
    return _to_json(record).encode("utf-8")


def decode(kind: type[_Record], data: bytes) -> _Record:
    """The record of type `kind` that `encode` made `data` of. Raises `ValueError` for anything else."""
    wanted: Any = kind
    try:
        record: _Record = _decoder(wanted)(json.loads(data))
    except (TypeError, IndexError, KeyError) as error:
        raise ValueError(f"no {kind.__name__}: {error}") from None
    return record


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


def _values(record: Any) -> list[Any]:
    kind: Any = type(record)
    return [getattr(record, name) for name in _names(kind)]


_to_json = json.JSONEncoder(default=_values, separators=(",", ":"), ensure_ascii=False).encode


@lru_cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _as_it_is(value: Any) -> Any:
    return value


@lru_cache
def _decoder(kind: Any) -> _Decoder:
    """What makes a value of type `kind` of what JSON gives."""
    if is_dataclass(kind) and isinstance(kind, type):
        return _record_decoder(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        return _tuple_decoder(arguments)
    if origin in (Union, UnionType):
        (inner,) = [_decoder(one) for one in arguments if one is not type(None)] or [_as_it_is]
        return _as_it_is if inner is _as_it_is else lambda value: None if value is None else inner(value)
    return _as_it_is


def _record_decoder(kind: Any) -> _Decoder:
    hints = get_type_hints(kind)
    decoders = [_decoder(hints[name]) for name in _names(kind)]
    odd = [(n, one) for n, one in enumerate(decoders) if one is not _as_it_is]
    size = len(decoders)

    def made(values: list[Any]) -> Any:
        if len(values) != size:
            raise TypeError(f"{len(values)} values for {size} fields")
        for n, one in odd:
            values[n] = one(values[n])
        return kind(*values)

    return made


def _tuple_decoder(arguments: tuple[Any, ...]) -> _Decoder:
    if len(arguments) == 2 and arguments[1] is Ellipsis:
        inner = _decoder(arguments[0])
        return tuple if inner is _as_it_is else lambda values: tuple(map(inner, values))
    decoders = [_decoder(one) for one in arguments]
    if all(one is _as_it_is for one in decoders):
        return tuple
    return lambda values: tuple(one(value) for one, value in zip(decoders, values, strict=True))
