"""The gate before a site, for all workers that ask it: one request at a time, and none too soon.

All times are the server's own, so the workers' clocks need not agree. What a worker says of itself is how
long ago something was; on its way to the server that can only seem to have been later, never earlier.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.db import Db

_DELAY = "make_interval(secs => greatest(?, slowed, crawl_delay))"
_OPENS = f"greatest(not_before, counts_from + {_DELAY})"
# Who died, or hung, while it asked: nobody knows when the site had its request; now at the latest.
_TAKE_OVER = """
UPDATE workers.gate SET holder = NULL, until = NULL, counts_from = clock_timestamp()
WHERE site = ? AND holder IS NOT NULL AND NOT workers.holds(holder, until)
"""
_ENTER = f"""
UPDATE workers.gate SET holder = ?, until = clock_timestamp() + make_interval(secs => ?)
WHERE site = ? AND holder IS NULL AND blocked IS NULL AND clock_timestamp() >= {_OPENS}
RETURNING slowed, pushed_in_a_row, good_in_a_row, extract(epoch FROM clock_timestamp() - asked_at)
"""
_WAIT = f"""
SELECT blocked, holder IS NOT NULL, extract(epoch FROM least({_OPENS}, clock_timestamp() + interval '1 day')
    - clock_timestamp())
FROM workers.gate WHERE site = ?
"""
_LEAVE = """
UPDATE workers.gate SET holder = CASE WHEN holder = ? THEN NULL ELSE holder END,
    counts_from = greatest(counts_from, clock_timestamp() - make_interval(secs => ?)),
    asked_at = greatest(asked_at, clock_timestamp() - make_interval(secs => ?)),
    slowed = greatest(?, CASE WHEN holder = ? THEN 0 ELSE slowed END),
    pushed_in_a_row = ?, good_in_a_row = ?
WHERE site = ?
"""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a site is asked after what it has answered: see `crawler.politeness.Politeness`."""

    slowed: float = 0.0
    """Seconds that 429 and 503 lead to between two requests."""
    pushed_in_a_row: int = 0
    good_in_a_row: int = 0


@dataclass(frozen=True, slots=True)
class Entered:
    """A gate that this worker holds."""

    pace: Pace
    asked_ago: float | None
    """Seconds since the site was last asked, by whomever; None when it never was."""


@dataclass(frozen=True, slots=True)
class Wait:
    """A gate that is shut."""

    held: bool
    """Whether another worker is asking."""
    opens_in: float
    """Seconds until it may open, as far as that is known."""
    blocked: str | None
    """Why nobody may ask any more in this run; None when that is not so."""


class Gate:
    """One worker's way to the gate of one site. For one thread. Raises the driver's errors."""

    def __init__(self, db: Db, worker: int, site: str, lease_s: float) -> None:
        self._db = db
        self._worker = worker
        self._site = site
        self._lease_s = lease_s

    def open(self) -> None:
        """Begin a run: what slowed down or ended an earlier one counts no more, when it asked last does."""
        self._db.run("INSERT OR IGNORE INTO workers.gate (site) VALUES (?)", self._site)
        self._db.run(
            "UPDATE workers.gate SET slowed = 0, pushed_in_a_row = 0, good_in_a_row = 0, crawl_delay = 0, "
            "blocked = NULL WHERE site = ?",
            self._site,
        )

    def enter(self, delay: float) -> Entered | Wait:
        """Hold the gate, if it is open to one who wants `delay` seconds between two requests at least."""
        row = self._db.one(_ENTER, self._worker, self._lease_s, self._site, delay)
        if row is not None:
            return Entered(Pace(*row[:3]), None if row[3] is None else float(row[3]))
        self._db.run(_TAKE_OVER, self._site)
        found = self._db.one(_WAIT, delay, self._site)
        assert found is not None, "a run has begun"
        return Wait(bool(found[1]), float(found[2]), found[0])

    def renew(self) -> None:
        """Hold it for as long again, if this worker does."""
        self._db.run(
            "UPDATE workers.gate SET until = clock_timestamp() + make_interval(secs => ?) "
            "WHERE site = ? AND holder = ?",
            self._lease_s, self._site, self._worker,
        )  # fmt: skip

    def leave(self, counts_ago: float, asked_ago: float | None, pace: Pace) -> None:
        """Let the next one in: the site heard of a request `counts_ago` seconds ago, which went out
        `asked_ago` seconds ago (None: it never did)."""
        self._db.run(
            _LEAVE, self._worker, counts_ago, asked_ago, pace.slowed, self._worker, pace.pushed_in_a_row,
            pace.good_in_a_row, self._site,
        )  # fmt: skip

    def pause(self, seconds: float) -> None:
        """Let nobody ask for so long."""
        self._db.run(
            "UPDATE workers.gate SET not_before = greatest(not_before, clock_timestamp() + "
            "make_interval(secs => ?)) WHERE site = ?",
            seconds, self._site,
        )  # fmt: skip

    def ask_delay(self, seconds: float) -> None:
        """Keep the delay that the site's robots.txt asks for; 0 for none."""
        self._db.run("UPDATE workers.gate SET crawl_delay = ? WHERE site = ?", seconds, self._site)

    def block(self, why: str) -> None:
        """Let nobody ask any more in this run."""
        self._db.run("UPDATE workers.gate SET blocked = coalesce(blocked, ?) WHERE site = ?", why, self._site)
