"""What the site did to an article as a whole: took it away, moved it, brought it back.

The events are a pure function of everything the archive has seen of the article's addresses (`tell`),
worked out anew whenever something is seen that may alter them (`storage.event_log`). So it makes no
difference in which order captures arrive: an import of older ones gives the same history.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

EventKind = Literal["gone", "back", "moved"]
SAME_VISIT = timedelta(days=1)
"""Imported captures that lie no further apart count as one visit to the site: they tell of no crawl."""


@dataclass(frozen=True, slots=True)
class Observation:
    """One answer of one of an article's addresses, or an imported file that shows the article."""

    at: str
    """UTC text."""
    kind: Literal["shown", "gone", "redirect"]
    asked: str | None
    """The address asked; None for a file without one."""
    target: str | None
    """Where a redirect leads; for `shown` the address that the page names as its own, where it is another."""
    status: int | None
    """HTTP status; None for a file."""
    capture_id: int
    visit: int | None
    """Number of the crawl it belongs to, a resumed one being one; None for an import."""

    @property
    def address(self) -> str | None:
        """Where the article is by this observation."""
        return self.target or self.asked


@dataclass(frozen=True, slots=True)
class Event:
    """A dated event of an article."""

    at: str
    event: EventKind
    capture_id: int
    status: int | None
    from_url: str | None
    """For `moved` the address before; else None."""
    to_url: str | None
    """For `moved` the address since; else the address asked."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the observations of one article come to."""

    events: tuple[Event, ...]
    gone_since: str | None
    """Since when it is gone (UTC text); None while it is there."""


@dataclass(slots=True)
class _State:
    """An article between two observations."""

    home: str | None = None
    """The address it goes by."""
    home_seen: Observation | None = None
    """When it was last shown there."""
    ever: set[str] = field(default_factory=set)
    live: dict[str, None] = field(default_factory=dict)
    """Addresses that showed it when last asked, the latest last."""
    left: bool = False
    """Whether it was gone from `home` when that was last asked."""
    gone: Event | None = None
    """The event since which it is gone."""
    gone_by: Observation | None = None
    events: list[Event] = field(default_factory=list)


def tell(observations: Iterable[Observation]) -> Told:
    """The events of one article. Pure; the order of `observations` makes no difference.

    - `gone`: an address answers 404 or 410, and none is left that showed it when it was last asked.
    - `back`: an address shows it again. When that is another address in the same visit to the site, it was
      never gone: a crawl meets the old address and the new one in any order.
    - `moved`: the address it goes by leads to another (a redirect, another address named as the page's own),
      or is gone while another shows it; or the article turns up at an address never seen before, in a later
      visit. Two addresses found in one visit are two ways to one page until one of them leads to the other.

    Files tell where an article was, but not what the site answers: they make no event.
    """
    state = _State()
    for seen in sorted(observations, key=_order):
        if seen.kind == "gone":
            _gone(state, seen)
        elif seen.kind == "redirect":
            _redirected(state, seen)
        elif seen.status is None:
            _filed(state, seen)
        else:
            _shown(state, seen)
    return Told(tuple(state.events), state.gone.at if state.gone is not None else None)


def _order(seen: Observation) -> tuple[str, str, str, str, int, int, int]:
    status, visit = seen.status or 0, -1 if seen.visit is None else seen.visit
    # The capture's number, which depends on the order of writing, decides between equal ones only.
    return (seen.at, seen.kind, seen.asked or "", seen.target or "", status, visit, seen.capture_id)


def _shown(state: _State, seen: Observation) -> None:
    address = seen.address
    _back(state, seen)
    if address is None:
        return
    if seen.asked is not None and seen.asked != address:
        state.live.pop(seen.asked, None)
    if state.home is None or address == state.home:
        state.home = address
    elif _proves_a_move(state, seen, address):
        _move(state, seen, address)
    if address == state.home:
        state.home_seen, state.left = seen, False
    state.ever.add(address)
    state.live.pop(address, None)
    state.live[address] = None


def _proves_a_move(state: _State, seen: Observation, address: str) -> bool:
    if seen.asked == state.home or state.left:
        return True
    return address not in state.ever and not (
        state.home_seen is not None and _same_visit(state.home_seen, seen)
    )


def _back(state: _State, seen: Observation) -> None:
    if state.gone is None or state.gone_by is None:
        return
    if seen.address not in (None, state.gone_by.asked) and _same_visit(state.gone_by, seen):
        state.events.remove(state.gone)
    else:
        state.events.append(Event(seen.at, "back", seen.capture_id, seen.status, None, seen.asked))
    state.gone = state.gone_by = None


def _filed(state: _State, seen: Observation) -> None:
    if seen.address is not None and state.home is None:
        state.home, state.home_seen = seen.address, seen
        state.ever.add(seen.address)


def _gone(state: _State, seen: Observation) -> None:
    if seen.asked is None or not _counts(state, seen.asked):
        return
    state.live.pop(seen.asked, None)
    if state.live:
        if seen.asked == state.home:
            _move(state, seen, next(reversed(state.live)))
        return
    state.left = True
    if state.gone is None:
        state.gone = Event(seen.at, "gone", seen.capture_id, seen.status, None, seen.asked)
        state.gone_by = seen
        state.events.append(state.gone)


def _redirected(state: _State, seen: Observation) -> None:
    if seen.asked is None or seen.target in (None, seen.asked) or not _counts(state, seen.asked):
        return
    assert seen.target is not None
    state.live.pop(seen.asked, None)
    state.live.setdefault(seen.target)
    state.ever.add(seen.target)
    if seen.asked == state.home:
        _move(state, seen, seen.target)


def _counts(state: _State, asked: str) -> bool:
    """Whether it matters what this address answers: it is none that never showed the article."""
    return asked in state.live or asked == state.home


def _move(state: _State, seen: Observation, address: str) -> None:
    state.events.append(Event(seen.at, "moved", seen.capture_id, seen.status, state.home, address))
    state.home, state.home_seen = address, seen


def _same_visit(one: Observation, other: Observation) -> bool:
    if one.visit is not None and other.visit is not None:
        return one.visit == other.visit
    return abs(_moment(other.at) - _moment(one.at)) <= SAME_VISIT


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at)
