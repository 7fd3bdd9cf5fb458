"""Reads a crawl's pages in a process beside it: asking and writing go on meanwhile.

Reading takes longer than everything else that is done for a page, and compressing the answer comes next. A
crawl that waits between two requests has the time; one that does not wait has both done in a second process,
where there is a second core. It is the same pure function of the same arguments there, and readings come back
in the order in which pages went, so the archive is the same. A crawl asks for nothing further while it has as
many pages under way as `MOST_UNDER_WAY` says.

The process is forked before the crawl has an event loop, a database or a thread, and ends when its end of a
socket is closed, however the crawl ends. What crosses the socket are a length and that much pickle, between
two processes of one program.
"""

from __future__ import annotations

import asyncio
import copyreg
import gc
import io
import logging
import multiprocessing
import os
import pickle
import signal
import socket
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields, is_dataclass
from operator import attrgetter
from typing import Any, BinaryIO, cast

from scrapy import signals
from scrapy.crawler import Crawler

from crawler.collecting import YOUNG_OBJECTS
from crawler.reading_workers import cores
from spiders.reading import model, read_page
from spiders.reading.model import Reading
from spiders.reading.profile import SiteProfile
from spiders.summaries import SummariesSpider
from storage.warc.records import packed_block

logger = logging.getLogger(__name__)

MOST_UNDER_WAY = 5
"""Pages that are asked for, read or written at once: one on the wire, one waiting to go out, one being read,
one that waits for that, one being written."""
LONGEST_IDLE_S = 0.1
"""A crawl with at least this delay between requests reads a page while it waits."""
_PATIENCE_S = 5.0
"""How long the end of the process is waited for before it is ended."""
_LENGTH = struct.Struct("!Q")


def _by_parts(kind: type[Any]) -> Callable[[Any], tuple[type[Any], tuple[Any, ...]]]:
    """How objects of a dataclass are pickled: its class, and what it is made of."""
    names = [one.name for one in fields(kind)]
    parts = attrgetter(*names) if len(names) > 1 else lambda value: (getattr(value, names[0]),)
    return lambda value: (kind, parts(value))


# Frozen dataclasses with slots bring a way of their own, in Python: a third slower to make and to take apart.
_DISPATCH = {
    **copyreg.dispatch_table,
    **{
        kind: _by_parts(kind)
        for kind in vars(model).values()
        if isinstance(kind, type) and is_dataclass(kind) and kind.__module__ == model.__name__
    },
}


Asked = tuple[bytes, str | None, str | None, bytes]
"""Body, address, content type, and the whole answer."""


class ReaderDied(Exception):
    """The reading process ended while it read a page: for its memory, or because a library crashed."""


class ReadingBeside:
    """A process that reads one page after another. For the event loop's thread."""

    def __init__(self, process: Any, end: socket.socket) -> None:
        self._process = process
        self._end = end
        self._channel: _Channel | None = None

    @classmethod
    def begin(cls) -> ReadingBeside | None:
        """Fork the process; None where that is not safe, or there is no second core."""
        if sys.platform != "linux" or threading.active_count() > 1 or cores() < 2:
            return None
        ours, theirs = socket.socketpair()
        gc.freeze()  # or the child would copy every page of memory in which it counts references
        process = multiprocessing.get_context("fork").Process(target=_serve, args=(theirs, ours), daemon=True)
        process.start()
        gc.unfreeze()
        theirs.close()
        return cls(process, ours)

    async def open(self, profile: SiteProfile) -> None:
        """Say how pages are to be read: before the first one."""
        loop = asyncio.get_running_loop()
        _, self._channel = await loop.create_connection(_Channel, sock=self._end)
        self._channel.send(profile)

    async def read(
        self, body: bytes, url: str | None, content_type: str | None, message: bytes
    ) -> tuple[Reading, bytes | None]:
        """As `read_page`; readings come in the order in which they were asked for. Raises `ReaderDied` for
        the page at which it died, and reads all others here from then on.

        `message` is the whole answer; with the reading it comes compressed for its WARC record, or None when
        the page was read here, where others wait.
        """
        assert self._channel is not None, "open comes first"
        read: tuple[Reading, bytes | None] = await self._channel.ask((body, url, content_type, message))
        return read

    async def caught_up(self) -> None:
        """Wait until everything that was to be read has been."""
        if self._channel is not None:
            await self._channel.caught_up()

    def close(self) -> None:
        """End the process."""
        with suppress(OSError):  # it has ended, or was closed before
            # Not by the transport, which closes nothing any more when the event loop has ended.
            self._end.shutdown(socket.SHUT_RDWR)
        self._end.close()
        self._process.join(_PATIENCE_S)
        self._process.kill()
        self._process.join()


@contextmanager
def read_beside(crawler: Crawler, beside: ReadingBeside | None) -> Iterator[None]:
    """Have a crawl's pages read by `beside` (None: as they come), which ends behind the block.

    Setting read: `DOWNLOAD_DELAY`, once the site has its say in it.
    """
    if beside is None:
        yield
        return

    async def opened(spider: SummariesSpider) -> None:
        if crawler.settings.getfloat("DOWNLOAD_DELAY") < LONGEST_IDLE_S:
            await beside.open(spider.profile)
            spider.beside = beside
        else:
            beside.close()

    crawler.signals.connect(opened, signals.spider_opened, weak=False)
    try:
        yield
    finally:
        beside.close()


class _Channel(asyncio.Protocol):
    """The crawl's end of the socket."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._profile: SiteProfile | None = None
        self._came = bytearray()
        self._pending: deque[tuple[Any, asyncio.Future[Any]]] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.WriteTransport, transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        came = self._came
        came += data
        while len(came) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(came)
            end = _LENGTH.size + length
            if len(came) < end:
                return
            reading = pickle.loads(memoryview(came)[_LENGTH.size : end])
            del came[:end]
            _, waiting = self._pending.popleft()
            if not waiting.done():
                waiting.set_result(reading)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if not self._pending:
            return
        _, read = self._pending.popleft()
        if not read.done():
            read.set_exception(ReaderDied("the process that read it ended"))
        while self._pending:
            page, waiting = self._pending.popleft()
            if not waiting.done():
                waiting.set_result(self._read_here(page))

    def send(self, profile: SiteProfile) -> None:
        self._profile = profile
        self._write(profile)

    def ask(self, page: Asked) -> asyncio.Future[Any]:
        waiting = asyncio.get_running_loop().create_future()
        if self._transport is None or self._transport.is_closing():
            waiting.set_result(self._read_here(page))
            return waiting
        self._pending.append((page, waiting))
        self._write(page)
        return waiting

    async def caught_up(self) -> None:
        if self._pending:
            await asyncio.wait([self._pending[-1][1]])

    def _write(self, what: Any) -> None:
        assert self._transport is not None
        data = _pickled(what)
        self._transport.writelines((_LENGTH.pack(len(data)), data))

    def _read_here(self, page: Asked) -> tuple[Reading, None]:
        assert self._profile is not None
        return _read(page, self._profile), None


def _read(page: Asked, profile: SiteProfile) -> Reading:
    body, url, content_type, _ = page
    return read_page(body, profile=profile, url=url, content_type=content_type)


def _serve(end: socket.socket, theirs: socket.socket) -> None:
    """The process: until the crawl's end of the socket is closed."""
    theirs.close()
    for number in (signal.SIGINT, signal.SIGTERM):  # the crawl hears of it, and ends us when it has stopped
        signal.signal(number, signal.SIG_IGN)
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    # A crawl that was killed with readings unread resets the socket.
    with suppress(ConnectionError), end.makefile("rb") as came:
        profile = _next(came)
        while profile is not None and (page := _next(came)) is not None:
            read = _read(page, profile), packed_block(page[3])
            data = _pickled(read)
            end.sendall(_LENGTH.pack(len(data)) + data)
    os._exit(0)


def _pickled(what: Any) -> bytes:
    made = io.BytesIO()
    pickler = pickle.Pickler(made, pickle.HIGHEST_PROTOCOL)
    pickler.dispatch_table = _DISPATCH
    pickler.dump(what)
    return made.getvalue()


def _next(came: BinaryIO) -> Any:
    """What was sent next; None when nothing is to come."""
    head = came.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    data = came.read(length)
    return pickle.loads(data) if len(data) == length else None
