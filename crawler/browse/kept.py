"""Answers that are dear to have, kept until the archive changes.

A page must not scan the archive for each request. What only a scan can tell (how many articles a topic has,
which lie on page 40 of a list) is asked for once and kept. While a crawl writes, the archive changes with
every page that it stores: then a dear answer of a moment ago is given at once, and a new one is had in the
background.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")

MOST = 48
"""Answers kept at a time; the one not asked for longest goes first. The largest are lists with four bytes for
each article."""
CHEAP_S = 0.03
"""An answer that took no longer is had anew whenever the archive has changed."""
_REST = 10
"""A dear answer is had anew at most for a share of one in so many of the time."""

logger = logging.getLogger("msarchive")


@dataclass(frozen=True, slots=True)
class Stand:
    """A state of an archive."""

    opened: int
    """Which opening of a file or database it was, counted from 1."""
    version: Hashable
    """What `crawler.browse.watching` saw of it then."""


@dataclass(slots=True)
class _Entry(Generic[Answer]):
    answer: Answer
    stand: Stand
    took: float
    at: float


class Kept:
    """Answers by key. For any number of threads: what several ask for at once is had once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry[Any]] = OrderedDict()
        self._making: dict[Hashable, threading.Lock] = {}
        self._refreshing: dict[Hashable, threading.Event] = {}

    def get(
        self,
        key: Hashable,
        stand: Stand,
        make: Callable[[], Answer],
        again: Callable[[], tuple[Stand, Answer]],
    ) -> Answer:
        """The answer for `key` in state `stand`: kept, or made by `make` from the caller's own snapshot.

        `again` has it anew from a snapshot of its own, in a thread of its own. Raises what `make` raises.
        """
        entry = self._known(key)
        if entry is not None and entry.stand == stand:
            return entry.answer  # type: ignore[no-any-return]
        same_file = entry is not None and entry.stand.opened == stand.opened
        if entry is not None and same_file and entry.took > CHEAP_S:
            if self._clock() - entry.at > _REST * entry.took:
                self._refresh(key, again)
            return entry.answer  # type: ignore[no-any-return]
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            entry = self._known(key)
            if entry is not None and entry.stand == stand:
                return entry.answer  # type: ignore[no-any-return]
            began = self._clock()
            answer = make()
            self._keep(key, stand, answer, began)
        return answer

    def soon(
        self, key: Hashable, stand: Stand, again: Callable[[], tuple[Stand, Answer]], patience: float
    ) -> Answer | None:
        """The answer for `key` as far as it is there: None until the background has had it once.

        It is waited for at most `patience` seconds: what is cheap is there at once.
        """
        entry = self._known(key)
        if entry is None or (entry.stand != stand and self._clock() - entry.at > _REST * entry.took):
            self._refresh(key, again).wait(patience)
            entry = self._known(key)
        same_file = entry is not None and entry.stand.opened == stand.opened
        return entry.answer if entry is not None and same_file else None

    def forget(self) -> None:
        """Keep nothing: another file stands in the archive's place."""
        with self._lock:
            self._entries.clear()

    def _known(self, key: Hashable) -> _Entry[Any] | None:
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
            return entry

    def _keep(self, key: Hashable, stand: Stand, answer: Any, began: float) -> None:
        now = self._clock()
        with self._lock:
            self._entries[key] = _Entry(answer, stand, now - began, now)
            self._entries.move_to_end(key)
            while len(self._entries) > MOST:
                gone, _ = self._entries.popitem(last=False)
                self._making.pop(gone, None)

    def _refresh(self, key: Hashable, again: Callable[[], tuple[Stand, Any]]) -> threading.Event:
        """Have an answer anew in the background, once at a time; what tells when it is there."""
        with self._lock:
            if key in self._refreshing:
                return self._refreshing[key]
            done = self._refreshing[key] = threading.Event()

        def work() -> None:
            began = self._clock()
            try:
                stand, answer = again()
                self._keep(key, stand, answer, began)
            except Exception as error:  # the old answer stays; the next request meets the error itself
                logger.debug("not had anew: %s: %s", key, error)
            finally:
                with self._lock:
                    del self._refreshing[key]
                done.set()

        threading.Thread(target=work, name="kept", daemon=True).start()
        return done
