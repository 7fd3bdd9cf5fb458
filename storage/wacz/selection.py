"""What goes into a package: all of a site's captures, those of one run, or those since a date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, text

_CAPTURES = """
SELECT c.id, c.run_id, u.url, c.captured_at, c.status, c.kind, c.media_type, c.record_type, c.record_id,
       c.payload_digest, c.refers_to_id, f.name, c.warc_offset, c.warc_length, c.request_offset,
       c.request_length, r.title, c.article_key
FROM capture c JOIN run n ON n.id = c.run_id JOIN warc_file f ON f.id = c.warc_file_id
LEFT JOIN url u ON u.id = c.url_id LEFT JOIN revision r ON r.id = c.revision_id
WHERE n.site = :site ORDER BY c.id
"""
_FILES = """
SELECT f.name, f.size FROM warc_file f JOIN run n ON n.id = f.run_id WHERE n.site = :site ORDER BY f.id
"""


class NothingToPack(Exception):
    """There is no capture to put into a package. The message is one line."""


@dataclass(frozen=True, slots=True)
class PackedCapture:
    """A capture as the index, the page list and the WARC files need it."""

    id: int
    run: int
    url: str | None
    captured_at: str
    status: int | None
    kind: str
    media_type: str | None
    record_type: str
    record_id: str
    payload_digest: str
    refers_to: int | None
    file: str
    offset: int
    length: int
    request_offset: int | None
    request_length: int | None
    title: str | None
    """Of the article's revision that it shows; None when it shows none."""
    article_key: int | None
    """Internal number of that article; None when it shows none."""

    def spans(self) -> Iterator[tuple[int, int]]:
        """Offset and length of its records in the file."""
        yield self.offset, self.length
        if self.request_offset is not None and self.request_length is not None:
            yield self.request_offset, self.request_length


@dataclass(frozen=True, slots=True)
class Selection:
    """What goes into a package."""

    site: str
    whole: bool
    """Whether that is all that the archive has of the site."""
    captures: tuple[PackedCapture, ...]
    """In the order in which they were made."""
    files: tuple[tuple[str, int], ...]
    """Name of each WARC file and how many bytes of it count, in the order in which they were begun."""


def sites(connection: Connection) -> list[str]:
    """The sites that the archive has runs of."""
    sql = "SELECT DISTINCT site FROM run WHERE outcome IS NULL OR outcome <> 'skipped' ORDER BY site"
    return list(connection.execute(text(sql)).scalars())


def select(
    connection: Connection, site: str, *, run: int | None = None, since: str | None = None
) -> Selection:
    """The captures of a run, or those since a time (UTC text), with those that they refer to; None: all.

    Raises `NothingToPack`.
    """
    every = [PackedCapture(*row) for row in connection.execute(text(_CAPTURES), {"site": site})]
    chosen = [
        one
        for one in every
        if (run is None or one.run == run) and (since is None or one.captured_at >= since)
    ]
    if not chosen:
        asked = [f"run {run}"] if run is not None else []
        asked += [f"since {since}"] if since is not None else []
        raise NothingToPack(f"no captures of {site} {' '.join(asked)}".rstrip() + " in the archive")
    whole = len(chosen) == len(every)
    wanted = {one.id for one in chosen} | {one.refers_to for one in chosen if one.refers_to is not None}
    captures = tuple(one for one in every if one.id in wanted)
    named = {one.file for one in captures}
    files = tuple(
        (name, size)
        for name, size in connection.execute(text(_FILES), {"site": site})
        if whole or name in named
    )
    return Selection(site, whole, captures, files)
