"""One exchange while it takes place: what was sent and what came, byte for byte, up to a limit."""

from __future__ import annotations

from typing import Literal

from crawler.clock import utc_now
from crawler.politeness import Turn
from spiders.page import Exchange
from storage.http.message import Entity, entity, read_head, without_interim

Truncated = Literal["length", "time", "disconnect"]


MOST_HEAD_BYTES = 256 * 1024
"""Of a head with all interim responses before it, give or take one read: what Chromium takes."""


class Recorder:
    """One exchange while it takes place. At most `limit` bytes of the answer are kept, head and all, and as
    many come out of its codings."""

    def __init__(self, url: str, limit: int, turn: Turn) -> None:
        self._url = url
        self._limit = limit
        self._turn = turn
        self._size = 0
        self._started_at = utc_now()
        self._request: list[bytes] = []
        self._response: list[bytes] = []
        self._surplus = 0
        self._ip_address: str | None = None
        self.reused = False
        """Whether the connection had served another request before."""
        self.cut: Truncated | None = None
        """Why the answer is not whole, as far as the connection itself tells."""

    def connected(self, ip_address: str | None, *, reused: bool) -> None:
        """A connection is there to ask on."""
        self._started_at, self._ip_address, self.reused = utc_now(), ip_address, reused

    def sent(self, data: bytes) -> None:
        """Bytes of the request go out."""
        self._turn.asking()
        self._request.append(data)

    def received(self, data: bytes) -> bool:
        """Bytes of the answer came in; False when they were more than may come."""
        self._turn.hearing()
        self._response.append(data[: max(0, self._limit - self._size)])
        self._size += len(data)
        if self._size > self._limit:
            self.cut = "length"
        return self._size <= self._limit

    def heading(self) -> bool:
        """More is to come, and all so far was of the head; False when that is more than a head may have."""
        if self._size > MOST_HEAD_BYTES:
            self.cut = "length"
        return self._size <= MOST_HEAD_BYTES

    def lost(self) -> None:
        """The connection died before the answer was over, and not as one that is closed in order does."""
        self.cut = self.cut or "disconnect"

    def finished(self, surplus: int) -> None:
        """The answer is over; the last `surplus` bytes received are not its."""
        self._surplus = surplus

    @property
    def unanswered(self) -> bool:
        """Whether not one byte has come in."""
        return not self._size

    def exchange(self, truncated: Truncated | None) -> Exchange:
        """What was sent and received, once; `truncated` says why that is not all, None when it is."""
        raw = b"".join(self._response)
        self._response.clear()
        if self._surplus:
            raw = raw[: -self._surplus]
        raw = without_interim(raw)
        head = read_head(raw)
        made = Entity(b"") if head is None else entity(raw, self._limit, head)
        if truncated is None and made.fault == "too large":
            truncated = "length"
        return Exchange(
            url=self._url,
            request=b"".join(self._request),
            response=raw,
            started_at=self._started_at,
            status=None if head is None else head.status,
            headers=() if head is None else head.headers,
            entity=made.body,
            problem=made.problem,
            ip_address=self._ip_address,
            truncated=truncated,
        )
