"""SQLite's own way to the disk, watched and made to fail: its default VFS, wrapped in place.

By ctypes, from the library that Python's sqlite3 module has loaded (https://sqlite.org/c3ref/vfs.html,
https://sqlite.org/c3ref/io_methods.html). Where SQLite is built into Python its symbols can't be reached.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import errno
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

from tests.torture.plan import Kind, Watch

_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    _fields_ = (
        ("version", c_int),
        ("file_size", c_int),
        ("longest_name", c_int),
        ("next", c_void_p),
        ("name", c_char_p),
        ("data", c_void_p),
        ("open", _Open),
        ("delete", _Delete),
    )


class _Methods(Structure):
    _fields_ = (
        ("version", c_int),
        ("close", c_void_p),
        ("read", c_void_p),
        ("write", _Write),
        ("truncate", _Truncate),
        ("sync", _Sync),
        ("others", c_void_p * 13),  # xFileSize to xUnfetch, as version 3 has them
    )


_IOERR, _FULL, _CANTOPEN, _BUSY = 10, 13, 14, 5
_WRITE, _FSYNC, _TRUNCATE_FAILED, _DELETE_FAILED = 3 << 8, 4 << 8, 6 << 8, 10 << 8
_kept: list[Any] = []
"""What the library points to must outlive every connection."""


def code_of(fault: str, operation: str) -> int:
    """What SQLite's unix VFS answers when the system call behind `operation` fails so (os_unix.c)."""
    if operation == "open":
        return _CANTOPEN
    if operation == "write" and fault in ("ENOSPC", "SQLITE_FULL"):
        return _FULL
    return (
        _IOERR
        | {"write": _WRITE, "sync": _FSYNC, "change": _TRUNCATE_FAILED, "delete": _DELETE_FAILED}[operation]
    )


def available() -> bool:
    """Whether SQLite's symbols can be reached from here."""
    try:
        return bool(_library().sqlite3_vfs_find)
    except (OSError, AttributeError):
        return False


def watch(seen: Watch, folder: Path) -> None:
    """Have every file that SQLite opens in `folder` from now on watched. Raises `AttributeError` or `OSError`
    where it is not `available`."""
    find = _library().sqlite3_vfs_find
    find.restype, find.argtypes = POINTER(_Vfs), [c_char_p]
    vfs = find(None).contents
    # By address: a function read from a structure is whatever stands there when it is called.
    really_open = _Open(ctypes.cast(vfs.open, c_void_p).value or 0)
    really_delete = _Delete(ctypes.cast(vfs.delete, c_void_p).value or 0)
    inside = str(folder.resolve()).encode() + b"/"

    def opened(self: int, name: int | None, file: int, flags: int, out: Any) -> int:
        path = ctypes.string_at(name) if name else b""
        if not path.startswith(inside):
            return int(really_open(self, name, file, flags, out))
        label = path.removeprefix(inside).decode()
        fault = seen.reached("open", f"sqlite open {label}")
        if fault is not None:
            c_void_p.from_address(file).value = None  # no methods: nothing was opened
            return code_of(fault, "open")
        done = int(really_open(self, name, file, flags, out))
        methods = c_void_p.from_address(file)
        if done == 0 and methods.value:
            methods.value = _watched(seen, methods.value, label)
        return done

    def deleted(self: int, name: bytes, directory: int) -> int:
        if name.startswith(inside):
            fault = seen.reached("change", f"sqlite delete {name.removeprefix(inside).decode()}")
            if fault is not None:
                return code_of(fault, "delete")
        return int(really_delete(self, name, directory))

    _kept.extend((really_open, really_delete))
    vfs.open, vfs.delete = _Open(opened), _Delete(deleted)
    _kept.extend((vfs.open, vfs.delete, vfs))


_tables: dict[tuple[int, str], int] = {}


def _watched(seen: Watch, methods: int, label: str) -> int:
    """Address of a copy of a file's methods, of which those that change the file are watched."""
    if (methods, label) in _tables:
        return _tables[methods, label]
    real = _Methods.from_address(methods)
    copy = _Methods.from_buffer_copy(real)

    def told(kind: Kind, operation: str, half: Any = None) -> int:
        fault = seen.reached(kind, f"sqlite {operation} {label}", half)
        return 0 if fault is None else code_of(fault, kind)

    def write(file: int, data: int, size: int, offset: int) -> int:
        failed = told("write", "write", lambda: real.write(file, data, size // 2, offset))
        return failed or int(real.write(file, data, size, offset))

    def truncate(file: int, size: int) -> int:
        return told("change", "truncate") or int(real.truncate(file, size))

    def sync(file: int, flags: int) -> int:
        return told("sync", "sync") or int(real.sync(file, flags))

    copy.write, copy.truncate, copy.sync = _Write(write), _Truncate(truncate), _Sync(sync)
    _kept.extend((real, copy, copy.write, copy.truncate, copy.sync))
    _tables[methods, label] = ctypes.addressof(copy)
    return ctypes.addressof(copy)


def _library() -> ctypes.CDLL:
    path = getattr(_sqlite3, "__file__", None)
    if path is None:
        raise OSError(errno.ENOENT, "SQLite is built into this Python")
    return ctypes.CDLL(path)
