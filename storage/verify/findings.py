"""What verifying an archive finds, as data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal

Level = Literal["damage", "note"]

CODES: dict[str, tuple[Level, str]] = {
    "database-unreadable": ("damage", "the database can't be opened as an archive"),
    "database-changed": ("damage", "archive.db is not what its checksum says"),
    "checksum-unreadable": ("damage", "archive.db.sha256 is no checksum"),
    "database-damaged": ("damage", "the database's own check or a constraint fails, or a row can't be read"),
    "schema-changed": ("damage", "a table or index is missing or not as this version makes it"),
    "foreign-key": ("damage", "a row names another row that is not there"),
    "search-index": ("damage", "the full-text index disagrees with the text"),
    "passage-changed": ("damage", "a paragraph's text does not have its digest"),
    "card-list-changed": ("damage", "a card list does not have its digest"),
    "revision-changed": ("damage", "a revision's content does not have its digest"),
    "revision-without-capture": ("damage", "no capture shows a revision"),
    "revision-without-evidence": ("damage", "a revision's value has no evidence"),
    "article-without-revision": ("damage", "an article has no current revision"),
    "revisit-disagrees": ("damage", "a revisit says another body than the capture it refers to"),
    "warc-missing": ("damage", "a WARC file is not there, or can't be read"),
    "warc-cut": ("damage", "a WARC file is shorter than what counts of it"),
    "warc-grown": ("damage", "a finished WARC file is longer than it was"),
    "warc-changed": ("damage", "a finished WARC file does not have its SHA-256"),
    "warc-damaged": ("damage", "bytes between named records that are no record"),
    "record-damaged": ("damage", "a capture's record, or its request's, can't be read where it should be"),
    "record-differs": ("damage", "a record is not what the database says of it"),
    "quarantine": ("note", "readings that have lost fields, and wait to be read again"),
    "quarantine-not-held": ("damage", "a reading in quarantine has made a revision all the same"),
    "no-checksum": ("note", "there is no checksum of archive.db"),
    "server-unchecked": ("note", "what of a PostgreSQL server only the server can look at"),
    "writer-at-work": ("note", "a run is writing to the archive"),
    "lock-stale": ("note", "a run ended without tidying up"),
    "torn-end": ("note", "what a killed run left of a record that was never finished"),
    "records-unnamed": ("note", "whole records that no capture names"),
    "warc-unnamed": ("note", "a file that the database does not name"),
}
"""Code -> its level and what it means. Codes are stable: scripts may rely on them."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found, for one line."""

    code: str
    """A key of `CODES`."""
    message: str
    """What is wrong, in one line; may hold text from the site."""
    file: str | None = None
    """File it is in, relative to the archive's folder; None when it is in no one file."""
    offset: int | None = None
    """Byte offset in that file; None when it concerns the whole file."""
    capture_id: int | None = None
    """Capture it concerns; None when none or many."""

    @property
    def level(self) -> Level:
        """`damage`, or `note` for what is no damage."""
        return CODES[self.code][0]


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying came to."""

    findings: tuple[Finding, ...]
    captures: int
    """Captures whose records were looked at."""
    files: int
    """WARC files that the database names."""
    bytes: int
    """Length of these files together, as the database has it."""
    revisions: int
    """Revisions whose content was digested again."""

    @property
    def sound(self) -> bool:
        """Whether no damage was found."""
        return not self.damage

    @property
    def damage(self) -> int:
        """Number of findings that are damage."""
        return Counter(finding.level for finding in self.findings)["damage"]

    @property
    def notes(self) -> int:
        """Number of findings that are notes."""
        return len(self.findings) - self.damage
