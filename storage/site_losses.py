"""Whether lost fields mean that the site has changed, or only that a few pages have. Pure.

A page has *lost* a field when it was there at the visit before and is not there now; a page that is new has
lost what nearly all others have. Now and then an author takes something away: so much is let pass. More than
chance would take away at that rate is a change of the site.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

FEWEST = 4
"""So many pages at least: three never make an alarm by themselves."""
USUAL = 0.02
"""Share of the pages asked again that may lose a field without anything having happened to the site."""
CHANCE = 1e-4
"""How improbable the losses must be at that rate."""
RECENT = 20
"""Pages looked at beyond the run: few changed pages in each of many runs must not hide a change."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the readings of a page, or of several that had the same, had."""

    capture_id: int
    """The capture, of several the first."""
    layout: str
    shown: frozenset[str]
    lost: frozenset[str]
    pages: int = 1
    """How many they are."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A field that the site has lost."""

    field: str
    layout: str | None
    """The layout that lost it; None when it is not one alone."""
    lost: int
    """Pages without it."""
    pages: int
    """Pages that should have it."""
    since: int
    """The first capture without it."""


def losses(run: Sequence[Seen], recent: Callable[[str], Sequence[Seen]]) -> list[Loss]:
    """The fields that the pages of a run show to be lost, in the order of their names.

    `recent` gives the last `RECENT` pages that should have a field, of whatever runs.
    """
    found = []
    for field in sorted({field for seen in run for field in seen.lost}):
        loss = _worst(field, run) or _counted(field, None, recent(field))
        if loss is not None:
            found.append(loss)
    return found


def _worst(field: str, run: Sequence[Seen]) -> Loss | None:
    """The loss over all pages, or over those of one layout; None when neither is one."""
    whole = _counted(field, None, run)
    if whole is not None:
        layouts = {seen.layout for seen in run if field in seen.lost}
        alone = len(layouts) == 1 and any(field in seen.shown for seen in run)
        return _counted(field, layouts.pop(), run) or whole if alone else whole
    for layout in sorted({seen.layout for seen in run if field in seen.lost}):
        loss = _counted(field, layout, run)
        if loss is not None:
            return loss
    return None


def _counted(field: str, layout: str | None, pages: Iterable[Seen]) -> Loss | None:
    asked = list(_concerned(field, layout, pages))
    lost = [seen for seen in asked if field in seen.lost]
    without, of = sum(seen.pages for seen in lost), sum(seen.pages for seen in asked)
    if not is_more_than_chance(without, of):
        return None
    return Loss(field, layout, without, of, min(seen.capture_id for seen in lost))


def _concerned(field: str, layout: str | None, pages: Iterable[Seen]) -> Iterator[Seen]:
    for seen in pages:
        if layout in (None, seen.layout) and (field in seen.shown or field in seen.lost):
            yield seen


def is_more_than_chance(lost: int, pages: int) -> bool:
    """Whether `lost` of `pages` pages are more than go astray by themselves: the upper tail of the binomial
    distribution at the usual rate is below `CHANCE`."""
    if lost < FEWEST or lost <= USUAL * pages:
        return False
    return _tail(lost, pages) < CHANCE


def _tail(least: int, of: int) -> float:
    """The probability of `least` or more among `of`, where terms fall from the first one on."""
    total = 0.0
    for number in range(least, of + 1):
        ways = lgamma(of + 1) - lgamma(number + 1) - lgamma(of - number + 1)
        term = exp(ways + number * log(USUAL) + (of - number) * log1p(-USUAL))
        total += term
        if total >= CHANCE or term < CHANCE * 1e-6:
            break
    return total
