"""Files that may be pages: which to take from a folder, and what they hold."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

from crawler.exits import UserError
from spiders.reading.addresses import canonical
from spiders.reading.decoding import looks_like_html

MAX_BYTES = 20 * 2**20
"""No page of text is larger; the crawl's limit is the same."""

_HTML_ENDINGS = frozenset((".html", ".htm", ".xhtml", ".xht"))
# What a browser saves beside a page. In a folder they are passed over; named one by one they are errors.
_STYLE = (".css", ".js", ".mjs", ".map", ".woff", ".woff2", ".ttf", ".otf", ".eot")
_MEDIA = (
    ".png",
    ".jpg",
    ".jpeg",
    ".gif",
    ".webp",
    ".avif",
    ".svg",
    ".ico",
    ".bmp",
    ".tif",
    ".tiff",
    ".mp3",
    ".mp4",
    ".webm",
    ".ogg",
)
_DATA = (
    ".json",
    ".xml",
    ".rss",
    ".csv",
    ".tsv",
    ".toml",
    ".py",
    ".pdf",
    ".zip",
    ".gz",
    ".bz2",
    ".xz",
    ".7z",
    ".tar",
    ".db",
    ".sqlite",
)
_COLLECTIONS = (".warc", ".warc.gz", ".wacz")
_ASSETS = frozenset((*_STYLE, *_MEDIA, *_DATA))
_SIGNATURES = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"RIFF": "an image or a sound",
    b"%PDF": "a PDF document",
    b"PK\x03\x04": "a ZIP archive",
    b"\x1f\x8b": "compressed with gzip",
    b"SQLite format 3\0": "a SQLite database",
    b"\x7fELF": "a program",
}
# Escape is left out: old text in ISO 2022 encodings is full of it.
_CONTROLS = bytes({*range(1, 9), *range(14, 32), 127} - {27})
_SAVED_FROM = re.compile(rb"<!--\s*saved from url=\(\d+\)(\S+?)\s*-->", re.IGNORECASE)
_WEB_ARCHIVE = re.compile(r"^https?://web\.archive\.org/web/\d+[a-z_]*/(https?:/.*)$")


class NotAPage(Exception):
    """A file that holds neither HTML nor text; the message is one line that names it."""


def page_files(paths: Iterable[Path]) -> tuple[list[Path], tuple[Path, ...]]:
    """The files to import, and those in folders that are plainly no pages; each once, sorted in its folder.

    Hidden files and folders are skipped, links to folders not followed.
    """
    files: dict[Path, None] = {}
    passed_over: list[Path] = []
    for path in paths:
        if not path.is_dir():
            files[path] = None
            continue
        for entry in _walk(path):
            if entry.suffix.lower() in _ASSETS and not entry.name.lower().endswith(_COLLECTIONS):
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
    for signature, name in _SIGNATURES.items():
        if body.startswith(signature):
            return name
    head = body[:4096]
    if b"\0" in head and not _may_be_utf16(head):
        return "binary, not a page"
    text = head.replace(b"\0", b"")
    controls = len(text) - len(text.translate(None, _CONTROLS))
    return "binary, not a page" if controls > len(head) // 20 else None


def _may_be_utf16(head: bytes) -> bool:
    # Western text in UTF-16 (RFC 2781) has a NUL in nearly every second place.
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    return max(head[0::2].count(0), head[1::2].count(0)) > len(head) // 4 and looks_like_html(head)


def is_page(path: Path) -> bool:
    """Whether `page_bytes` would give anything for it."""
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
