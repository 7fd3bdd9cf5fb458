"""The events of articles in the database: brought up to what `storage.events` tells of their captures.

Inside the writer's transaction.
"""

from __future__ import annotations

from bisect import bisect_left

from storage.db import Db
from storage.events import Event, Observation, tell

# A crawl that was cut short and the one that goes on with it are one visit: what matters is how many were
# finished before.
_FINISHED = (
    "SELECT id FROM run WHERE site = ? AND kind IN ('crawl', 'demo') "
    "AND outcome IN ('complete', 'incomplete', 'changed') ORDER BY id"
)
_COLUMNS = "u.url, t.url, c.status, c.id, CASE c.origin WHEN 'crawl' THEN c.run_id END"
_OF_ITS_ADDRESSES = """
FROM article a JOIN url u ON u.id IN (SELECT id FROM url WHERE site = a.site AND article_id = a.article_id
                                      UNION SELECT id FROM url WHERE url = a.identity_key)
JOIN capture c ON c.url_id = u.id LEFT JOIN url t ON t.id = c.target_url_id WHERE a.id = ?
"""
_OBSERVATIONS = f"""
SELECT c.captured_at, 'shown', {_COLUMNS} FROM capture c LEFT JOIN url u ON u.id = c.url_id
LEFT JOIN url t ON t.id = c.target_url_id WHERE c.article_key = ?
UNION ALL
SELECT c.captured_at, 'gone', {_COLUMNS} {_OF_ITS_ADDRESSES} AND c.kind = 'gone'
UNION ALL
SELECT c.captured_at, 'redirect', {_COLUMNS} {_OF_ITS_ADDRESSES} AND c.kind = 'redirect'
  AND t.article_id = a.article_id
"""
_STORED = (
    "SELECT at, event, capture_id, status, from_url, to_url FROM article_event WHERE article_key = ? "
    "ORDER BY at, event"
)


class Events:
    """The events of articles behind a writer's cursor."""

    def __init__(self, db: Db, site: str) -> None:
        self._db = db
        self._site = site

    def update(self, article_key: int) -> None:
        """Bring an article's events, and since when it is gone, up to what its captures tell."""
        told = tell(self._observations(article_key))
        # Of two alike at one instant (an import twice over) the row can hold one.
        wanted = {(event.at, event.event): event for event in told.events}
        stored = {(row[0], row[1]): Event(*row) for row in self._db.all(_STORED, article_key)}
        for at, kind in stored.keys() - wanted.keys():
            self._db.run(
                "DELETE FROM article_event WHERE article_key = ? AND at = ? AND event = ?",
                article_key, at, kind,
            )  # fmt: skip
        for key, event in wanted.items():
            if stored.get(key) != event:
                self._db.run(
                    "INSERT INTO article_event "
                    "(article_key, at, event, capture_id, status, from_url, to_url) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (article_key, at, event) DO UPDATE SET "
                    "capture_id = excluded.capture_id, status = excluded.status, "
                    "from_url = excluded.from_url, to_url = excluded.to_url",
                    article_key, *_row(event),
                )  # fmt: skip
        self._db.run(
            "UPDATE article SET gone_since = ? WHERE id = ? AND gone_since IS NOT ?",
            told.gone_since, article_key, told.gone_since,
        )  # fmt: skip

    def update_named(self, url_id: int) -> None:
        """`update` for the article that an address belongs to, if the archive has it."""
        for key in self._db.column(
            "SELECT a.id FROM url u JOIN article a ON a.site = u.site AND a.article_id = a.key "
            "AND a.key = u.article_id WHERE u.id = ? UNION SELECT a.id FROM url u JOIN article a "
            "ON a.site = u.site AND a.identity = 'url' AND a.identity_key = u.url WHERE u.id = ?",
            url_id, url_id,
        ):  # fmt: skip
            self.update(key)

    def answered_before(self, article_id: str) -> bool:
        """Whether an address of an article has been seen to be gone, or to lead elsewhere."""
        return bool(
            self._db.value(
                "SELECT EXISTS (SELECT 1 FROM url u JOIN capture c ON c.url_id = u.id "
                "WHERE u.site = ? AND u.article_id = ? AND c.kind IN ('gone', 'redirect'))",
                self._site,
                article_id,
            )
        )

    def forget(self, article_key: int) -> None:
        """Remove the events of an article that is about to be joined to another."""
        self._db.run("DELETE FROM article_event WHERE article_key = ?", article_key)

    def _observations(self, article_key: int) -> list[Observation]:
        rows = self._db.all(_OBSERVATIONS, article_key, article_key, article_key)
        finished = self._db.column(_FINISHED, self._site)
        return [
            Observation(
                at,
                kind,
                asked,
                target,
                status,
                capture_id,
                None if run is None else bisect_left(finished, run),
            )
            for at, kind, asked, target, status, capture_id, run in rows
        ]


def _row(event: Event) -> tuple[object, ...]:
    return (event.at, event.event, event.capture_id, event.status, event.from_url, event.to_url)
