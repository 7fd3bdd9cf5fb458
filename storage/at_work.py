"""Who is at work on an archive at the moment, and on which of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from storage import lock
from storage.archive import Archive
from storage.dialects import is_postgresql
from storage.lock import Holder

# A role that only reads may not have been let look.
_MAY_LOOK = text(
    "SELECT coalesce(has_schema_privilege(to_regnamespace('workers')::oid, 'USAGE'), false) "
    "AND coalesce(has_table_privilege(to_regclass('workers.worker')::oid, 'SELECT'), false)"
)
_WORKERS = text(
    "SELECT run_id, string_agg(pid || ' on ' || host, ', ' ORDER BY id) FROM workers.worker "
    "WHERE run_id IS NOT NULL AND workers.lives(id) GROUP BY run_id"
)


@dataclass(frozen=True, slots=True)
class AtWork:
    """Who writes to an archive."""

    holder: Holder | None
    """The process that holds the folder's lock; None when none does, or several share it."""
    shared: Mapping[int, str] = field(default_factory=dict)
    """Run -> the processes that share it, for people."""

    def __str__(self) -> str:
        """Who it is, as one line; empty when it is nobody."""
        if self.holder is not None:
            return str(self.holder)
        processes = ", ".join(self.shared.values())
        return f"processes {processes}" if "," in processes else f"process {processes}" if processes else ""


def at_work(archive: Archive) -> AtWork:
    """Who writes to an archive now. To be asked before a snapshot is taken: a run that has ended since is
    then found with its end."""
    holder = lock.holder(archive.directory)
    if archive.database is None:
        return AtWork(holder)
    with archive.engine.connect() as connection:
        return AtWork(holder, shared_runs(connection))


def shared_runs(connection: Connection) -> dict[int, str]:
    """The runs that several processes share at the moment, and who they are."""
    if not is_postgresql(connection) or not connection.execute(_MAY_LOOK).scalar():
        return {}
    return {int(run): f"{who}" for run, who in connection.execute(_WORKERS)}
