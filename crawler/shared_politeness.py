"""The gate before the wire for one of several workers: all of them have the one gate in the database.

So a site is asked no faster by five workers than by one, and what slows one down slows all. A worker holds
the gate from before its request goes out until the answer is over; one that dies, or hangs, meanwhile leaves
it to the others after a full delay, as if the site had heard of its request only then.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from crawler.politeness import Clock, NotAsked, Politeness, Turn
from storage.postgresql.gate import Entered, Gate, Pace

_Found = TypeVar("_Found")
_SHORTEST_LOOK_S = 0.005
_LONGEST_LOOK_S = 0.25
"""How often a gate that another worker holds is looked at: often at first, then less."""


class SharedPoliteness(Politeness):
    """The gate of one worker's crawl. For the event loop's thread only.

    `on_blocked` is told why nobody may ask any more, when another worker has found so; `on_error` is given
    what the database raises, and whoever waits for a turn is given back then.
    """

    def __init__(
        self,
        delay: float,
        gate: Gate,
        *,
        on_blocked: Callable[[str], None],
        on_error: Callable[[Exception], None],
        first_wait: float = 30.0,
        longest_wait: float = 600.0,
        on_smallest: Callable[[float], None] = lambda gap: None,
        clock: Clock = time.monotonic,
    ) -> None:
        super().__init__(
            delay, first_wait=first_wait, longest_wait=longest_wait, on_smallest=on_smallest, clock=clock
        )
        self._gate = gate
        self._on_blocked = on_blocked
        self._on_error = on_error

    def ask_delay(self, place: str, seconds: float | None) -> None:
        """As `Politeness.ask_delay`, for all workers."""
        super().ask_delay(place, seconds)
        self._try(lambda: self._gate.ask_delay(max(self._asked_for.values(), default=0.0)))

    def pause(self, seconds: float) -> None:
        """As `Politeness.pause`, for all workers."""
        super().pause(seconds)
        self._try(lambda: self._gate.pause(seconds))

    async def _open(self) -> None:
        look = _SHORTEST_LOOK_S
        while True:
            found = self._try(lambda: self._gate.enter(self._configured))
            if found is None:
                raise NotAsked("the database can't be used")
            if isinstance(found, Entered):
                self._enter_with(found)
                return
            if found.blocked is not None:
                self._on_blocked(found.blocked)
                raise NotAsked("another worker has ended the crawl")
            if not found.held and found.opens_in > look:
                await self.sleep(min(found.opens_in, 60.0))
            else:
                await self.sleep(look)
                look = min(2 * look, _LONGEST_LOOK_S)

    def _enter_with(self, found: Entered) -> None:
        pace = found.pace
        self._slowed = pace.slowed
        self._pushed_in_a_row, self._good_in_a_row = pace.pushed_in_a_row, pace.good_in_a_row
        self._last_asked = None if found.asked_ago is None else self._clock() - found.asked_ago

    def _note(self, turn: Turn) -> None:
        super()._note(turn)
        now = self._clock()
        counts = now if turn.heard is None else turn.heard
        pace = Pace(self._slowed, self._pushed_in_a_row, self._good_in_a_row)
        self._try(
            lambda: self._gate.leave(now - counts, None if turn.asked is None else now - turn.asked, pace)
        )

    def _try(self, do: Callable[[], _Found]) -> _Found | None:
        try:
            return do()
        except Exception as error:
            self._on_error(error)
            return None
