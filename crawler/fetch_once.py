"""Fetch one page, once, for a person who looks at it: as politely as a crawl, and storing nothing."""

from __future__ import annotations

import http.client
import zlib
from dataclasses import dataclass
from email.message import Message
from urllib.error import URLError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPHandler, HTTPSHandler, OpenerDirector, Request

from protego import Protego

from crawler.exits import ExitCode, UserError

MAX_BYTES = 20 * 2**20
MAX_ROBOTS_BYTES = 512 * 1024
"""RFC 9309 section 2.5 asks for 500 KiB at least."""
TIMEOUT_S = 30.0
MAX_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a site sent for one address."""

    url: str
    """After redirects."""
    status: int
    content_type: str | None
    body: bytes
    """After content decoding."""


def fetch_once(url: str, user_agent: str) -> Answer:
    """Fetch a page with one request for robots.txt before it.

    Follows up to five redirects on the same host. Raises `UserError` with one line when the address is no
    http(s) one, robots.txt forbids it or can't be had, there is no answer, or the answer is an error.
    """
    robots: Protego | None = None
    for _ in range(MAX_REDIRECTS + 1):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise UserError(f"not an http or https address: {url}", ExitCode.USAGE)
        if robots is None:
            robots = _robots(urljoin(url, "/robots.txt"), user_agent)
        if not robots.can_fetch(url, user_agent):
            raise UserError(f"robots.txt forbids {url}", ExitCode.ROBOTS)
        status, headers, body = _get(url, user_agent, MAX_BYTES)
        location = headers.get("Location")
        if status not in _REDIRECTS or not location:
            if status >= 400:
                raise UserError(f"{url} answered {status} {http.client.responses.get(status, '')}".rstrip())
            return Answer(url, status, headers.get("Content-Type"), body)
        target = urljoin(url, location)
        # Another host has a robots.txt and an owner of its own: a person should decide to go there.
        if urlsplit(target).netloc != parts.netloc:
            raise UserError(f"{url} redirects to {target}: inspect that address if you want it")
        url = target
    raise UserError(f"more than {MAX_REDIRECTS} redirects, the last to {url}")


def _robots(url: str, user_agent: str) -> Protego:
    """The host's rules, by RFC 9309 section 2.3.1: no answer or a server's error allows nothing."""
    for _ in range(MAX_REDIRECTS + 1):
        status, headers, body = _get(url, user_agent, MAX_ROBOTS_BYTES, cut=True)
        location = headers.get("Location")
        if status in _REDIRECTS and location and urlsplit(urljoin(url, location)).scheme in ("http", "https"):
            url = urljoin(url, location)
        elif status >= 500 or status == 429 or status in _REDIRECTS:
            raise UserError(f"{url} answered {status}: without robots.txt nothing is read", ExitCode.ROBOTS)
        else:
            return Protego.parse(body.decode("utf-8", "replace") if status == 200 else "")
    raise UserError(f"{url} is redirected too often: without robots.txt nothing is read", ExitCode.ROBOTS)


def _get(url: str, user_agent: str, limit: int, cut: bool = False) -> tuple[int, Message, bytes]:
    request = Request(
        url,
        headers={
            "User-Agent": user_agent,
            "Accept-Encoding": "gzip, deflate",
            "Accept": "text/html,application/xhtml+xml,text/plain;q=0.9,*/*;q=0.5",
        },
    )
    try:
        with _opener().open(request, timeout=TIMEOUT_S) as response:
            return int(response.status), response.headers, _body(response, limit, cut, url)
    except (URLError, OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
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


def _opener() -> OpenerDirector:
    """Only http and https: no other schemes, no redirects of its own, no proxies, no cookies."""
    opener = OpenerDirector()
    opener.add_handler(HTTPHandler())
    opener.add_handler(HTTPSHandler())
    return opener
