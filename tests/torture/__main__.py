"""`make torture`: everything that CI runs a sample of, and its figures.

With `--ledger FILE` every trial is written down as it is made: the same command goes on where it was stopped,
or where `--minutes` has stopped it, with any number of `--workers`, and its figures are those of all of it.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.torture.campaigns import (
    FAULTS,
    Campaign,
    carry_out,
    every,
    faults,
    named_kills,
    random_kills,
    signals,
    spread,
)
from tests.torture.ledger import Figures, Ledger
from tests.torture.plan import KINDS
from tests.torture.readers import read_beside_crawls
from tests.torture.scenes import COMMANDS, CRAWLS, SCENES, Ground

_CRAWLS_OF_FAULTS = ("first", "second")


def main() -> None:
    """Run what is asked for; exit code 1 when anything did not hold."""
    told = _arguments()
    begin, failed = time.monotonic(), False
    until = None if told.minutes is None else begin + 60 * told.minutes
    with tempfile.TemporaryDirectory(prefix="msarchive-torture-", dir=told.scratch) as folder:
        with ExitStack() as opened:
            grounds = [
                opened.enter_context(Ground(Path(folder) / f"ground-{number}"))
                for number in range(told.workers + (told.workers > 1))
            ]
            ledger = Ledger(told.ledger)
            for campaign in _campaigns(told):
                figures = carry_out(campaign, grounds, ledger, until)
                failed |= bool(figures.failures)
                print(_line(campaign.name, figures), flush=True)
                for failure in figures.failures:
                    print(failure, file=sys.stderr, flush=True)
        if told.readers:
            seen = read_beside_crawls(
                Path(folder) / "read", readers=8, seconds=told.readers, pause=told.pause, delay=told.pause / 4
            )
            failed |= bool(seen.failures)
            print(f"readers: {seen}", flush=True)
    early = until is not None and time.monotonic() > until
    print(f"{(time.monotonic() - begin) / 60:.0f} minutes{', stopped by --minutes' * early}", flush=True)
    sys.exit(failed)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.torture", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000, help="kills of crawls at random (1000)")
    parser.add_argument("--other-kills", type=int, default=300, help="the same of other commands (300)")
    parser.add_argument(
        "--named", type=int, default=1, help="of the named places one in so many; 0: none (1)"
    )
    parser.add_argument("--stride", type=int, default=1, help="every so many-th call fails; 0: none (1)")
    parser.add_argument(
        "--calls", nargs="+", choices=KINDS, default=KINDS, help="only the faults of these kinds of calls"
    )
    parser.add_argument(
        "--places", type=int, default=8, help="places where each kind of call fails in other commands (8)"
    )
    parser.add_argument("--signals", type=int, default=100, help="SIGTERMs, and as many SIGINTs (100)")
    parser.add_argument("--readers", type=float, default=3600, help="seconds of reading beside crawls (3600)")
    parser.add_argument(
        "--pause",
        type=float,
        default=1.0,
        help="seconds that a reader rests between two commands; the crawls' delay is a quarter of it (1)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of everything random (1)")
    parser.add_argument("--scratch", help="folder to work in: on the disk that is to be tested")
    parser.add_argument("--workers", type=int, default=1, help="trials that are made at once (1)")
    parser.add_argument("--ledger", type=Path, help="file that trials are written down in")
    parser.add_argument("--minutes", type=float, help="begin no trial after so many minutes")
    told = parser.parse_args()
    print(f"seed {told.seed}, {os.cpu_count()} processors, {told.workers} at once", flush=True)
    return told


def _campaigns(told: argparse.Namespace) -> Iterator[Campaign]:
    if told.named:
        yield named_kills(SCENES, one_in=told.named)
    if told.kills:
        yield random_kills(CRAWLS, number=told.kills, seed=told.seed)
    if told.other_kills:
        yield random_kills(COMMANDS, number=told.other_kills, seed=told.seed, name="other commands")
    for which in (signal.SIGTERM, signal.SIGINT):
        if told.signals:
            yield signals(which, number=told.signals, seed=told.seed)
    # Those of which there are few come first: who has no patience has at least these whole.
    few_first = sorted(FAULTS, key=lambda plan: plan.kinds[0] in ("statement", "write"))
    for plan in (one for one in few_first if one.kinds[0] in told.calls):
        if told.stride:
            yield faults(plan, _CRAWLS_OF_FAULTS, every(told.stride))
        if told.places:
            yield faults(plan, (*COMMANDS, "redesign"), spread(plan.kinds[0], told.places), "other commands")


def _line(what: str, figures: Figures) -> str:
    places = ", ".join(f"{kind} {number}" for kind, number in sorted(figures.places.items()))
    codes = ", ".join(f"{code}: {number}" for code, number in sorted(figures.codes.items()))
    parts = [f"{figures.trials} trials in {figures.seconds:.0f} s"]
    parts += [f"{figures.kills} kills, {figures.asked_in_vain} answers asked for again"] * bool(figures.kills)
    parts += [f"at {places}"] * bool(places) + [f"exit codes {codes}"] * bool(codes)
    parts += [f"{len(figures.unmet)} that met nothing"] * bool(figures.unmet)
    return f"{what}: {'; '.join(parts)}; {len(figures.failures)} did not hold"


if __name__ == "__main__":
    main()
