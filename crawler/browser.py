"""The system's Chromium, by scrapy-playwright, kept without a network of its own: what a page asks for, the
crawl asks for.

scrapy-playwright lets a browser connect by itself, past the gate before the wire, past robots.txt, and past
the check of the address actually connected to. Here every request of a page is handed to `Ask`; what would
come past that scrapy-playwright has to abort (`settings`), and the browser's own ways out lead to a proxy
that is not there.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import count
from typing import TYPE_CHECKING, Any

from scrapy import Request
from scrapy.crawler import Crawler

if TYPE_CHECKING:
    from playwright.async_api import Page, Route

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_NO_NETWORK = (
    "--proxy-server=http://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-background-networking",
    "--disable-gpu",
    "--js-flags=--max-old-space-size=256",
)
_ASKED_FOR = frozenset(("script", "xhr", "fetch"))
"""What makes a page's text; pictures, fonts, styles and the like are not asked for."""
_PATIENCE_S = 3.0
_QUIET_S = 0.75
MOST_REQUESTS = 60
"""That one page may make."""


class NotRendered(Exception):
    """A page could not be rendered; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Asset:
    """What was had for a page."""

    body: bytes
    content_type: str


Ask = Callable[[str], Awaitable[Asset | None]]
"""Has what stands at an address; None for what must not, or can't, be had."""


def missing() -> str | None:
    """What rendering lacks on this machine, in one line; None when nothing."""
    if find_spec("scrapy_playwright") is None:
        return "the extra is not installed (pip install 'msarchive[render]')"
    if _executable() is None:
        return "there is no Chromium (Debian: apt-get install chromium)"
    return None


def _executable() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


def settings() -> dict[str, Any]:
    """scrapy-playwright's settings: which browser, without a network; whatever no page of ours has answered
    is aborted."""
    return {
        "PLAYWRIGHT_LAUNCH_OPTIONS": {
            "executable_path": _executable(),
            "args": [*_NO_NETWORK],
            "chromium_sandbox": os.geteuid() != 0,  # it does not work for root
        },
        "PLAYWRIGHT_ABORT_REQUEST": "crawler.browser.never",
        "PLAYWRIGHT_PROCESS_REQUEST_HEADERS": None,
    }


def never(request: object) -> bool:
    """Whether scrapy-playwright aborts a request that comes as far as to its own route: always."""
    return True


class Browser:
    """One Chromium for one crawl, started when it is first needed. To be made before the engine starts.

    Settings read: those of `settings`, `USER_AGENT`, `DOWNLOAD_MAXSIZE`.
    """

    def __init__(self, crawler: Crawler, ask: Ask) -> None:
        from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

        logging.getLogger("scrapy-playwright").setLevel(logging.ERROR)  # who renders says what came of it
        self._handler = ScrapyPlaywrightDownloadHandler.from_crawler(crawler)
        self._ask = ask
        self._user_agent = crawler.settings["USER_AGENT"]
        self._most_bytes = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._names = count(1)

    async def render(self, url: str, document: Asset) -> bytes:
        """The page's document, in UTF-8, once its scripts have nothing more to ask for.

        `url` is the address it was had from, `document` what came. It takes as long as it takes: cancel it.
        Raises `NotRendered`.
        """
        from playwright.async_api import Error

        routes = _Routes(url, document, self._ask)
        name = str(next(self._names))  # a context for each page: what one leaves behind, no other meets
        request = Request(
            url,
            meta={
                "playwright": True,
                "playwright_include_page": True,
                "playwright_context": name,
                "playwright_context_kwargs": {
                    "user_agent": self._user_agent, "service_workers": "block", "accept_downloads": False,
                },
                "playwright_page_init_callback": routes.install,
                # "load" and "networkidle" never come on a page whose scripts try to lead away from it.
                "playwright_page_goto_kwargs": {"wait_until": "commit", "timeout": 0},
            },
        )  # fmt: skip
        try:
            await self._handler.download_request(request)
            html = await _document(request.meta["playwright_page"], routes)
        except Error as error:
            raise NotRendered(_line(error)) from None
        finally:
            await self._leave(name)
        body = html.encode("utf-8", "replace")
        if len(body) > self._most_bytes:
            raise NotRendered(f"its document is larger than {self._most_bytes} bytes")
        return body

    async def close(self) -> None:
        """End the browser, whatever it is at."""
        with suppress(Exception):  # it may have ended by itself
            await asyncio.wait_for(self._handler.close(), 2 * _PATIENCE_S)

    async def _leave(self, context: str) -> None:
        """Close a page's context; where it does not let go, the browser: the next page has another."""
        opened = self._handler.context_wrappers.get(context)
        if opened is None:
            return
        try:
            await asyncio.wait_for(opened.context.close(), _PATIENCE_S)
        except Exception:
            with suppress(Exception):
                await asyncio.wait_for(self._handler.browser.close(), _PATIENCE_S)


async def _document(page: Page, routes: _Routes) -> str:
    await routes.quiet()
    if not page.url.startswith(("http://", "https://")):
        raise NotRendered("its scripts led away from it")
    return await page.content()


class _Routes:
    """Answers what one page asks for."""

    def __init__(self, url: str, document: Asset, ask: Ask) -> None:
        self._url, self._document, self._ask = url, document, ask
        self._left = MOST_REQUESTS
        self._busy = 0
        self._last = asyncio.get_running_loop().time()

    async def install(self, page: Page, request: Request) -> None:
        """Answer what a page asks for, and what windows that it opens do. scrapy-playwright calls it
        (`playwright_page_init_callback`) behind its own route, so that this one is asked first."""
        await page.context.route_web_socket("**/*", lambda socket: socket.close())
        await page.context.route("**/*", self.answer)
        await page.route("**/*", self.answer)
        page.on("dialog", lambda dialog: dialog.dismiss())

    async def quiet(self) -> None:
        """Wait until the page has asked for nothing, and waited for nothing, for a while."""
        loop = asyncio.get_running_loop()
        while self._busy or loop.time() - self._last < _QUIET_S:  # noqa: ASYNC110  # no event tells a pause
            await asyncio.sleep(0.05)

    async def answer(self, route: Route) -> None:
        """Fulfil one request of the page, or end it."""
        from playwright.async_api import Error

        self._busy += 1
        try:
            asset = await self._asset(route)
            if asset is not None:
                await route.fulfill(status=200, body=asset.body, content_type=asset.content_type)
            elif not route.request.is_navigation_request():
                await route.abort()
            elif route.request.frame.parent_frame is not None:
                await route.fulfill(status=200, body="", content_type="text/html")  # the frame has loaded
            else:
                await route.fulfill(status=204)  # nothing there: the page stays as it is
        except Error:
            pass  # the page has been closed meanwhile, or was a window of its own: nobody waits for it
        finally:
            self._busy -= 1
            self._last = asyncio.get_running_loop().time()

    async def _asset(self, route: Route) -> Asset | None:
        request = route.request
        if request.method != "GET":
            return None
        if request.resource_type == "document":
            # The page itself has come over the wire; where its scripts would lead to is another page.
            same = request.url.split("#")[0] == self._url.split("#")[0]
            return self._document if same and request.frame.parent_frame is None else None
        if request.resource_type not in _ASKED_FOR or self._left <= 0:
            return None
        self._left -= 1
        return await self._ask(request.url)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
