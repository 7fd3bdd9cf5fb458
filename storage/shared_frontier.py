"""The frontier that several workers share: what one has taken, no other takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from storage.archive import Archive
from storage.frontier import CONDITIONAL, Frontier, FrontierUrl
from storage.revisiting import RevisitPolicy


class SharedFrontier(Frontier):
    """The frontier of one site in PostgreSQL, each address under a lease. For one thread."""

    def __init__(self, archive: Archive, site: str, policy: RevisitPolicy | None = None) -> None:
        """The archive has to be opened with `lease_s`."""
        super().__init__(archive, site, policy)
        assert archive.sharing is not None, "opened for one writer"
        self._leases = archive.sharing.leases

    def give_back(self, rows: Iterable[FrontierUrl]) -> None:
        """Let others take them."""
        self._leases.give_back(row.id for row in rows)

    def _due(self, limit: int, which: str, now: str, exclude: Collection[int]) -> list[FrontierUrl]:
        taken = self._leases.take(self._site, now, which, limit)
        if not taken:
            return []
        rows = self._db.all(
            f"SELECT id, url, kind, article_id, etag, last_modified, attempts, depth, {CONDITIONAL} "
            f"FROM url WHERE id IN ({', '.join('?' * len(taken))}) ORDER BY priority, id",
            *taken,
        )
        return [self._row(*row) for row in rows]
