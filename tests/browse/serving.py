"""The archive's pages on a real port, for as long as a test needs them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from crawler.browse.server import ADDRESS, listener, server_on


@contextmanager
def serving(directory: Path, database: str | None = None) -> Iterator[str]:
    """The base address of the pages of the archive in `directory`, or in a database."""
    with listener(0) as opened:
        server = server_on(opened, directory, database)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        try:
            yield f"http://{ADDRESS}:{opened.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()


@contextmanager
def asking(directory: Path, database: str | None = None) -> Iterator[httpx.Client]:
    """A client that asks these pages and follows no redirects."""
    with serving(directory, database) as base, httpx.Client(base_url=base, timeout=30) as client:
        yield client
