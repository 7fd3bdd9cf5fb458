"""What a public view is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from storage.views.kinds import DATE, FLAG, OBJECT, PAIRS, TEXTS, UTC, Kind, N, R, T

__all__ = ["DATE", "FLAG", "OBJECT", "PAIRS", "TEXTS", "UTC", "Kind", "N", "R", "T", "View"]


@dataclass(frozen=True)
class View:
    """One public view."""

    name: str
    doc: str
    columns: Mapping[str, tuple[Kind, str]]
    """Column name -> (what it holds, description), in the order of `select`."""
    select: str
    lateral_select: str | None = None
    """The same with a LATERAL join, for PostgreSQL, whose planner would else go through everything for one
    row; None where it does well with `select`."""

    @property
    def ddl(self) -> str:
        """The statement that creates it."""
        return self._created_as(self.select)

    @property
    def postgresql_ddl(self) -> str:
        """The statement that creates it in PostgreSQL."""
        return self._created_as(self.lateral_select or self.select)

    def _created_as(self, select: str) -> str:
        return f"CREATE VIEW {self.name} ({', '.join(self.columns)}) AS\n{select.strip()}"

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row; empty when nothing does."""
        return tuple(name for name, (kind, _) in self.columns.items() if kind.key)
