"""What a run's end makes of the readings in quarantine: alarms, and readings that are let go.

A run that was killed or stopped leaves this to the next one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from storage.db import Db, Row
from storage.site_losses import RECENT, Loss, Seen, losses

LINKS = "links"
BACK = "the field is back on the site"
READ_AGAIN = "read again: the field is there"
ACCEPTED = "the losses were accepted"

_SEEN = """
SELECT f.capture_id, s.layout, s.shown, f.lost, c.url_id FROM capture_fields f
JOIN reading_shape s ON s.id = f.shape_id JOIN capture c ON c.id = f.capture_id JOIN run n ON n.id = c.run_id
WHERE n.site = ? AND """
_UNJUDGED = """
SELECT min(f.capture_id), s.layout, s.shown, f.lost, count(*) FROM capture_fields f
JOIN reading_shape s ON s.id = f.shape_id JOIN capture c ON c.id = f.capture_id JOIN run n ON n.id = c.run_id
WHERE n.site = ? AND f.judged = 0 AND NOT EXISTS (
    SELECT 1 FROM capture o JOIN capture_fields later ON later.capture_id = o.id
    WHERE o.url_id = c.url_id AND o.id > c.id AND later.judged = 0)
GROUP BY s.id, s.layout, s.shown, f.lost ORDER BY 1
"""
"""Each address's last word that is not judged yet, those alike together: an archive has few that differ."""
_HAS = "(EXISTS (SELECT 1 FROM json_each(s.shown) j WHERE j.value = ?) OR EXISTS "
_HAS += "(SELECT 1 FROM json_each(coalesce(f.lost, '[]')) j WHERE j.value = ?))"

LATEST = """
NOT EXISTS (SELECT 1 FROM capture o WHERE o.url_id = c.url_id AND o.kind NOT IN ('unchanged', 'error')
            AND o.truncated IS NULL AND (o.captured_at, o.id) > (c.captured_at, c.id))"""
"""SQL: whether capture `c` is the latest word of its address."""

_PENDING = """
SELECT q.capture_id, q.fields FROM quarantine q JOIN capture_fields f ON f.capture_id = q.capture_id
JOIN capture c ON c.id = q.capture_id JOIN run n ON n.id = c.run_id
WHERE n.site = ? AND f.judged = 0 ORDER BY c.captured_at, c.id
"""

_DOUBTS = """
SELECT q.capture_id, q.article_key, q.doubts FROM quarantine q
JOIN capture_fields f ON f.capture_id = q.capture_id JOIN capture c ON c.id = q.capture_id
JOIN run n ON n.id = c.run_id WHERE n.site = ? AND f.judged = 0 AND q.doubts IS NOT NULL ORDER BY q.capture_id
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """An alarm that stands."""

    id: int
    field: str
    layout: str | None
    lost: int
    pages: int
    since_capture: int


class Judging:
    """One site's quarantine behind a writer's cursor."""

    def __init__(self, db: Db, site: str) -> None:
        self._db = db
        self._site = site

    def new_losses(self) -> list[Loss]:
        """The fields that the pages read since the last judgement show to be lost, without an alarm that
        stands already."""
        with self._db.transaction():
            self._settle_doubts()
        standing = {alarm.field for alarm in self.standing()}
        run = [_seen(*row) for row in self._db.all(_UNJUDGED, self._site)]
        found = losses(run, self._recent)
        if all(loss.field != LINKS for loss in found):
            found += self._dead_listings()
        return [loss for loss in found if loss.field not in standing]

    def _dead_listings(self) -> list[Loss]:
        """The loss of all links on listings, where none is left that has any: however few they are, new
        articles are not found any more."""
        rows = self._db.all(
            f"{_SEEN} c.url_id IN (SELECT id FROM url WHERE kind = 'listing') AND {LATEST} "
            "ORDER BY f.capture_id",
            self._site,
        )
        listings = _latest_of_each(rows)
        lost = [seen for seen in listings if LINKS in seen.lost]
        if not lost or any(LINKS in seen.shown for seen in listings):
            return []
        return [Loss(LINKS, None, len(lost), len(lost), lost[0].capture_id)]

    def _settle_doubts(self) -> None:
        """Count as lost what several articles suddenly say in the same words: it is none of theirs."""
        shown: dict[tuple[str, str], dict[int, list[int]]] = {}
        for capture_id, article, doubts in self._db.all(_DOUBTS, self._site):
            for said in json.loads(doubts).items():
                shown.setdefault(said, {}).setdefault(article, []).append(capture_id)
        for (field, _), articles in shown.items():
            for capture_id in (one for ids in articles.values() if len(articles) > 1 for one in ids):
                for table, column in (("quarantine", "fields"), ("capture_fields", "lost")):
                    self._db.run(
                        f"UPDATE {table} SET {column} = (SELECT json_group_array(value) FROM (SELECT value "
                        f"FROM json_each(coalesce({column}, '[]')) UNION SELECT ? ORDER BY 1) all_lost) "
                        "WHERE capture_id = ?",
                        field, capture_id,
                    )  # fmt: skip

    def _recent(self, field: str) -> Sequence[Seen]:
        after = self._db.value(
            "SELECT max(cleared_after) FROM alarm WHERE site = ? AND field = ?", self._site, field
        )
        rows = self._db.all(
            f"{_SEEN} f.capture_id > ? AND {_HAS} ORDER BY f.capture_id DESC LIMIT {RECENT}",
            self._site, after or 0, field, field,
        )  # fmt: skip
        return _latest_of_each(reversed(rows))

    def judge(self, alarms: Iterable[tuple[Loss, str]], run: int, now: str) -> list[int]:
        """Raise alarms, each with what stands in the field's place on the first page without it, and judge
        all readings that are not judged yet, in one transaction.

        The captures that are to be let go (`Writer.release`), in the order in which they were made: those
        that have lost nothing that an alarm stands for. They stay unjudged until they are.
        """
        with self._db.transaction():
            for loss, instead in alarms:
                self._db.run(
                    "INSERT INTO alarm (site, field, layout, run_id, raised_at, since_capture_id, lost, "
                    "pages, instead) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    self._site, loss.field, loss.layout, run, now, loss.since, loss.lost, loss.pages, instead,
                )  # fmt: skip
            free = self._close_pending()
            self.review(now)
        return free

    def _close_pending(self) -> list[int]:
        alarmed = {alarm.field for alarm in self.standing()}
        free = [
            row[0] for row in self._db.all(_PENDING, self._site) if alarmed.isdisjoint(json.loads(row[1]))
        ]
        self._db.run(
            "UPDATE capture_fields SET judged = 1 WHERE judged = 0 AND capture_id IN (SELECT c.id "
            "FROM capture c JOIN run n ON n.id = c.run_id WHERE n.site = ?) "
            "AND capture_id NOT IN (SELECT CAST(value AS BIGINT) FROM json_each(?))",
            self._site, json.dumps(free),
        )  # fmt: skip
        return free

    def review(self, now: str, why: str = BACK) -> None:
        """Bring the alarms that stand up to date: how many pages still lack the field. One without any is
        cleared. Inside the caller's transaction."""
        still = self._still_lost()
        for alarm in self.standing():
            lost = still.get(alarm.field, 0)
            if lost:
                self._db.run(
                    "UPDATE alarm SET lost = ?, pages = max(pages, ?) WHERE id = ?", lost, lost, alarm.id
                )
            else:
                self._db.run(
                    "UPDATE alarm SET cleared_at = ?, cleared_why = ?, cleared_after = "
                    "(SELECT max(id) FROM capture) WHERE id = ?",
                    now, why, alarm.id,
                )  # fmt: skip

    def _still_lost(self) -> Mapping[str, int]:
        """Field -> how many addresses' last word lacks it."""
        return dict(
            self._db.all(
                "SELECT j.value, count(DISTINCT c.url_id) FROM quarantine q "
                "JOIN capture c ON c.id = q.capture_id JOIN run n ON n.id = c.run_id, json_each(q.fields) j "
                f"WHERE n.site = ? AND {LATEST} GROUP BY 1",
                self._site,
            )
        )

    def standing(self) -> list[Standing]:
        """The alarms that stand, in the order in which they were raised."""
        return [
            Standing(*row)
            for row in self._db.all(
                "SELECT id, field, layout, lost, pages, since_capture_id FROM alarm "
                "WHERE site = ? AND cleared_at IS NULL ORDER BY id",
                self._site,
            )
        ]


def _latest_of_each(rows: Iterable[Row]) -> list[Seen]:
    """What each address showed last, so that a page asked twice counts once."""
    latest: dict[int, Row] = {}
    for row in rows:
        latest.pop(row[4], None)
        latest[row[4]] = row
    return [_seen(*row[:4]) for row in latest.values()]


def _seen(capture_id: int, layout: str, shown: str, lost: str | None, pages: int = 1) -> Seen:
    return Seen(capture_id, layout, frozenset(json.loads(shown)), frozenset(json.loads(lost or "[]")), pages)
