"""What crosses the wire, recorded: each request and its answer byte for byte.

Scrapy's middlewares and signals see header names re-cased and regrouped, bodies without their chunk framing,
and no reason phrase. So the recording sits in the HTTP/1.1 client's protocol itself: what is written to the
connection, and what comes in, is kept as it passes. It leans on private names of Scrapy and Twisted, which is
why Scrapy is pinned to one minor release; tests hold it to the byte.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import (
    HTTP11DownloadHandler,
    _LenientHTTP11ClientFactory,
    _LenientHTTP11ClientProtocol,
    _ScrapyAgent,
)
from scrapy.crawler import Crawler
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future

from spiders.answers import EXCHANGE, STALE, utc_now
from spiders.page import Exchange
from storage.http.message import Entity, entity, read_head, without_interim

Truncated = Literal["length", "time", "disconnect"]


class Recorder:
    """One exchange while it takes place."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._started_at = utc_now()
        self._request: list[bytes] = []
        self._response: list[bytes] = []
        self._surplus = 0
        self._ip_address: str | None = None
        self.reused = False
        """Whether the connection had served another request before."""

    def connected(self, ip_address: str | None, *, reused: bool) -> None:
        """A connection is there to ask on."""
        self._started_at, self._ip_address, self.reused = utc_now(), ip_address, reused

    def sent(self, data: bytes) -> None:
        """Bytes of the request went out."""
        self._request.append(data)

    def received(self, data: bytes) -> None:
        """Bytes of the answer came in."""
        self._response.append(data)

    def finished(self, surplus: int) -> None:
        """The answer is over; the last `surplus` bytes received are not its."""
        self._surplus = surplus

    @property
    def unanswered(self) -> bool:
        """Whether not one byte has come in."""
        return not self._response

    def exchange(self, truncated: Truncated | None, limit: int) -> Exchange:
        """What was sent and received so far; `truncated` says why that is not all, None when it is. At most
        `limit` bytes come out of its codings."""
        raw = b"".join(self._response)
        if self._surplus:
            raw = raw[: -self._surplus]
        raw = without_interim(raw)
        head = read_head(raw)
        made = Entity(b"") if head is None else entity(raw, limit, head)
        if truncated is None and made.fault == "too large":
            truncated = "length"
        return Exchange(
            url=self._url,
            request=b"".join(self._request),
            response=raw,
            started_at=self._started_at,
            status=None if head is None else head.status,
            headers=() if head is None else head.headers,
            entity=made.body,
            problem=made.problem,
            ip_address=self._ip_address,
            truncated=truncated,
        )


class RecordingHandler(HTTP11DownloadHandler):
    """Scrapy's HTTP/1.1 handler; the exchange is put into `request.meta[EXCHANGE]`, also when it fails.

    A request is never repeated behind our back: Twisted would ask again at once when a kept-alive connection
    turns out to be closed, without the delay between requests.
    """

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _RecordingFactory
        self._pool.retryAutomatically = False

    async def download_request(self, request: Request) -> Response:
        """Ask, and record. Raises what Scrapy's handler raises."""
        recorder = Recorder(request.url)
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
        agent.recorder = recorder
        request.meta.pop(STALE, None)
        request.meta.pop(EXCHANGE, None)
        try:
            with wrap_twisted_exceptions():
                response: Response = await maybe_deferred_to_future(agent.download_request(request))
        except Exception as error:
            request.meta[STALE] = recorder.reused and recorder.unanswered
            self._keep(recorder, request, _why(error))
            raise
        self._keep(recorder, request, "disconnect" if "dataloss" in response.flags else None)
        # The one implementation of codings serves the crawl and whoever reads a capture back.
        return response.replace(body=request.meta[EXCHANGE].entity)

    def _keep(self, recorder: Recorder, request: Request, truncated: Truncated | None) -> None:
        if not recorder.unanswered:
            request.meta[EXCHANGE] = recorder.exchange(truncated, self._default_maxsize)


class _RecordingAgent(_ScrapyAgent):
    """Asks on connections that record."""

    recorder: Recorder

    def _get_agent(self, request: Request, timeout: float) -> Any:
        agent: Any = super()._get_agent(request, timeout)
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
        return super().request(request)

    def dataReceived(self, data: bytes) -> None:
        if self._recorder is not None:
            self._recorder.received(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]

    def _finishResponse(self, rest: bytes) -> None:
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
