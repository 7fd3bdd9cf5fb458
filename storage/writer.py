"""The archive's one writer: a page, a transaction.

Whatever is raised, nothing of that page is kept, and what was committed before stays. For one thread.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from storage.archive import Archive
from storage.articles import Articles, SavedArticle
from storage.bodies import save_body
from storage.cards import Cards
from storage.cleaning import storable
from storage.db import Db, to_json
from storage.names import Names
from storage.records import CaptureRecord, FoundRecord, PageRecord
from storage.revisions import Revisions
from storage.settling import Settled, Settling
from storage.urls import Urls

RunKind = Literal["crawl", "import", "demo"]
RunOutcome = Literal["complete", "incomplete", "stopped", "limit", "failed"]
KILLED = "ended without saying why (killed?)"

__all__ = ["RunKind", "RunOutcome", "SavedPage", "Settled", "Writer"]


@dataclass(frozen=True, slots=True)
class SavedPage:
    """What saving a page came to."""

    capture_id: int
    article_id: str | None
    """The site's id of the article it shows; None when it shows none, or its id is unknown."""
    new_article: bool
    new_revision: bool
    new_urls: int
    """How many addresses were not known before."""


class Writer:
    """Writes what was fetched or imported from one site. Raises `sqlalchemy.exc.DBAPIError`, `sqlite3.Error`
    or `OSError` when the archive can't be written; nothing is half done then."""

    def __init__(self, archive: Archive, site: str) -> None:
        self._site = site
        self._db = Db(archive.connection)
        self._names = Names(self._db)
        self._urls = Urls(self._db, site)
        self._cards = Cards(self._db, site)
        revisions = Revisions(self._db, self._names)
        self._articles = Articles(self._db, site, self._names, revisions, self._cards)
        self._settling = Settling(self._db, site, self._names, revisions, self._articles)
        self.run_id: int | None = None
        """The run that is under way; None before `begin_run` and after `end_run`."""

    def begin_run(
        self,
        kind: RunKind,
        *,
        program_version: str,
        reader_version: str,
        profile_digest: str,
        settings: Mapping[str, Any],
    ) -> int:
        """Begin a run; its number. Runs that a crash left without an end are closed as `stopped`.

        `settings` is stored as it is: no secrets.
        """
        now = _now()
        with self._transaction():
            self._db.run(
                "UPDATE run SET ended_at = ?, outcome = 'stopped', reason = ? WHERE ended_at IS NULL",
                now,
                KILLED,
            )
            self.run_id = self._db.insert(
                "INSERT INTO run (site, kind, started_at, program_version, reader_version, "
                "profile_digest, settings, "
                "counts) VALUES (?, ?, ?, ?, ?, ?, ?, '{}')",
                self._site, kind, now, program_version, reader_version, profile_digest,
                json.dumps(settings, ensure_ascii=False, sort_keys=True, default=str),
            )  # fmt: skip
        return self.run_id

    def end_run(self, outcome: RunOutcome, reason: str, counts: Mapping[str, int]) -> None:
        """End the run that is under way. Raises `RuntimeError` when there is none."""
        run = self._run()
        with self._transaction():
            self._db.run(
                "UPDATE run SET ended_at = ?, outcome = ?, reason = ?, counts = ? WHERE id = ?",
                _now(), outcome, reason, json.dumps(dict(counts), sort_keys=True), run,
            )  # fmt: skip
        self.run_id = None

    def save_page(self, record: PageRecord, *, now: str) -> SavedPage:
        """Write everything of one page in one transaction.

        `now` (UTC text) is when addresses found on it count as heard of, and are due. Raises `RuntimeError`
        outside a run.
        """
        try:
            with self._transaction():
                return self._save(record, now)
        except UnicodeEncodeError:
            # Half a surrogate pair, from a page's escaped JSON: no database takes it, and none of it is text.
            with self._transaction():
                return self._save(storable(record), now)

    def record_failure(
        self,
        url: str,
        reason: str,
        *,
        now: str,
        retry_at: str | None,
        final_state: Literal["failed", "refused"] = "failed",
    ) -> None:
        """Write that a request for `url` got no answer: it is tried again at `retry_at`, or given up when
        None."""
        with self._transaction():
            url_id = self._own_id(url, "page", "seed", now)
            if retry_at is not None:
                self._urls.try_again(url_id, reason, now=now, at=retry_at, status=None)
            else:
                self._urls.give_up(url_id, reason, now=now, state=final_state)
            self._urls.forget_url(url)

    def settle(self, now: str) -> Settled:
        """Find what only the whole archive tells: boilerplate by counting, the borders of topics. See
        `Settling`."""
        with self._transaction():
            return self._settling.settle(now)

    def _save(self, record: PageRecord, now: str) -> SavedPage:
        run, capture = self._run(), record.capture
        url_id, depth = None, 0
        if capture.url is not None:
            via: Literal["import", "seed"] = "import" if capture.origin == "import" else "seed"
            url_id = self._own_id(capture.url, record.url_kind, via, now, record)
            depth = self._urls.depth(capture.url)
        new_urls = self._urls.hear_all(record.found, url_id, depth + 1, now=now, run=run)
        body_id, sha256 = save_body(self._db, capture.body)
        list_id = self._cards.save_list(record.cards, capture.captured_at) if record.cards else None
        capture_id = self._save_capture(capture, run, url_id, body_id, list_id)
        saved = self._save_article(record, capture_id, sha256)
        if list_id is not None:
            self._cards.sight(list_id, url_id, saved.key if saved else None, capture_id, capture.captured_at)
            self._cards.tell(record.cards)
        if url_id is not None and record.outcome is not None:
            self._finish(url_id, record, now=now)
        return SavedPage(
            capture_id,
            record.article.article_id if record.article is not None else None,
            saved is not None and saved.new_article,
            saved is not None and saved.new_revision,
            new_urls,
        )

    def _save_capture(
        self, capture: CaptureRecord, run: int, url_id: int | None, body_id: int, list_id: int | None
    ) -> int:
        return self._db.insert(
            "INSERT INTO capture (run_id, url_id, captured_at, origin, status, headers, kind, reason, "
            "media_type, etag, last_modified, body_id, file_name, truncated, ip_address, reader_version, "
            "card_list_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            run, url_id, capture.captured_at, capture.origin, capture.status,
            to_json(capture.headers), capture.kind, capture.reason, capture.media_type,
            capture.etag, capture.last_modified, body_id, capture.file_name, capture.truncated,
            capture.ip_address,
            capture.reader_version, list_id,
        )  # fmt: skip

    def _save_article(self, record: PageRecord, capture_id: int, sha256: str) -> SavedArticle | None:
        if record.article is None:
            return None
        return self._articles.save(record.article, record.capture, capture_id, sha256)

    def _finish(self, url_id: int, record: PageRecord, *, now: str) -> None:
        """Write the new state of the address that was asked, and of its article when it is gone."""
        assert record.outcome is not None
        state = self._urls.settle_outcome(url_id, record.outcome, record, now=now, run=self.run_id)
        if state == "gone":
            article_id = self._db.value("SELECT article_id FROM url WHERE id = ?", url_id)
            if article_id is not None:
                self._articles.mark_gone(article_id, record.capture.captured_at)

    def _own_id(
        self,
        url: str,
        kind: Literal["robots", "sitemap", "listing", "article", "page"],
        via: Literal["seed", "import"],
        now: str,
        record: PageRecord | None = None,
    ) -> int:
        """The id of an address that was asked, heard of now if nobody had told of it."""
        known = self._urls.id_of(url)
        if known is None:
            article = record.article if record is not None else None
            article_id = article.article_id if article is not None and article.url == url else None
            self._urls.hear(FoundRecord(url, kind, via, article_id), None, 0, now=now, run=self.run_id)
            known = self._urls.id_of(url)
        assert known is not None
        return known

    def _run(self) -> int:
        if self.run_id is None:
            raise RuntimeError("no run is under way")
        return self.run_id

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            with self._db.transaction():
                yield
        except BaseException:
            # What is remembered of this transaction's rows is not true any more.
            self._names.forget()
            self._urls.forget()
            self._cards.forget()
            raise


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
