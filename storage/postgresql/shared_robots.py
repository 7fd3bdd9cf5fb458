"""What robots.txt answered, once for all workers of a crawl."""

from __future__ import annotations

from dataclasses import dataclass

from storage.db import Db

_ANY = ""
"""In place of an origin: all of them. It comes before any other."""
_CLAIM = """
INSERT INTO workers.robots AS r (site, origin, asker, until)
VALUES (?, ?, ?, clock_timestamp() + make_interval(secs => ?))
ON CONFLICT (site, origin) DO UPDATE SET asker = excluded.asker, until = excluded.until
WHERE r.asker IS NULL OR r.asker = excluded.asker OR NOT workers.holds(r.asker, r.until)
RETURNING 1
"""
_KEEP = """
INSERT INTO workers.robots (site, origin, had_at, status, body, unavailable)
VALUES (?, ?, clock_timestamp(), ?, ?, ?)
ON CONFLICT (site, origin) DO UPDATE SET asker = NULL, until = NULL, had_at = excluded.had_at,
    status = excluded.status, body = excluded.body, unavailable = excluded.unavailable
"""


@dataclass(frozen=True, slots=True)
class RobotsAnswer:
    """What asking for one origin's robots.txt came to."""

    age: float
    """Seconds since."""
    status: int | None
    """HTTP status of the answer that counts; None when there was none."""
    body: bytes
    """Its entity, decoded; empty when there was none."""
    unavailable: str | None
    """Why it can't be had, so that nothing may be asked; None when it can."""


class SharedRobots:
    """One worker's way to what is known of a site's robots.txt. For one thread. Raises the driver's
    errors."""

    def __init__(self, db: Db, worker: int, site: str, lease_s: float) -> None:
        self._db = db
        self._worker = worker
        self._site = site
        self._lease_s = lease_s

    def forget(self) -> None:
        """Begin a run: all of it is to be had anew."""
        self._db.run("DELETE FROM workers.robots WHERE site = ?", self._site)

    def known(self, origin: str) -> RobotsAnswer | None:
        """What was last answered; None as long as nothing was."""
        row = self._db.one(
            "SELECT extract(epoch FROM clock_timestamp() - had_at), status, body, unavailable "
            "FROM workers.robots WHERE site = ? AND origin IN (?, ?) AND had_at IS NOT NULL ORDER BY origin",
            self._site, origin, _ANY,
        )  # fmt: skip
        return None if row is None else RobotsAnswer(float(row[0]), row[1], bytes(row[2] or b""), row[3])

    def claim(self, origin: str) -> bool:
        """Be the one who asks; False while another does."""
        return self._db.one(_CLAIM, self._site, origin, self._worker, self._lease_s) is not None

    def fail(self, why: str) -> None:
        """Tell the others that it can't be had, and that the crawl is over."""
        self.keep(_ANY, None, b"", why)

    def keep(self, origin: str, status: int | None, body: bytes, unavailable: str | None) -> None:
        """Tell the others what came of it."""
        self._db.run(_KEEP, self._site, origin, status, body, unavailable)
