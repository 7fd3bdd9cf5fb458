"""`python -m benchmarks.uncaptured ARGUMENTS`: today's `msarchive`, without the work of exact captures.

What stood in their place before there were any is put there from outside; the program has no switch for it:

- Answers come by Scrapy's HTTP/1.1 handler as it is: nothing that crosses the wire is recorded, headers are
  Scrapy's, no request is kept. Whom a connection may lead to is checked as ever. (Pages here have no content
  coding, so that there is nothing to undo on either side.)
- No WARC file: no records, no digest of blocks and payloads, no sync, no row of files. A body goes into the
  database under its SHA-256, compressed by zlib's level 1, which is what was done before.

All else is the same code: gate, reading, URL table, transactions, search index, settling. What a capture's
row says of its record is made up here, so the archive is good for being timed and for nothing else.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from typing import Any

from scrapy import Request
from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _ScrapyAgent
from scrapy.crawler import Crawler
from scrapy.http import Response
from scrapy.utils._download_handlers import wrap_twisted_exceptions
from scrapy.utils.defer import maybe_deferred_to_future

from crawler import wire
from crawler.cli import main
from crawler.clock import utc_now
from crawler.guard import Guard, GuardedReactor
from crawler.politeness import Turn
from spiders.answers import EXCHANGE
from spiders.page import Exchange
from storage import captures, writer
from storage.captures import Kept, Original
from storage.records import CaptureRecord
from storage.warc.files import Place
from storage.warc.records import digest, new_id

_LEVEL = 1
_NOWHERE = "none.warc.gz"


class _Agent(_ScrapyAgent):
    """Asks as Scrapy does; only the check of addresses is ours."""

    guard: Guard

    def _get_agent(self, request: Request, timeout: float) -> Any:
        agent: Any = super()._get_agent(request, timeout)
        endpoints = agent._endpointFactory
        endpoints._reactor = GuardedReactor(endpoints._reactor, self.guard)
        return agent


class _Handler(wire.RecordingHandler):
    """The crawl's handler, which does not record."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _LenientHTTP11ClientFactory

    async def _ask(self, request: Request, turn: Turn) -> Response:
        agent = _Agent(
            contextFactory=self._contextFactory,
            bindAddress=self._bind_address,
            pool=self._pool,
            maxsize=self._default_maxsize,
            warnsize=self._default_warnsize,
            fail_on_dataloss=False,
            crawler=self._crawler,
            tls_verbose_logging=self._tls_verbose_logging,
        )
        agent.guard = self._guard
        started_at = utc_now()
        turn.asking()
        with wrap_twisted_exceptions():
            response = await maybe_deferred_to_future(agent.download_request(request))
        turn.hearing()
        headers = tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, values in response.headers.items()
            for value in values
        )
        request.meta[EXCHANGE] = Exchange(
            url=request.url,
            request=b"",
            response=b"",
            started_at=started_at,
            status=response.status,
            headers=headers,
            entity=response.body,
            ip_address=str(response.ip_address),
        )
        return response


class _Bodies(captures.Captures):
    """Captures whose bodies are in the database."""

    def begin(self, label: str, info: Mapping[str, str]) -> None:
        """Make the table of bodies."""
        self._db.run("CREATE TABLE body (id INTEGER PRIMARY KEY, sha256 TEXT UNIQUE, size INT, content BLOB)")

    def end(self, run: int) -> None:
        """Nothing is open."""

    def keep(self, capture: CaptureRecord, original: Original | None, *, last: bool = True) -> Kept:
        """Only the entity's digest is needed before the transaction."""
        sha256 = hashlib.sha256(capture.body).hexdigest()
        place, size = Place(_NOWHERE, 0, 1), len(capture.body)
        # Unique as payload digests are, so that the table's indexes have as much to do.
        record_id, named = new_id(), f"sha256:{sha256}"
        return Kept("response", record_id, place, None, named, named, sha256, size, None)

    def bring_to_disk(self) -> None:
        """Nothing is on its way."""

    def insert(
        self, capture: CaptureRecord, kept: Kept, run: int, url_id: int | None, list_id: int | None,
        reading_digest: str | None,
    ) -> int:  # fmt: skip
        """The capture's row, and its body's when that is new."""
        if self._db.value("SELECT id FROM body WHERE sha256 = ?", kept.sha256) is None:
            self._db.insert(
                "INSERT INTO body (sha256, size, content) VALUES (?, ?, ?)",
                kept.sha256, kept.size, zlib.compress(capture.body, _LEVEL),
            )  # fmt: skip
        return super().insert(capture, kept, run, url_id, list_id, reading_digest)

    def _file_id(self, name: str, run: int) -> int:
        if name not in self._file_ids:
            self._file_ids[name] = self._db.insert(
                "INSERT INTO warc_file (name, run_id, created_at, size, sha256) VALUES (?, ?, ?, 0, ?)",
                name, run, utc_now(), digest(b"")[7:],
            )  # fmt: skip
        return self._file_ids[name]


def without_captures() -> None:
    """Put in the place of exact captures, in this process, what stood there before."""
    setattr(wire, "RecordingHandler", _Handler)  # noqa: B010 - a class is no variable
    setattr(writer, "Captures", _Bodies)  # noqa: B010 - the name there is not exported


if __name__ == "__main__":
    without_captures()
    main()
