"""What a public view is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class View:
    """One public view."""

    name: str
    doc: str
    columns: Mapping[str, tuple[str, str]]
    """Column name -> (SQL type, description), in the order of `select`."""
    select: str

    @property
    def ddl(self) -> str:
        """The statement that creates it."""
        return f"CREATE VIEW {self.name} ({', '.join(self.columns)}) AS\n{self.select.strip()}"


T, N, R = "TEXT", "INTEGER", "REAL"
"""SQL types of a view's columns."""
