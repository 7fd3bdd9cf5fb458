"""WARC files for tests, put together byte by byte, and archives that they are imported into."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterable
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from crawler.importing import ImportResult, import_files
from spiders.sites import load_profile
from storage.compare import archive_digest
from tests.places import database_of, opened

SITE = "https://mymsbuddy.com"
ADDRESS = f"{SITE}/news/view/a-walk-a-day-aB3dE6"
MORNING = "2026-03-01T08:00:00Z"
NOON = "2026-03-02T12:00:00Z"
EVENING = "2026-03-03T20:00:00Z"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
_PAGE = """<!doctype html><html><head><title>{title}</title>
<link rel="canonical" href="{url}"></head><body><main><h1>{title}</h1>
<h2>Key Takeaway</h2><p>Walking every day helped people with MS to sleep better.</p>
<h2>What They Found</h2>
<p>Forty people walked for half an hour a day. After a month they slept {slept} longer.</p>
<h2>Who Should Care and Why</h2>
<p>Everybody who can walk may try it, and those who care for them may come along.</p>
<h2>Important Considerations</h2><p>It was a small study, and nobody checked what else they did.</p>
</main></body></html>"""


def page(title: str = "A walk a day", *, url: str = ADDRESS, slept: str = "an hour") -> bytes:
    """An article's page."""
    return _PAGE.format(title=title, url=url, slept=slept).encode()


def other(article_id: str) -> str:
    """The address of another article."""
    return f"{SITE}/news/view/another-walk-{article_id}"


def http(body: bytes, *more: str, status: str = "HTTP/1.1 200 OK", length: bool = True) -> bytes:
    """A response as it stands in a record's block."""
    lines = [status, *more]
    if not any(line.lower().startswith("content-type") for line in more):
        lines.append("Content-Type: text/html; charset=utf-8")
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def record_id(kind: str, url: str, date: str) -> str:
    """The id that `record` gives."""
    return f"urn:uuid:{uuid5(NAMESPACE_URL, kind + url + date)}"


def record(
    kind: str, url: str | None, block: bytes, *more: str, date: str = MORNING, version: str = "1.0"
) -> bytes:
    """A record, uncompressed. `more` are further named fields; one of the same name goes before ours."""
    content = "application/http;msgtype=response"
    fields = {
        "WARC-Type": kind,
        "WARC-Record-ID": f"<{record_id(kind, url or '', date)}>",
        "WARC-Date": date,
        "WARC-Target-URI": url,
        "Content-Type": content.replace("response", "request") if kind == "request" else content,
        "WARC-Block-Digest": f"sha1:{base64.b32encode(hashlib.sha1(block).digest()).decode()}",
        "Content-Length": str(len(block)),
    }
    given = [line.partition(": ")[::2] for line in more]
    names = {name.lower() for name, _ in given}
    lines = [(name, value) for name, value in fields.items() if value and name.lower() not in names]
    head = "".join(f"{name}: {value}\r\n" for name, value in [*lines, *given] if value)
    return f"WARC/{version}\r\n{head}\r\n".encode() + block + b"\r\n\r\n"


def response(url: str = ADDRESS, body: bytes | None = None, *more: str, date: str = MORNING) -> bytes:
    """A response record of a page."""
    return record("response", url, http(page(url=url) if body is None else body), *more, date=date)


def info() -> bytes:
    """A warcinfo record."""
    return record("warcinfo", None, b"software: a test\r\n", "Content-Type: application/warc-fields")


def members(records: Iterable[bytes]) -> bytes:
    """Each record compressed for itself."""
    return b"".join(gzip.compress(one, mtime=0) for one in records)


def save(path: Path, *records: bytes) -> Path:
    """A file of records: compressed one by one when its name ends in `.gz`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(members(records) if path.suffix == ".gz" else b"".join(records))
    return path


def bring(archive: Path, *paths: Path, base: str | None = None, database: str | None = None) -> ImportResult:
    """Import into `archive`; `base` is where the sample site lay, None for the real site. `database` is where
    the archive is, for a process of its own, which does not know it of the folder."""
    profile = load_profile("mymsbuddy") if base is None else load_profile("sample").at(base)
    database = database or database_of(archive)
    return import_files(paths, directory=archive, database=database, profile=profile, program_version="1")


def digest(archive: Path) -> dict[str, str]:
    """What the archive holds, as digests."""
    with opened(archive, read_only=True) as found:
        return archive_digest(found)
