"""Many trials and what came of them: at every named step, at random instants, with every fault."""

from __future__ import annotations

import signal
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

from tests.torture.ledger import Figures, Ledger, Outcome
from tests.torture.plan import KINDS, Kind, Plan
from tests.torture.scenes import CRAWLS, Ground
from tests.torture.trials import Trial, fault

KILLS_AN_ARCHIVE = 3
"""How often one archive's command is killed before it may come to its end."""
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """A trial that is to be made."""

    name: str
    """Tells it from all others of its campaign, and says how to make it again."""
    make: Callable[[Ground, Path], Outcome]
    """Makes it with a folder for the archive. Raises `AssertionError` for what does not hold."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """Trials of one kind."""

    name: str
    attempts: Callable[[Ground, Figures], Iterator[Attempt]]
    """Its trials one after the other; may look at the figures so far to see when it is enough."""


def carry_out(
    campaign: Campaign, grounds: Sequence[Ground], ledger: Ledger, until: float | None = None
) -> Figures:
    """Make a campaign's trials, on each ground one at a time, but for those that the ledger knows.

    Of several grounds the first is where the campaign looks what there is to be tried, and no trial is made
    on it: a ground is for one at a time. `until` (monotonic) none is begun any more. What does not hold is
    noted, and the campaign goes on.
    """
    figures, lock = Figures(), threading.Lock()
    attempts = campaign.attempts(grounds[0], figures)
    tried_on = grounds[1:] or grounds

    def following() -> Attempt | None:
        for attempt in attempts:
            known = ledger.known(campaign.name, attempt.name)
            if known is None:
                return attempt
            figures.add(attempt.name, known)
        return None

    def work(ground: Ground) -> None:
        while until is None or time.monotonic() < until:
            with lock:
                attempt = following()
            if attempt is None:
                return
            outcome = _made(attempt, ground)
            with lock:
                figures.add(attempt.name, outcome)
                ledger.keep(campaign.name, attempt.name, outcome)

    with ThreadPoolExecutor(len(tried_on)) as pool:
        for done in [pool.submit(work, ground) for ground in tried_on]:
            done.result()
    return figures


def _made(attempt: Attempt, ground: Ground) -> Outcome:
    begin = time.monotonic()
    try:
        outcome = attempt.make(ground, ground.scratch / "trial")
    except Exception:  # whatever is raised, something did not hold
        outcome = Outcome(failure=traceback.format_exc(limit=-3))
    return replace(outcome, seconds=round(time.monotonic() - begin, 3))


def named_kills(
    scenes: Iterable[str], *, one_in: int = 1, occurrences: tuple[int, ...] = (0, -1)
) -> Campaign:
    """Kill at every named event of these scenes, at these of its occurrences; of the places of each kind one
    in so many.

    Writes are torn, every other one.
    """

    def attempts(ground: Ground, figures: Figures) -> Iterator[Attempt]:
        for scene in scenes:
            met = Counter(ground.events(scene))
            places = [
                (kind, what, number if which < 0 else 1)
                for (kind, what), number in met.items()
                for which in (occurrences if number > 1 else occurrences[:1])
            ]
            plans = [
                Plan(at=at, what=what, kinds=(_as_kind(kind),), torn=bool(number % 2))
                for number, (kind, what, at) in enumerate(_one_in(one_in, places))
            ]
            for first in range(0, len(plans), KILLS_AN_ARCHIVE):
                chosen = plans[first : first + KILLS_AN_ARCHIVE]
                at = ", ".join(f"{plan.what} {plan.at}{' torn' * plan.torn}" for plan in chosen)
                yield Attempt(f"{scene}: {at}", partial(_killed_at_each, scene, chosen))

    return Campaign("SIGKILL at named events", attempts)


def _one_in(number: int, places: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """One in so many of each kind of place, and at least one, in the order of the crawl."""
    seen: Counter[str] = Counter()
    chosen = []
    for place in places:
        if seen[place[0]] % number == 0:
            chosen.append(place)
        seen[place[0]] += 1
    return chosen


def random_kills(scenes: Sequence[str], *, number: int, seed: int, name: str = "a crawl") -> Campaign:
    """Kill `number` times or some more: every other time at an instant of the clock, else at an event, some
    of them torn."""

    def attempts(ground: Ground, figures: Figures) -> Iterator[Attempt]:
        for trial in count():
            if figures.kills >= number or len(figures.failures) >= number:
                return
            chance = Random(f"{seed} {trial}")
            scene = chance.choice(scenes)
            strikes: list[Plan | float] = [
                chance.uniform(0, 1.2 * ground.seconds(scene))
                if chance.random() < 0.5
                else Plan(at=chance.randint(1, len(ground.events(scene))), torn=chance.random() < 0.5)
                for _ in range(min(KILLS_AN_ARCHIVE, number - figures.kills))
            ]
            yield Attempt(f"seed {seed}, trial {trial}: {scene}", partial(_killed, scene, strikes))

    return Campaign(f"SIGKILL at random in {name}", attempts)


def faults(
    plan: Plan,
    scenes: Iterable[str],
    numbers: Callable[[Ground, str], Iterable[int]],
    name: str = "a crawl",
) -> Campaign:
    """Have the Nth event that the plan speaks of fail, in each scene for those numbers that `numbers` gives,
    until a command meets none."""

    def attempts(ground: Ground, figures: Figures) -> Iterator[Attempt]:
        for scene in scenes:
            for at in numbers(ground, scene):
                name = f"{scene}: {at}"
                yield Attempt(name, partial(_faulty, scene, replace(plan, at=at)))
                if any(one.startswith(f"{scene}: ") for one in figures.unmet):
                    break

    return Campaign(f"{fault_name(plan)} in {name}", attempts)


def every(stride: int) -> Callable[[Ground, str], Iterable[int]]:
    """For `faults`: 1 and every so many-th number after it, without end."""
    return lambda ground, scene: count(1, stride)


def spread(kind: Kind, number: int) -> Callable[[Ground, str], Iterable[int]]:
    """For `faults`: so many numbers of events of that kind, spread over a command, the first among them."""

    def numbers(ground: Ground, scene: str) -> Iterable[int]:
        total = sum(of == kind for of, _ in ground.events(scene))
        return sorted({1 + total * step // number for step in range(number)})

    return numbers


def signals(which: signal.Signals, *, number: int, seed: int) -> Campaign:
    """Send SIGTERM or SIGINT at events spread over a crawl: it ends cleanly, and the next one goes on."""

    def attempts(ground: Ground, figures: Figures) -> Iterator[Attempt]:
        for trial in range(number):
            chance = Random(f"{seed} {trial}")
            scene = chance.choice(CRAWLS)
            plan = Plan(at=chance.randint(1, len(ground.events(scene))), signal=int(which))
            yield Attempt(f"seed {seed}, trial {trial}: {scene} {plan.at}", partial(_signalled, scene, plan))

    return Campaign(which.name, attempts)


def fault_name(plan: Plan) -> str:
    """A fault, for people: `write ENOSPC, from then on`."""
    then = ", from then on" if plan.lasting else ""
    return f"{plan.kinds[0]} {plan.fault}{then}{', half done' if plan.torn else ''}"


def _as_kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind == name)


def _killed_at_each(scene: str, plans: Sequence[Plan], ground: Ground, archive: Path) -> Outcome:
    """Kills at all of these places, in as few archives as may be: what a command that goes on does not come
    by any more is for a new one."""
    whole, left = Figures(), list(plans)
    while left:
        one = _killed(scene, left, ground, archive)
        whole.add(scene, one)
        left = left[max(1, one.kills) :]
    every = whole.kills == len(plans)
    return Outcome(whole.kills, dict(whole.places), asked_in_vain=whole.asked_in_vain, met=every)


def _killed(scene: str, strikes: Iterable[Plan | float], ground: Ground, archive: Path) -> Outcome:
    """Kills in one archive, up to the one that its command did not come by."""
    trial, places = Trial(ground, scene, archive), Counter[str]()
    for strike in strikes:
        if isinstance(strike, Plan):
            ended = trial.strike(strike)
        else:
            ended = trial.strike(signal=signal.SIGKILL, after=strike)
        if ended.code < 0:
            places["instant" if ended.fired is None else ended.fired[0]] += 1
        if trial.complete or ended.code >= 0:
            break
    trial.finish()
    return Outcome(trial.kills, dict(places), asked_in_vain=trial.asked_in_vain)


def _faulty(scene: str, plan: Plan, ground: Ground, archive: Path) -> Outcome:
    ended = fault(ground, scene, archive, plan)
    if ended.fired is None:
        return Outcome(met=False)
    return Outcome(places={ended.fired[0]: 1}, codes={ended.code: 1})


def _signalled(scene: str, plan: Plan, ground: Ground, archive: Path) -> Outcome:
    trial = Trial(ground, scene, archive)
    ended = trial.strike(plan, whole_end=True)
    if ended.code != 5:
        assert trial.complete, ended
    trial.finish()
    return Outcome(codes={ended.code: 1})
