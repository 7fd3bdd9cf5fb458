"""A web server on loopback that answers exactly what a test tells it to, byte by byte where it must."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .listening import Listening, on_loopback


@dataclass(frozen=True)
class Answer:
    """What to send. `cut` sends only so many bytes of the body, then drops the connection."""

    status: int = 200
    body: bytes = b""
    type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    cut: int | None = None
    wait: float = 0.0

    def wire(self) -> bytes:
        """The bytes on the wire."""
        lines = [f"HTTP/1.1 {self.status} Some Reason", f"Content-Length: {len(self.body)}"]
        lines += [f"Content-Type: {self.type}"] if self.type else []
        lines += [f"{name}: {value}" for name, value in self.headers]
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        return head + (self.body if self.cut is None else self.body[: self.cut])


DROP = Answer(status=0)
"""Close the connection without a byte."""

Script = Mapping[str, "Answer | list[Answer] | Callable[[str], Answer]"]


@dataclass
class ScriptedSite(Listening):
    """Serves `script`: path (with query) to an answer, to a list of answers in turn (the last one stays), or
    to a function of the path. What it does not name is 404. With `tls` over TLS. At any port, or at one."""

    script: Script
    host: str = "127.0.0.1"
    tls: ssl.SSLContext | None = None
    at_port: int = 0
    seen: list[tuple[float, str]] = field(default_factory=list)
    """When (monotonic) and what was asked, in order."""
    heads: dict[str, list[list[bytes]]] = field(default_factory=dict)
    """Path to the header lines of each request for it, in order."""

    def __post_init__(self) -> None:
        self._turns: dict[str, int] = {}
        self.base_url = self.listen(on_loopback(self.host, self.at_port)).replace("127.0.0.1", self.host)

    @property
    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [path for _, path in self.seen]

    def serve(self, connection: socket.socket, number: int) -> None:
        """Answer what is asked; what is no HTTP (a TLS handshake, say) ends the connection."""
        with contextlib.suppress(UnicodeDecodeError, IndexError), connection.makefile("rb") as stream:
            while line := stream.readline():
                path = line.split()[1].decode()
                head = self.heads.setdefault(path, [])
                head.append(list(iter(lambda: stream.readline().rstrip(b"\r\n"), b"")))
                self.seen.append((time.monotonic(), path))
                answer = self._answer(path)
                if answer.wait:
                    time.sleep(answer.wait)
                if answer is DROP:
                    return
                connection.sendall(answer.wire())
                if answer.cut is not None:
                    return

    def _answer(self, path: str) -> Answer:
        told = self.script.get(path, Answer(404, b"no such page"))
        if isinstance(told, list):
            turn = self._turns.get(path, 0)
            self._turns[path] = turn + 1
            return told[min(turn, len(told) - 1)]
        return told if isinstance(told, Answer) else told(path)


def robots(*lines: str) -> Answer:
    """A robots.txt for everybody."""
    return Answer(body="\n".join(("User-agent: *", *lines)).encode(), type="text/plain")


def links(*targets: str, title: str = "A page") -> Answer:
    """An HTML page with links."""
    anchors = "".join(f'<p><a href="{target}">Link to {target}</a></p>' for target in targets)
    return Answer(body=f"<html><head><title>{title}</title></head><body>{anchors}</body></html>".encode())


def redirect(target: str, status: int = 301) -> Answer:
    """An answer that leads elsewhere."""
    return Answer(status, b"moved", headers=(("Location", target),))
