"""A capture: what came and when, the archived page itself in a sandbox, and its record to take away."""

from __future__ import annotations

import json
from collections.abc import Callable

from sqlalchemy import RowMapping, text
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from crawler.browse.addresses import here
from crawler.browse.archived_page import Kind, kind_of, shown
from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.pages.naming import numbered
from crawler.browse.security import ARCHIVED_POLICY
from storage.bodies import BodyReader
from storage.warc.records import RecordDamaged

_KEPT = {"Cache-Control": "private, no-cache"}


def capture(visit: Visit, request: Request) -> Page:
    """All that the archive knows of a capture, around the page it shows."""
    row = _row(visit, numbered(request))
    body, problem = _body(visit, row)
    kind = None if body is None else kind_of(body, row["media_type"])
    return Page(
        "capture.html",
        {
            "title": f"Capture {row['id']}",
            "capture": row,
            "headers": json.loads(row["headers"] or "[]"),
            "kind": kind,
            "problem": problem,
            "empty": body == b"",
        },
    )


def archived(visit: Visit, request: Request) -> Response:
    """The archived page itself, under a policy that lets nothing run and nothing be fetched.

    As a page of its own it is not shown: there a click on one of its links would lead to the live site.
    """
    row = _row(visit, numbered(request))
    if request.headers.get("sec-fetch-dest") == "document":
        return RedirectResponse(here("capture", row["id"]), 303, {"Cache-Control": "no-store"})
    body, problem = _body(visit, row)
    if body is None:
        raise HTTPException(404, problem or "It has no body.")
    kind = kind_of(body, row["media_type"])
    if kind is Kind.BYTES:
        raise HTTPException(404, "It is no text: download its record to see it.")
    media_type = "text/html" if kind is Kind.HTML else "text/plain"
    # Never its own media type: `text/html` is not the only one under which scripts run.
    return Response(
        shown(body, row["media_type"], _content_type(row), kind),
        headers={"Content-Type": f"{media_type}; charset=utf-8", "Content-Security-Policy": ARCHIVED_POLICY}
        | _KEPT,
    )


def record(visit: Visit, request: Request) -> Response:
    """The capture's WARC record as it lies in its file: one compressed member, a WARC file of its own."""
    number = numbered(request)
    _row(visit, number)
    with BodyReader(visit.archive, visit.connection) as reader:
        return _download(reader.member, number, "application/warc", f"capture-{number}.warc.gz")


def response(visit: Visit, request: Request) -> Response:
    """The answer as it came over the wire, headers and body; of a file the file."""
    number = numbered(request)
    row = _row(visit, number)
    name = f"capture-{number}.{'bin' if row['record_type'] == 'resource' else 'http'}"
    with BodyReader(visit.archive, visit.connection) as reader:
        return _download(reader.response, number, "application/octet-stream", name)


def _download(read: Callable[[int], bytes], number: int, media_type: str, name: str) -> Response:
    try:
        data = read(number)
    except (RecordDamaged, OSError) as error:
        raise HTTPException(404, _problem(error)) from None
    return Response(
        data, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'} | _KEPT
    )


def _row(visit: Visit, number: int) -> RowMapping:
    found = visit.connection.execute(text("SELECT * FROM captures WHERE id = :id"), {"id": number}).mappings()
    row = found.first()
    if row is None:
        raise HTTPException(404, f"The archive has no capture {number}.")
    return row


def _body(visit: Visit, row: RowMapping) -> tuple[bytes | None, str | None]:
    """The entity, or one line that says why it can't be had."""
    with BodyReader(visit.archive, visit.connection) as reader:
        try:
            return reader.read(row["id"]), None
        except (RecordDamaged, OSError) as error:
            return None, _problem(error)


def _problem(error: Exception) -> str:
    if isinstance(error, OSError):
        return f"Its WARC file can't be read: {error.strerror or 'input/output error'}."
    return f"Its record is damaged: {error}."


def _content_type(row: RowMapping) -> str | None:
    """The Content-Type as sent, charset and all; None without."""
    headers = json.loads(row["headers"] or "[]")
    return next((value for name, value in headers if name.lower() == "content-type"), None)
