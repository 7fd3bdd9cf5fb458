"""The archive's one writer: each page all or nothing.

A page is a transaction, or a part of one with a few others before and after it (`grouped`), and is done when
that is committed. Whatever is raised, nothing of that page is kept, and what was committed before stays. For
one thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

from storage import run_record
from storage.archive import Archive
from storage.articles import Articles, SavedArticle
from storage.captures import Captures, Kept
from storage.cards import Cards
from storage.cleaning import storable
from storage.db import Db
from storage.export.restoring import Restoring
from storage.group_commit import Around, GroupCommit
from storage.judging import Judging
from storage.names import Names
from storage.quarantine import Quarantine, held_back
from storage.readings import NewReading, reading_digest
from storage.records import FoundRecord, PageRecord, UrlKind
from storage.releasing import release
from storage.revisions import Revisions
from storage.revisiting import RevisitPolicy
from storage.room import Room
from storage.run_record import MadeBy, RunKind, RunOutcome
from storage.settling import Settled, Settling
from storage.urls import Urls, Visit
from storage.warc import FOLDER
from storage.warc.files import MAX_BYTES
from storage.warc.healing import heal

CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"

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
    visit: Visit | None = None
    """What the answer came to for the address asked; None for a file without one."""
    quarantined: bool = False
    """Whether its reading has lost fields, or says what is to be looked at when the run ends."""


class Writer:
    """Writes what was fetched or imported from one site. Raises `sqlalchemy.exc.DBAPIError`, `sqlite3.Error`
    or `OSError` when the archive can't be written; nothing is half done then."""

    def __init__(
        self,
        archive: Archive,
        site: str,
        *,
        policy: RevisitPolicy | None = None,
        warc_max_bytes: int = MAX_BYTES,
        room: Room | None = None,
    ) -> None:
        """`room` is looked at before each page (raises `DiskLow`); None: nobody looks, or somebody else."""
        self._site = site
        self.sharing = archive.sharing
        """This worker's part beside others; None for the only writer."""
        self.db = Db(archive.connection, None if self.sharing is None else self.sharing.take_turn)
        self._others_wrote = 0
        self._folder = archive.directory / FOLDER
        self._room = room
        self._captures = Captures(self.db, self._folder, warc_max_bytes)
        self._names = Names(self.db)
        self._urls = Urls(self.db, site, policy)
        self._cards = Cards(self.db, site)
        revisions = self._revisions = Revisions(self.db, self._names)
        self._articles = Articles(self.db, site, self._names, revisions, self._cards)
        self._settling = Settling(self.db, site, self._names, revisions, self._articles)
        self._quarantine = Quarantine(self.db, site)
        self._judges = False
        self.judging = Judging(self.db, site)
        """What a run's end makes of the readings in quarantine."""
        self._group = GroupCommit(self.db)
        self.run_id: int | None = None
        """The run that is under way; None before `begin_run` and after `end_run`."""
        self.joined = False
        """Whether other workers were at that run already."""

    def begin_run(
        self,
        kind: RunKind,
        *,
        program_version: str,
        reader_version: str,
        profile_digest: str,
        settings: Mapping[str, Any],
        warcinfo: Mapping[str, str] | None = None,
    ) -> int:
        """Begin a run, or join that of other workers at the site; its number. Runs that a crash left without
        an end are closed as `killed`. Raises `ArchiveBusy` when other workers' run can't be joined.

        `settings` is stored as it is: no secrets. `warcinfo` is what this run's WARC files say of themselves
        besides software and format: operator, User-Agent, robots policy (WARC 1.1 section 6.2).
        """
        # Whoever makes an archive again from a package imports what crawls have fetched, and decided on.
        self._judges = kind in ("crawl", "demo")
        made_by = MadeBy(program_version, reader_version, profile_digest)
        self.run_id, self.joined = run_record.begin(
            self.db, self._site, kind, made_by, settings, self._folder, self.sharing
        )
        about = {
            "software": f"msarchive/{program_version}",
            "format": "WARC File Format 1.1",
            "conformsTo": CONFORMS_TO,
            "isPartOf": self._site,
            "description": f"{kind}, run {self.run_id} of the archive",
        }
        self._captures.begin(self._site, {**about, **(warcinfo or {})})
        return self.run_id

    def end_run(
        self, outcome: RunOutcome, reason: str, counts: Mapping[str, int], *, exit_code: int | None = None
    ) -> None:
        """End the run that is under way. Raises `RuntimeError` when there is none.

        `exit_code` is what the program is to end with; None when that is not for this run to say.
        """
        run = self._run()
        self.commit()
        self._captures.end(run)
        if self.sharing is not None:  # those of workers that were killed meanwhile
            heal(self.db, self._folder, spare=self.sharing.live_runs())
        run_record.end(self.db, run, outcome, reason, counts, exit_code)
        self.run_id = None

    def leave_run(self, counts: Mapping[str, int], blocked: str | None) -> None:
        """End this worker's part in a run that others go on with; `blocked` is why they should not, None when
        they should."""
        assert self.sharing is not None, "nobody else is at the run"
        self.commit()
        self._captures.end(self._run())
        self.sharing.leave(counts, blocked)
        self.run_id = None

    def save_page(
        self,
        record: PageRecord,
        *,
        now: str,
        lost: tuple[str, ...] | None = None,
        leased: int | None = None,
        grouped: bool = False,
    ) -> SavedPage:
        """Write everything of one page, or nothing, in one transaction.

        It is committed with this page, and with those before it that waited; `grouped` says that it may wait
        for more, or for `commit`: see `is_open`. (Where workers take turns nothing waits: the others would.)

        `now` (UTC text) is when addresses found on it count as heard of, and are due. `lost` are the fields
        for want of which its reading was held in the archive that this one is made again from; None when it
        was not. `leased` is the id of the address that was asked where this worker holds a lease of it, which
        is given back; None where there are no leases. Raises `RuntimeError` outside a run, and `LeaseLost`
        when another worker has taken the address over: then nothing is written.
        """
        try:
            return self._keep_and_save(record, now, lost, leased, grouped)
        except UnicodeEncodeError:
            # Half a surrogate pair, from a page's escaped JSON: no database takes it, and none of it is text.
            return self._keep_and_save(storable(record), now, lost, leased, grouped)

    def _keep_and_save(
        self,
        record: PageRecord,
        now: str,
        lost: tuple[str, ...] | None,
        leased: int | None,
        grouped: bool,
    ) -> SavedPage:
        self._run()
        if self._room is not None:
            self._room.check()
        reading = reading_digest(record)
        original = None
        if record.capture.unchanged and record.capture.url is not None:
            original = self._captures.last_of(record.capture.url, record.capture.captured_at)
        waits = self._may_wait(grouped)
        kept = self._captures.keep(record.capture, original, last=not waits)
        with self._transaction(waits):
            self._settle_lease(leased)
            return self._save(record, kept, reading, now, lost)

    def record_failure(
        self,
        url: str,
        reason: str,
        *,
        now: str,
        retry_at: str | None,
        final_state: Literal["failed", "refused"] = "failed",
        leased: int | None = None,
        grouped: bool = False,
    ) -> None:
        """Write that a request for `url` got no answer: it is tried again at `retry_at`, or given up when
        None. `leased`, `grouped` and `LeaseLost` are as in `save_page`."""
        with self._transaction(self._may_wait(grouped)):
            self._settle_lease(leased)
            url_id = self._own_id(url, "page", "seed", now)
            if retry_at is not None:
                self._urls.try_again(url_id, reason, now=now, at=retry_at, status=None)
            else:
                self._urls.give_up(url_id, reason, now=now, state=final_state)
            self._urls.forget_url(url)

    @property
    def is_open(self) -> bool:
        """Whether there are pages that wait for `commit`. Not after it, whatever came of it."""
        return self._group.is_open

    def commit(self) -> None:
        """Bring to disk what was saved `grouped` and is not yet; nothing when there is none.

        Raises what keeps the archive from being written: then none of those pages is in it.
        """
        self._group.commit(self._around())

    def has_capture(
        self, url: str | None, at: str, file_name: str | None, status: int | None, sha256: str | None
    ) -> bool:
        """See `Captures.has`."""
        return self._captures.has(url, at, file_name, status, sha256)

    def find_capture(self, record_id: str | None, url: str | None, at: str | None) -> int | None:
        """See `Captures.find`."""
        return self._captures.find(record_id, url, at)

    def has_body(self, url: str, at: str) -> bool:
        """Whether there is a capture that a 304 answer of an address at `at` can vouch for."""
        return self._captures.last_of(url, at) is not None

    def address(self, url: str) -> tuple[UrlKind, int] | None:
        """Kind and depth of a known address; None when it was never heard of."""
        row = self.db.one("SELECT kind, depth FROM url WHERE url = ?", url)
        return None if row is None else (row[0], row[1])

    def settle(self, now: str) -> Settled:
        """Find what only the whole archive tells: boilerplate by counting, the borders of topics. See
        `Settling`."""
        with self._transaction():
            return self._settling.settle(now)

    def release(self, capture_id: int, reading: NewReading) -> bool:
        """Let a reading out of quarantine: store it as if it had never been held, with its capture's date.
        Whether it made a new revision."""
        with self._transaction():
            return release(capture_id, reading, self.db, self._articles, self._cards)

    def restoring(self) -> Restoring:
        """What puts back articles from an export, in this run."""
        return Restoring(self.db, self._site, self._captures, self._urls, self._cards, self._revisions)

    def _save(
        self, record: PageRecord, kept: Kept, reading: str | None, now: str, lost: tuple[str, ...] | None
    ) -> SavedPage:
        run, capture, article_id = self._run(), record.capture, _article_id(record)
        url_id, depth = None, 0
        if capture.url is not None:
            via: Literal["import", "seed"] = "import" if capture.origin == "import" else "seed"
            url_id = self._own_id(capture.url, record.url_kind, via, now, record)
            depth = self._urls.depth(capture.url)
        look = None
        if self._judges:
            look = self._quarantine.look(record.fields, record.article, capture, record.url_kind, url_id, run)
        if look is not None and look.held:
            lost = look.lost
        if lost is not None:
            record = held_back(record, lost)
        new_urls = self._urls.hear_all(record.found, url_id, depth + 1, now=now, run=run)
        list_id = self._cards.save_list(record.cards, capture.captured_at) if record.cards else None
        before = None if url_id is None else self._sha256_before(url_id, capture.captured_at)
        capture_id = self._captures.insert(capture, kept, run, url_id, list_id, reading)
        if look is not None:
            self._quarantine.note(look, capture_id, now)
        elif record.fields is not None and capture.origin == "crawl":
            self._quarantine.note_shape(capture_id, record.fields)
        if capture.unchanged and url_id is not None:
            list_id, saved = self._articles.see_again(capture_id, url_id, capture.captured_at)
        else:
            saved = self._save_article(record, capture_id, kept.sha256)
        if list_id is not None:
            self._cards.sight(list_id, url_id, saved.key if saved else None, capture_id, capture.captured_at)
            self._cards.tell(record.cards)
        visit = None
        if url_id is not None and record.outcome is not None:
            changed = None if before is None else before != kept.sha256
            if changed and saved is not None:
                changed = saved.new_revision
            visit = self._finish(url_id, record, capture_id, saved, changed, now=now)
        return SavedPage(
            capture_id,
            article_id,
            saved is not None and saved.new_article,
            saved is not None and saved.new_revision,
            new_urls,
            visit,
            look is not None and bool(look.lost or look.doubts),
        )

    def _sha256_before(self, url_id: int, at: str) -> str | None:
        """Digest of the entity that an address last gave before `at`; None when it never gave one."""
        digest: str | None = self.db.value(
            "SELECT sha256 FROM capture WHERE url_id = ? AND captured_at <= ? AND kind <> 'error' "
            "AND truncated IS NULL ORDER BY captured_at DESC, id DESC LIMIT 1",
            url_id, at,
        )  # fmt: skip
        return digest

    def _save_article(self, record: PageRecord, capture_id: int, sha256: str) -> SavedArticle | None:
        if record.article is None:
            return None
        return self._articles.save(record.article, record.capture, capture_id, sha256)

    def _finish(
        self,
        url_id: int,
        record: PageRecord,
        capture_id: int,
        saved: SavedArticle | None,
        changed: bool | None,
        *,
        now: str,
    ) -> Visit:
        """Write the new state of the address that was asked, and what it tells of its article."""
        assert record.outcome is not None
        visit = self._urls.settle_outcome(
            url_id, record.outcome, record, now=now, run=self.run_id, changed=changed
        )
        if visit.state in ("redirected", "alias") and record.outcome.target is not None:
            target = self._urls.id_of(record.outcome.target)
            if target != url_id:
                self.db.run("UPDATE capture SET target_url_id = ? WHERE id = ?", target, capture_id)
        if visit.state in ("gone", "redirected"):
            self._articles.events.update_named(url_id)
        elif visit.state == "alias" and saved is not None and not record.capture.unchanged:
            self._articles.events.update(saved.key)
        return visit

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
            article, article_id = None, None
            if record is not None:
                article, article_id = record.article, record.article_id
            if article_id is None and article is not None and article.url == url:
                article_id = article.article_id
            self._urls.hear(FoundRecord(url, kind, via, article_id), None, 0, now=now, run=self.run_id)
            known = self._urls.id_of(url)
        assert known is not None
        return known

    def _run(self) -> int:
        if self.run_id is None:
            raise RuntimeError("no run is under way")
        return self.run_id

    def _settle_lease(self, leased: int | None) -> None:
        if self.sharing is not None and leased is not None:
            self.sharing.leases.settle(self.db, leased)

    def _transaction(self, waits: bool = False) -> AbstractContextManager[None]:
        return self._group.page(self._around(), waits=waits)

    def _around(self) -> Around:
        # On disk before the transaction that names it: a row never refers to what is not there.
        return Around(self._heed_others, self._captures.bring_to_disk, self._forget)

    def _may_wait(self, grouped: bool) -> bool:
        return grouped and self.sharing is None and not self._group.is_full

    def _heed_others(self) -> None:
        if self.sharing is not None and self.sharing.others_wrote != self._others_wrote:
            self._others_wrote = self.sharing.others_wrote
            self._forget()

    def _forget(self) -> None:
        """What is remembered of a transaction's rows is not true any more when it was rolled back."""
        self._names.forget()
        self._urls.forget()
        self._cards.forget()
        self._captures.forget()
        self._quarantine.forget()


def _article_id(record: PageRecord) -> str | None:
    return record.article.article_id if record.article is not None else None
