"""The lock that makes a process the one writer of an archive in PostgreSQL.

It belongs to the session that writes, and to no other: when the process dies, or the server loses that
session, the lock is gone, and so is the way in which its holder could still have written.
https://www.postgresql.org/docs/current/explicit-locking.html#ADVISORY-LOCKS
"""

from __future__ import annotations

import os
import re
import socket

from sqlalchemy import Connection, text

from storage.errors import ArchiveBusy
from storage.lock import called_as

_WRITING = 7_285_431_906_043
"""What `pg_try_advisory_lock` calls the writing to an archive; any number that nobody else takes."""
_NAMED = re.compile(r"msarchive: process (\d+) \([^)]*(?:\) on )?(.*)")
_LONGEST_NAME = 63
"""Bytes that the server keeps of a session's name."""
_TAKE = text("SELECT pg_try_advisory_lock(:key)")
_NAME = text("SELECT set_config('application_name', :name, false)")
# A key of 64 bits is kept in two halves (https://www.postgresql.org/docs/current/view-pg-locks.html).
_HOLDER = text("""
SELECT a.pid, a.application_name,
    to_char(a.backend_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24\\:MI\\:SS"Z"')
FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (CAST(l.classid AS BIGINT) << 32) + CAST(l.objid AS BIGINT) = :key
""")


def take(connection: Connection, where: str) -> None:
    """Let this session be the one that writes, until it ends. Raises `ArchiveBusy`, which names the one that
    does; `where` is the database's address for people."""
    name = f"msarchive: process {os.getpid()} ({called_as()}) on {socket.gethostname()}"
    connection.execute(_NAME, {"name": name.encode("ascii", "replace")[:_LONGEST_NAME].decode()})
    if not connection.execute(_TAKE, {"key": _WRITING}).scalar():
        raise ArchiveBusy(f"{where} is being written to by {holder(connection) or 'another process'}")


def is_held_by(connection: Connection, pid: int | None, host: str | None) -> bool:
    """Whether a run's process writes to the archive, as its session is named; None for either: whoever."""
    for _, name, _ in connection.execute(_HOLDER, {"key": _WRITING}):
        said = _NAMED.fullmatch(name or "")
        if pid is None or host is None or said is None:
            return True
        # The end of a long name is lost.
        if int(said[1]) == pid and host.encode("ascii", "replace").decode().startswith(said[2]):
            return True
    return False


def holder(connection: Connection) -> str | None:
    """Who writes to the archive, as one line; None when nobody does."""
    row = connection.execute(_HOLDER, {"key": _WRITING}).first()
    if row is None:
        return None
    server, name, since = row
    who = name.removeprefix("msarchive: ") if name else f"the session of the server's process {server}"
    return f"{who} since {since}" if since else who  # which only its own role, and monitors, are told
