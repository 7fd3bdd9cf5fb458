"""From a request to an answer, without any network: methods, conditional requests, content coding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, unquote, urlsplit

from .pages import Page

Headers = Message
Fields = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Reply:
    """Status, header fields in order, and the body to be sent (b"" for HEAD and 304)."""

    status: int
    headers: Fields
    body: bytes


def key_of(target: str) -> str:
    """Return the key under which `pages.build` keeps the page for a request target.

    Queries mean nothing to this site but for the listing's `page`. A target that is no address gives "".
    """
    try:
        parts = urlsplit(target if "://" in target[:8] else f"http://site{target}")
        path = unquote(parts.path) or "/"
        wanted = parse_qs(parts.query).get("page", [""])[0] if path == "/news" else ""
    except ValueError:
        return ""
    return f"/news?page={wanted}" if wanted not in ("", "1") else path


def reply(pages: Mapping[str, Page], missing: Page, method: str, target: str, headers: Headers) -> Reply:
    """Return the answer to a request (RFC 9110); `missing` answers for whatever has no page.

    `headers` finds names in any case.
    """
    if method not in ("GET", "HEAD"):
        text = b"Only GET and HEAD are understood here.\n"
        length = ("Content-Length", str(len(text)))
        return Reply(405, (("Allow", "GET, HEAD"), ("Content-Type", "text/plain"), length), text)
    page = pages.get(key_of(target), missing)
    zipped = page.gzipped is not None and accepts_gzip(headers.get("Accept-Encoding", ""))
    fields = _validators(page, zipped)
    if page.etag and is_unchanged(page, headers):
        return Reply(304, fields, b"")
    body = page.gzipped if zipped and page.gzipped is not None else page.body
    fields += (("Content-Type", page.content_type), ("Content-Length", str(len(body))))
    if zipped:
        fields += (("Content-Encoding", "gzip"),)
    if page.location:
        fields += (("Location", page.location),)
    return Reply(page.status, fields, b"" if method == "HEAD" else body)


def _validators(page: Page, zipped: bool) -> Fields:
    fields: Fields = ()
    if page.gzipped is not None:
        fields += (("Vary", "Accept-Encoding"),)
    if page.etag and page.last_modified:
        fields += (("ETag", f'"{page.etag}{"-gz" if zipped else ""}"'),)
        fields += (("Last-Modified", format_datetime(page.last_modified, usegmt=True)),)
    return fields


def is_unchanged(page: Page, headers: Headers) -> bool:
    """Return whether the client has the page already; If-None-Match outranks If-Modified-Since."""
    tags = headers.get("If-None-Match")
    if tags is not None:
        known = {page.etag, f"{page.etag}-gz"}
        return tags.strip() == "*" or any(tag in known for tag in re.findall(r'"([^"]*)"', tags))
    since = _http_date(headers.get("If-Modified-Since"))
    return since is not None and page.last_modified is not None and page.last_modified <= since


def _http_date(value: str | None) -> datetime | None:
    """Return the moment, or None for a value that is missing or no date, which is to be ignored."""
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def accepts_gzip(value: str) -> bool:
    """Return whether an Accept-Encoding field allows gzip; `gzip;q=0` forbids it."""
    allowed = {}
    for part in value.lower().split(","):
        name, _, weight = part.strip().partition(";")
        allowed[name.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", weight)
    return allowed.get("gzip", allowed.get("*", False))
