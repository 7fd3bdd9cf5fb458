"""Which sites of an archive a reread is about, and with which profile each of them is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection

from crawler.exits import UserError
from crawler.loopback import is_loopback
from crawler.skipping import note_skip
from spiders.reading.profile import ProfileError, SiteProfile
from spiders.sites import load_profile
from storage.archive import Archive, ArchiveBusy, ArchiveError, open_archive
from storage.db import Db


def sites_of(archive: Archive, site: str | None) -> list[tuple[str, SiteProfile]]:
    """The archive's sites, or the one that is asked for, each with its profile as it is today.

    Raises `UserError` or `ProfileError` for a site that has none, or of which the archive has nothing.
    """
    with archive.engine.begin() as connection:
        known: dict[str, str | None] = {
            row[0]: row[1]
            for row in Db(connection).all(
                "SELECT n.site, (SELECT json_extract(m.settings, '$.MSARCHIVE_SITE') FROM run m "
                "WHERE m.site = n.site AND m.kind IN ('crawl', 'demo') AND m.outcome IS NOT 'skipped' "
                "ORDER BY m.id DESC LIMIT 1) FROM run n WHERE n.kind <> 'reread' "
                "AND n.outcome IS NOT 'skipped' GROUP BY n.site ORDER BY n.site"
            )
        }
        if site is not None:
            profile = load_profile(site)
            if profile.name not in known:
                raise UserError(f"the archive has nothing of {profile.name}; it has {', '.join(known)}")
            return [(profile.name, _where_it_was(profile, connection))]
        return [(name, _where_it_was(_profile_of(name, given), connection)) for name, given in known.items()]


def _profile_of(name: str, given: str | None) -> SiteProfile:
    """The profile that a site was crawled with, as it is today."""
    for place in dict.fromkeys((given or name, name)):
        try:
            profile = load_profile(place)
        except ProfileError:
            continue
        if profile.name == name:
            return profile
    raise UserError(f"there is no profile for {name} any more: name its file with --site")


def _where_it_was(profile: SiteProfile, connection: Connection) -> SiteProfile:
    """The profile moved to where the archived pages lie, when that is a copy of the site on this machine."""
    for url in Db(connection).column(
        "SELECT u.url FROM capture c JOIN url u ON u.id = c.url_id WHERE u.site = ? "
        "AND c.revision_id IS NOT NULL ORDER BY c.id DESC LIMIT 1",
        profile.name,
    ):
        parts = urlsplit(url)
        if parts.netloc not in profile.hosts and is_loopback(parts.hostname or ""):
            return profile.at(f"{parts.scheme}://{parts.netloc}/")
    return profile


def profile_of_capture(
    directory: Path, capture: int, site: str | None, database: str | None = None
) -> SiteProfile:
    """The profile to read a capture with: `site`, or that of its site in the archive.

    Raises `UserError` for a capture that is not there, or a site without a profile, and `ArchiveError`.
    """
    with open_archive(directory, read_only=True, database=database) as archive:
        with archive.engine.connect() as connection:
            name = Db(connection).value(
                "SELECT n.site FROM capture c JOIN run n ON n.id = c.run_id WHERE c.id = ?", capture
            )
        if name is None:
            raise UserError(f"no capture {capture} in the archive")
        return dict(sites_of(archive, site))[name] if site is None else sites_of(archive, site)[0][1]


@contextmanager
def noting_skipped_rereads(
    directory: Path, site: str | None, settings: Mapping[str, Any], database: str | None = None
) -> Iterator[None]:
    """Around a reread of these sites: note one run for each that could not begin because another held the
    archive, and let `ArchiveBusy` go on its way.

    Of an archive that its holder is just making or reshaping nothing can be told: then nothing is noted.
    """
    try:
        yield
    except ArchiveBusy as busy:
        try:
            with open_archive(directory, read_only=True, database=database) as archive:
                sites = sites_of(archive, site)
        except (ArchiveError, UserError, ProfileError):
            sites = []
        for name, profile in sites:
            note_skip(
                directory, busy, kind="reread", site=name, profile_digest=profile.digest, settings=settings
            )
        raise
