"""Letting a reading out of quarantine, as if it had never been held."""

from __future__ import annotations

from storage.articles import Articles
from storage.cards import Cards
from storage.db import Db
from storage.quarantine import HELD
from storage.readings import NewReading
from storage.records import CaptureRecord

_CAPTURE = """
SELECT c.captured_at, c.url_id, u.url, c.origin, c.status, c.sha256, c.reader_version, c.profile_digest,
       q.held
FROM capture c JOIN quarantine q ON q.capture_id = c.id LEFT JOIN url u ON u.id = c.url_id WHERE c.id = ?
"""


def release(capture_id: int, reading: NewReading, db: Db, articles: Articles, cards: Cards) -> bool:
    """Store the reading of a capture in quarantine with the capture's date; whether it made a new revision.

    304s that have vouched for the page since count to it. Inside the caller's transaction. Raises `KeyError`
    when the capture is not in quarantine.
    """
    row = db.one(_CAPTURE, capture_id)
    if row is None:
        raise KeyError(capture_id)
    at, url_id, url, origin, status, sha256, reader, profile, held = row
    db.run("DELETE FROM quarantine WHERE capture_id = ?", capture_id)
    db.run("UPDATE capture_fields SET judged = 1 WHERE capture_id = ?", capture_id)
    if not held:
        return False
    list_id = cards.save_list(reading.cards, at) if reading.cards else None
    db.run("UPDATE capture SET card_list_id = ? WHERE id = ?", list_id, capture_id)
    saved = None
    if reading.article is not None:
        capture = CaptureRecord(
            url=url, captured_at=at, status=status, headers=(), body=b"", origin=origin, kind=reading.kind,
            reason=reading.reason, media_type=None, etag=None, last_modified=None, reader_version=reader,
            profile_digest=profile,
        )  # fmt: skip
        saved = articles.save(reading.article, capture, capture_id, sha256)
    if list_id is not None:
        cards.sight(list_id, url_id, saved.key if saved else None, capture_id, at)
        cards.tell(reading.cards)
    if reading.outcome is not None:
        db.run(
            "UPDATE url SET reason = ? WHERE id = ? AND substr(reason, 1, ?) = ?",
            reading.outcome.reason or reading.outcome.state, url_id, len(HELD), HELD,
        )  # fmt: skip
    _vouch(db, articles, cards, url_id, at)
    return saved is not None and saved.new_revision


def _vouch(db: Db, articles: Articles, cards: Cards, url_id: int | None, at: str) -> None:
    for capture_id, seen_at in db.all(
        "SELECT id, captured_at FROM capture WHERE url_id = ? AND kind = 'unchanged' AND captured_at >= ? "
        "ORDER BY captured_at, id",
        url_id, at,
    ):  # fmt: skip
        assert url_id is not None
        list_id, saved = articles.see_again(capture_id, url_id, seen_at)
        if list_id is not None:
            cards.sight(list_id, url_id, saved.key if saved else None, capture_id, seen_at)
