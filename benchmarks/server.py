"""Serves prepared answers from a process of its own, as fast as Python can, and counts what was asked."""

from __future__ import annotations

import asyncio
import importlib.util
import multiprocessing
import socket
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self, cast

from benchmarks.measure import BrokenRun

NAME = "asyncio server with prepared answers"
_PATIENCE_S = 60.0
_END = b"\r\n\r\n"


class Served:
    """A listening socket on loopback and, inside `with`, the process that answers there."""

    def __init__(self) -> None:
        """Take a free port."""
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.base_url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._wait = 0.0
        self._pipe: Connection | None = None
        self._process: multiprocessing.process.BaseProcess | None = None

    def start(self, answers: Mapping[str, tuple[str, bytes]]) -> None:
        """Answer with these, by path and query. Content type and body; anything else is 404."""
        prepared = {path.encode(): _prepared("200 OK", *answer) for path, answer in answers.items()}
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._socket, prepared, theirs), daemon=True)
        self._process.start()
        theirs.close()
        self._told()

    def asked(self) -> Counter[str]:
        """How often each path was asked for since the last call."""
        assert self._pipe is not None
        self._pipe.send(self._wait)
        return self._told()

    def answer_after(self, seconds: float) -> None:
        """From now on each answer comes so many seconds after its request; what was asked until now is
        forgotten."""
        self._wait = seconds
        self.asked()

    def _told(self) -> Counter[str]:
        assert self._pipe is not None
        if not self._pipe.poll(_PATIENCE_S):
            raise BrokenRun("the server process does not answer")
        told: Counter[str] = self._pipe.recv()
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process and free the port."""
        if self._pipe is not None:
            self._pipe.close()  # which the process takes as its end
        if self._process is not None:
            self._process.join(5)
            if self._process.is_alive():
                self._process.kill()
                self._process.join()
        self._socket.close()


def _prepared(status: str, content_type: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nServer: bench\r\nContent-Type: {content_type}\r\n"
        f'Last-Modified: Mon, 02 Jun 2025 06:00:00 GMT\r\nETag: "{len(body):x}"\r\n'
        f"Cache-Control: max-age=60\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode("ascii") + body


class _Answers(asyncio.Protocol):
    """One connection: GET after GET, each answered in one write, after as long a wait as is wished."""

    def __init__(
        self, prepared: Mapping[bytes, bytes], asked: Counter[str], wait: Callable[[], float]
    ) -> None:
        self._prepared, self._asked = prepared, asked
        self._buffer = b""
        self._missing = _prepared("404 Not Found", "text/plain", b"not here\n")
        self._transport: asyncio.Transport | None = None
        self._wait = wait

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but its class

    def data_received(self, data: bytes) -> None:
        assert self._transport is not None
        self._buffer += data
        while _END in self._buffer:
            head, _, self._buffer = self._buffer.partition(_END)
            path = head.split(b" ", 2)[1]
            self._asked[path.decode("latin-1")] += 1
            answer, wait = self._prepared.get(path, self._missing), self._wait()
            if wait:
                asyncio.get_running_loop().call_later(wait, self._transport.write, answer)
            else:
                self._transport.write(answer)


def _serve(listening: socket.socket, prepared: Mapping[bytes, bytes], pipe: Connection) -> None:
    """The server process: until the other end of `pipe` is closed."""
    if importlib.util.find_spec("uvloop"):
        import uvloop

        loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    else:
        loop = asyncio.new_event_loop()
    asked: Counter[str] = Counter()
    wait = 0.0

    def told() -> None:
        nonlocal wait
        try:
            wait = pipe.recv()
            pipe.send(asked)
        except (EOFError, OSError):
            loop.stop()
        asked.clear()

    loop.run_until_complete(
        loop.create_server(lambda: _Answers(prepared, asked, lambda: wait), sock=listening)
    )
    loop.add_reader(pipe.fileno(), told)
    pipe.send(asked)
    loop.run_forever()
