"""Saved pages and text captures into the archive: the same reader, the same pipelines, the same writer."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from crawler.exits import ExitCode, UserError
from pipelines.normalise import page_record
from spiders.answers import utc_now
from spiders.page import Fetched, Found, Page
from spiders.reading import read_page
from spiders.reading.addresses import canonical, kind_of, on_site, page_address
from spiders.reading.html import looks_like_html
from spiders.reading.model import READER_VERSION, PageKind, Reading
from spiders.reading.profile import SiteProfile
from spiders.walk import Walk
from storage.archive import open_archive
from storage.records import PageRecord
from storage.writer import SavedPage, Writer

MAX_BYTES = 20 * 2**20
"""No page of text is larger; the crawl's limit is the same."""

_HTML_ENDINGS = frozenset((".html", ".htm", ".xhtml", ".xht"))
_TEXT_ENDINGS = frozenset((".txt", ".text", ".md"))
# What a browser saves beside a page. In a folder they are passed over; named one by one they are errors.
_ASSETS = frozenset(
    ".css .js .mjs .map .json .xml .rss .png .jpg .jpeg .gif .webp .avif .svg .ico .bmp .tif .tiff .woff .woff2 "
    ".ttf .otf .eot .mp3 .mp4 .webm .ogg .pdf .zip .gz .bz2 .xz .7z .tar .db .sqlite .csv .tsv .toml .py".split()
)
_SIGNATURES = (
    (b"\x89PNG", "a PNG image"), (b"\xff\xd8\xff", "a JPEG image"), (b"GIF8", "a GIF image"),
    (b"RIFF", "an image or a sound"), (b"%PDF", "a PDF document"), (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "compressed with gzip"), (b"SQLite format 3\0", "a SQLite database"), (b"\x7fELF", "a program"),
)  # fmt: skip
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->", re.IGNORECASE)
_WEB_ARCHIVE = re.compile(r"^https?://web\.archive\.org/web/\d+[a-z_]*/(https?:/.*)$")


class NotAPage(Exception):
    """A file that holds neither HTML nor text; the message is one line that names it."""


class Outcome(StrEnum):
    """What importing one file came to."""

    NEW = "new article"
    REVISED = "new revision"
    UNCHANGED = "unchanged"
    JOINED = "joined"
    """A capture without an address, the same as an article that is known."""
    OTHER = "no summary"
    UNREADABLE = "unreadable"
    NOT_A_PAGE = "not a page"


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What one file came to."""

    path: Path
    outcome: Outcome
    article_id: str | None = None
    """The site's id; None when the capture can't tell it, or shows no article."""
    text: str = ""
    """Title, or for want of one the takeaway; for what is no summary the reason."""


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import came to."""

    run_id: int
    files: tuple[FileOutcome, ...]
    passed_over: tuple[Path, ...]
    """Files in folders that are plainly no pages (style sheets, pictures)."""

    def count(self, outcome: Outcome) -> int:
        """How many files came to `outcome`."""
        return sum(file.outcome is outcome for file in self.files)


def import_files(
    paths: Sequence[Path], *, directory: Path, profile: SiteProfile, program_version: str,
    url: str | None = None, report: Callable[[FileOutcome], None] = lambda outcome: None,
) -> ImportResult:
    """Import files, and every page in folders, into the archive in `directory` (made when there is none).

    `url` is the address of the only file. `report` hears of each file as it is done. A file that is no page is
    an outcome, not an error. Raises `UserError` when there is no page at all among them or `url` is not the
    site's, `ArchiveError` when the archive can't be opened for writing.
    """
    address = None if url is None else _own_address(url, profile)
    files, passed_over = page_files(paths)
    if address is not None and len(files) != 1:
        raise UserError(f"--url is the address of one file, but there are {len(files)}", ExitCode.USAGE)
    if not any(_is_page(path) for path in files):
        raise UserError(_nothing(files, passed_over))
    outcomes: list[FileOutcome] = []
    with open_archive(directory, create=True) as archive:
        writer = Writer(archive, profile.name)
        run_id = writer.begin_run(
            "import", program_version=program_version, reader_version=READER_VERSION,
            profile_digest=profile.digest, settings={"paths": [str(path) for path in paths], "url": url},
        )
        end = ("stopped", "interrupted")
        try:
            for path in files:
                outcomes.append(_import(path, address, profile, writer))
                report(outcomes[-1])
            writer.settle(utc_now())
            end = ("complete", "all files read")
        except Exception as error:
            end = ("failed", f"{type(error).__name__}: {error}")
            raise
        finally:
            writer.end_run(*end, counts=_counts(outcomes))
    return ImportResult(run_id, tuple(outcomes), passed_over)


def _import(path: Path, url: str | None, profile: SiteProfile, writer: Writer) -> FileOutcome:
    try:
        body, form = page_bytes(path)
    except NotAPage as error:
        return FileOutcome(path, Outcome.NOT_A_PAGE, text=str(error))
    address = url or saved_from(body)
    if address is not None and not on_site(address, profile):
        address = None
    reading = read_page(body, profile=profile, url=address, form=form)
    record = page_record(_page(path, body, form, address, reading, profile), profile)
    saved = writer.save_page(record, now=record.capture.captured_at)
    return _outcome(path, reading, record, saved)


def _page(
    path: Path, body: bytes, form: str, address: str | None, reading: Reading, profile: SiteProfile
) -> Page:
    own = address or reading.url
    kind = "page" if own is None else kind_of(own, profile)
    found: tuple[Found, ...] = ()
    if own is not None:
        # As deep as the walk goes: a saved page tells of articles and listings, not of every menu entry.
        led_to = Walk(profile).found_on(
            reading, url=own, kind=kind, depth=profile.explore_depth, more_listings=True
        )
        found = (Found(own, "import", kind), *led_to)
    return Page(
        fetched=Fetched(
            url=own, fetched_at=utc_now(), status=None, body=body, origin="import", file_name=path.name,
            headers=(("Content-Type", "text/html" if form == "html" else "text/plain"),),
        ),
        kind=kind, reading=reading, found=found,
    )  # fmt: skip


def _outcome(path: Path, reading: Reading, record: PageRecord, saved: SavedPage) -> FileOutcome:
    if reading.kind is PageKind.UNREADABLE:
        return FileOutcome(path, Outcome.UNREADABLE, text=reading.reason or "")
    if reading.kind is not PageKind.SUMMARY or record.article is None:
        return FileOutcome(path, Outcome.OTHER, text=reading.reason or str(reading.kind))
    if saved.new_article:
        outcome = Outcome.NEW
    elif saved.new_revision:
        outcome = Outcome.REVISED
    else:
        joined = record.article.article_id is None and saved.article_id is not None
        outcome = Outcome.JOINED if joined else Outcome.UNCHANGED
    return FileOutcome(path, outcome, saved.article_id, reading.title or reading.takeaway or "")


def page_files(paths: Iterable[Path]) -> tuple[list[Path], tuple[Path, ...]]:
    """The files to import, each once and sorted within its folder; and those in folders that are plainly no pages.

    Hidden files and folders are skipped, links to folders not followed.
    """
    files: dict[Path, None] = {}
    passed_over: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files[path] = None
            continue
        for entry in _walk(path):
            if entry.suffix.lower() in _ASSETS:
                passed_over.append(entry)
            else:
                files[entry] = None
    return list(files), tuple(passed_over)


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, names in os.walk(folder, onerror=_unreadable_folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(where, name) for name in sorted(names) if not name.startswith("."))


def _unreadable_folder(error: OSError) -> None:
    raise UserError(f"can't read the folder {error.filename}: {error.strerror}")


def page_bytes(path: Path) -> tuple[bytes, Literal["html", "text"]]:
    """A file's bytes, and whether they are HTML or plain text. Raises `NotAPage`."""
    try:
        if not path.is_file():
            raise NotAPage(f"{path}: " + ("no such file" if not path.exists() else "not a file"))
        if path.stat().st_size > MAX_BYTES:
            raise NotAPage(f"{path}: larger than {MAX_BYTES // 2**20} MiB, too large to be a page")
        body = path.read_bytes()
    except OSError as error:
        raise NotAPage(f"{path}: {error.strerror}") from None
    except ValueError:  # a NUL in the name
        raise NotAPage(f"{path}: not a file name") from None
    problem = _problem(body)
    if problem is not None:
        raise NotAPage(f"{path}: {problem}")
    if path.suffix.lower() in _HTML_ENDINGS or looks_like_html(body):
        return body, "html"
    if path.suffix.lower() in _ASSETS:
        raise NotAPage(f"{path}: neither HTML nor a text capture")
    return body, "text"


def _problem(body: bytes) -> str | None:
    """Why bytes are neither HTML nor text; None when they are."""
    if not body.strip(b"\0 \t\r\n\x0c\xef\xbb\xbf\xff\xfe"):
        return "empty"
    for signature, name in _SIGNATURES:
        if body.startswith(signature):
            return name
    head = body[:4096]
    if b"\0" in head and not _may_be_utf16(head):
        return "binary, not a page"
    controls = sum(byte < 9 or 13 < byte < 27 or 27 < byte < 32 for byte in head.replace(b"\0", b""))
    return "binary, not a page" if controls > len(head) // 20 else None


def _may_be_utf16(head: bytes) -> bool:
    # Western text in UTF-16 (RFC 2781) has a NUL in nearly every second place.
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4 and looks_like_html(head)


def _is_page(path: Path) -> bool:
    try:
        page_bytes(path)
    except NotAPage:
        return False
    return True


def saved_from(body: bytes) -> str | None:
    """The canonical address that a browser noted in a page it saved; None without such a note.

    The address of a copy in the Wayback Machine is read as that of the page copied.
    """
    found = _SAVED_FROM.search(body[:4096].replace(b"\0", b""))
    if found is None:
        return None
    address = found[1].decode("latin-1")
    copied = _WEB_ARCHIVE.match(address)
    return canonical(copied[1] if copied else address)


def _own_address(url: str, profile: SiteProfile) -> str:
    address = page_address(url, None, profile)
    if address is None:
        raise UserError(f"--url is not an http or https address: {url}", ExitCode.USAGE)
    if not on_site(address, profile):
        hosts = ", ".join(profile.hosts)
        raise UserError(f"--url {url} is not on {profile.name}'s hosts ({hosts}); --site names another profile",
                        ExitCode.USAGE)
    return address


def _nothing(files: Sequence[Path], passed_over: Sequence[Path]) -> str:
    if len(files) == 1:
        try:
            page_bytes(files[0])
        except NotAPage as error:
            return f"{error}; nothing is imported"
    seen = len(files) + len(passed_over)
    return f"no page among {seen} files; nothing is imported" if seen else "no files there; nothing is imported"


def _counts(outcomes: Sequence[FileOutcome]) -> dict[str, int]:
    counted = Counter(outcome.outcome.name.lower() for outcome in outcomes)
    return {"files": len(outcomes), **dict(sorted(counted.items()))}
