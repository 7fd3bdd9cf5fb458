"""Serving the pages on this machine's loopback, until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from crawler.exits import ExitCode, UserError

if TYPE_CHECKING:
    import uvicorn

ADDRESS = "127.0.0.1"
_NEEDED = ("starlette", "uvicorn", "jinja2")
_PATIENCE_S = 3
"""How long requests that are being answered are waited for when it ends."""


def missing() -> str | None:
    """What the pages lack on this machine, in one line; None when nothing."""
    if all(find_spec(name) for name in _NEEDED):
        return None
    return "browse needs the extra that is not installed: pip install 'msarchive[browse]'"


def serve(directory: Path, port: int, started: Callable[[str], None], database: str | None = None) -> None:
    """Answer on that port (0: a free one) until SIGINT or SIGTERM; `started` hears the address. With
    `database` (see `open_archive`) the archive is there.

    Raises `UserError` when the port can't be had.
    """
    with listener(port) as opened:
        server = server_on(opened, directory, database)
        started(f"http://{ADDRESS}:{opened.getsockname()[1]}/")
        # uvicorn ends cleanly at a signal, and then raises it again.
        with suppress(KeyboardInterrupt):
            server.run(sockets=[opened])


def server_on(opened: socket.socket, directory: Path, database: str | None = None) -> uvicorn.Server:
    """The server for what comes to a socket of `listener`; `run(sockets=[…])` answers until it is to end."""
    import uvicorn

    from crawler.browse.app import application
    from crawler.browse.security import allowed_hosts

    return uvicorn.Server(
        uvicorn.Config(
            application(directory, allowed_hosts(opened.getsockname()[1]), database),
            log_config=None,
            log_level="warning",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            timeout_graceful_shutdown=_PATIENCE_S,
        )
    )


def listener(port: int) -> socket.socket:
    """A socket on loopback. Raises `UserError` when the port can't be had."""
    try:
        return socket.create_server((ADDRESS, port))
    except OSError as error:
        raise UserError(f"can't listen on {ADDRESS} port {port}: {error.strerror}", ExitCode.USAGE) from None
