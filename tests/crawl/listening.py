"""What all servers of the tests begin with: a socket on this machine, and a thread for each connection."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from types import TracebackType
from typing import Self


class Listening:
    """Hands each connection to `serve`, in a thread of its own, and closes it behind it. A context manager.

    With `tls`, over TLS; a handshake that fails ends the connection, and `serve` hears nothing of it.
    """

    tls: ssl.SSLContext | None = None
    connections: int = 0
    """How many have come."""
    port: int = 0
    """Where it listens."""

    def listen(self, listener: socket.socket) -> str:
        """Take the socket to listen on; the address of the server that it makes."""
        self._listener = listener
        self.port = int(listener.getsockname()[1])
        scheme = "https" if self.tls else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def serve(self, connection: socket.socket, number: int) -> None:
        """What to do with a connection, the `number`-th from 0. An `OSError` ends it."""
        raise NotImplementedError

    def _accept(self) -> None:
        for number in range(1_000_000):
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._served, args=(connection, number), daemon=True).start()

    def _served(self, plain: socket.socket, number: int) -> None:
        with (
            contextlib.suppress(OSError),
            plain,
            self.tls.wrap_socket(plain, server_side=True) if self.tls else plain as connection,
        ):
            self.serve(connection, number)


def on_loopback(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """A socket to listen on, at a port of this machine: any free one unless it is named."""
    return socket.create_server((host, port))
