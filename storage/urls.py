"""The URL table for the writer: what pages tell us of, and what became of what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from storage.db import Db
from storage.records import FoundRecord, PageRecord, UrlOutcome, UrlState

_PRIORITY = {"robots": 0, "sitemap": 1, "listing": 2, "article": 3, "page": 4}
_REMEMBERED = 200_000
"""How many addresses are remembered between pages; some 100 bytes each."""
HEARD = "heard of, not asked for yet"


@dataclass(slots=True)
class _Known:
    id: int
    depth: int
    lastmod: str | None
    untried: str | None
    """The state of an address that was never asked for (waiting, refused); None for any other."""
    vias: set[str]


class Urls:
    """The URL table behind a writer's cursor. `forget` after a rollback."""

    def __init__(self, db: Db, site: str) -> None:
        self._db = db
        self._site = site
        self.forget()

    def forget(self) -> None:
        """Remember nothing."""
        self._known: dict[str, _Known] = {}

    def forget_url(self, url: str) -> None:
        """Remember nothing of one address, whose state has changed."""
        self._known.pop(url, None)

    def id_of(self, url: str) -> int | None:
        """The id of an address; None when it was never heard of."""
        known = self._look_up(url)
        return None if known is None else known.id

    def hear(self, found: FoundRecord, teller: int | None, depth: int, *, now: str, run: int | None) -> bool:
        """Note that `teller` (None: nobody, a seed) told us of an address; True when it is new.

        A new address is due at once, or refused. A known one keeps its state, unless it was never asked for
        and what the profile says of it has changed.
        """
        known = self._look_up(found.url)
        new = known is None
        if known is None:
            known = self._insert(found, depth, now, run)
        else:
            self._update(known, found, depth, now)
        if found.via not in known.vias:
            known.vias.add(found.via)
            self._db.run(
                "INSERT INTO url_source (url_id, via, from_url_id, first_heard_at) "
                "VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                known.id, found.via, teller if teller != known.id else None, now,
            )  # fmt: skip
        return new

    def hear_all(
        self, found: Iterable[FoundRecord], teller: int | None, depth: int, *, now: str, run: int | None
    ) -> int:
        """`hear` each; how many are new."""
        return sum(self.hear(one, teller, depth, now=now, run=run) for one in found)

    def depth(self, url: str) -> int:
        """Fewest clicks from a start address to a known one."""
        known = self._look_up(url)
        assert known is not None
        return known.depth

    def settle_outcome(
        self, url_id: int, outcome: UrlOutcome, record: PageRecord, *, now: str, run: int | None
    ) -> UrlState:
        """Write what became of an address that was asked; the state that came of it."""
        capture, state, target = record.capture, outcome.state, None
        if capture.url is not None:
            self.forget_url(capture.url)
        if state in ("redirected", "alias"):
            target = self._target(url_id, outcome, record, now=now, run=run)
            if target == url_id:
                state, target = ("failed" if state == "redirected" else "stored"), None
        if capture.origin == "import" and self._tried_since(url_id, capture.captured_at):
            return state
        if outcome.retry_at is not None:
            self.try_again(
                url_id, outcome.reason, now=capture.captured_at, at=outcome.retry_at, status=capture.status
            )
            return state
        usable = state in ("stored", "alias", "redirected")
        kept = state in ("stored", "alias")
        self._db.run(
            "UPDATE url SET state = ?, reason = ?, target_url_id = ?, last_tried_at = ?, http_status = ?, "
            "attempts = CASE WHEN ? THEN attempts + 1 ELSE 0 END, due_at = NULL, last_ok_at = "
            "CASE WHEN ? THEN ? ELSE last_ok_at END, etag = CASE WHEN ? THEN ? ELSE etag END, "
            "last_modified = CASE WHEN ? THEN ? ELSE last_modified END WHERE id = ?",
            state, outcome.reason or state, target, capture.captured_at, capture.status, state == "failed",
            usable, capture.captured_at, kept, capture.etag, kept, capture.last_modified, url_id,
        )  # fmt: skip
        return state

    def _tried_since(self, url_id: int, at: str) -> bool:
        return bool(self._db.value("SELECT last_tried_at > ? FROM url WHERE id = ?", at, url_id))

    def try_again(self, url_id: int, reason: str, *, now: str, at: str, status: int | None) -> None:
        """Note a failure that is worth another try at `at`; the state stays what it was."""
        self._db.run(
            "UPDATE url SET reason = ?, last_tried_at = ?, http_status = ?, attempts = attempts + 1, "
            "due_at = ?, state = CASE WHEN state = 'refused' THEN 'waiting' ELSE state END WHERE id = ?",
            reason or "failed", now, status, at, url_id,
        )  # fmt: skip

    def give_up(self, url_id: int, reason: str, *, now: str, state: Literal["failed", "refused"]) -> None:
        """Note that an address got no answer, and is not tried again in this round."""
        self._db.run(
            "UPDATE url SET state = ?, reason = ?, last_tried_at = ?, http_status = NULL, "
            "attempts = attempts + ?, due_at = NULL, target_url_id = NULL WHERE id = ?",
            state, reason or state, now, int(state == "failed"), url_id,
        )  # fmt: skip

    def _target(
        self, url_id: int, outcome: UrlOutcome, record: PageRecord, *, now: str, run: int | None
    ) -> int:
        """The id of the address that this one leads to, heard of now if need be."""
        assert outcome.target is not None, "a redirect or an alias leads somewhere"
        told = self.id_of(outcome.target)
        if told is None:
            article = record.article.article_id if record.article is not None else None
            via: Literal["redirect", "canonical"] = (
                "redirect" if outcome.state == "redirected" else "canonical"
            )
            found = FoundRecord(outcome.target, record.url_kind, via, article)
            self.hear(found, url_id, self.depth(record.capture.url or ""), now=now, run=run)
            told = self.id_of(outcome.target)
        assert told is not None
        return told

    def _look_up(self, url: str) -> _Known | None:
        known = self._known.get(url)
        if known is not None:
            return known
        row = self._db.one("SELECT id, depth, lastmod, state, last_tried_at FROM url WHERE url = ?", url)
        if row is None:
            return None
        vias = set(self._db.column("SELECT via FROM url_source WHERE url_id = ?", row[0]))
        return self._remember(url, _Known(row[0], row[1], row[2], row[3] if row[4] is None else None, vias))

    def _remember(self, url: str, known: _Known) -> _Known:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[url] = known
        return known

    def _insert(self, found: FoundRecord, depth: int, now: str, run: int | None) -> _Known:
        state = "waiting" if found.refused is None else "refused"
        url_id = self._db.insert(
            "INSERT INTO url (site, url, kind, priority, article_id, "
            "state, reason, depth, lastmod, first_heard_at, first_heard_run, attempts, due_at, "
            "due_why, checks, changes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, 0, 0)",
            self._site, found.url, found.kind, _PRIORITY[found.kind], found.article_id, state,
            found.refused or HEARD,
            depth, found.lastmod, now, run, now if found.refused is None else None,
            "new" if found.refused is None else None,
        )  # fmt: skip
        return self._remember(found.url, _Known(url_id, depth, found.lastmod, state, set()))

    def _update(self, known: _Known, found: FoundRecord, depth: int, now: str) -> None:
        if depth < known.depth:
            self._db.run("UPDATE url SET depth = ? WHERE id = ?", depth, known.id)
            known.depth = depth
        if found.lastmod is not None and found.lastmod != known.lastmod:
            self._db.run("UPDATE url SET lastmod = ? WHERE id = ?", found.lastmod, known.id)
            known.lastmod = found.lastmod
        state = "waiting" if found.refused is None else "refused"
        if known.untried is not None and known.untried != state:
            self._db.run(
                "UPDATE url SET state = ?, reason = ?, due_at = ? WHERE id = ?",
                state, found.refused or HEARD, now if state == "waiting" else None, known.id,
            )  # fmt: skip
            known.untried = state
