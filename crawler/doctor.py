"""What `msarchive doctor` looks at besides the archive's records: disk, lock, schema, clock, robots.txt."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urljoin

from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from crawler.checks import Check, archive_checks
from crawler.cli.errors import as_user_error
from crawler.exits import ExitCode, UserError
from storage.archive import Archive, ArchiveError, ArchiveMissing, ArchiveOlder, open_archive
from storage.at_work import at_work
from storage.migrations import HEAD
from storage.overview import overview, size_on_disk

LOW_BYTES = 2 * 2**30
"""Free space from which on it is said."""
TOO_LOW_BYTES = 200 * 2**20
"""Free space with which no crawl should begin."""
LONG_LOG_BYTES = 512 * 2**20
MOST_SKEW = timedelta(minutes=5)

_LATEST = """
SELECT max(t) FROM (
    SELECT max(captured_at) AS t FROM capture WHERE origin = 'crawl'
    UNION ALL SELECT max(started_at) FROM run) AS written
"""
_LAST_ANSWERS = """
SELECT captured_at, headers FROM capture WHERE origin = 'crawl' AND status IS NOT NULL
ORDER BY id DESC LIMIT 20
"""
_LAST_CRAWL = """
SELECT (SELECT u.url FROM url u WHERE u.site = n.site AND u.kind = 'robots'
        ORDER BY u.last_tried_at DESC, u.id LIMIT 1), json_extract(n.settings, '$.USER_AGENT'),
    json_extract(n.settings, '$.MSARCHIVE_ALLOW_PRIVATE')
FROM run n WHERE n.kind IN ('crawl', 'demo') AND (n.outcome IS NULL OR n.outcome <> 'skipped')
ORDER BY n.id DESC LIMIT 1
"""


# A reader's transaction is read-only itself: what a writer's would be is the session's setting.
_SERVER = """
SELECT current_setting('server_version'), pg_database_size(current_database()),
    CAST(pg_is_in_recovery() AS INTEGER),
    current_setting('default_transaction_read_only'),
    CAST(has_table_privilege('public.run', 'INSERT') AS INTEGER)
"""
_SEE = (
    "see that the disk and the folder's permissions are as they should be",
    "see that the server runs, lets this role in, and has room",
)


@dataclass(frozen=True, slots=True)
class Patient:
    """What is looked at, and how."""

    directory: Path
    crawl: str
    """The command that crawls into it, for the advice."""
    now: datetime
    """With its time zone."""
    max_age_days: float
    """Without a success for so long, it is said."""
    offline: bool = False
    """Whether nothing may be asked of the site."""
    database: str | None = None
    """What is in the place of the folder's `archive.db`: see `open_archive`."""
    allow_private: tuple[str, ...] = ()
    """`HOST[:PORT]` that may be connected to besides what the last crawl might."""


def examine(patient: Patient) -> list[Check]:
    """Every check, in the order in which they are to be read; whatever is wrong is one, and never raised."""
    checks = [*_folder(patient)]
    try:
        archive = open_archive(patient.directory, read_only=True, database=patient.database)
    except ArchiveOlder as error:
        does = Check("schema", "warn", str(error), f"'{patient.crawl}' does it")
        return [*checks, _lock(patient.directory), does]
    except (ArchiveError, DatabaseError) as error:
        return [*checks, _lock(patient.directory), _unusable(error, patient)]
    with archive:
        try:
            checks += [_lock(patient.directory, archive), *_database(archive)]
            checks += [Check("schema", "ok", f"{HEAD}, the newest"), *_clock(archive, patient.now)]
            with archive.engine.connect() as connection:
                seen = overview(connection)
            checks += archive_checks(
                archive, seen, now=patient.now, crawl=patient.crawl, max_age_days=patient.max_age_days
            )
            return [*checks, _robots(archive, patient)]
        except DatabaseError as error:
            return [*checks, _unusable(error, patient)]


def _folder(patient: Patient) -> Iterator[Check]:
    directory = patient.directory
    if not directory.is_dir():
        if patient.database is not None:
            do = "name it with --archive where it is; what only asks the database does without"
            yield Check("folder", "warn", f"{directory} is not there, so no WARC file can be looked at", do)
        return
    free = shutil.disk_usage(directory).free
    taken = f"the {'archive takes' if patient.database is None else 'WARC files take'}"
    says = f"{_gib(free)} free, {taken} {_gib(size_on_disk(directory))}"
    if free < TOO_LOW_BYTES:
        yield Check("disk", "fail", says, "make room", ExitCode.STORAGE)
    elif free < LOW_BYTES:
        yield Check("disk", "warn", says, "make room soon")
    else:
        yield Check("disk", "ok", says)
    if not os.access(directory, os.W_OK | os.X_OK):
        do = "nothing, if it is only to be read; else give its user the right to write"
        yield Check("folder", "warn", f"{directory} can't be written to by this user", do)
    log = directory / "archive.db-wal"
    size = log.stat().st_size if log.exists() else 0
    if size > LONG_LOG_BYTES:
        do = "end readers that never let go of the database; the next writer that closes folds it in"
        yield Check("write-ahead log", "warn", f"{_gib(size)} long", do)


def _lock(directory: Path, archive: Archive | None = None) -> Check:
    found = at_work(directory, archive)
    if found:
        return Check("lock", "ok", f"held by {found}")
    if (directory / ".lock.json").exists():
        return Check("lock", "ok", "free; its last holder died, which does no harm")
    return Check("lock", "ok", "free")


def _database(archive: Archive) -> Iterator[Check]:
    """What PostgreSQL says of itself: its version and size, and whether a crawl could write there."""
    if archive.database is None:
        return
    with archive.engine.connect() as connection:
        version, size, standby, refuses, owns = connection.execute(text(_SERVER)).one()
    says = f"{archive.database}, PostgreSQL {version.split()[0]}, {_gib(size)}"
    if standby:
        yield Check(
            "database", "warn", f"{says}: a standby, which can be asked only", "crawl into its primary"
        )
    elif refuses == "on":
        do = "ALTER DATABASE or ROLE … RESET default_transaction_read_only, before a crawl"
        yield Check("database", "warn", f"{says}: set to read only", do)
    elif not owns:
        yield Check("database", "ok", f"{says}; this role may ask, and write nothing")
    else:
        yield Check("database", "ok", says)


def _unusable(error: Exception, patient: Patient) -> Check:
    known = as_user_error(error)
    code = known.code if known is not None else ExitCode.ERROR
    if isinstance(error, ArchiveMissing):
        return Check("archive", "fail", str(error), f"'{patient.crawl}' makes one", code)
    do = {
        ExitCode.DAMAGED: "'msarchive verify' says what is damaged; restore a copy",
        ExitCode.NEWER: "update msarchive",
    }.get(code, _SEE[patient.database is not None])
    return Check("archive", "fail", str(known or error), do, code)


def _clock(archive: Archive, now: datetime) -> Iterator[Check]:
    """The clock against what was written by it, and against the servers' word in the last answers."""
    with archive.engine.connect() as connection:
        latest = connection.execute(text(_LATEST)).scalar()
        answers = connection.execute(text(_LAST_ANSWERS)).all()
    if latest is not None and datetime.fromisoformat(latest) > now + MOST_SKEW:
        says = (
            f"it is {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC here, but the archive was written to at {latest}"
        )
        do = "set the clock: what is captured now would be dated before what was captured already"
        yield Check("clock", "fail", says, do, ExitCode.ERROR)
        return
    skews = [
        skew for captured, headers in answers if (skew := _skew(captured, json.loads(headers))) is not None
    ]
    if not skews:
        yield Check("clock", "ok", "not behind what the archive holds")
        return
    skew = sorted(skews)[len(skews) // 2]
    apart = f"{abs(skew.total_seconds()):.0f} s {'ahead of' if skew > timedelta(0) else 'behind'} the site's"
    if abs(skew) > MOST_SKEW:
        do = "see that this machine's clock is right (NTP), or that it is the site's that is wrong"
        yield Check("clock", "warn", f"at the last crawl it was {apart}", do)
    else:
        yield Check("clock", "ok", f"at the last crawl {apart}")


def _skew(captured_at: str, headers: list[list[str]]) -> timedelta | None:
    """How far our clock was ahead of a server's; None when it did not say (or came through a cache)."""
    fields = {name.lower(): value for name, value in headers}
    if "date" not in fields or "age" in fields:
        return None
    try:
        said = parsedate_to_datetime(fields["date"])
    except ValueError:
        return None
    return datetime.fromisoformat(captured_at) - said.replace(tzinfo=said.tzinfo or UTC)


def _robots(archive: Archive, patient: Patient) -> Check:
    """robots.txt, asked for once: under the address, in the name and by the leave of the last crawl."""
    with archive.engine.connect() as connection:
        row = connection.execute(text(_LAST_CRAWL)).first()
    if row is None or row[0] is None or not row[1]:
        return Check("robots.txt", "ok", "not asked for: no crawl has asked the site yet")
    if patient.offline:
        return Check("robots.txt", "ok", "not asked for (--offline)")
    if at_work(patient.directory, archive):
        return Check(
            "robots.txt", "ok", "not asked for: a run is at work, and the site is asked one at a time"
        )
    from crawler.fetcher import Fetcher
    from crawler.guard import guard_for

    url, agent, opened = row
    guard = guard_for([*patient.allow_private, *(opened or "").replace(",", " ").split()])
    try:
        allowed = Fetcher(agent, guard).allows(urljoin(url, "/"))
    except UserError as error:
        do = (
            "check the network" if error.code is ExitCode.NO_CONNECTION else "wait; no crawl may ask the site"
        )
        return Check("robots.txt", "fail", str(error), do, error.code)
    if allowed:
        return Check("robots.txt", "ok", f"{url} is there and lets us in")
    do = "respect it, or ask the site's operator"
    return Check("robots.txt", "fail", f"{url} forbids the site's front page", do, ExitCode.ROBOTS)


def _gib(number: int) -> str:
    return f"{number / 2**30:.1f} GiB" if number >= 2**30 else f"{number / 2**20:.1f} MiB"
