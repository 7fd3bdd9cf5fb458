"""From what SQLite keeps to what it means: JSON text to lists, 0 and 1 to false and true."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from storage.views.kinds import Holds, Kind


def _flag(stored: Any) -> bool:
    return bool(stored)


_MEANT: dict[Holds, Callable[[Any], Any]] = {
    Holds.FLAG: _flag,
    Holds.TEXTS: json.loads,
    Holds.PAIRS: json.loads,
    Holds.OBJECT: json.loads,
    Holds.NUMBER: float,
}


def converter(kind: Kind) -> Callable[[Any], Any] | None:
    """What makes a stored value, not NULL, the value meant, as JSON has it; None: it is that already."""
    return _MEANT.get(kind.holds)


def meant(kind: Kind, stored: Any) -> Any:
    """A stored value as JSON has it; None for NULL."""
    convert = _MEANT.get(kind.holds)
    return stored if stored is None or convert is None else convert(stored)
