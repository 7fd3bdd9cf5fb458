"""Which addresses a worker has taken to ask for: no other takes them while the lease lasts.

A lease is given back in the transaction that stores what its address brought. A worker whose lease another
has taken over, because it gave no sign of life for too long, stores nothing of that address: the other one
does. https://www.postgresql.org/docs/current/sql-select.html#SQL-FOR-UPDATE-SHARE
"""

from __future__ import annotations

from collections.abc import Iterable

from storage.db import Db
from storage.errors import LeaseLost

_FREE = "kind IN ('robots', 'sitemap')"
"""What says more of what else is to be asked: nothing else is taken while another worker asks for it."""
_TAKE = f"""
WITH due AS (
    SELECT u.id FROM url u WHERE site = ? AND due_at IS NOT NULL AND coalesce(due_at, '') <= ? AND {{which}}
    AND NOT EXISTS (
        SELECT 1 FROM workers.lease l WHERE l.url_id = u.id AND workers.holds(l.worker, l.until))
    AND (u.{_FREE} OR NOT EXISTS (
        SELECT 1 FROM workers.lease l JOIN url s ON s.id = l.url_id
        WHERE s.site = u.site AND s.{_FREE} AND s.due_at IS NOT NULL AND l.worker <> ?
        AND workers.holds(l.worker, l.until)))
    ORDER BY u.priority, u.id LIMIT ? FOR UPDATE OF u SKIP LOCKED)
INSERT INTO workers.lease AS l (url_id, worker, until)
SELECT id, ?, clock_timestamp() + make_interval(secs => ?) FROM due
ON CONFLICT (url_id) DO UPDATE SET worker = excluded.worker, until = excluded.until
WHERE NOT workers.holds(l.worker, l.until)
RETURNING l.url_id
"""


class Leases:
    """One worker's leases. For one thread. Raises the driver's errors."""

    def __init__(self, db: Db, worker: int, lease_s: float) -> None:
        self._db = db
        self._worker = worker
        self._lease_s = lease_s

    def take(self, site: str, now: str, which: str, limit: int) -> list[int]:
        """Take up to `limit` addresses of a site that are due by `now`, and that `which` (SQL over `url`)
        chooses; their ids."""
        return self._db.column(
            _TAKE.format(which=which), site, now, self._worker, limit, self._worker, self._lease_s
        )

    def renew(self) -> None:
        """Hold what this worker has taken for as long again."""
        self._db.run(
            "UPDATE workers.lease SET until = clock_timestamp() + make_interval(secs => ?) WHERE worker = ?",
            self._lease_s, self._worker,
        )  # fmt: skip

    def settle(self, db: Db, url_id: int) -> None:
        """Within the transaction that stores what an address brought: give its lease back. Raises `LeaseLost`
        when it is not this worker's any more."""
        # Its row first, or one that takes it over now, and we, could wait for each other.
        db.run("SELECT 1 FROM url WHERE id = ? FOR UPDATE", url_id)
        if not db.run("DELETE FROM workers.lease WHERE url_id = ? AND worker = ?", url_id, self._worker):
            raise LeaseLost(url_id)

    def give_back(self, ids: Iterable[int]) -> None:
        """Give back what was taken and not asked for."""
        self._db.many(
            "DELETE FROM workers.lease WHERE url_id = ? AND worker = ?", [(one, self._worker) for one in ids]
        )

    def drop(self) -> None:
        """Give back all that was taken."""
        self._db.run("DELETE FROM workers.lease WHERE worker = ?", self._worker)
