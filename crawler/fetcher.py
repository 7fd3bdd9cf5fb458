"""Fetch pages for a person who looks at them: as politely as a crawl, and storing nothing."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from typing import Any, cast
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from crawler.exits import ExitCode, UserError
from crawler.guard import Guard, guarded_connection
from crawler.loopback import is_loopback
from crawler.robots_rules import MAX_BYTES as MAX_ROBOTS_BYTES
from crawler.robots_rules import Rules, rules_for
from spiders.answers import NotPublicError

MAX_BYTES = 20 * 2**20
TIMEOUT_S = 30.0
"""For a whole answer, from looking up the name to its last byte."""
DELAY_S = 2.0
"""Between two requests to a site that is not on loopback, unless its robots.txt asks for more."""
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_PUSHED_BACK = (429, 503)


_NOTHING_OPENED = Guard()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site sent for one address."""

    url: str
    """After redirects."""
    status: int
    content_type: str | None
    body: bytes
    """After content decoding."""


class Fetcher:
    """Fetches pages one after the other, each origin's robots.txt once before them, and pauses in between.

    Connects only where `guard` lets it.
    """

    def __init__(self, user_agent: str, guard: Guard = _NOTHING_OPENED) -> None:
        self._user_agent, self._guard = user_agent, guard
        self._rules: dict[str, Rules] = {}

    def fetch(self, url: str) -> Answer:
        """Fetch a page, after up to five redirects on the same host.

        Raises `UserError` with one line when the address is no http(s) one or not public, robots.txt forbids
        it or can't be had, there is no answer, or the answer is an error.
        """
        for _ in range(MAX_REDIRECTS + 1):
            parts = urlsplit(url)
            rules = self._rules_at(url)
            if rules.refusal(url) is not None:
                raise UserError(f"robots.txt forbids {url}", ExitCode.ROBOTS)
            _pause(url, rules.crawl_delay)
            status, headers, body = _get(url, self._user_agent, self._guard, MAX_BYTES)
            location = headers.get("Location")
            if status not in _REDIRECTS or not location:
                if status >= 400:
                    said = f"{url} answered {status} {http.client.responses.get(status, '')}".rstrip()
                    raise UserError(said, ExitCode.BLOCKED if status in _PUSHED_BACK else ExitCode.ERROR)
                return Answer(url, status, headers.get("Content-Type"), body)
            target = urljoin(url, location)
            # Another host has a robots.txt and an owner of its own: a person should decide to go there.
            if urlsplit(target).netloc != parts.netloc:
                raise UserError(f"{url} redirects to {target}: give that address if you want it")
            url = target
        raise UserError(f"more than {MAX_REDIRECTS} redirects, the last to {url}")

    def allows(self, url: str) -> bool:
        """Whether its site's robots.txt lets us ask for an address. Raises `UserError` as `fetch` does."""
        return self._rules_at(url).refusal(url) is None

    def _rules_at(self, url: str) -> Rules:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"not an http or https address: {url}", ExitCode.USAGE)
        origin = f"{parts.scheme}://{parts.netloc}"
        if origin not in self._rules:
            self._rules[origin] = _robots(urljoin(url, "/robots.txt"), self._user_agent, self._guard)
        return self._rules[origin]


def _pause(url: str, crawl_delay: float | None) -> None:
    """Wait as long as lies between two requests to a site, at least; on loopback only if it asks for it."""
    usual = 0.0 if is_loopback(urlsplit(url).hostname or "") else DELAY_S
    time.sleep(max(usual, crawl_delay or 0.0))


def _robots(url: str, user_agent: str, guard: Guard) -> Rules:
    """The host's rules, by RFC 9309 section 2.3.1: no answer or a server's error allows nothing."""
    for _ in range(MAX_REDIRECTS + 1):
        # One byte more than is read tells that the last line may be cut off.
        status, headers, body = _get(url, user_agent, guard, MAX_ROBOTS_BYTES + 1, cut=True)
        location = headers.get("Location")
        if status in _REDIRECTS and location and urlsplit(urljoin(url, location)).scheme in ("http", "https"):
            url = urljoin(url, location)
            _pause(url, None)
            continue
        rules = rules_for(status, body, user_agent)
        if rules.unavailable is not None:
            raise UserError(
                f"{url} can't be used ({rules.unavailable}): without robots.txt nothing is read",
                ExitCode.ROBOTS,
            )
        return rules
    raise UserError(f"{url} is redirected too often: without robots.txt nothing is read", ExitCode.ROBOTS)


def _get(
    url: str, user_agent: str, guard: Guard, limit: int, cut: bool = False
) -> tuple[int, Message, bytes]:
    request = Request(
        url,
        headers={
            "User-Agent": user_agent,
            "Accept-Encoding": "gzip, deflate",
            "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5",
        },
    )
    with _deadline(TIMEOUT_S) as connections:
        try:
            with _opener(guard, connections).open(request, timeout=TIMEOUT_S) as response:
                body = _body(response, limit, cut, url)
                if connections.late:  # then what was cut off may look like an end
                    raise TimeoutError
                return int(response.status), response.headers, body
        except NotPublicError as error:
            raise UserError(
                f"{url} is not asked: {error} (--allow-private opens it)", ExitCode.NO_CONNECTION
            ) from error
        except (URLError, OSError, http.client.HTTPException, ValueError) as error:
            reason = error.reason if isinstance(error, URLError) else error
            if connections.late:
                reason = f"not whole after {TIMEOUT_S:.0f} seconds"
            raise UserError(f"no answer from {url}: {reason}", ExitCode.NO_CONNECTION) from error


def _body(response: http.client.HTTPResponse, limit: int, cut: bool, url: str) -> bytes:
    data = response.read(limit + 1)
    coding = (response.headers.get("Content-Encoding") or "identity").strip().lower()
    if coding in ("gzip", "x-gzip", "deflate"):
        data = _inflated(data, limit + 1)
    elif coding != "identity":
        raise UserError(f"{url} came in the content coding {coding!r}, which was not asked for")
    if len(data) > limit:
        if not cut:
            raise UserError(f"{url} is larger than {limit // 2**20} MiB")
        data = data[:limit]
    return data


def _inflated(data: bytes, limit: int) -> bytes:
    # RFC 9110 section 8.4.1.2: "deflate" is a zlib stream, but some servers send it without the zlib wrapper.
    for window in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):
        try:
            return zlib.decompressobj(window).decompress(data, limit)
        except zlib.error:
            continue
    raise UserError("the answer's compressed body is damaged")


class _Connections:
    """The connections made for one answer, and whether its time was up."""

    def __init__(self) -> None:
        self._made: list[socket.socket] = []
        self.late = False

    def add(self, connection: socket.socket) -> None:
        # TLS takes the socket over; a second handle on it stays ours.
        self._made.append(connection.dup())

    def end(self) -> None:
        """The time is up: what still reads or writes fails now, however slowly bytes trickle in."""
        self.late = True
        for connection in self._made:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        for connection in self._made:
            connection.close()


@contextmanager
def _deadline(seconds: float) -> Iterator[_Connections]:
    connections = _Connections()
    timer = threading.Timer(seconds, connections.end)
    timer.daemon = True
    timer.start()
    try:
        yield connections
    finally:
        timer.cancel()
        timer.join()
        connections.close()


def _opener(guard: Guard, connections: _Connections) -> OpenerDirector:
    """Only http and https, only where the guard lets it: no other schemes, no redirects of its own, no
    proxies, no cookies."""
    connect = guarded_connection(guard)

    def opened(*arguments: Any, **options: Any) -> socket.socket:
        connection = connect(*arguments, **options)
        connections.add(connection)
        return connection

    def through(kind: type[http.client.HTTPConnection]) -> Callable[..., http.client.HTTPConnection]:
        def make(host: str, **options: Any) -> http.client.HTTPConnection:
            connection: Any = kind(host, **options)
            connection._create_connection = opened  # its one way to a socket, which has no public name
            return cast(http.client.HTTPConnection, connection)

        return make

    class Plain(HTTPHandler):
        def http_open(self, request: Request) -> http.client.HTTPResponse:
            return self.do_open(through(http.client.HTTPConnection), request)

    class Secure(HTTPSHandler):
        def https_open(self, request: Request) -> http.client.HTTPResponse:
            context = ssl.create_default_context()
            return self.do_open(through(http.client.HTTPSConnection), request, context=context)

    opener = OpenerDirector()
    opener.add_handler(Plain())
    opener.add_handler(Secure())
    return opener
