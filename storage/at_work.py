"""Who is at work on an archive at the moment, and on which of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, text

from storage import lock
from storage.archive import Archive
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
    """Who writes to an archive. False when nobody does."""

    holder: Holder | None
    """The process that holds the folder's lock; None when none does, or several share it."""
    sessions: tuple[str, ...] = ()
    """Those that hold the database's lock, for people; of a crawl on another host there is nothing else."""
    shared: Mapping[int, str] = field(default_factory=dict)
    """Run -> the processes that share it, for people."""

    def __bool__(self) -> bool:
        return self.holder is not None or bool(self.sessions)

    def __str__(self) -> str:
        """Who it is, as one line; empty when it is nobody."""
        return str(self.holder) if self.holder is not None else ", ".join(self.sessions)

    def at_run(self, run: int | None, pid: int | None, host: str | None) -> str | None:
        """Who is at a run that process `pid` on `host` began (None: that was not noted), for people; None
        when nobody is."""
        if run is not None and run in self.shared:
            return self.shared[run]
        holder = self.holder
        theirs = holder is not None and (pid is None or (pid, host) == (holder.pid, holder.host))
        if theirs or any(_is_of(session, pid, host) for session in self.sessions):
            return f"{pid} on {host}"
        return None


def at_work(directory: Path, archive: Archive | None = None) -> AtWork:
    """Who writes to the archive in a folder now, and where `archive` is one in PostgreSQL, to that.

    To be asked before a snapshot is taken: a run that has ended since is then found with its end.
    """
    holder = lock.holder(directory)
    if archive is None or archive.database is None:
        return AtWork(holder)
    from storage.postgresql import lock as database_lock

    with archive.engine.connect() as connection:
        return AtWork(holder, tuple(database_lock.sessions(connection)), _shared_runs(connection))


def _shared_runs(connection: Connection) -> dict[int, str]:
    if not connection.execute(_MAY_LOOK).scalar():
        return {}
    return {int(run): str(who) for run, who in connection.execute(_WORKERS)}


def _is_of(session: str, pid: int | None, host: str | None) -> bool:
    from storage.postgresql import lock as database_lock

    return database_lock.is_of(session, pid, host)
