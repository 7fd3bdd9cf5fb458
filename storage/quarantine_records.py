"""What readings have lost, what waits in quarantine and the alarms over it as records, for taking an archive
elsewhere: a run's end has decided on them, and the captures alone would be decided on anew."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, text

from storage.db import Db

_LOSSES = """
SELECT c.id, c.record_id AS capture, f.lost, f.judged, q.fields, q.doubts, q.held, q.since, a.key AS article
FROM capture_fields f JOIN capture c ON c.id = f.capture_id JOIN run n ON n.id = c.run_id
LEFT JOIN quarantine q ON q.capture_id = c.id LEFT JOIN article a ON a.id = q.article_key
WHERE n.site = :site AND (f.lost IS NOT NULL OR f.judged = 0 OR q.capture_id IS NOT NULL) ORDER BY c.id
"""
_PLAIN = ("field", "layout", "raised_at", "lost", "pages", "instead", "cleared_at", "cleared_why")
_ALARMS = f"""
SELECT c.id, {", ".join(f"m.{name}" for name in _PLAIN)}, m.run_id AS run, c.record_id AS since,
       (SELECT record_id FROM capture WHERE id = m.cleared_after) AS cleared_after
FROM alarm m JOIN capture c ON c.id = m.since_capture_id WHERE m.site = :site ORDER BY m.id
"""


def loss_records(connection: Connection, site: str, captures: Collection[int]) -> Iterator[Mapping[str, Any]]:
    """Of these captures, those whose readings have lost fields, are not judged yet, or wait in quarantine;
    captures by their WARC-Record-ID."""
    return _rows(connection, _LOSSES, site, captures)


def alarm_records(
    connection: Connection, site: str, captures: Collection[int]
) -> Iterator[Mapping[str, Any]]:
    """The alarms that one of these captures was the first to give rise to."""
    return _rows(connection, _ALARMS, site, captures)


def held_fields(losses: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The captures (by WARC-Record-ID) of which nothing else is stored, each with the fields that it lost.

    Raises `KeyError` or `TypeError` for records that are none.
    """
    return {row["capture"]: tuple(json.loads(row["fields"])) for row in losses if row["held"]}


def restore_losses(db: Db, site: str, losses: Iterable[Mapping[str, Any]]) -> None:
    """Note of captures that the archive has what was decided on them, in one transaction; once, however
    often. One that has been let go since stays so.

    Raises `KeyError` or `sqlite3.Error` for records that are none.
    """
    with db.transaction():
        for row in losses:
            capture = db.one("SELECT id, article_key FROM capture WHERE record_id = ?", row["capture"])
            if capture is None or (row["held"] and capture[1] is not None):
                continue  # its record was damaged, or its reading is stored
            db.run(
                "UPDATE capture_fields SET lost = ?, judged = ? WHERE capture_id = ?",
                row["lost"], row["judged"], capture[0],
            )  # fmt: skip
            if row["fields"] is not None:
                db.run(
                    "INSERT INTO quarantine (capture_id, article_key, fields, doubts, held, since) "
                    "VALUES (?, (SELECT id FROM article WHERE site = ? AND key = ?), ?, ?, ?, ?) "
                    "ON CONFLICT (capture_id) DO NOTHING",
                    capture[0], site, row["article"], row["fields"], row["doubts"], row["held"], row["since"],
                )  # fmt: skip


def restore_alarms(
    db: Db, site: str, alarms: Iterable[Mapping[str, Any]], *, runs: Mapping[int, int]
) -> None:
    """Put alarms that the archive does not have into it, in one transaction.

    `runs` says which number a run has here. Raises `KeyError` or `sqlite3.Error` for records that are none.
    """
    with db.transaction():
        for row in alarms:
            since, after = (_capture(db, row[name]) for name in ("since", "cleared_after"))
            if since is None or (after is None and row["cleared_after"] is not None):
                continue  # a record that it rests on was damaged
            values = (site, runs[row["run"]], since, after, *(row[name] for name in _PLAIN))
            db.run(
                f"INSERT INTO alarm (site, run_id, since_capture_id, cleared_after, {', '.join(_PLAIN)}) "
                f"SELECT ?{', ?' * (len(values) - 1)} WHERE NOT EXISTS "
                "(SELECT 1 FROM alarm WHERE site = ? AND field = ? AND raised_at = ?)",
                *values, site, row["field"], row["raised_at"],
            )  # fmt: skip


def _rows(
    connection: Connection, sql: str, site: str, captures: Collection[int]
) -> Iterator[Mapping[str, Any]]:
    for row in connection.execute(text(sql), {"site": site}).mappings():
        if row["id"] in captures:
            yield {name: value for name, value in row.items() if name != "id"}


def _capture(db: Db, record: str | None) -> int | None:
    return None if record is None else db.value("SELECT id FROM capture WHERE record_id = ?", record)
