"""A real Chromium for the tests of this folder, and what it must never do while it looks at the archive."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from tests.tools.programs import CHECKOUT, browser, missing

AXE = CHECKOUT / ".tools" / "axe" / "package" / "axe.min.js"
_FRAMED = "/archived/"
"""What an archived page asks for in vain is told on the console, as an error of that page."""


@dataclass
class Watch:
    """What happened that must not."""

    base: str
    dialogs: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    """Requests that got an answer from elsewhere, or of another method than GET."""

    def over(self, page: Any) -> None:
        """Watch a page."""
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._console)
        page.on("request", self._request)

    def assert_nothing(self) -> None:
        assert (self.dialogs, self.errors, self.outside) == ([], [], [])

    def _dialog(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _console(self, message: Any) -> None:
        about = str(message.location.get("url"))
        own_answer = message.page is not None and about == message.page.url  # a 404 that was asked for
        if message.type == "error" and _FRAMED not in message.text + about and not own_answer:
            self.errors.append(message.text)

    def _request(self, request: Any) -> None:
        ours = request.url.startswith((f"{self.base}/", "data:")) and request.method == "GET"
        # What a frame asks for and its policy forbids is announced, but never sent: the trap tells.
        framed = _FRAMED in urlsplit(request.frame.url).path
        if not ours and not framed:
            self.outside.append(f"{request.method} {request.url}")


@contextmanager
def chromium() -> Iterator[Any]:
    """A browser; skips the test, or in continuous integration fails it, where there is none."""
    path = browser()
    if find_spec("playwright") is None:
        missing("the extra is not installed: pip install 'msarchive[render]'")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--font-render-hinting=none"]
        )
        yield opened
        opened.close()


def axe() -> str:
    """The source of axe-core, which looks for what keeps people from using a page (`make tools`)."""
    if not AXE.is_file():
        missing("axe-core is not set up; 'make tools' does it")
    return AXE.read_text("utf-8")
