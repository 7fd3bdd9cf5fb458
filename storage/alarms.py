"""What the site has lost by its readings: alarms, and what waits in quarantine. Read-only."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """A field that vanished from the site's pages."""

    id: int
    site: str
    field: str
    """`page` when pages are no articles any more."""
    layout: str | None
    """The layout that lost it; None when it is not one alone."""
    run: int
    raised_at: str
    """UTC text, as all times here."""
    lost: int
    pages: int
    since_capture: int
    since_url: str | None
    since_at: str
    instead: str
    """What stands on that page in the field's place; may hold text from the site."""
    cleared_at: str | None
    """None while it stands."""
    cleared_why: str | None


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A reading that is not believed yet."""

    capture: int
    url: str | None
    captured_at: str
    fields: tuple[str, ...]
    """What it lost; () when it is only to be looked at when the run ends."""
    held: bool
    """Whether nothing of it was stored but the capture."""


def alarms(connection: Connection, *, cleared: bool = False) -> list[AlarmRow]:
    """The alarms that stand, oldest first; with `cleared` also those that do not any more."""
    rows = connection.execute(
        text("SELECT * FROM alarms WHERE :cleared OR cleared_at IS NULL ORDER BY id"), {"cleared": cleared}
    )
    return [AlarmRow(**row) for row in rows.mappings()]


def in_quarantine(connection: Connection) -> int:
    """How many addresses' last reading waits in quarantine."""
    return int(connection.execute(text("SELECT count(*) FROM quarantined WHERE is_latest = 1")).scalar_one())


def quarantined(connection: Connection, site: str, key: str, *, latest: bool = False) -> list[QuarantinedRow]:
    """The readings of an article that wait in quarantine, oldest first; with `latest` only those that are the
    last of their address."""
    rows = connection.execute(
        text(
            "SELECT capture, url, captured_at, fields, held FROM quarantined "
            "WHERE site = :site AND article_key = :key AND (is_latest = 1 OR NOT :latest) "
            "ORDER BY captured_at, capture"
        ),
        {"site": site, "key": key, "latest": latest},
    )
    return [
        QuarantinedRow(row.capture, row.url, row.captured_at, tuple(json.loads(row.fields)), bool(row.held))
        for row in rows
    ]
