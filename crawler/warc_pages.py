"""From a WARC record that somebody wrote to the answer that it holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast
from urllib.parse import unquote

from crawler.foreign_warc import ForeignRecord
from spiders.page import Exchange, Fetched
from spiders.reading.addresses import canonical, on_site, site_address
from spiders.reading.profile import SiteProfile
from storage.http.message import Entity, ResponseHead, entity, read_head
from storage.warc.records import FILE_NAME, REBUILT

MAX_BYTES = 20 * 2**20
"""No page is larger; the crawl's limit is the same."""
_TRUNCATED = frozenset({"length", "time", "disconnect"})
_BRACKETS = re.compile(r"^<(.*)>$")
_NO_COMPRESSION = (b"\x1f\x8b", b"\x78")

Resolve = Callable[[str | None, str | None, str | None], bytes | None]
"""Id, address and date of the record that a revisit refers to -> its whole response; None: not here."""


class NotUsable(Exception):
    """A record that gives no page. The message says why, in a few words, for counting."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a record holds."""

    fetched: Fetched
    form: Literal["html", "text"] | None
    """For a `resource` or `conversion`, which has no HTTP head; None for an answer."""


def answer(
    record: ForeignRecord,
    *,
    profile: SiteProfile,
    file_name: str,
    request: bytes,
    resolve: Resolve,
    own: bool,
) -> Answer:
    """The answer in a record. `own` says that this program wrote it, for a crawl of its own.

    Raises `NotUsable`.
    """
    target = _unbracketed(record.headers.get("warc-target-uri", ""))
    url = _address(target, profile)
    if url is None and not (own and target.startswith("file:")):
        raise NotUsable("of other sites")
    at = moment(record.headers.get("warc-date", ""))
    if at is None:
        raise NotUsable("without a date")
    if record.type in ("resource", "conversion"):
        return _file(record, url, at, file_name, own)
    if record.type not in ("response", "revisit"):
        raise NotUsable(f"of type {record.type or 'unknown'}")
    raw = _whole(record, resolve) if record.type == "revisit" else record.block
    head = read_head(raw)
    if head is None:
        raise NotUsable("without an HTTP answer")
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
        rebuilt=record.headers.get(REBUILT.lower()),
    )
    fetched = Fetched(
        url=url,
        fetched_at=at,
        status=head.status,
        headers=head.headers,
        body=made.body,
        origin="crawl" if own else "import",
        truncated=exchange.truncated,
        ip_address=exchange.ip_address,
        file_name=None if own else file_name,
        exchange=exchange,
    )
    return Answer(fetched, None)


def record_id(record: ForeignRecord) -> str | None:
    """Its WARC-Record-ID without angle brackets; None when it has none."""
    return _unbracketed(record.headers.get("warc-record-id", "")) or None


def moment(date: str) -> str | None:
    """A WARC-Date (WARC 1.1 section 5.4) in the archive's form; None when it is none."""
    try:
        parsed = datetime.fromisoformat(date)
    except ValueError:
        return None
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    return parsed.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _file(record: ForeignRecord, url: str | None, at: str, file_name: str, own: bool) -> Answer:
    media_type = record.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in ("text/html", "application/xhtml+xml", "text/plain"):
        raise NotUsable("that are no pages")
    named = record.headers.get(FILE_NAME.lower())
    fetched = Fetched(
        url=url,
        fetched_at=at,
        status=None,
        headers=(("Content-Type", media_type),),
        body=record.block,
        origin="import",
        file_name=unquote(named) if own and named else file_name,
    )
    return Answer(fetched, "text" if media_type == "text/plain" else "html")


def _whole(record: ForeignRecord, resolve: Resolve) -> bytes:
    """The response of a revisit: its own head with the body of the record that it refers to."""
    if record.headers.get("warc-profile", "").endswith("server-not-modified"):
        return record.block
    original = resolve(
        _unbracketed(record.headers.get("warc-refers-to", "")) or None,
        _unbracketed(record.headers.get("warc-refers-to-target-uri", "")) or None,
        moment(record.headers.get("warc-refers-to-date", "")),
    )
    if original is None:
        raise NotUsable("that refer to a record which is not here")
    there = read_head(original)
    here = read_head(record.block)
    if there is None:
        raise NotUsable("without an HTTP answer")
    return original if here is None else record.block[: here.end] + original[there.end :]


def _entity(raw: bytes, head: ResponseHead) -> Entity:
    """The entity; a coding that the head names, but the body has not, was undone by whoever recorded it."""
    made = entity(raw, MAX_BYTES, head)
    if made.fault == "damaged" and not made.body.startswith(_NO_COMPRESSION) and made.body:
        return Entity(made.body)
    return made


def _address(target: str, profile: SiteProfile) -> str | None:
    address = canonical(target)
    if address is None:
        return None
    address = site_address(address, profile)
    return address if on_site(address, profile) else None


def _unbracketed(value: str) -> str:
    """Some programs put addresses into angle brackets, as WARC 1.0 seemed to ask."""
    found = _BRACKETS.match(value.strip())
    return found[1] if found else value.strip()
