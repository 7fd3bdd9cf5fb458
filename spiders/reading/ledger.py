"""The ledger of a reading: what was taken for what, by which rule, and what is missing and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from spiders.reading.model import Absence, Evidence, Reason
from spiders.reading.outline import Line


@dataclass(slots=True)
class Ledger:
    """Grows while a page is read; `Reading` holds its three lists frozen."""

    evidence: list[Evidence] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    takes: dict[int, str] = field(default_factory=dict)

    def take(self, line: Line, what: str) -> None:
        """Note what a block was taken for; its first use stands."""
        self.takes.setdefault(line.block.index, what)

    def won(self, name: str, value: object, rule: str, line: Line | None = None, where: str = "") -> None:
        """Note where a field's value came from."""
        self._add(name, value, rule, line, where, True)

    def lost(self, name: str, value: object, rule: str, line: Line | None = None, where: str = "") -> None:
        """Note a value that another source of higher precedence overruled."""
        self._add(name, value, rule, line, where, False)

    def as_of(self, name: str, value: object, rule: str, other: str, *, won: bool) -> None:
        """Note that a field's value is that of the field `other`, which was won where it was found."""
        found = next(claim for claim in self.evidence if claim.field == other and claim.won)
        self.evidence.append(Evidence(name, str(value), rule, found.block, found.where, won))

    def _add(self, name: str, value: object, rule: str, line: Line | None, where: str, won: bool) -> None:
        block = line.block.index if line else None
        self.evidence.append(Evidence(name, str(value), rule, block, line.block.path if line else where, won))

    def absent(self, name: str, reason: Reason, detail: str = "") -> None:
        """Note that a field has no value."""
        self.absences.append(Absence(name, reason, detail))
