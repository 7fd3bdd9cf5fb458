"""`/health` and `/metrics` of a scheduler, on this machine's loopback only."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import AF_INET, AF_INET6
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from crawler.exits import ExitCode, UserError
from crawler.loopback import is_loopback
from crawler.schedule.loop import FINE, State

_PATIENCE_S = 10
_LATE = timedelta(minutes=5)
"""A turn that is over by so much was slept through: the scheduler is stuck, or the machine has just woken."""


def listen_address(text: str) -> tuple[str, int]:
    """`PORT`, `HOST:PORT` or `[IPV6]:PORT`. Raises `UserError` for anything not on loopback: nobody but this
    machine is meant to ask, and nothing here asks for a password."""
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not port.isdecimal() or not port.isascii() or int(port) > 65535:
        raise UserError(f"no address to listen on: {text!r} (like 127.0.0.1:9464)", ExitCode.USAGE)
    if not is_loopback(host):
        raise UserError(
            f"{host} is not on loopback; put a proxy in front to be asked from elsewhere", ExitCode.USAGE
        )
    return ("127.0.0.1" if host.lower() == "localhost" else host), int(port)


def health(state: State, now: datetime, last_code: int | None) -> tuple[bool, dict[str, Any]]:
    """Whether all is well, and what is told of it. `last_code`: how the archive's last crawl ended; None when
    there was none.

    Not well is: a last crawl that a person should look at, or a turn that was slept through.
    """
    late = state.next_at is not None and now > state.next_at + _LATE
    failed = last_code is not None and last_code not in FINE
    status = "late" if late else "failed" if failed else "crawling" if state.running_since else "waiting"
    return not (late or failed), {
        "status": status,
        "next_crawl": _text(state.next_at),
        "crawling_since": _text(state.running_since),
        "last_exit_code": last_code,
        "last_ended": _text(state.last_ended),
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@contextmanager
def serving(
    address: tuple[str, int],
    *,
    health: Callable[[], tuple[bool, dict[str, Any]]],
    metrics: Callable[[], bytes],
) -> Iterator[int]:
    """Answer on `address` until the block ends; gives the port (of port 0: the one that was free).

    Raises `UserError` when it can't be had.
    """

    class Server(ThreadingHTTPServer):
        address_family = AF_INET6 if ":" in address[0] else AF_INET
        daemon_threads = True

    class Handler(BaseHTTPRequestHandler):
        server_version, sys_version = "msarchive", ""
        timeout = _PATIENCE_S

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/health":
                well, told = health()
                self._answer(200 if well else 503, "application/json", json.dumps(told).encode() + b"\n")
            elif path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, metrics())
            else:
                self._answer(404, "text/plain", b"/health or /metrics\n")

        def _answer(self, status: int, content_type: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: who asks every ten seconds need not be in the log, nor what they wrote."""

    try:
        server = Server(address, Handler)
    except OSError as error:
        raise UserError(
            f"can't listen on {address[0]} port {address[1]}: {error.strerror}", ExitCode.USAGE
        ) from None
    thread = threading.Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_PATIENCE_S)
