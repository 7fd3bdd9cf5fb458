"""`make torture`: everything that CI runs a sample of, and its figures."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from tests.torture.campaigns import FAULTS, Figures, faults, named_kills, random_kills, signals
from tests.torture.plan import Plan
from tests.torture.readers import read_beside_crawls
from tests.torture.trials import Ground


def main() -> None:
    """Run what is asked for; exit code 1 when anything did not hold."""
    told = _arguments()
    failed = False
    with tempfile.TemporaryDirectory(prefix="msarchive-torture-", dir=told.scratch) as folder:
        scratch = Path(folder)
        with Ground(scratch / "ground") as ground:
            events = {scene: len(names) for scene, names in ground.events.items()}
            print(f"events of an uninterrupted crawl: {events}", flush=True)
            for what, campaign in _campaigns(told, ground, scratch / "archive"):
                begin = time.monotonic()
                figures = campaign()
                failed |= bool(figures.failures)
                print(_line(what, figures, time.monotonic() - begin), flush=True)
                for failure in figures.failures:
                    print(failure, file=sys.stderr, flush=True)
        if told.readers:
            seen = read_beside_crawls(
                scratch / "read", readers=8, seconds=told.readers, pause=told.pause, delay=told.pause / 4
            )
            failed |= bool(seen.failures)
            print(f"readers: {seen}", flush=True)
    sys.exit(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="kills at random (1000)")
    parser.add_argument(
        "--named", type=int, default=1, help="of the named places one in so many; 0: none (1)"
    )
    parser.add_argument("--stride", type=int, default=1, help="every so many-th call fails; 0: none (1)")
    parser.add_argument("--signals", type=int, default=100, help="SIGTERMs, and as many SIGINTs (100)")
    parser.add_argument("--readers", type=float, default=3600, help="seconds of reading beside crawls (3600)")
    parser.add_argument(
        "--pause",
        type=float,
        default=1.0,
        help="seconds that a reader rests between two commands; the crawls' delay is a quarter of it (1)",
    )
    parser.add_argument("--seed", type=int, default=int(time.time()), help="of everything random")
    parser.add_argument("--scratch", help="folder to work in: on the disk that is to be tested")
    told = parser.parse_args()
    print(f"seed {told.seed}, {os.cpu_count()} processors", flush=True)
    return told


def _campaigns(
    told: argparse.Namespace, ground: Ground, archive: Path
) -> Iterator[tuple[str, Callable[[], Figures]]]:
    if told.named:
        yield "SIGKILL at named events", lambda: named_kills(ground, archive, one_in=told.named)
    if told.kills:
        yield "SIGKILL at random", lambda: random_kills(ground, archive, number=told.kills, seed=told.seed)
    for which, name in ((15, "SIGTERM"), (2, "SIGINT")):
        if told.signals:
            yield (
                name,
                lambda which=which: signals(  # type: ignore[misc]
                    ground, archive, which, number=told.signals, seed=told.seed
                ),
            )
    if told.stride:
        for plan in FAULTS:
            yield (
                name_of(plan),
                lambda plan=plan: faults(ground, archive, plan, count(1, told.stride)),  # type: ignore[misc]
            )


def name_of(plan: Plan) -> str:
    """A fault, for people: `write ENOSPC, from then on`."""
    then = ", from then on" if plan.lasting else ""
    return f"{plan.kinds[0]} {plan.fault}{then}{', half done' if plan.torn else ''}"


def _line(what: str, figures: Figures, seconds: float) -> str:
    places = ", ".join(f"{kind} {number}" for kind, number in sorted(figures.places.items()))
    codes = ", ".join(f"{code}: {number}" for code, number in sorted(figures.codes.items()))
    parts = [f"{figures.trials} archives in {seconds:.0f} s"]
    parts += [f"{figures.kills} kills, {figures.asked_in_vain} answers asked for again"] * bool(figures.kills)
    parts += [f"at {places}"] * bool(places) + [f"exit codes {codes}"] * bool(codes)
    return f"{what}: {'; '.join(parts)}; {len(figures.failures)} did not hold"


if __name__ == "__main__":
    main()
