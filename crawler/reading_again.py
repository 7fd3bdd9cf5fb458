"""One process's part in a reread: from a capture in the archive to its new reading, as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.boilerplate import separate
from pipelines.normalise import page_record
from spiders.page import Exchange, Fetched, Found, Page
from spiders.pages import PageMaker
from spiders.reading import read_page
from spiders.reading.addresses import kind_of
from spiders.reading.profile import SiteProfile
from spiders.walk import Walk
from storage.archive import open_archive
from storage.bodies import BodyReader
from storage.cleaning import storable
from storage.db import Db
from storage.readings import digest_of, reading_of
from storage.record_json import encode
from storage.warc.records import RecordDamaged

_ROW = (
    "SELECT c.captured_at, c.status, c.headers, c.origin, c.truncated, c.file_name, u.url, u.kind, u.depth "
    "FROM capture c LEFT JOIN url u ON u.id = c.url_id WHERE c.id = ?"
)
_LISTINGS = "SELECT count(*) FROM url WHERE site = ? AND kind = 'listing' AND last_ok_at IS NOT NULL"
_NO_LIMIT = 1 << 30
DAMAGED = b""
"""In place of a reading: there is nothing to read."""
SAME = b"="
"""In place of a reading: it is the one that is stored."""


class Again:
    """Reads captures of the archive in `directory` with a profile. Opens the archive for reading only."""

    def __init__(self, directory: Path, profile: SiteProfile) -> None:
        self._archive = open_archive(directory, read_only=True)
        self._connection = self._archive.engine.connect()
        self._bodies = BodyReader(self._archive, self._connection)
        self._db = Db(self._connection)
        listings = int(self._db.value(_LISTINGS, profile.name))
        # The crawl counted them as they came; now it is known how many there are.
        more = listings < profile.max_pages_a_listing
        self._profile = replace(profile, max_pages_a_listing=_NO_LIMIT if more else 0, max_articles=_NO_LIMIT)
        self._maker = PageMaker(self._profile)
        self._walk = Walk(self._profile)

    def close(self) -> None:
        """Close the archive."""
        self._bodies.close()
        self._connection.close()
        self._archive.close()

    def read(self, captures: Iterable[tuple[int, str | None]]) -> list[bytes]:
        """The new reading of each of these captures, encoded. `SAME` where it has the digest that stands
        beside the capture (None: whatever it has); `DAMAGED` where the record in a WARC file is not there, or
        not what the database says. Raises `OSError` when a file can't be read."""
        return [self._read(capture_id, stored) for capture_id, stored in captures]

    def page(self, capture_id: int) -> Page | None:
        """A capture as the page it was, read again; None where its record is damaged. Raises as `read`."""
        row = self._db.one(_ROW, capture_id)
        assert row is not None, "captures are never removed"
        try:
            return self._page(capture_id, *row)
        except (RecordDamaged, FileNotFoundError):
            return None

    def _read(self, capture_id: int, stored: str | None) -> bytes:
        page = self.page(capture_id)
        if page is None:
            return DAMAGED
        record = page_record(page, self._profile)
        if page.fetched.status is not None:
            record = separate(record)  # as a crawl's pipelines do, and an import of files does not
        try:
            data = encode(reading_of(record))
        except UnicodeEncodeError:
            data = encode(reading_of(storable(record)))
        return SAME if stored is not None and digest_of(data) == stored else data

    def _page(
        self, capture_id: int, at: str, status: int | None, headers: str, origin: Any, truncated: str | None,
        file_name: str | None, url: str | None, kind: Any, depth: int | None,
    ) -> Page:  # fmt: skip
        fetched = Fetched(
            url=url, fetched_at=at, status=status, headers=tuple(map(tuple, json.loads(headers))),
            body=self._bodies.read(capture_id), origin=origin, truncated=truncated, file_name=file_name,
        )  # fmt: skip
        if status is None or url is None:
            return self._file(fetched)
        exchange = Exchange(
            url=url, request=b"", response=b"", started_at=at, status=status, headers=fetched.headers,
            entity=b"",
        )  # fmt: skip
        page = self._maker.page(replace(fetched, exchange=exchange), kind, depth=depth or 0)
        return replace(page, fetched=fetched)

    def _file(self, fetched: Fetched) -> Page:
        """A saved file, read as its import read it."""
        html = any(value.startswith("text/html") for name, value in fetched.headers if name == "Content-Type")
        profile, url = self._profile, fetched.url
        reading = read_page(fetched.body, profile=profile, url=url, form="html" if html else "text")
        own = url or reading.url
        found: tuple[Found, ...] = ()
        kind = "page" if own is None else kind_of(own, profile)
        if own is not None:
            found = self._walk.found_on(
                reading, url=own, kind=kind, depth=profile.explore_depth, more_listings=True
            )
        return Page(fetched, kind, reading, found=found)
