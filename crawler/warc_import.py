"""WARC and WACZ files into the archive, with the files' dates: the same reading and writing as a crawl."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from crawler.exits import UserError
from crawler.foreign_warc import ForeignRecord, read_warc
from crawler.warc_items import Item, sifted, unsifted
from crawler.warc_taking import Made, WarcOutcome, WarcTaking
from crawler.zip_members import open_member
from spiders.page import Fetched
from spiders.reading.profile import SiteProfile
from spiders.sites import profile_names
from storage.archive import Archive
from storage.dialects import refusals
from storage.quarantine_records import held_fields, restore_alarms, restore_losses
from storage.url_records import foretell_urls, restore_urls
from storage.wacz import (
    ABOUT,
    ALARMS_MEMBER,
    CAPTURES_MEMBER,
    CORRECTIONS_MEMBER,
    LOSSES_MEMBER,
    RUNS_MEMBER,
    URLS_MEMBER,
)
from storage.wacz.restoring import can_rebuild, restore_corrections, restore_runs
from storage.writer import Writer

__all__ = ["WarcOutcome", "import_warc", "is_warc", "own_site", "packed_site"]


def is_warc(path: Path) -> bool:
    """Whether a file is a WARC file, plain or compressed, or a WACZ file, by how it begins."""
    try:
        with path.open("rb") as file:
            begin = file.read(5)
            if begin[:4] == b"PK\x03\x04":
                return path.suffix.lower() == ".wacz" or _has_archive(path)
            if begin == b"WARC/":
                return True
            if begin[:3] != b"\x1f\x8b\x08":
                return False
            file.seek(0)
            first = next(read_warc(file), None)
            return isinstance(first, ForeignRecord) or path.name.lower().endswith(".warc.gz")
    except OSError:
        return False


def own_site(path: Path) -> Mapping[str, Any] | None:
    """What a WACZ file that this program wrote says of its site: `site` (profile), `base` (address). None for
    any other file."""
    try:
        with zipfile.ZipFile(path) as package:
            about = json.loads(package.read("datapackage.json")).get(ABOUT)
            return about if isinstance(about, dict) else None
    except (OSError, KeyError, ValueError, AttributeError, zipfile.BadZipFile):
        return None


def packed_site(paths: Iterable[Path]) -> str | None:
    """The name of the bundled profile that the first WACZ file of our own was made with; None without one."""
    for path in paths:
        site = (own_site(path) or {}).get("site")
        if isinstance(site, str) and site in profile_names():
            return site
    return None


def import_warc(
    outcome: WarcOutcome,
    *,
    profile: SiteProfile,
    archive: Archive,
    writer: Writer,
    tell: Callable[[WarcOutcome], None] = lambda outcome: None,
    items: Iterator[Item] | None,
) -> Callable[[], None]:
    """Import the file of `outcome`, which is filled on the way; `tell` hears of it after every record.
    `items` are the records of a WARC file; None for a WACZ file.

    What comes back is to be called when all files are imported: it takes the revisits of what came later.
    Both raise what the writer raises.
    """
    path, into = outcome.path, WarcTaking(profile, archive, writer, outcome, tell)
    if items is not None:
        into.take(items, path.name)
        return into.take_unresolved
    assert isinstance(path, Path)
    try:
        with zipfile.ZipFile(path) as package:
            _import_wacz(package, path, into, own_site(path))
    except zipfile.BadZipFile as error:
        outcome.damage.append(f"{path.name}: {error}")
    return into.take_unresolved


def _import_wacz(
    package: zipfile.ZipFile, path: Path, into: WarcTaking, about: Mapping[str, Any] | None
) -> None:
    files = sorted(name for name in package.namelist() if name.startswith("archive/") and ".warc" in name)
    if not files:
        into.outcome.damage.append(f"{into.outcome.path.name}: no WARC file in it")
    finish = _rebuilding(package, into) if about is not None else None
    for name in _in_order(files, about):
        short = name.rpartition("/")[2]
        try:
            with open_member(path, package, name) as file:
                found = read_warc(file)
                into.take(sifted(found, into.profile) if finish is None else unsifted(found), short)
        except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
            into.outcome.damage.append(f"{short}: {error}")
    if finish is not None:
        finish()


def _rebuilding(package: zipfile.ZipFile, into: WarcTaking) -> Callable[[], None] | None:
    """Make ready to make the archive again that the package was made of; what is to be done when its captures
    are taken. None: its captures are taken like anybody's.

    Only an empty archive is made again, or one in which that was interrupted: in any other, runs and
    addresses have a history of their own, and the captures are taken like anybody's.
    """
    name, db, site = into.outcome.path.name, into.writer.db, into.profile.name
    try:
        runs = _lines(package, RUNS_MEMBER)
        if not can_rebuild(db, site, runs):
            return None
        captures = _lines(package, CAPTURES_MEMBER)
        table, corrections, losses, alarms = (
            _lines(package, member) if member in package.namelist() else None
            for member in (URLS_MEMBER, CORRECTIONS_MEMBER, LOSSES_MEMBER, ALARMS_MEMBER)
        )
        if table is not None:
            foretell_urls(db, site, table)
        numbers = restore_runs(db, site, runs)
        records = {row["id"]: row["record_id"] for row in captures}
        held = held_fields(losses or ())
        made = {row["record_id"]: _made(row, numbers, held.get(row["record_id"])) for row in captures}
    except Exception as error:
        if not isinstance(error, (KeyError, ValueError, TypeError, AttributeError, *refusals())):
            raise
        raise UserError(
            f"{name}: its records are not as msarchive writes them ({_one_line(error)})"
        ) from None
    into.rebuild(made, whole=table is not None)

    def finish() -> None:
        restore_losses(db, site, losses or ())
        restore_alarms(db, site, alarms or (), runs=numbers)
        if table is not None:
            # The captures were written anew, and with them each address's state: back to what it was.
            restore_urls(db, site, table)
            restore_corrections(db, corrections or (), records=records, runs=numbers)

    return finish


def _made(row: Mapping[str, Any], runs: Mapping[int, int], lost: tuple[str, ...] | None) -> Made:
    """What the records say of a capture."""
    if row["origin"] != "rendered":
        return Made(runs[row["run"]], row["origin"], row["url"], lost, None)
    document = Fetched(
        url=row["url"], fetched_at=row["captured_at"], status=row["status"],
        headers=tuple((name, value) for name, value in row["headers"]), body=b"", origin="crawl",
        ip_address=row["ip_address"],
    )  # fmt: skip
    return Made(runs[row["run"]], "crawl", row["url"], lost, document)


def _lines(package: zipfile.ZipFile, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in package.read(name).splitlines()]


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _in_order(files: list[str], about: Mapping[str, Any] | None) -> list[str]:
    """Our own files in the order in which they were written."""
    order = {name: number for number, name in enumerate((about or {}).get("files", ()))}
    return sorted(files, key=lambda name: (order.get(name.rpartition("/")[2], len(order)), name))


def _has_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            return any(name.startswith("archive/") and ".warc" in name for name in package.namelist())
    except (OSError, zipfile.BadZipFile):
        return False
