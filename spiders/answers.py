"""From Scrapy's answers and failures to plain facts: status, headers, body, and why there is none."""

from __future__ import annotations

from OpenSSL.SSL import Error as TLSError
from scrapy import Request
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadFailedError,
    DownloadTimeoutError,
    UnsupportedURLSchemeError,
)
from scrapy.http import Response
from service_identity import VerificationError
from twisted.internet.error import ConnectError, ConnectionRefusedError, NoRouteError
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from spiders.page import Exchange, Fetched, Unanswered

EXCHANGE = "exchange"
"""Key in a request's meta: the `Exchange`, as far as it came; missing while nothing has come."""
STALE = "stale_connection"
"""Key in a request's meta: True when a kept-alive connection was closed before any of the answer came."""
UNDECODABLE = "undecodable"
"""A response's flag: the message is whole, but its body can't be decoded; it is as much as there is."""
REFUSED = "refused"
"""Key in a request's meta: why a middleware chose not to ask."""

NOT_ASKED = "not_asked"
"""Key in a request's meta: it was given back before it went out; its address is as it was."""
UNAVAILABLE = "robots_unavailable"
"""Key in the meta of a request for robots.txt: why its answer gives no rules, so nothing may be asked."""


class NotPublicError(Exception):
    """No connection was made: the address, or the place it belongs to, is not one that may be asked."""


_FINAL = (DownloadCancelledError, UnsupportedURLSchemeError)
_NO_CONNECTION = (
    DownloadConnectionRefusedError,
    CannotResolveHostError,
    ConnectionRefusedError,
    NoRouteError,
    ConnectError,
    NotPublicError,
)


def fetched_from(exchange: Exchange, *, url: str) -> Fetched:
    """An answer as it came. `url` is the canonical address asked for, whichever host was spoken to."""
    return Fetched(
        url=url,
        fetched_at=exchange.started_at,
        status=exchange.status,
        headers=exchange.headers,
        body=exchange.entity,
        origin="crawl",
        truncated=exchange.truncated,
        ip_address=exchange.ip_address,
        exchange=exchange,
    )


def exchange_of(request: Request | None) -> Exchange | None:
    """What was recorded of a request and its answer; None when no whole head came."""
    exchange: Exchange | None = None if request is None else request.meta.get(EXCHANGE)
    return exchange if exchange is not None and exchange.status is not None else None


def cause(failure: Failure) -> BaseException:
    """The exception in a Twisted failure."""
    return failure.value or RuntimeError("unknown failure")


def content_type(response: Response) -> str | None:
    """The Content-Type header as sent; None when there is none."""
    value = response.headers.get("Content-Type")
    return None if value is None else value.decode("latin-1")


def unanswered(failure: Failure, *, request: Request, url: str, kind: str) -> Unanswered:
    """Why a request brought no answer."""
    error = cause(failure)
    refused = _one_line(error) if isinstance(error, NotPublicError) else request.meta.get(REFUSED)
    return Unanswered(
        url=url,
        kind=kind,  # type: ignore[arg-type]
        reason=refused or reason_of(error),
        refused=refused is not None,
        temporary=refused is None and not isinstance(error, _FINAL),
        no_connection=isinstance(error, _NO_CONNECTION),
        stale_connection=bool(request.meta.get(STALE)),
    )


def failure_reason(failure: Failure) -> str:
    """Why a request failed, in one line."""
    return reason_of(cause(failure))


def reason_of(error: BaseException) -> str:
    """Why a request failed, in one line, when this was raised."""
    if isinstance(error, CannotResolveHostError):
        return "host name can't be resolved"
    if isinstance(error, DownloadConnectionRefusedError | ConnectionRefusedError):
        return "connection refused"
    if isinstance(error, NoRouteError):
        return "no route to the host"
    if isinstance(error, DownloadTimeoutError):
        return "timed out"
    if isinstance(error, DownloadFailedError) and isinstance(error.__cause__, ResponseFailed):
        why = error.__cause__.reasons[0].value
        return _tls_fault(why) or f"no usable answer: {_one_line(why)}"
    if isinstance(error, DownloadCancelledError):
        return "answer too large" if "max size" in str(error) else "cancelled"
    return _one_line(error)


def _tls_fault(error: BaseException) -> str | None:
    """What was wrong with certificate or handshake; None when it was something else."""
    if isinstance(error, VerificationError):
        return "TLS: the certificate is for another name"
    if not isinstance(error, TLSError):
        return None
    # pyOpenSSL gives a list of (library, function, reason).
    told = [str(one[-1]) for one in error.args[0]] if error.args and isinstance(error.args[0], list) else []
    return f"TLS: {'; '.join(told) or 'the connection broke off'}"[:200]


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return (text or type(error).__name__)[:200]
