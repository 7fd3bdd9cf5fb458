"""What an export stands for: which archive at which moment, by which program. No clock: that would make the
same export two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text

from storage.export.choice import Choice

_RUN = "SELECT id, site, kind, started_at, ended_at, outcome FROM runs WHERE {} ORDER BY id DESC LIMIT 1"
_COMPLETE = "outcome = 'complete' AND kind IN ('crawl', 'demo', 'import')"


def provenance(connection: Connection, choice: Choice, *, form: str, program_version: str) -> dict[str, Any]:
    """What an export in the format `form` stands for, as JSON has it.

    `complete_run` is the last run that came to its end by the moment asked about (None: there is none yet),
    `newest_run` the last that had begun.
    """
    parameters = {} if choice.as_of is None else {"at": choice.as_of}
    by_then = ("ended_at <= :at", "started_at <= :at") if choice.as_of is not None else ("TRUE", "TRUE")

    def run(where: str) -> dict[str, Any] | None:
        row = connection.execute(text(_RUN.format(where)), parameters).mappings().first()
        return None if row is None else dict(row)

    first, last = connection.execute(text("SELECT min(captured_at), max(captured_at) FROM captures")).one()
    return {
        "program": "msarchive",
        "program_version": program_version,
        "format": form,
        "sites": list(connection.execute(text("SELECT DISTINCT site FROM runs ORDER BY site")).scalars()),
        "as_of": choice.as_of,
        "complete_run": run(f"{_COMPLETE} AND {by_then[0]}"),
        "newest_run": run(by_then[1]),
        "first_capture_at": first,
        "last_capture_at": last,
        "query": choice.query,
        "fields": None if choice.fields is None else list(choice.fields),
        "history": choice.history,
    }
