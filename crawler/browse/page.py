"""What a page's module makes: which template, filled with what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import QueryParams
from starlette.exceptions import HTTPException

from storage import moments


@dataclass(frozen=True, slots=True)
class Page:
    """A page that is not rendered yet."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    status: int = 200


def asked_time(query: QueryParams) -> tuple[str | None, str | None]:
    """The time that `?as_of=` names: as it was typed, and as UTC text; (None, None) for now. Raises 400."""
    typed = query.get("as_of") or None
    if typed is None:
        return None, None
    try:
        return typed, moments.end_of(typed)
    except moments.NotAMoment as error:
        said = str(error)
        raise HTTPException(400, f"{said[:1].upper()}{said[1:]}.") from None
