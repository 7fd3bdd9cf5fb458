"""What is to be taken out of an archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class NoSuchField(Exception):
    """A field that an export does not have. The message is one line."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which articles, and what of them."""

    history: bool = False
    """All revisions with what happened between them, not just the current one."""
    fields: tuple[str, ...] | None = None
    """Columns of articles and names of what belongs to them; None: all."""
    query: str | None = None
    """What was asked, as a person typed it; None: everything."""
    as_of: str | None = None
    """As of when (UTC text) the archive is asked; None: now. Who asks puts it in force (`storage.as_of`)."""
    selected: str | None = None
    """A sub-select of `article.id`, as `query` has it; None: all articles."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """Its values."""

    @property
    def is_whole(self) -> bool:
        """Whether it is everything that an archive can give at its moment."""
        return self.selected is None and self.fields is None
