"""Putting back into an archive what an export holds. For the one writer.

An export has no captures. What is kept in their place is the export's own record of the article, as JSON,
with the dates at which the site was seen to say it: one `resource` record, and a revisit of it for every
other time. Every value's evidence leads there, so nobody can take it for what the site sent. Boilerplate,
which exports do not hold, is not put back.
"""

from __future__ import annotations

import json
from collections.abc import Container, Mapping, Sequence
from typing import Any

from storage.captures import Captures
from storage.cards import Cards
from storage.content import Content, digests
from storage.db import Db
from storage.export.restored import BodyDigest, Document, card_of, contents_of, date_of
from storage.records import CaptureRecord, CardRecord, FoundRecord
from storage.revisions import Revisions
from storage.urls import Urls

EXPORTED = "application/vnd.msarchive.article+json"
"""Media type of a record that is an export's and no page."""
Seen = tuple[str, int, int | None]
"""When a capture was made, its number, and that of its address."""


class Restoring:
    """Writes articles of exports. Inside the writer, during a run."""

    def __init__(
        self, db: Db, site: str, captures: Captures, urls: Urls, cards: Cards, revisions: Revisions
    ) -> None:
        self._db, self._site = db, site
        self._captures, self._urls, self._cards, self._revisions = captures, urls, cards, revisions

    def is_open(self) -> bool:
        """Whether the archive holds nothing but what exports had."""
        return not self._db.value("SELECT count(*) FROM capture WHERE media_type IS NOT ?", EXPORTED)

    def put(self, document: Document, *, run: int, now: str, name: str, body_digest: BodyDigest) -> bool:
        """Write one article in one transaction; False when it is there already. `name` is the export's."""
        if self._db.value("SELECT 1 FROM article WHERE site = ? AND key = ?", self._site, document["key"]):
            return False
        with self._db.transaction():
            contents = contents_of(document, body_digest)
            article = self._article(document, contents)
            seen = self._captured(document, contents, run, now, name)
            self._revised(document, contents, article, seen)
            self._happened(document, article, run, now, name)
            self._shown(document, article, seen)
            self._captures.bring_to_disk()
        return True

    def _article(self, document: Document, contents: Mapping[int, Content]) -> int:
        key = document["key"]
        identity, identity_key = "id", document["id"]
        if identity_key is None:
            identity = key.partition(":")[0]
            identity_key = document["url"]
            if identity == "body":
                identity_key = contents[document["revision"]].body_digest
        return self._db.insert(
            "INSERT INTO article (site, identity, identity_key, key, article_id, url, first_seen_at, "
            "last_seen_at, gone_since, published_raw, published_iso, published_precision, published_source, "
            "teaser) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._site, identity, identity_key, key, document["id"], document["url"],
            document["first_seen_at"], document["last_seen_at"], document["gone_since"],
            document["published_raw"], document["published_on"], document["published_precision"],
            document["published_source"], document["teaser"],
        )  # fmt: skip

    def _captured(
        self, document: Document, held: Container[int], run: int, now: str, name: str
    ) -> dict[int | None, list[Seen]]:
        """A capture for each that the export names; revision -> (time, number, address)."""
        body = _record(document)
        seen: dict[int | None, list[Seen]] = {}
        # Of a revision that the export leaves out, being made without --history, nothing is left to show.
        rows = [row for row in document["article_captures"] if row["revision"] in held] or [_only(document)]
        for row in sorted(rows, key=lambda row: (row["captured_at"], row["id"])):
            capture = self._kept(row["captured_at"], row["url"], "summary", body, run, now, name, row)
            url = self._urls.id_of(row["url"]) if row["url"] is not None else None
            seen.setdefault(row["revision"], []).append((row["captured_at"], capture, url))
        return seen

    def _kept(
        self, at: str, url: str | None, kind: str, body: bytes, run: int, now: str, name: str, row: Document
    ) -> int:
        capture = CaptureRecord(
            url=url, captured_at=at, status=row["status"], headers=(), body=body, origin="import", kind=kind,
            reason=None if kind == "summary" else "as an export has it", media_type=EXPORTED, etag=None,
            last_modified=None, file_name=name, reader_version=row.get("reader_version"),
        )  # fmt: skip
        url_id = None
        if url is not None:
            # Known, and still to be asked for: of the site itself the archive has nothing.
            found = FoundRecord(url, "article", "import", row.get("article_id"))
            self._urls.hear(found, None, 0, now=now, run=run)
            url_id = self._urls.id_of(url)
        return self._captures.insert(capture, self._captures.keep(capture, None), run, url_id, None, None)

    def _revised(
        self,
        document: Document,
        contents: Mapping[int, Content],
        article: int,
        seen: Mapping[int | None, list[Seen]],
    ) -> None:
        first = next(iter(seen.values()))[0][1]
        for row in document.get("article_revisions", (document,)):
            number, content = row["revision"], contents[row["revision"]]
            captures = [capture for _, capture, _ in seen.get(number, ())]
            revision = self._revisions.insert(
                article, number, row.get("is_current", True), content, digests(content),
                row["first_seen_at"], captures[0] if captures else first,
            )  # fmt: skip
            span = _span(document, row, seen.get(number, ()))
            self._db.run(
                "UPDATE revision SET first_seen_at = ?, last_seen_at = ? WHERE id = ?", *span, revision
            )
            self._db.many(
                "UPDATE capture SET article_key = ?, revision_id = ? WHERE id = ?",
                [(article, revision, one) for one in captures],
            )

    def _happened(self, document: Document, article: int, run: int, now: str, name: str) -> None:
        for row in document.get("article_events", ()):
            kind = "gone" if row["event"] == "gone" else "other"
            capture = self._db.value(
                "SELECT id FROM capture WHERE article_key = ? AND captured_at = ? LIMIT 1", article, row["at"]
            )
            if capture is None:
                body = json.dumps(row, ensure_ascii=False, sort_keys=True).encode()
                capture = self._kept(row["at"], row["to_url"], kind, body, run, now, name, row)
            self._db.run(
                "INSERT INTO article_event VALUES (?, ?, ?, ?, ?, ?, ?)",
                article, row["at"], row["event"], capture, row["status"], row["from_url"], row["to_url"],
            )  # fmt: skip

    def _shown(self, document: Document, article: int, seen: Mapping[int | None, list[Seen]]) -> None:
        """The cards on its page, and what cards elsewhere said of it."""
        rows = document["article_cards"]
        if rows:
            first, last = rows[0]["first_seen_at"], rows[0]["last_seen_at"]
            listed = self._cards.save_list(tuple(map(card_of, rows)), first)
            self._cards.save_list(tuple(map(card_of, rows)), last)
            captures = sorted(one for some in seen.values() for one in some)
            within = [one for one in captures if first <= one[0] <= last] or captures
            for at, (_, capture, url) in ((first, within[0]), (last, within[-1])):
                self._cards.sight(listed, url, article, capture, at)
        if document["id"] is not None and (document["published_source"] == "card" or document["teaser"]):
            said = CardRecord(1, None, document["url"], document["id"], None, document["teaser"], None)
            if document["published_source"] == "card":
                said = CardRecord(
                    1, None, document["url"], document["id"], date_of(document, "published"),
                    document["teaser"], None,
                )  # fmt: skip
            for at in (document["first_seen_at"], document["last_seen_at"]):
                self._cards.save_list((said,), at)


def _record(document: Document) -> bytes:
    """The article as the export has it: what stands in the place of a page. Without what is peculiar to one
    capture, so that two exports of the same article say the same."""
    kept = {name: value for name, value in document.items() if name != "article_captures"}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True).encode()


def _only(document: Document) -> dict[str, Any]:
    return {
        "id": 0, "captured_at": document["last_seen_at"], "url": document["url"], "status": None,
        "revision": document["revision"],
    }  # fmt: skip


def _span(document: Document, row: Document, seen: Sequence[Seen]) -> tuple[str, str]:
    """When a revision was first and last seen; without the history as its captures say."""
    if "article_revisions" in document:
        return row["first_seen_at"], row["last_seen_at"]
    times = [at for at, _, _ in seen] or [document["last_seen_at"]]
    return min(times), max(times)
