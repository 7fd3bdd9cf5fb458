"""Opens a package in ReplayWeb.page in a real Chromium; run by the Python of the environment `replayweb`.

    python replaying.py PLAYER CHROMIUM PACKAGE URL...

PLAYER is the folder of the npm package. Prints, as JSON, for each address what a reader then sees, and the
addresses outside this machine that anything asked for.
"""

from __future__ import annotations

import functools
import http.server
import io
import json
import re
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

_TRIES = 5
_PATIENCE_S = 15
_FRAME = """<!doctype html><title>Replay</title><script src="/ui.js"></script>
<replay-web-page style="display: block; height: 95vh" source="/package.wacz" url="{url}"></replay-web-page>"""
_QUIET = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


class Handler(http.server.SimpleHTTPRequestHandler):
    """Files, also by ranges: that is how the player reads a package."""

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

    def send_head(self) -> Any:
        """The whole file, or the part of it that is asked for (RFC 9110 section 14)."""
        path = Path(self.translate_path(self.path))
        asked = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range") or "")
        if asked is None or not path.is_file():
            return super().send_head()
        data = path.read_bytes()
        first = int(asked[1]) if asked[1] else len(data) - int(asked[2])
        last = min(int(asked[2]), len(data) - 1) if asked[1] and asked[2] else len(data) - 1
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        return io.BytesIO(data[first : last + 1])


def shown(page: Page, address: str) -> str:
    """The text that the player shows for an address; "" when it shows nothing in time.

    Begun anew now and then: a first frame may come before the player's service worker answers for it.
    """
    for _ in range(_TRIES):
        page.goto(address)
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            page.wait_for_timeout(250)
            for frame in page.frames:
                if "mp_/" in frame.url:
                    text: str = frame.evaluate("document.body ? document.body.innerText : ''")
                    if text.strip():
                        return text
    return ""


def main(player: Path, chromium: str, package: Path, urls: list[str]) -> None:
    """Show the addresses one after another."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        root = Path(name)
        (root / "replay").mkdir()
        shutil.copy(player / "ui.js", root / "ui.js")
        shutil.copy(player / "sw.js", root / "replay" / "sw.js")
        shutil.copy(package, root / "package.wacz")
        for number, url in enumerate(urls):
            (root / f"{number}.html").write_text(_FRAME.format(url=url), "utf-8")
        handler = functools.partial(Handler, directory=name)
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            browser = playwright.chromium.launch(executable_path=chromium, args=list(_QUIET))
            page = browser.new_page()
            outside: set[str] = set()
            page.on("request", lambda request: outside.add(urlsplit(request.url).hostname or ""))
            base = f"http://127.0.0.1:{server.server_port}"
            texts = {url: shown(page, f"{base}/{number}.html") for number, url in enumerate(urls)}
            browser.close()
            server.shutdown()
    print(json.dumps({"shown": texts, "asked": sorted(outside - {"127.0.0.1", ""})}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]), sys.argv[4:])
