"""One process's part in a crawl that several share: its coming, its turns at writing, its leaving.

A *worker* is a process that writes to the archive beside others. What it holds (leases, a site's gate, a
turn) is its own as long as its session lives, and within a time that it has to renew: so neither a worker
that was killed nor one that hangs, or whose host is gone, keeps anything from the others.

Pages are written one at a time, whoever writes: a transaction holds the one row of `workers.turn` as long as
it lasts. So all that holds of one writer's transactions holds of theirs, and asking, reading and compressing,
which take longer, go on side by side.
"""

from __future__ import annotations

import json
import os
import socket
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from sqlalchemy import Connection

from storage.db import Db, to_json
from storage.errors import ArchiveBusy, ArchiveUnwritable
from storage.postgresql import lock, workers_schema
from storage.postgresql.gate import Gate
from storage.postgresql.leases import Leases
from storage.postgresql.shared_robots import SharedRobots

FOLDER_MARK = ".shared"
"""Name of the file in `captures/` by which workers know that theirs is one folder."""
_SMALLEST = "smallest_gap_ms"
"""The one count that is not a sum."""
_KEEPALIVES = {"tcp_keepalives_idle": "30", "tcp_keepalives_interval": "10", "tcp_keepalives_count": "6"}
"""By which the server learns within two minutes that a worker's host is gone, and ends the session.
https://www.postgresql.org/docs/current/runtime-config-connection.html#RUNTIME-CONFIG-TCP-SETTINGS"""
_OTHERS = (
    "SELECT id, counts FROM workers.worker WHERE run_id = ? AND id <> ? AND workers.lives(id) ORDER BY id"
)
_MADE_BY = "program_version, reader_version, profile_digest"


class Sharing:
    """A worker's part. For one thread, on the writer's connection. Raises the driver's errors."""

    def __init__(self, connection: Connection, folder: Path, lease_s: float) -> None:
        """Come, and keep others from coming and leaving until `let_others_come`. `folder` is where captures
        go, `lease_s` how many seconds what is taken stays one's own without a sign of life.

        Raises `ArchiveBusy` when the workers at work are of another version, `ArchiveUnwritable` when their
        captures go to another folder.
        """
        self._connection = connection
        self._db = Db(connection)
        workers_schema.make(connection, alone=lock.is_alone(connection))
        self._folder = _mark_of(folder)
        self.id = int(
            self._db.insert(
                "INSERT INTO workers.worker (pid, host, folder) VALUES (?, ?, ?)",
                os.getpid(), socket.gethostname(), self._folder,
            )
        )  # fmt: skip
        self._db.run("SELECT pg_advisory_lock(?, ?)", workers_schema.ALIVE, self.id)
        for name, value in _KEEPALIVES.items():
            self._db.run("SELECT set_config(?, ?, false)", name, value)
        elsewhere = self._db.one(
            "SELECT pid, host FROM workers.worker WHERE folder <> ? AND workers.lives(id)", self._folder
        )
        if elsewhere is not None:
            raise ArchiveUnwritable(
                f"{folder} is not the folder that the other workers' captures go to (process "
                f"{elsewhere[0]} on {elsewhere[1]}): --archive has to name the same one for all"
            )
        self._end_when_hanging(lease_s)
        self.leases = Leases(self._db, self.id, lease_s)
        self.lease_s = lease_s
        self.others_wrote = 0
        """How often another worker had written between two turns of this one: what is remembered of the
        archive's rows may not be true any more."""

    def take_turn(self, db: Db) -> None:
        """Wait until no other worker writes, and be the one that does until the transaction is over."""
        last = db.value("SELECT worker FROM workers.turn FOR UPDATE")
        if last != self.id:
            db.run("UPDATE workers.turn SET worker = ?", self.id)
            self.others_wrote += 1

    def live_runs(self) -> list[int]:
        """The runs that other workers are at."""
        return self._db.column(
            "SELECT DISTINCT run_id FROM workers.worker WHERE run_id IS NOT NULL AND id <> ? "
            "AND workers.lives(id)",
            self.id,
        )  # fmt: skip

    def run_to_join(
        self, site: str, program_version: str, reader_version: str, profile_digest: str
    ) -> int | None:
        """The run in which others crawl the site; None when nobody does. Raises `ArchiveBusy` when they read
        its pages otherwise."""
        live = self.live_runs()
        rows = self._db.all(f"SELECT id, {_MADE_BY} FROM run WHERE site = ? AND ended_at IS NULL", site)
        found = next((row for row in rows if row[0] in live), None)
        if found is None:
            return None
        if found[1:] != (program_version, reader_version, profile_digest):
            raise ArchiveBusy(
                f"other workers crawl {site} with another version of this program, or of the site's profile"
            )
        return int(found[0])

    def began(self, run: int, site: str, *, joined: bool) -> None:
        """Take part in a run from now on."""
        self.run = run
        self.gate = Gate(self._db, self.id, site, self.lease_s)
        self.robots = SharedRobots(self._db, self.id, site, self.lease_s)
        if not joined:
            self.gate.open()
            self.robots.forget()
            self._db.run("DELETE FROM workers.lease WHERE NOT workers.lives(worker)")
            self._db.run(
                "DELETE FROM workers.worker WHERE run_id IS DISTINCT FROM ? AND NOT workers.lives(id)", run
            )
        self._db.run("UPDATE workers.worker SET run_id = ? WHERE id = ?", run, self.id)

    def let_others_come(self) -> None:
        """Let others come and leave: what there is to do is in the URL table."""
        lock.let_come(self._connection)

    def give_sign(self, counts: Mapping[str, int]) -> None:
        """Renew what this worker has taken, and say what it has counted so far."""
        self.leases.renew()
        self.gate.renew()
        self._db.run(
            "UPDATE workers.worker SET seen_at = clock_timestamp(), counts = ? WHERE id = ?",
            to_json(dict(counts)), self.id,
        )  # fmt: skip

    def is_last(self) -> bool:
        """Keep others from coming and leaving, and whether no other is at the run any more. The session's end
        lets them again."""
        lock.keep_from_coming(self._connection)
        is_last = self._db.one(_OTHERS, self.run, self.id) is None
        if is_last:  # what it does now takes as long as it takes
            self._end_when_hanging(0)
        return is_last

    def _end_when_hanging(self, seconds: float) -> None:
        """Have the server end this session when it does nothing for so long within a transaction, for which
        all others wait; 0: never."""
        self._db.run("SELECT set_config('idle_in_transaction_session_timeout', ?, false)", f"{seconds:.3f}s")

    def leave(self, counts: Mapping[str, int], blocked: str | None) -> None:
        """Give back what this worker has taken, while others go on; `blocked` is why they should not."""
        self.give_sign(counts)
        self.leases.drop()
        if blocked is not None:
            self.gate.block(blocked)
        # Before the next one may look who is left: a session's locks do not all end at the same instant.
        self._db.run("SELECT pg_advisory_unlock(?, ?)", workers_schema.ALIVE, self.id)

    def counts_of_others(self) -> tuple[int, Counter[str]]:
        """How many other workers took part in the run, and what they counted; of one that was killed, up to
        its last sign of life."""
        rows = self._db.column(
            "SELECT counts FROM workers.worker WHERE run_id = ? AND id <> ?", self.run, self.id
        )
        told = [json.loads(row) for row in rows]
        found: Counter[str] = Counter()
        for counts in told:
            found.update({name: number for name, number in counts.items() if name != _SMALLEST})
        gaps = [counts[_SMALLEST] for counts in told if _SMALLEST in counts]
        if gaps:
            found[_SMALLEST] = min(gaps)
        return len(told), found


def merged(mine: Counter[str], others: Counter[str]) -> Counter[str]:
    """What all have counted."""
    found = mine + others
    gaps = [counts[_SMALLEST] for counts in (mine, others) if _SMALLEST in counts]
    if gaps:
        found[_SMALLEST] = min(gaps)
    return found


def _mark_of(folder: Path) -> str:
    """What tells a folder from any other; written into it by the first who asks."""
    path = folder / FOLDER_MARK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with path.open("x", encoding="ascii") as file:
                file.write(uuid4().hex)
        except FileExistsError:
            pass
        return path.read_text("ascii").strip()
    except OSError as error:
        raise ArchiveUnwritable(f"can't write to {folder}: {error.strerror}") from None
