"""Putting back what captures alone can't tell: which runs made them, and what rereads corrected. For the one
writer."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from storage.db import Db

_COLUMNS = (
    "kind", "started_at", "ended_at", "outcome", "reason", "program_version", "reader_version",
    "profile_digest", "settings", "counts",
)  # fmt: skip
_SINCE_0004 = ("exit_code", "pid", "host")
"""Columns that a file packed by an earlier version does not have."""
_CUT_SHORT = "was under way when the archive was packed"


def can_rebuild(db: Db, site: str, runs: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an archive has no capture but of these runs: it is empty, or an import was interrupted."""
    known = {(row["kind"], row["started_at"]) for row in runs}
    made = db.all("SELECT DISTINCT n.site, n.kind, n.started_at FROM capture c JOIN run n ON n.id = c.run_id")
    return all(where == site and (kind, at) in known for where, kind, at in made)


def restore_runs(db: Db, site: str, runs: Iterable[Mapping[str, Any]]) -> dict[int, int]:
    """Put runs that the archive does not have into it, in one transaction; their numbers there -> here.

    Raises `KeyError` or `sqlite3.Error` for records that are none.
    """
    numbers: dict[int, int] = {}
    with db.transaction():
        for row in runs:
            known = db.value(
                "SELECT id FROM run WHERE site = ? AND kind = ? AND started_at = ?",
                site, row["kind"], row["started_at"],
            )  # fmt: skip
            if known is None:
                values = {name: row[name] for name in _COLUMNS}
                values |= {name: row.get(name) for name in _SINCE_0004}
                values |= {name: json.dumps(row[name], ensure_ascii=False) for name in ("settings", "counts")}
                if values["ended_at"] is None:
                    values |= {"ended_at": row["started_at"], "outcome": "stopped", "reason": _CUT_SHORT}
                known = db.insert(
                    f"INSERT INTO run (site, {', '.join(values)}) VALUES (?{', ?' * len(values)})",
                    site, *values.values(),
                )  # fmt: skip
            numbers[int(row["id"])] = int(known)
    return numbers


def own_files(db: Db, run: int, restored: Iterable[int]) -> None:
    """Note that the WARC files were written by the import `run`, whichever runs their captures are from."""
    with db.transaction():
        db.many("UPDATE warc_file SET run_id = ? WHERE run_id = ?", [(run, old) for old in restored])


def restore_corrections(
    db: Db, corrections: Iterable[Mapping[str, Any]], *, records: Mapping[int, str], runs: Mapping[int, int]
) -> None:
    """Put the corrections of captures that the archive has into it, in one transaction; once, however often.

    `records` are the packed captures' WARC-Record-IDs by their number, `runs` what `restore_runs` gave.
    Raises `KeyError` or `sqlite3.Error` for records that are none.
    """
    with db.transaction():
        for row in corrections:
            capture = db.value("SELECT id FROM capture WHERE record_id = ?", records[row["capture"]])
            if capture is None:
                continue  # its record was damaged
            values = (
                runs[row["run"]], capture, row["field"], row["before"], row["after"], row["reader_before"],
                row["reader_after"],
            )  # fmt: skip
            db.run(
                "INSERT INTO correction (run_id, capture_id, field, before, after, reader_before, "
                "reader_after) SELECT ?, ?, ?, ?, ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM correction "
                "WHERE run_id = ? AND capture_id = ? AND field = ?)",
                *values, *values[:3],
            )  # fmt: skip
