"""Serves the sample site over HTTP/1.1 from a background thread."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from .editions import edition as edition_of
from .editions import parse_changes
from .pages import Page, build, error_page
from .replies import Headers, Reply, reply

IDLE_SECONDS = 60


@dataclass(frozen=True)
class RequestSeen:
    """A request that was answered: `at` is `time.monotonic()`; method and path are "" if it was malformed.

    `sent` is how many bytes the answer had, head included; 0 for a malformed request.
    """

    at: float
    method: str
    path: str
    status: int
    user_agent: str
    sent: int = 0


class SampleSite:
    """The sample site on a socket of this machine, as a context manager or with `start` and `stop`.

    `port` 0 takes any free one. `edition` names the changes that the site has been through already (see
    `apply`), `delay` is the time in seconds that it takes over every answer. With `honest_sitemaps` False
    the sitemaps say for ever what they said at first, whatever changes. `redesign` is the look it has taken
    on (see `redesign`); None: as it always was. Raises ValueError for an unknown change, KeyError for an
    unknown redesign, OSError when the address is taken.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        edition: str | Sequence[str] = (),
        delay: float = 0.0,
        honest_sitemaps: bool = True,
        redesign: str | None = None,
    ) -> None:
        """Take the port; nothing is answered before `start`."""
        self.delay = delay
        self._redesign = redesign
        self._changes = parse_changes(edition)
        self._lock = threading.Lock()
        self._seen: list[RequestSeen] = []
        self._server = _Server((host, port), self)
        self._thread: threading.Thread | None = None
        # The site's own address comes from the socket; what a client says in Host is not believed.
        self.base_url = f"http://{host}:{self._server.server_address[1]}"
        self._sitemaps: Mapping[str, Page] = {}
        self._pages, self._missing = self._build()
        if not honest_sitemaps:
            self._sitemaps = {path: page for path, page in self._pages.items() if "/sitemap" in path}

    def _build(self) -> tuple[Mapping[str, Page], Page]:
        missing = error_page(404, edition_of(self._changes), self.base_url)
        return {**build(self._changes, self.base_url, self._redesign), **self._sitemaps}, missing

    @property
    def edition(self) -> tuple[str, ...]:
        """The changes that the site has been through."""
        return self._changes

    @property
    def pages(self) -> Mapping[str, Page]:
        """All pages as they are now, by path; for use without a network."""
        return self._pages

    @property
    def requests(self) -> list[RequestSeen]:
        """A copy of the list of all requests answered so far, oldest first."""
        with self._lock:
            return list(self._seen)

    def apply(self, change: str) -> None:
        """Change the site while it runs; requests see it whole before or whole after.

        "edit" edits an article, "new" adds the newest, "remove" makes one gone (410), "withdraw" takes away
        the one that "edit" edits (404), "return" brings back what was taken away, "move" gives one another
        slug, "footer" puts a new paragraph under every page. Raises ValueError for any other name.
        """
        self._changes = parse_changes((*self._changes, *parse_changes(change)))
        self._pages, self._missing = self._build()

    def redesign(self, name: str | None) -> None:
        """Give the site another look while it runs (one of `redesigns.REDESIGNS`; None: the old one).

        Raises KeyError for any other name.
        """
        self._redesign = name
        self._pages, self._missing = self._build()

    def start(self) -> None:
        """Begin to answer, once; connections made earlier wait."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop answering, drop open connections and free the port; the site can't be started again."""
        if self._thread is not None:
            self._server.shutdown()
            self._thread.join()
            self._thread = None
        self._server.server_close()

    def __enter__(self) -> Self:
        """Start, and return the site."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, whatever happened."""
        self.stop()

    def answer(self, method: str, target: str, headers: Headers) -> Reply:
        """Return the answer to a request, after the site's delay."""
        if self.delay:
            time.sleep(self.delay)
        return reply(self._pages, self._missing, method, target, headers)

    def note(self, method: str, path: str, status: int, user_agent: str, sent: int = 0) -> None:
        """Remember a request."""
        with self._lock:
            self._seen.append(RequestSeen(time.monotonic(), method, path, status, user_agent, sent))


class _Server(ThreadingHTTPServer):
    """A threading server that knows its site, and its open connections so as to drop them at the end."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], site: SampleSite) -> None:
        self.site = site
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The parent's version looks the host's name up, which may wait for a name server.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        with self._open_lock:
            still_open = list(self._open)
        for connection in still_open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that went away in the middle is nothing to report.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests with the standard library's parser and writes each answer in one go."""

    protocol_version = "HTTP/1.1"
    server_version = "samplesite"
    sys_version = ""
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True
    server: _Server

    def _answer(self) -> None:
        headers = self.headers
        answer = self.server.site.answer(self.command, self.path, headers)
        if answer.status == 405 or "Content-Length" in headers or "Transfer-Encoding" in headers:
            # A request body is not read, so the connection can't be used for another request.
            self.close_connection = True
        lines = [f"HTTP/1.1 {answer.status} {HTTPStatus(answer.status).phrase}"]
        lines += [f"Date: {self.date_time_string()}", f"Server: {self.server_version}"]
        lines += [f"{name}: {value}" for name, value in answer.headers]
        if self.close_connection:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
        message = answer.body if self.request_version == "HTTP/0.9" else head + answer.body
        agent = headers.get("User-Agent", "")
        self.server.site.note(self.command, self.path, answer.status, agent, len(message))
        self.wfile.write(message)

    def __getattr__(self, name: str) -> Any:
        # The parser looks for do_<METHOD>: every method is answered, most of them with 405.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        self.server.site.note("", "", code, "")
        super().send_error(code, message, explain)

    def version_string(self) -> str:
        return self.server_version

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests are kept in `SampleSite.requests`."""
