"""The system's Chromium, kept without a network of its own: what a page asks for, the crawl asks for.

Playwright's own interface, not scrapy-playwright: there the browser itself connects, past the gate before the
wire, past robots.txt, and past the check of the address actually connected to (what was tried:
`docs/architecture.md`). Here every request of a page
is handed to `Ask`, and the browser's own ways out lead to a proxy that is not there.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Browser as Chromium
    from playwright.async_api import BrowserContext, Page, Playwright, Route

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
    if find_spec("playwright") is None:
        return "the extra is not installed (pip install 'msarchive[render]')"
    if _executable() is None:
        return "there is no Chromium (Debian: apt-get install chromium)"
    return None


def _executable() -> str | None:
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Browser:
    """One Chromium for one crawl, started when it is first needed."""

    def __init__(self, ask: Ask, *, user_agent: str, most_bytes: int) -> None:
        self._ask, self._user_agent, self._most_bytes = ask, user_agent, most_bytes
        self._playwright: Playwright | None = None
        self._chromium: Chromium | None = None

    async def render(self, url: str, document: Asset) -> bytes:
        """The page's document, in UTF-8, once its scripts have nothing more to ask for.

        `url` is the address it was had from, `document` what came. It takes as long as it takes: cancel it.
        Raises `NotRendered`.
        """
        from playwright.async_api import Error

        try:
            chromium = await self._started()
            context = await chromium.new_context(
                user_agent=self._user_agent, service_workers="block", accept_downloads=False
            )
        except Error as error:
            raise NotRendered(f"the browser does not start: {_line(error)}") from None
        try:
            routes = _Routes(url, document, self._ask)
            await context.route("**/*", routes.answer)
            await context.route_web_socket("**/*", lambda socket: socket.close())
            page = await context.new_page()
            page.on("dialog", lambda dialog: dialog.dismiss())
            html = await _document(page, url, routes)
        except Error as error:
            raise NotRendered(_line(error)) from None
        finally:
            await self._leave(context)
        body = html.encode("utf-8", "replace")
        if len(body) > self._most_bytes:
            raise NotRendered(f"its document is larger than {self._most_bytes} bytes")
        return body

    async def close(self) -> None:
        """End the browser, whatever it is at."""
        chromium, playwright = self._chromium, self._playwright
        self._chromium = self._playwright = None
        with suppress(Exception):  # it may have ended by itself
            if chromium is not None:
                await asyncio.wait_for(chromium.close(), _PATIENCE_S)
        with suppress(Exception):
            if playwright is not None:
                await asyncio.wait_for(playwright.stop(), _PATIENCE_S)

    async def _leave(self, context: BrowserContext) -> None:
        """Close a page's context; where it does not let go, the browser: the next page has another."""
        try:
            await asyncio.wait_for(context.close(), _PATIENCE_S)
        except Exception:
            await self.close()

    async def _started(self) -> Chromium:
        from playwright.async_api import async_playwright

        if self._chromium is None:
            self._playwright = self._playwright or await async_playwright().start()
            self._chromium = await self._playwright.chromium.launch(
                executable_path=_executable(),
                args=[*_NO_NETWORK],
                # Chromium's sandbox does not work for root.
                chromium_sandbox=os.geteuid() != 0,
            )
        return self._chromium


async def _document(page: Page, url: str, routes: _Routes) -> str:
    # Playwright's own "load" and "networkidle" never come on a page whose scripts try to lead away from it.
    await page.goto(url, wait_until="commit", timeout=0)
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
