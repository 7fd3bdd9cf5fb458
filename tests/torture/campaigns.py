"""Many trials and what came of them: at every named step, at random instants, with every fault."""

from __future__ import annotations

import signal
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

from tests.torture.plan import KINDS, Kind, Plan
from tests.torture.trials import SCENES, Ground, Trial, fault

KILLS_AN_ARCHIVE = 3
"""How often one archive's crawl is killed before it may come to its end."""
_FAULTS: tuple[tuple[Kind, str, bool, bool], ...] = (
    ("write", "ENOSPC", True, False),
    ("write", "ENOSPC", False, True),
    ("write", "EIO", False, False),
    ("write", "EROFS", True, False),
    ("sync", "EIO", False, False),
    ("sync", "ENOSPC", True, False),
    ("open", "EMFILE", False, False),
    ("open", "ENOSPC", True, False),
    ("open", "EROFS", True, False),
    ("change", "EIO", False, False),
    ("change", "ENOSPC", True, False),
    ("statement", "SQLITE_BUSY", False, False),
    ("statement", "SQLITE_BUSY", True, False),
    ("statement", "SQLITE_FULL", False, False),
    ("statement", "SQLITE_FULL", True, False),
)
"""What fails, with which error, whether all later ones do too, and whether half of it is done before."""
FAULTS = tuple(
    Plan(kinds=(kind,), fault=error, lasting=lasting, torn=torn) for kind, error, lasting, torn in _FAULTS
)


@dataclass
class Figures:
    """What a campaign came to."""

    trials: int = 0
    """Archives that went from their beginning to their end."""
    kills: int = 0
    places: Counter[str] = field(default_factory=Counter)
    """Kind of event (`instant` for a random one) -> how many kills or faults there were."""
    codes: Counter[int] = field(default_factory=Counter)
    """Exit code of crawls that met a fault or a signal -> how many."""
    asked_in_vain: int = 0
    """Answers that had to be asked for again, over all kills."""
    failures: list[str] = field(default_factory=list)
    """What did not hold, with the trial it was found in."""

    def attempt(self, what: str, trial: Callable[[Figures], int]) -> int | None:
        """Count a trial; its result. What does not hold is noted, and the campaign goes on: then None."""
        self.trials += 1
        try:
            return trial(self)
        except AssertionError:
            self.failures.append(f"{what}\n{traceback.format_exc(limit=-3)}")
            return None


def named_kills(
    ground: Ground, archive: Path, *, one_in: int = 1, occurrences: tuple[int, ...] = (0, -1)
) -> Figures:
    """Kill at every named event of both scenes, at these of its occurrences; of all places one in so many.

    Writes are torn, every other one.
    """
    figures = Figures()
    for scene, events in ground.events.items():
        met = Counter(events)
        places = [
            (kind, what, number if which < 0 else 1)
            for (kind, what), number in met.items()
            for which in (occurrences if number > 1 else occurrences[:1])
        ]
        plans: list[Plan | float] = [
            Plan(at=at, what=what, kinds=(_as_kind(kind),), torn=bool(count % 2))
            for count, (kind, what, at) in enumerate(places[::one_in])
        ]
        while plans:
            strikes = plans[:KILLS_AN_ARCHIVE]
            struck = figures.attempt(f"{scene}, {strikes}", partial(_killed, ground, scene, archive, strikes))
            # What a crawl that goes on does not come by any more is for a new archive.
            plans = plans[max(1, struck or 0) :]
    return figures


def random_kills(ground: Ground, archive: Path, *, number: int, seed: int) -> Figures:
    """Kill `number` times: every other time at an instant of the clock, else at an event, some torn."""
    chance, figures = Random(seed), Figures()
    while figures.kills < number and len(figures.failures) < number:
        scene = chance.choice(list(SCENES))
        strikes: list[Plan | float] = [
            chance.uniform(0, 1.2 * ground.seconds[scene])
            if chance.random() < 0.5
            else Plan(at=chance.randint(1, len(ground.events[scene])), torn=chance.random() < 0.5)
            for _ in range(min(KILLS_AN_ARCHIVE, number - figures.kills))
        ]
        figures.attempt(f"{scene}, {strikes}", partial(_killed, ground, scene, archive, strikes))
    return figures


def faults(
    ground: Ground, archive: Path, plan: Plan, numbers: Iterable[int], scenes: Iterable[str] = SCENES
) -> Figures:
    """Have the Nth event that the plan speaks of fail, for these numbers, until a crawl meets none."""
    figures = Figures()
    for scene in scenes:
        for at in numbers:
            if (
                figures.attempt(
                    f"{scene}, {plan}", partial(_faulty, ground, scene, archive, replace(plan, at=at))
                )
                == 0
            ):
                break
    return figures


def spread(ground: Ground, scene: str, kind: Kind, number: int) -> list[int]:
    """So many numbers of events of that kind, spread over an uninterrupted crawl, the first among them."""
    total = sum(of == kind for of, _ in ground.events[scene])
    return sorted({1 + total * step // number for step in range(number)})


def signals(ground: Ground, archive: Path, which: int, *, number: int, seed: int) -> Figures:
    """Send SIGTERM or SIGINT at events spread over a crawl: it ends cleanly, and the next one goes on."""
    chance, figures = Random(seed), Figures()
    for _ in range(number):
        plan = Plan(at=chance.randint(1, len(ground.events["first"])), signal=which)
        figures.attempt(str(plan), partial(_signalled, ground, archive, plan))
    return figures


def _as_kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind == name)


def _killed(
    ground: Ground, scene: str, archive: Path, strikes: Iterable[Plan | float], figures: Figures
) -> int:
    """How many of the strikes came to pass: up to the one that its crawl did not come by."""
    trial, struck = Trial(ground, scene, archive), 0
    for strike in strikes:
        if isinstance(strike, Plan):
            ended = trial.strike(strike)
        else:
            ended = trial.strike(signal=signal.SIGKILL, after=strike)
        if ended.code < 0:
            figures.kills += 1
            figures.places["instant" if ended.fired is None else ended.fired[0]] += 1
            struck += 1
        if trial.complete:
            break
    trial.finish()
    figures.asked_in_vain += trial.asked_in_vain
    return struck


def _faulty(ground: Ground, scene: str, archive: Path, plan: Plan, figures: Figures) -> int:
    """1 when the fault was met, 0 when there are not so many events."""
    ended = fault(ground, scene, archive, plan)
    if ended.fired is None:
        return 0
    figures.places[ended.fired[0]] += 1
    figures.codes[ended.code] += 1
    return 1


def _signalled(ground: Ground, archive: Path, plan: Plan, figures: Figures) -> int:
    trial = Trial(ground, "first", archive)
    ended = trial.strike(plan)
    figures.codes[ended.code] += 1
    assert ended.code == 5 or (ended.code == 0 and trial.complete), ended
    trial.finish()
    return 1
