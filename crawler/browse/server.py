"""Serving the pages on this machine's loopback, until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

from crawler.exits import ExitCode, UserError

ADDRESS = "127.0.0.1"
_NEEDED = ("starlette", "uvicorn", "jinja2")
_PATIENCE_S = 3
"""How long requests that are being answered are waited for when it ends."""


def missing() -> str | None:
    """What the pages lack on this machine, in one line; None when nothing."""
    if all(find_spec(name) for name in _NEEDED):
        return None
    return "browse needs the extra that is not installed: pip install 'msarchive[browse]'"


def serve(directory: Path, port: int, started: Callable[[str], None]) -> None:
    """Answer on that port (0: a free one) until SIGINT or SIGTERM; `started` hears the address.

    Raises `UserError` when the port can't be had.
    """
    import uvicorn

    from crawler.browse.app import application
    from crawler.browse.security import allowed_hosts

    with _listener(port) as listener:
        real = listener.getsockname()[1]
        config = uvicorn.Config(
            application(directory, allowed_hosts(real)),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=_PATIENCE_S,
        )
        server = uvicorn.Server(config)
        started(f"http://{ADDRESS}:{real}/")
        # uvicorn ends cleanly at a signal, and then raises it again.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listener])


def _listener(port: int) -> socket.socket:
    try:
        return socket.create_server((ADDRESS, port))
    except OSError as error:
        raise UserError(f"can't listen on {ADDRESS} port {port}: {error.strerror}", ExitCode.USAGE) from None
