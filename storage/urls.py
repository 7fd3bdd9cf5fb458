"""The URL table for the writer: what pages tell us of, and what became of what was asked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from storage.db import Db
from storage.records import CaptureRecord, FoundRecord, PageRecord, UrlOutcome, UrlState
from storage.revisiting import (
    ALWAYS,
    ANSWERED,
    LASTMOD_MOVED,
    RevisitPolicy,
    has_changed,
    later,
    next_interval,
    seconds_between,
)

_PRIORITY = {"robots": 0, "sitemap": 1, "listing": 2, "article": 3, "page": 4}
_REMEMBERED = 4_000
"""How many addresses are remembered between pages: menus and cards come back, most others do not."""
HEARD = "heard of, not asked for yet"


@dataclass(slots=True)
class _Known:
    id: int
    depth: int
    lastmod: str | None
    untried: str | None
    """The state of an address that was never asked for (waiting, refused); None for any other."""
    vias: set[str]
    sitemap: int | None = None
    """The sitemap that told of it last; None for none."""


@dataclass(frozen=True, slots=True)
class Visit:
    """What one answer, written, came to for its address."""

    state: UrlState
    why: str | None
    """Why it was asked (`storage.revisiting.DueWhy`); None for an import of what nobody was to ask."""
    lastmod_moved: bool | None
    """Whether the sitemap had told another date than at the answer before; None when no sitemap dates it."""
    changed: bool | None
    """Whether the answer differs from the one before; None when there was none, or it can't be said."""


@dataclass(frozen=True, slots=True)
class _Before:
    """A row of the table before an answer is written to it."""

    state: UrlState
    reason: str
    target: int | None
    kind: str
    status: int | None
    last_tried_at: str | None
    last_ok_at: str | None
    interval_s: int | None
    why: str | None
    dated: int
    """1 when a sitemap dates it, or did at the answer before; else 0."""
    moved: int
    """`LASTMOD_MOVED`, 1 or 0."""


class Urls:
    """The URL table behind a writer's cursor. `forget` after a rollback."""

    def __init__(self, db: Db, site: str, policy: RevisitPolicy | None = None) -> None:
        self._db = db
        self._site = site
        self._policy = policy or RevisitPolicy()
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
        elif found.via == "sitemap" and teller not in (known.sitemap, known.id):
            self._db.run(
                "UPDATE url_source SET from_url_id = ? WHERE url_id = ? AND via = 'sitemap'",
                teller, known.id,
            )  # fmt: skip
        if found.via == "sitemap":
            known.sitemap = teller
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
        self,
        url_id: int,
        outcome: UrlOutcome,
        record: PageRecord,
        *,
        now: str,
        run: int | None,
        changed: bool | None = None,
    ) -> Visit:
        """Write what became of an address that was asked, and when its time comes again.

        `changed` is whether a page differs from the one that the address gave before (a new revision, or for
        what is no article another entity); None when that can't be said. An import of something older than
        the last answer, or a saved file of what the site has answered itself, changes nothing.
        """
        capture, state, target = record.capture, outcome.state, None
        if capture.url is not None:
            self.forget_url(capture.url)
        if state in ("redirected", "alias"):
            target = self._target(url_id, outcome, record, now=now, run=run)
            if target == url_id:
                state, target = ("failed" if state == "redirected" else "stored"), None
        before, reason = self._before(url_id), outcome.reason or state
        if capture.origin == "import" and _knows_better(before, capture):
            return Visit(state, None, None, None)
        if outcome.retry_at is not None:
            self.try_again(
                url_id, outcome.reason, now=capture.captured_at, at=outcome.retry_at, status=capture.status
            )
            return Visit(state, before.why, None, None)
        if capture.kind == "unchanged" and before.state in ("stored", "alias"):
            state, reason, target, changed = before.state, before.reason, before.target, False
        first = before.last_ok_at is None and before.state != "gone"
        differs = None if first else has_changed(
            before.state, state, same_target=target == before.target, content_changed=changed
        )  # fmt: skip
        self._write(url_id, state, reason, target, capture, outcome.not_before)
        if state in ANSWERED and capture.status is not None:
            self._schedule(url_id, before, differs, capture)
        if state == "stored" and record.url_kind == "sitemap" and capture.kind == "sitemap":
            self._note_dropped(url_id, record)
        moved = bool(before.moved) if before.dated and state in ANSWERED else None
        return Visit(state, before.why, moved, differs if state in ANSWERED else None)

    def _before(self, url_id: int) -> _Before:
        row = self._db.one(
            "SELECT state, reason, target_url_id, kind, http_status, last_tried_at, last_ok_at, interval_s, "
            f"due_why, lastmod IS NOT NULL OR fetched_lastmod IS NOT NULL, {LASTMOD_MOVED} FROM url "
            "WHERE id = ?",
            url_id,
        )
        assert row is not None
        return _Before(*row)

    def _write(
        self,
        url_id: int,
        state: UrlState,
        reason: str,
        target: int | None,
        capture: CaptureRecord,
        due_at: str | None,
    ) -> None:
        kept = state in ("stored", "alias") and capture.kind != "unchanged"
        # What is not whole must not be confirmed by "not modified" later on.
        etag, modified = (None, None) if capture.truncated else (capture.etag, capture.last_modified)
        self._db.run(
            "UPDATE url SET state = ?, reason = ?, target_url_id = ?, last_tried_at = ?, http_status = ?, "
            "attempts = CASE WHEN ? THEN attempts + 1 ELSE 0 END, due_at = ?, last_ok_at = "
            "CASE WHEN ? THEN ? ELSE last_ok_at END, etag = CASE WHEN ? THEN ? ELSE etag END, "
            "last_modified = CASE WHEN ? THEN ? ELSE last_modified END WHERE id = ?",
            state, reason, target, capture.captured_at, capture.status, state == "failed", due_at,
            state in ("stored", "alias", "redirected"), capture.captured_at,
            kept, etag, kept, modified, url_id,
        )  # fmt: skip

    def _schedule(self, url_id: int, before: _Before, changed: bool | None, capture: CaptureRecord) -> None:
        at = capture.captured_at
        since = seconds_between(before.last_tried_at, at) if before.last_tried_at is not None else 0.0
        interval = next_interval(before.interval_s, changed=changed, since_s=since, policy=self._policy)
        always = before.kind in ALWAYS
        self._db.run(
            "UPDATE url SET fetched_lastmod = CASE WHEN ? THEN lastmod END, interval_s = ?, revisit_at = ?, "
            "checks = checks + ?, changes = changes + ? WHERE id = ?",
            capture.origin == "crawl",  # an import may be older than the word that the sitemap has by now
            None if always else interval, None if always else later(at, interval),
            int(changed is not None), int(changed is True), url_id,
        )  # fmt: skip

    def _note_dropped(self, url_id: int, record: PageRecord) -> None:
        """Note which addresses a sitemap, read to its end, tells no more: it dates them no more either."""
        if record.capture.reason != "sitemap":  # its fault, where it could not be read whole
            return
        told = {found.url for found in record.found}
        rows = self._db.all(
            "SELECT url.id, url.url FROM url_source JOIN url ON url.id = url_source.url_id "
            "WHERE via = 'sitemap' AND from_url_id = ? AND lastmod IS NOT NULL",
            url_id,
        )
        for dropped, url in rows:
            if url not in told:
                self._db.run("UPDATE url SET lastmod = NULL WHERE id = ?", dropped)
                self.forget_url(url)

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
        tellers: dict[str, int | None] = dict(
            self._db.all("SELECT via, from_url_id FROM url_source WHERE url_id = ?", row[0])
        )
        untried = row[3] if row[4] is None else None
        known = _Known(row[0], row[1], row[2], untried, set(tellers), tellers.get("sitemap"))
        return self._remember(url, known)

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
                "UPDATE url SET state = ?, reason = ?, due_at = ?, due_why = 'new' WHERE id = ?",
                state, found.refused or HEARD, now if state == "waiting" else None, known.id,
            )  # fmt: skip
            known.untried = state


def _knows_better(before: _Before, capture: CaptureRecord) -> bool:
    """Whether the table knows better of an address than an imported capture: by a later answer, or by any
    answer of the site when a file was imported."""
    if before.last_tried_at is None:
        return False
    answered = before.state in ANSWERED and before.status is not None
    return before.last_tried_at > capture.captured_at or (capture.status is None and answered)
