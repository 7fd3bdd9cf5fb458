"""What crosses the wire, recorded: each request and its answer byte for byte.

Scrapy's middlewares and signals see header names re-cased and regrouped, bodies without their chunk framing,
and no reason phrase. So the recording sits in the HTTP/1.1 client's protocol itself: what is written to the
connection, and what comes in, is kept as it passes. It leans on private names of Scrapy and Twisted, which is
why Scrapy is pinned to one minor release; tests hold it to the byte.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _LenientHTTPClientParser,
    _ScrapyAgent,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.interfaces import ISSLTransport
from twisted.python.failure import Failure
from twisted.web.http_headers import InvalidHeaderName

from crawler.guard import Guard, GuardedReactor, guard_of
from crawler.politeness import NotAsked, Turn, heed, politeness_of
from crawler.recorder import Recorder, Truncated
from spiders.answers import EXCHANGE, NOT_ASKED, STALE, UNDECODABLE, NotPublicError, exchange_of
from spiders.page import Exchange
from spiders.reading.addresses import canonical, on_site

_handlers: WeakKeyDictionary[Crawler, WeakSet[RecordingHandler]] = WeakKeyDictionary()


def give_up_asking(crawler: Crawler) -> None:
    """Wait no longer for any answer to this crawl: what was asked for stays due in the URL table."""
    for handler in _handlers.get(crawler, ()):
        handler.give_up()


class RecordingHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler; the exchange is put into `request.meta[EXCHANGE]`, also when it fails.

    A request is never repeated behind our back: Twisted would ask again at once when a kept-alive connection
    turns out to be closed, without the delay between requests.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _RecordingFactory
        self._pool.retryAutomatically = False
        self._guard = guard_of(crawler.settings)
        self._asked: set[Deferred[Response]] = set()
        """What is on the wire."""
        _handlers.setdefault(crawler, WeakSet()).add(self)

    def give_up(self) -> None:
        """Wait no longer for what is on the wire: as if it had not been asked for."""
        given_up = set(self._asked)
        self._asked.clear()
        for asked in given_up:
            asked.cancel()

    async def download_request(self, request: Request) -> Response:
        """Ask when it is this request's turn, and record. Raises what Scrapy's handler raises, `NotAsked`
        when the crawl stops before the turn has come or can't wait for the answer's end, and `NotPublicError`
        for what may not be asked."""
        self._check_place(request)
        try:
            async with politeness_of(self._crawler).turn() as turn:
                try:
                    return await self._ask(request, turn)
                finally:
                    heed(self._crawler, exchange_of(request))  # before anybody else has a turn
        except NotAsked:
            request.meta[NOT_ASKED] = True
            raise

    async def _ask(self, request: Request, turn: Turn) -> Response:
        recorder = Recorder(request.url, self._default_maxsize or sys.maxsize, turn)
        agent = _RecordingAgent(
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=False,  # what came is kept, and marked as not whole
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        agent.recorder, agent.guard = recorder, self._guard
        request.meta.pop(STALE, None)
        request.meta.pop(EXCHANGE, None)
        asked: Deferred[Response] = agent.download_request(request)
        self._asked.add(asked)
        try:
            with wrap_twisted_exceptions():
                response = await maybe_deferred_to_future(asked)
        except Exception as error:
            if asked not in self._asked:
                raise NotAsked("the crawl could wait no longer for an answer") from error
            why = recorder.cut if recorder.cut == "length" else _why(error)
            request.meta[STALE] = recorder.reused and recorder.unanswered and why == "disconnect"
            self._keep(recorder, request, why)
            if why == "length" and not isinstance(error, DownloadCancelledError):
                raise _too_large(request) from error
            raise
        finally:
            self._asked.discard(asked)
        lost: Truncated | None = "disconnect" if "dataloss" in response.flags else None
        exchange = self._keep(recorder, request, recorder.cut or lost)
        if recorder.cut == "length":
            raise _too_large(request)
        flags = response.flags
        if exchange.truncated is not None and "dataloss" not in flags:
            flags = [*flags, "dataloss"]
        elif exchange.problem is not None:
            flags = [*flags, UNDECODABLE]
        # The one implementation of codings serves the crawl and whoever reads a capture back.
        return response.replace(body=exchange.entity, flags=flags)

    def _check_place(self, request: Request) -> None:
        """Whoever made the request, and whatever led to it: the profile's hosts on their ports, no others."""
        profile = getattr(self._crawler.spider, "profile", None)
        address = canonical(request.url)
        if address is None or (profile is not None and not on_site(address, profile)):
            raise NotPublicError("off-site")
        if request.meta.get("proxy"):
            raise NotPublicError("a proxy would connect where nobody checks")

    def _keep(self, recorder: Recorder, request: Request, truncated: Truncated | None) -> Exchange:
        exchange = recorder.exchange(truncated)
        if not recorder.unanswered:
            request.meta[EXCHANGE] = exchange
        return exchange


def _too_large(request: Request) -> DownloadCancelledError:
    return DownloadCancelledError(f"{request.url}: more than the download max size")


class _RecordingAgent(_ScrapyAgent):
    """Asks on connections that record."""

    recorder: Recorder
    guard: Guard

    def _get_agent(self, request: Request, timeout: float) -> Any:
        agent: Any = super()._get_agent(request, timeout)
        endpoints = agent._endpointFactory
        endpoints._reactor = GuardedReactor(endpoints._reactor, self.guard)
        agent._pool = _RecordedConnections(agent._pool, self.recorder)
        return agent


class _RecordedConnections:
    """A connection pool, as far as one request sees of it."""

    def __init__(self, pool: Any, recorder: Recorder) -> None:
        self._pool = pool
        self._recorder = recorder
        self.persistent = pool.persistent

    def getConnection(self, key: Any, endpoint: Any) -> Any:
        return self._pool.getConnection(key, endpoint).addCallback(self._record)

    def _record(self, protocol: _RecordingProtocol) -> _RecordingProtocol:
        protocol.record(self._recorder)
        return protocol


class _TolerantParser(_LenientHTTPClientParser):
    """Takes header lines that browsers take: a space before the colon goes (RFC 9112 §5.1), a name that is
    none is skipped, and a line may be as long as Chromium lets a whole head be."""

    MAX_LENGTH = 256 * 1024

    def headerReceived(self, name: bytes, value: bytes) -> None:
        with suppress(InvalidHeaderName):
            super().headerReceived(name.rstrip(b" \t"), value)  # type: ignore[no-untyped-call]


_HEAD_STATES = ("STATUS", "HEADER")
"""Of Twisted's parser, before a final response's head has ended."""


class _RecordingProtocol(_LenientHTTP11ClientProtocol):
    """One connection; records one exchange after another."""

    _recorder: Recorder | None = None
    _asked = False

    def record(self, recorder: Recorder) -> None:
        transport: Any = self.transport
        peer = None if transport is None else transport.getPeer()
        recorder.connected(getattr(peer, "host", None), reused=self._asked)
        self._recorder = recorder
        self._asked = True

    def request(self, request: Any) -> Any:
        recorder, write = self._recorder, request.writeTo
        if recorder is not None:
            request.writeTo = lambda transport: write(_Tee(transport, recorder))
        answer = super().request(request)
        parser: Any = self._parser
        if parser is not None:
            parser.__class__ = _TolerantParser  # as Scrapy does it, which has no other way either
        return answer

    def dataReceived(self, data: bytes) -> None:
        recorder = self._recorder
        in_head = getattr(self._parser, "state", None) in _HEAD_STATES
        if recorder is not None and not ((not in_head or recorder.heading()) and recorder.received(data)):
            transport: Any = self.transport
            transport.abortConnection()
            return
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]
        # Where the connection's end is the answer's end, a reset is none, which Twisted does not tell apart.
        # Over TLS it looks like a missing closing alert, which many servers never send: an end, then.
        reset = isinstance(reason.value, ConnectionLost) and not ISSLTransport.providedBy(self.transport)
        if reset and self._recorder is not None:
            self._recorder.lost()
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:
        if rest and self._currentRequest is not None:
            # More than was asked for: what comes next on this connection can't be told apart from it.
            self._currentRequest.persistent = False
        if self._recorder is not None:
            self._recorder.finished(len(rest))
            self._recorder = None
        super()._finishResponse(rest)


class _RecordingFactory(_LenientHTTP11ClientFactory):
    def buildProtocol(self, addr: Any) -> _RecordingProtocol:
        return _RecordingProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _Tee:
    """A transport whose writes are recorded."""

    def __init__(self, transport: Any, recorder: Recorder) -> None:
        self._transport = transport
        self._recorder = recorder

    def write(self, data: bytes) -> None:
        self._recorder.sent(data)
        self._transport.write(data)

    def writeSequence(self, data: Sequence[bytes]) -> None:
        self.write(b"".join(data))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _why(error: Exception) -> Truncated:
    """Why an answer that failed with `error` is not whole (WARC 1.1 section 5.13)."""
    if isinstance(error, DownloadTimeoutError):
        return "time"
    return "length" if isinstance(error, DownloadCancelledError) else "disconnect"
