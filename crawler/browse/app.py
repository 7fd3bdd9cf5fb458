"""The application: which page answers which address, and what is said when none can."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.convertors import StringConvertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from crawler.browse import pages
from crawler.browse.html import render, static_file
from crawler.browse.library import Library, Visit
from crawler.browse.page import Page
from crawler.browse.security import Guard
from crawler.cli.errors import as_user_error
from crawler.exits import ExitCode
from crawler.terminal import printable
from storage.archive import Archive

_AT_ONCE = 6
"""Requests that are answered at a time; the others wait their turn."""
_STATIC = {"style.css": "text/css", "icon.svg": "image/svg+xml"}
_OF_THE_BODY = ("content-length", "content-type")
_TITLES = {400: "That can't be asked", 404: "Not here", 503: "The archive can't be read"}


class _Anything(StringConvertor):
    """What the site wrote, line breaks and slashes too: Starlette's own `path` ends at a line break."""

    regex = "(?s:.*)"


register_url_convertor("anything", _Anything())
logger = logging.getLogger("msarchive")


def application(directory: Path, hosts: frozenset[str], database: str | None = None) -> ASGIApp:
    """The pages of the archive in `directory`, for requests whose `Host` is one of `hosts`; with `database`
    (see `open_archive`) of the one there.

    The archive need not be there yet: each request finds it, or says why not.
    """
    library = Library(directory, database)
    limiter = CapacityLimiter(_AT_ONCE)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=_have_ready, args=(library,), name="ready", daemon=True).start()
        yield
        library.close()

    def answering(handler: pages.Handler) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            return await to_thread.run_sync(_answered, library, handler, request, limiter=limiter)

        return endpoint

    app = Starlette(
        routes=[
            *(Route(path, answering(handler)) for path, handler in pages.ROUTES),
            Route("/static/{name}", _static),
        ],
        exception_handlers={HTTPException: _refusal, Exception: _failure},
        lifespan=lifespan,
    )
    return Guard(app, hosts)  # outside of everything: what goes wrong in the application is answered, too


def _have_ready(library: Library) -> None:
    try:
        pages.have_ready(library)
    except Exception as error:  # whoever asks first meets it, and is told
        logger.debug("not ready: %s", error)


def _answered(library: Library, handler: pages.Handler, request: Request) -> Response:
    """One request, answered from one snapshot."""
    try:
        with library.visit() as visit:
            return _response(handler(visit, request), visit, request)
    except HTTPException:
        raise
    except Exception as error:
        expected = as_user_error(error)
        if expected is None:
            raise
        return _error_page(request, 503, str(expected), advice=_ADVICE.get(expected.code))


_ADVICE = {
    ExitCode.DAMAGED: "'msarchive verify' says what is damaged.",
    ExitCode.NEWER: "A newer msarchive reads it.",
}


def _response(made: Page | Response, visit: Visit, request: Request) -> Response:
    if isinstance(made, Response):
        return tagged(made, request) if made.status_code == 200 else made
    html = render(made.template, request, archive=_name(visit.archive), **made.values)
    if made.status != 200:
        return HTMLResponse(html, made.status, {"Cache-Control": "no-store"})
    return tagged(HTMLResponse(html), request)


def _name(archive: Archive) -> str:
    """What the pages are titled: the folder's name, or the database's."""
    if archive.database is None:
        return archive.directory.name
    from sqlalchemy.engine import make_url

    return make_url(archive.database).database or archive.directory.name


def tagged(response: Response, request: Request) -> Response:
    """The response with an ETag, or 304 when the browser has it already (RFC 9110 section 13.1.2)."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    response.headers.setdefault("Cache-Control", "private, no-cache")
    known = {each.strip().removeprefix("W/") for each in request.headers.get("If-None-Match", "").split(",")}
    if response.status_code == 200 and tag in known:
        # With all its headers: those of a 304 replace what the browser has kept (RFC 9111 section 3.2), and
        # an archived page must not lose its own policy.
        kept = {name: value for name, value in response.headers.items() if name not in _OF_THE_BODY}
        return Response(status_code=304, headers=kept)
    return response


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404, f"There is no file {name!r}.")
    body = static_file(name)
    response = Response(body, media_type=_STATIC[name], headers={"Cache-Control": "public, max-age=31536000"})
    return tagged(response, request)


async def _refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error_page(request, error.status_code, error.detail)


async def _failure(request: Request, error: Exception) -> Response:
    message = (str(error).splitlines() or ["no message"])[0]
    logger.error("unexpected %s: %s", type(error).__name__, message)
    return _error_page(
        request, 500, f"unexpected {type(error).__name__}: {printable(message)} (a bug, please report it)"
    )


def _error_page(request: Request, status: int, why: str, *, advice: str | None = None) -> Response:
    title = _TITLES.get(status, "Something went wrong")
    html = render("error.html", request, archive=None, title=title, why=why, advice=advice, status=status)
    return HTMLResponse(html, status, {"Cache-Control": "no-store"})
