"""Puts a `Watch` at every boundary of this process: named steps, SQL statements, files of the archive.

What a crawl is made of stays as it is; only what it calls is wrapped, from outside. Nothing in the program
knows of it.
"""

from __future__ import annotations

import errno
import functools
import importlib
import inspect
import io
import os
import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.torture import vfs
from tests.torture.plan import Kind, Watch

STEPS = (
    "crawler.importing:_import",
    "crawler.importing:import_warc",
    "crawler.rereading:_narrowed",
    "crawler.rereading:_rebuilt",
    "crawler.site_change:_let_go",
    "crawler.site_change:look_for_change",
    "crawler.wire:RecordingHandler.download_request",
    "pipelines.persist:Persist.process_item",
    "storage.archive:Archive.close",
    "storage.archive:_make_or_tidy",
    "storage.captures:Captures.bring_to_disk",
    "storage.captures:Captures.end",
    "storage.captures:Captures.insert",
    "storage.captures:Captures.keep",
    "storage.fixity:forget",
    "storage.fixity:record",
    "storage.frontier:Frontier.heed_lastmods",
    "storage.frontier:Frontier.seed",
    "storage.frontier:Frontier.start_round",
    "storage.frontier:Frontier.take",
    "storage.judging:Judging.judge",
    "storage.judging:Judging.new_losses",
    "storage.lock:WriterLock.acquire",
    "storage.lock:WriterLock.release",
    "storage.migrations.upgrade:upgrade",
    "storage.rereading:Rereading.begin_run",
    "storage.rereading:Rereading.choose",
    "storage.rereading:Rereading.end_run",
    "storage.rereading:Rereading.rebuild",
    "storage.corrections:Comparing.write",
    "storage.warc.files:WarcWriter._begin",
    "storage.warc.files:WarcWriter.append",
    "storage.warc.files:WarcWriter.begin_sync",
    "storage.warc.files:WarcWriter.finish",
    "storage.writer:Writer.begin_run",
    "storage.writer:Writer.commit",
    "storage.writer:Writer.end_run",
    "storage.writer:Writer.record_failure",
    "storage.writer:Writer.release",
    "storage.writer:Writer.save_page",
    "storage.writer:Writer.settle",
    "storage.writer:heal",
)
"""What a crawl goes through, by name: each is an event when it begins and another when it has ended."""

_SQLITE_CODES = {"SQLITE_BUSY": (5, "database is locked"), "SQLITE_FULL": (13, "database or disk is full")}
_SQLITE_OF_ERRNO = {
    "ENOSPC": ("SQLITE_FULL", 13, "database or disk is full"),
    "EMFILE": ("SQLITE_CANTOPEN", 14, "unable to open database file"),
}
_NAMED = re.compile(
    r"\s*(?:(?P<verb>insert(?: or \w+)? into|update|delete from)\s+(?P<table>\w+)"
    r"|(?P<select>select)\b.*?\bfrom\s+(?P<source>\(?\w+)|(?P<other>\w+(?:\s+\w+)?))",
    re.IGNORECASE | re.DOTALL,
)


def install(watch: Watch, folder: Path) -> None:
    """Watch this process from now on; `folder` is the archive's, which need not be there yet."""
    _watch_files(watch, folder)
    _watch_statements(watch, folder)
    if vfs.available():
        vfs.watch(watch, folder)
    for step in STEPS:
        _watch_step(watch, step)


def statement_name(sql: str) -> str:
    """What a statement is called: its verb and its table."""
    found = _NAMED.match(sql)
    if found is None:
        return " ".join(sql.split())[:30]
    if found["verb"]:
        return f"{found['verb'].upper()} {found['table']}"
    return f"SELECT {found['source']}" if found["select"] else found["other"].upper()


def _watch_step(watch: Watch, step: str) -> None:
    module, _, path = step.partition(":")
    owner: Any = importlib.import_module(module)
    *classes, name = path.split(".")
    for one in classes:
        owner = getattr(owner, one)
    real = getattr(owner, name)
    label = f"{module.rpartition('.')[2]}.{path}"
    if inspect.iscoroutinefunction(real):

        @functools.wraps(real)
        async def waited(*given: Any, **named: Any) -> Any:
            watch.reached("step", f"before {label}")
            result = await real(*given, **named)
            watch.reached("step", f"after {label}")
            return result

        setattr(owner, name, waited)
        return

    @functools.wraps(real)
    def called(*given: Any, **named: Any) -> Any:
        watch.reached("step", f"before {label}")
        result = real(*given, **named)
        watch.reached("step", f"after {label}")
        return result

    setattr(owner, name, called)


def _watch_statements(watch: Watch, folder: Path) -> None:
    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *given: Any) -> Cursor:
            _fail(watch.reached("statement", statement_name(sql)))
            return super().execute(sql, *given)

        def executemany(self, sql: str, *given: Any) -> Cursor:
            _fail(watch.reached("statement", statement_name(sql)))
            return super().executemany(sql, *given)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

    real, inside = sqlite3.connect, str(folder.absolute())

    def connect(database: Any, *given: Any, **named: Any) -> sqlite3.Connection:
        if inside in str(database):
            named["factory"] = Connection
        opened: sqlite3.Connection = real(database, *given, **named)
        return opened

    sqlite3.connect = connect  # type: ignore[assignment]


def _fail(fault: str | None) -> None:
    """Raise what sqlite3 raises for that error."""
    if fault is None:
        return
    if fault in _SQLITE_CODES:
        name, (code, said) = fault, _SQLITE_CODES[fault]
    else:
        name, code, said = _SQLITE_OF_ERRNO.get(fault, ("SQLITE_IOERR", 10, "disk I/O error"))
    error = sqlite3.OperationalError(said)
    error.sqlite_errorcode, error.sqlite_errorname = code, name
    raise error


def _watch_files(watch: Watch, folder: Path) -> None:
    inside = f"{folder.absolute()}/"
    ours: dict[int, str] = {}
    """Descriptors of the archive's files -> what they are called."""

    def named(path: Any) -> str | None:
        text = str(Path(os.fsdecode(path)).absolute()) if isinstance(path, str | bytes | os.PathLike) else ""
        if not f"{text}/".startswith(inside):
            return None
        # Names with times and process numbers in them would be another one in every run.
        return re.sub(r"\d{6,}-\d+|\.\d+$", "N", text[len(inside) :] or ".")

    def stop(kind: Kind, what: str, path: Any = None, half: Callable[[], object] | None = None) -> None:
        fault = watch.reached(kind, what, half)
        if fault is not None:
            code = getattr(errno, fault, errno.EIO)
            raise OSError(code, os.strerror(code), None if path is None else os.fspath(path))

    real_open, real_close, real_io_open = os.open, os.close, io.open

    def watched_open(path: Any, flags: int, *given: Any, **more: Any) -> int:
        name = named(path)
        if name is not None:
            stop("open", f"open {name}", path)
        descriptor = real_open(path, flags, *given, **more)
        if name is not None:
            ours[descriptor] = name
        return descriptor

    def watched_close(fd: int) -> None:
        ours.pop(fd, None)
        real_close(fd)

    def watched_io_open(file: Any, mode: str = "r", *given: Any, **more: Any) -> Any:
        name = named(file)
        if name is None:
            return real_io_open(file, mode, *given, **more)
        stop("open", f"open {name}", file)
        opened = real_io_open(file, mode, *given, **more)
        if set(mode) & set("wax+"):
            try:
                stop("write", f"write {name}", file)
            except OSError:
                opened.close()
                raise
        return opened

    os.open, os.close, io.open = watched_open, watched_close, watched_io_open
    _watch_descriptors(stop, ours)
    for name in ("mkdir", "unlink", "rename", "replace", "truncate"):
        _watch_change(stop, named, name)


def _watch_descriptors(stop: Callable[..., None], ours: dict[int, str]) -> None:
    real_write = os.write
    real_ftruncate = os.ftruncate

    def watched_write(descriptor: int, data: Any) -> int:
        if descriptor in ours:
            some = bytes(data[: len(data) // 2])
            stop("write", f"write {ours[descriptor]}", half=lambda: real_write(descriptor, some))
        return real_write(descriptor, data)

    def watched_ftruncate(descriptor: int, length: int) -> None:
        if descriptor in ours:
            stop("change", f"truncate {ours[descriptor]}")
        real_ftruncate(descriptor, length)

    os.write, os.ftruncate = watched_write, watched_ftruncate
    for name in ("fsync", "fdatasync"):
        real = getattr(os, name)

        def synced(descriptor: int, real: Callable[[int], None] = real) -> None:
            if descriptor in ours:
                stop("sync", f"sync {ours[descriptor]}")
            real(descriptor)

        setattr(os, name, synced)


def _watch_change(stop: Callable[..., None], named: Callable[[Any], str | None], name: str) -> None:
    real = getattr(os, name)

    def changed(path: Any, *given: Any, **more: Any) -> Any:
        label = named(path)
        if label is not None:
            stop("change", f"{name} {label}", path)
        return real(path, *given, **more)

    setattr(os, name, changed)
