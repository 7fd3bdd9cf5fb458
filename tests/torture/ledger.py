"""What campaigns have come to so far, in a file: so that one can be stopped, and gone on with another day."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one trial came to."""

    kills: int = 0
    places: dict[str, int] = field(default_factory=dict)
    """Kind of event (`instant` for a moment of the clock) -> how many kills or faults there were."""
    codes: dict[int, int] = field(default_factory=dict)
    """Exit code of commands that met a fault or a signal -> how many."""
    asked_in_vain: int = 0
    """Answers that had to be asked for again."""
    met: bool = True
    """Whether what was to happen came to pass."""
    failure: str | None = None
    """What did not hold, with where it was found; None when all did."""
    seconds: float = 0.0


@dataclass
class Figures:
    """What a campaign came to."""

    trials: int = 0
    """Archives that went from their beginning to their end."""
    kills: int = 0
    places: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    asked_in_vain: int = 0
    seconds: float = 0.0
    """Of all trials, one after the other."""
    unmet: set[str] = field(default_factory=set)
    """Names of the trials in which nothing came to pass."""
    failures: list[str] = field(default_factory=list)

    def add(self, name: str, outcome: Outcome) -> None:
        """Count a trial."""
        self.trials += 1
        self.kills += outcome.kills
        self.places.update(outcome.places)
        self.codes.update(outcome.codes)
        self.asked_in_vain += outcome.asked_in_vain
        self.seconds += outcome.seconds
        if not outcome.met:
            self.unmet.add(name)
        if outcome.failure is not None:
            self.failures.append(f"{name}\n{outcome.failure}")


class Ledger:
    """Outcomes by campaign and trial, in a file of JSON lines or, for want of one, nowhere."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._known: defaultdict[str, dict[str, Outcome]] = defaultdict(dict)
        for line in path.read_text("utf-8").splitlines() if path is not None and path.exists() else ():
            told = json.loads(line)
            codes = {int(code): number for code, number in told["outcome"].pop("codes").items()}
            self._known[told["campaign"]][told["trial"]] = Outcome(**told["outcome"], codes=codes)

    def known(self, campaign: str, trial: str) -> Outcome | None:
        """What the trial came to when it was made; None when it was not, or did not hold: then it is made
        again."""
        found = self._known[campaign].get(trial)
        return None if found is None or found.failure is not None else found

    def keep(self, campaign: str, trial: str, outcome: Outcome) -> None:
        """Write down what a trial came to."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                line = {"campaign": campaign, "trial": trial, "outcome": asdict(outcome)}
                file.write(json.dumps(line) + "\n")
