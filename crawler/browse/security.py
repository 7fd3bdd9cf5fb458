"""Who may ask, and what a browser may do with the answer.

The pages show text that strangers wrote, on a port that every web page in the reader's browser can send
requests to. So: GET and HEAD only; only under a loopback name (a site that lets its own name point to
127.0.0.1 is turned away: DNS rebinding); nothing for another site's page but a plain link; and a policy under
which nothing runs, nothing is sent, and nothing is fetched from anywhere else.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
"""Of our own pages. Without `script-src` and with `default-src 'none'` no script runs, whoever wrote it."""
ARCHIVED_POLICY = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""Of archived pages: no script, no form, no network, an origin of its own, and shown in our frame only."""
HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""On every answer; one that has its own policy keeps that."""
NAMES = ("127.0.0.1", "localhost")


def allowed_hosts(port: int) -> frozenset[str]:
    """What `Host` may say of a server on 127.0.0.1 at that port (RFC 9110 section 7.2), in lower case."""
    hosts = {f"{name}:{port}" for name in NAMES}
    return frozenset(hosts | set(NAMES) if port == 80 else hosts)


class Guard:
    """ASGI middleware: turns away what must not be answered, and puts `HEADERS` on every answer."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return  # no web sockets here: closing the connection is answer enough

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = refused(scope["method"], Headers(scope=scope), self._hosts)
        await (refusal or self._app)(scope, receive, sending)


def refused(method: str, headers: Headers, hosts: frozenset[str]) -> PlainTextResponse | None:
    """The answer to a request that must not be answered; None for all others."""
    named = headers.getlist("host")
    if len(named) != 1 or named[0].lower() not in hosts:
        return _no(421, "This server answers to its own loopback address only.")
    if method not in ("GET", "HEAD"):
        return _no(405, "Pages here can only be read.", Allow="GET, HEAD")
    # https://www.w3.org/TR/fetch-metadata/: what another site's page may do is link here.
    if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _is_link(headers):
        return _no(403, "Other sites' pages may not use what is here.")
    return None


def _is_link(headers: Headers) -> bool:
    return headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"


def _no(status: int, why: str, **headers: str) -> PlainTextResponse:
    return PlainTextResponse(f"{why}\n", status, {"Cache-Control": "no-store", **headers})
