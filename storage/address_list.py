"""The addresses of the URL table by state and reason, counted, and a page at a time. Read-only.

`storage.coverage` reads all of them; a reader who looks at a page of them need not wait for that.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, bindparam, text

from storage.coverage import CoveredUrl


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many addresses are in a state for a reason."""

    state: str
    reason: str
    addresses: int


def reason_counts(connection: Connection) -> tuple[ReasonCount, ...]:
    """All states and reasons that occur, by state, the most frequent reason first."""
    rows = connection.execute(
        text("SELECT state, reason, count(*) FROM url GROUP BY state, reason ORDER BY state, 3 DESC, reason")
    )
    return tuple(ReasonCount(*row) for row in rows)


def told_by_counts(connection: Connection) -> tuple[tuple[str, str, int], ...]:
    """Who told of addresses, their state, and how many; one that several told of counts with each."""
    rows = connection.execute(
        text(
            "SELECT s.via, u.state, count(*) FROM url_source s JOIN url u ON u.id = s.url_id "
            "GROUP BY s.via, u.state ORDER BY s.via, u.state"
        )
    )
    return tuple((via, state, number) for via, state, number in rows)


def address_numbers(connection: Connection, state: str, reason: str | None = None) -> array[int]:
    """Internal numbers of the addresses in a state (for a reason), in the order of the addresses."""
    rows = connection.execute(
        text(
            "SELECT id FROM url WHERE state = :state AND (:reason IS NULL OR reason = :reason) ORDER BY url"
        ),
        {"state": state, "reason": reason},
    )
    return array("I", rows.scalars())


def addresses(connection: Connection, numbers: Sequence[int]) -> list[CoveredUrl]:
    """The addresses with these internal numbers, in the order of the addresses."""
    statement = text(
        "SELECT u.url, u.site, u.kind, u.state, u.reason, u.told_by FROM urls u "
        "WHERE u.url IN (SELECT url FROM url WHERE id IN :numbers) ORDER BY u.url"
    ).bindparams(bindparam("numbers", expanding=True))
    rows = connection.execute(statement, {"numbers": list(numbers)})
    return [CoveredUrl(r.url, r.site, r.kind, r.state, r.reason, r.told_by or "", None) for r in rows]
