"""From a WARC record that somebody wrote to the answer that it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import unquote

from crawler.foreign_warc import ForeignRecord
from spiders.page import Exchange, Fetched
from spiders.reading.addresses import canonical, on_site, site_address
from spiders.reading.profile import SiteProfile
from storage.http.codings import decode
from storage.http.message import Entity, ResponseHead, entity, read_head, unchunk
from storage.warc.records import FILE_NAME, REBUILT

MAX_BYTES = 20 * 2**20
"""No page is larger; the crawl's limit is the same."""
_TRUNCATED = frozenset({"length", "time", "disconnect"})
_COARSE = re.compile(r"\d{4}(?:-\d\d)?")
_BARE_304 = b"HTTP/1.1 304 Not Modified\r\n\r\n"
OF_OTHER_SITES = "of other sites"
"""Why a record of another site is not used."""
_BRACKETS = re.compile(r"^<(.*)>$")
_NO_COMPRESSION = (b"\x1f\x8b", b"\x78")

Resolve = Callable[[str | None, str | None, str | None], bytes | None]
"""Id, address and date of the record that a revisit refers to -> its whole response; None: not here."""


class NotUsable(Exception):
    """A record that gives no page. The message says why, in a few words, for counting."""


class Unresolved(NotUsable):
    """A revisit of a record that is not here, or not here yet."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a record holds."""

    fetched: Fetched
    form: Literal["html", "text"] | None
    """For a file (`resource` or `conversion`), which has no HTTP head; None for an answer, and for what a
    browser made of one."""


def answer(
    record: ForeignRecord,
    *,
    profile: SiteProfile,
    file_name: str,
    request: bytes,
    resolve: Resolve,
    origin: Literal["crawl", "import"] = "import",
    own: bool = False,
) -> Answer:
    """The answer in a record. `own` says that this program wrote it, for a capture of this `origin`.

    Raises `NotUsable`.
    """
    target = _unbracketed(record.headers.get("warc-target-uri", ""))
    url = address(target, profile)
    if url is None and not (own and target.startswith("file:")):
        raise NotUsable(OF_OTHER_SITES)
    at = moment(record.headers.get("warc-date", ""))
    if at is None:
        raise NotUsable("without a date")
    named = record.headers.get(FILE_NAME.lower()) if own else None
    if record.type in ("resource", "conversion") or named is not None:
        return _file(record, url, at, file_name if named is None else unquote(named), resolve)
    if record.type not in ("response", "revisit"):
        raise NotUsable(f"of type {record.type or 'unknown'}")
    if request and not request.startswith(b"GET "):
        raise NotUsable("that answer no GET")
    raw = _whole(record, resolve) if record.type == "revisit" else record.block
    head = read_head(raw)
    if head is None:
        raise NotUsable("without an HTTP answer")
    if head.status == 206:
        raise NotUsable("with a part of a page")
    made = _entity(raw, head)
    cut = record.headers.get("warc-truncated")
    exchange = Exchange(
        url=target,
        request=request,
        response=raw,
        started_at=at,
        status=head.status,
        headers=head.headers,
        entity=made.body,
        problem=made.problem,
        ip_address=record.headers.get("warc-ip-address"),
        truncated=None if not cut else cast(Any, cut if cut in _TRUNCATED else "unspecified"),
        record_id=record_id(record),
        rebuilt=record.headers.get(REBUILT.lower())
        or ("a revisit without a head" if raw is _BARE_304 else None),
    )
    fetched = Fetched(
        url=url,
        fetched_at=at,
        status=head.status,
        headers=head.headers,
        body=made.body,
        origin=origin,
        truncated=exchange.truncated,
        ip_address=exchange.ip_address,
        file_name=None if origin == "crawl" else file_name,
        exchange=exchange,
    )
    return Answer(fetched, None)


def rendered(record: ForeignRecord, made: Fetched, resolve: Resolve) -> Answer:
    """The document that a browser made of an answer: `made` is what the archive knew of it but for the body.

    Raises `NotUsable`.
    """
    body = _original(record, resolve) if record.type == "revisit" else record.block
    return Answer(replace(made, body=body, record_id=record_id(record)), None)


def address(target: str, profile: SiteProfile) -> str | None:
    """The canonical address that a WARC-Target-URI names on the profile's site; None when on another."""
    found = canonical(_unbracketed(target))
    if found is None:
        return None
    found = site_address(found, profile)
    return found if on_site(found, profile) else None


def record_id(record: ForeignRecord) -> str | None:
    """Its WARC-Record-ID without angle brackets; None when it has none."""
    return _unbracketed(record.headers.get("warc-record-id", "")) or None


def moment(date: str) -> str | None:
    """A WARC-Date (WARC 1.1 section 5.4: as precise as known) in the archive's form; None when it is none."""
    if _COARSE.fullmatch(date):
        date += "-01-01"[3 * date.count("-") :]
    try:
        parsed = datetime.fromisoformat(date)
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC)
        parsed = parsed.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return parsed.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _file(record: ForeignRecord, url: str | None, at: str, file_name: str, resolve: Resolve) -> Answer:
    media_type = record.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("text/html", "application/xhtml+xml", "text/plain"):
        raise NotUsable("that are no pages")
    fetched = Fetched(
        url=url,
        fetched_at=at,
        status=None,
        headers=(("Content-Type", media_type),),
        body=_original(record, resolve) if record.type == "revisit" else record.block,
        origin="import",
        file_name=file_name,
        record_id=record_id(record),
    )
    return Answer(fetched, "text" if media_type == "text/plain" else "html")


def _original(record: ForeignRecord, resolve: Resolve) -> bytes:
    """The block of the record that a revisit refers to. Raises `Unresolved`."""
    found = resolve(
        _unbracketed(record.headers.get("warc-refers-to", "")) or None,
        _unbracketed(record.headers.get("warc-refers-to-target-uri", "")) or None,
        moment(record.headers.get("warc-refers-to-date", "")),
    )
    if found is None:
        raise Unresolved("that refer to a record which is not here")
    return found


def _whole(record: ForeignRecord, resolve: Resolve) -> bytes:
    """The response of a revisit: its own head with the body of the record that it refers to."""
    if record.headers.get("warc-profile", "").endswith("server-not-modified"):
        return record.block or _BARE_304
    original = _original(record, resolve)
    there = read_head(original)
    here = read_head(record.block)
    if there is None:
        raise NotUsable("without an HTTP answer")
    return original if here is None else record.block[: here.end] + original[there.end :]


def _entity(raw: bytes, head: ResponseHead) -> Entity:
    """The entity; a coding that the head names, but the body has not, was undone by whoever recorded it.

    What could be undone in part is damaged, and stays so.
    """
    made = entity(raw, MAX_BYTES, head)
    if made.fault != "damaged":
        return made
    body = raw[head.end :]
    if "chunked" in head.listed("transfer-encoding"):
        unchunked = unchunk(body)
        if unchunked.fault is not None and unchunked.body == body:
            decoded = decode(body, head.listed("content-encoding"), MAX_BYTES)
            if decoded.fault is None and decoded.body == made.body:
                return Entity(made.body)
        elif unchunked.fault is not None:
            return made
        body = unchunked.body
    undone = made.body == body and body and not body.startswith(_NO_COMPRESSION)
    return Entity(made.body) if undone else made


def _unbracketed(value: str) -> str:
    """Some programs put addresses into angle brackets, as WARC 1.0 seemed to ask."""
    found = _BRACKETS.match(value.strip())
    return found[1] if found else value.strip()
