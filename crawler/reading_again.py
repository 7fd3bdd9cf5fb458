"""One process's part in a reread: from a capture in the archive to its new reading, as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from crawler.capture_reading import DAMAGED, SAME, CaptureReader, KeptCapture, ToRead
from spiders.page import Fetched, Page
from spiders.reading.profile import SiteProfile
from storage.archive import open_archive
from storage.bodies import BodyReader
from storage.db import Db
from storage.warc.records import RecordDamaged

__all__ = ["DAMAGED", "SAME", "Again", "Wanted"]

Wanted = tuple[int, str | None]
"""A capture, and the digest of the reading that need not be sent; None: of any."""

_ROW = (
    "SELECT c.captured_at, c.status, c.headers, c.origin, c.truncated, c.file_name, u.url, u.kind, u.depth "
    "FROM capture c LEFT JOIN url u ON u.id = c.url_id WHERE c.id = ?"
)
_ANSWERED = "SELECT count(*) FROM url WHERE site = ? AND kind = ? AND last_ok_at IS NOT NULL"
_NO_LIMIT = 1 << 30


class Again:
    """Reads captures of the archive in `directory` (its tables in `database`, when that is given) with a
    profile. Opens the archive for reading only."""

    def __init__(self, directory: Path, profile: SiteProfile, database: str | None = None) -> None:
        self._archive = open_archive(directory, read_only=True, database=database)
        self._connection = self._archive.engine.connect()
        self._bodies = BodyReader(self._archive, self._connection)
        self._db = Db(self._connection)
        self.profile = self._unlimited(profile)
        """The profile with the limits on a crawl lifted, or shut: for a `CaptureReader`."""
        self._reader = CaptureReader(self.profile)

    def close(self) -> None:
        """Close the archive."""
        self._bodies.close()
        self._connection.close()
        self._archive.close()

    def read(self, captures: Iterable[Wanted]) -> list[bytes]:
        """The new reading of each of these captures, encoded. `SAME` where it has the digest that stands
        beside the capture (None: whatever it has); `DAMAGED` where the record in a WARC file is not there, or
        not what the database says. Raises `OSError` when a file can't be read."""
        return self._reader.read(self.kept(captures))

    def kept(self, captures: Iterable[Wanted]) -> Iterable[ToRead]:
        """What reading these captures takes, one after another, for whoever reads them elsewhere. Raises as
        `read`."""
        return (ToRead(self._kept(capture_id), stored) for capture_id, stored in captures)

    def page(self, capture_id: int) -> Page | None:
        """A capture as the page it was, read again; None where its record is damaged. Raises as `read`."""
        kept = self._kept(capture_id)
        try:
            return None if kept is None else self._reader.page(kept)
        except RecordDamaged:
            return None

    def _kept(self, capture_id: int) -> KeptCapture | None:
        """None where the record is not where the database says."""
        row = self._db.one(_ROW, capture_id)
        assert row is not None, "captures are never removed"
        at, status, headers, origin, truncated, file_name, url, kind, depth = row
        fetched = Fetched(
            url=url, fetched_at=at, status=status, headers=tuple(map(tuple, json.loads(headers))),
            body=b"", origin=origin, truncated=truncated, file_name=file_name,
        )  # fmt: skip
        try:
            return KeptCapture(fetched, kind, depth or 0, self._bodies.packed(capture_id))
        except (RecordDamaged, FileNotFoundError):
            return None

    def _unlimited(self, profile: SiteProfile) -> SiteProfile:
        """The crawl counted pages as they came; now it is known how many there are."""

        def limit(kind: str, most: int) -> int:
            return _NO_LIMIT if int(self._db.value(_ANSWERED, profile.name, kind)) < most else 0

        return replace(
            profile,
            max_pages_a_listing=limit("listing", profile.max_pages_a_listing),
            max_other_pages=limit("page", profile.max_other_pages),
            max_articles=_NO_LIMIT,
            max_sitemaps=_NO_LIMIT,
        )
