"""The lock that makes a process the one writer of an archive in PostgreSQL, or one of several that share it.

It belongs to the session that writes, and to no other: when the process dies, or the server loses that
session, the lock is gone, and so is the way in which its holder could still have written.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import os
import re
import socket
import time

from sqlalchemy import Connection, text

from storage.errors import ArchiveBusy
from storage.lock import called_as

_WRITING = 7_285_431_906_043
"""What `pg_try_advisory_lock` calls the writing to an archive; any number that nobody else takes."""
_PREFIX = "msarchive: "
_NAMED = re.compile(r"process (\d+) \([^)]*(?:\) on )?(.*?)(?: since \S+)?$")
_COMING = 7_285_431_906_044
"""What the coming and leaving of workers that share an archive is called: one comes, or leaves, at a time."""
_COMING_PATIENCE_S = 120.0
_LEAVING_PATIENCE_S = 900.0
"""How long a worker waits for another one that comes or leaves; the last one settles the archive
meanwhile."""
_LONGEST_NAME = 63
"""Bytes that the server keeps of a session's name."""
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_SHARE = text("SELECT pg_try_advisory_lock_shared(:key)")
_GIVE_UP = text("SELECT pg_advisory_unlock(:key)")
_NAME = text("SELECT set_config('application_name', :name, false)")
# A key of 64 bits is kept in two halves (https://www.postgresql.org/docs/current/view-pg-locks.html).
_HOLDERS = text("""
SELECT a.pid, a.application_name,
    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS"Z"')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.objsubid = 1 AND (CAST(l.classid AS BIGINT) << 32) + CAST(l.objid AS BIGINT) = :key
ORDER BY a.backend_start, a.pid
""")
_OTHERS = text("""
SELECT EXISTS (SELECT 1 FROM pg_locks l WHERE l.locktype = 'advisory' AND l.granted
    AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND l.objsubid = 1 AND (CAST(l.classid AS BIGINT) << 32) + CAST(l.objid AS BIGINT) = :key)
""")


def take(connection: Connection, where: str, *, shared: bool = False) -> None:
    """Let this session be the one that writes, until it ends; with `shared` one of those that do, and the
    only one that comes or leaves until `let_come`. Raises `ArchiveBusy`, which names who writes otherwise;
    `where` is the database's address for people."""
    name = f"{_PREFIX}process {os.getpid()} ({called_as()}) on {socket.gethostname()}"
    connection.execute(_NAME, {"name": name.encode("ascii", "replace")[:_LONGEST_NAME].decode()})
    if shared:
        keep_from_coming(connection, _COMING_PATIENCE_S)
    if not connection.execute(_SHARE if shared else _TAKE, {"key": _WRITING}).scalar():
        raise ArchiveBusy(f"{where} is being written to by {holder(connection) or 'another process'}")


def keep_from_coming(connection: Connection, patience_s: float = _LEAVING_PATIENCE_S) -> None:
    """Let no worker come or leave until `let_come`, or the session's end. Raises `ArchiveBusy` when another
    one is at it for too long."""
    until = time.monotonic() + patience_s
    while not connection.execute(_TAKE, {"key": _COMING}).scalar():
        if time.monotonic() > until:
            raise ArchiveBusy("another worker has been coming or leaving for too long: does it hang?")
        time.sleep(0.02)


def let_come(connection: Connection) -> None:
    """End `keep_from_coming`."""
    connection.execute(_GIVE_UP, {"key": _COMING})


def is_alone(connection: Connection) -> bool:
    """Whether no other session writes."""
    return not connection.execute(_OTHERS, {"key": _WRITING}).scalar()


def sessions(connection: Connection) -> list[str]:
    """The sessions that write to the archive, for people."""
    return [_told(*row) for row in connection.execute(_HOLDERS, {"key": _WRITING})]


def holder(connection: Connection) -> str | None:
    """Who writes to the archive, for people, one for all of those that share it; None when nobody does."""
    return next(iter(sessions(connection)), None)


def is_of(session: str, pid: int | None, host: str | None) -> bool:
    """Whether one of `sessions` is a process's, as far as its name tells; None for either: it may be."""
    said = _NAMED.match(session)
    if pid is None or host is None or said is None:
        return True
    # The end of a long name is lost.
    return int(said[1]) == pid and host.encode("ascii", "replace").decode().startswith(said[2])


def _told(server: int, name: str | None, since: str | None) -> str:
    who = name.removeprefix(_PREFIX) if name else f"the session of the server's process {server}"
    return f"{who} since {since}" if since else who  # which only its own role, and monitors, are told
