"""Captures of a made archive: each page as the site would have sent it, in WARC files that name no present
time and no random number."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal
from uuid import UUID

from benchmarks.made_texts import MadeArticle
from crawler.samplesite.content import SECTIONS, words
from storage.db import Db
from storage.warc import FOLDER
from storage.warc.records import digest, member

_COLUMNS = (
    "id, run_id, url_id, captured_at, origin, status, headers, kind, reason, media_type, sha256, size, "
    "record_type, record_id, warc_file_id, warc_offset, warc_length, block_digest, payload_digest, exact, "
    "reader_version, profile_digest, article_key, revision_id, card_list_id"
)
_INSERT = f"INSERT INTO capture ({_COLUMNS}) VALUES ({', '.join('?' * len(_COLUMNS.split(',')))})"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered."""

    url: str
    url_id: int
    at: str
    body: bytes
    kind: Literal["summary", "listing", "gone"]
    article_key: int | None = None
    revision_id: int | None = None
    card_list_id: int | None = None


class RunCaptures:
    """The captures of one run: records into its WARC file, rows into the database. `finish` ends the file."""

    def __init__(self, db: Db, archive: Path, run: int, at: str, reader: str, profile: str) -> None:
        self._db = db
        self._run = run
        self._reader = (reader, profile)
        self._hash = hashlib.sha256()
        self._size = 0
        (archive / FOLDER).mkdir(exist_ok=True)
        name = f"made-{run:05d}.warc.gz"
        self._file = (archive / FOLDER / name).open("xb")
        self._file_id = db.insert(
            "INSERT INTO warc_file (name, run_id, created_at, size) VALUES (?, ?, ?, 0)", name, run, at
        )
        info = b"software: msarchive\r\nformat: WARC File Format 1.1\r\n"
        self._info = _record_id(run << 64)
        fields = [("WARC-Date", at), ("WARC-Filename", name), ("Content-Type", "application/warc-fields")]
        self._write(member("warcinfo", self._info, fields, info))
        self._rows: list[tuple[object, ...]] = []

    def add(self, capture_id: int, answer: Answer) -> None:
        """Keep an answer under that number; its row is written by `finish`."""
        status, reason = (404, "Not Found") if answer.kind == "gone" else (200, "OK")
        headers = f'[["Content-Type", "text/html; charset=utf-8"], ["Content-Length", "{len(answer.body)}"]]'
        head = (
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/html; charset=utf-8\r\n"
            f"Content-Length: {len(answer.body)}\r\n\r\n"
        )
        block = head.encode() + answer.body
        record_id, payload = _record_id(capture_id), digest(answer.body)
        fields = [
            ("WARC-Date", answer.at),
            ("WARC-Target-URI", answer.url),
            ("Content-Type", "application/http;msgtype=response"),
            ("WARC-Payload-Digest", payload),
            ("WARC-Warcinfo-ID", f"<{self._info}>"),
        ]
        offset = self._size
        length = self._write(member("response", record_id, fields, block))
        said = {"summary": None, "listing": "listing", "gone": "HTTP 404"}[answer.kind]
        self._rows.append(
            (
                capture_id, self._run, answer.url_id, answer.at, "crawl", status, headers, answer.kind, said,
                "text/html", payload.removeprefix("sha256:"), len(answer.body), "response", record_id,
                self._file_id, offset, length, digest(block), payload, 1,
                *((None, None) if answer.kind == "gone" else self._reader),
                answer.article_key, answer.revision_id, answer.card_list_id,
            )
        )  # fmt: skip

    def finish(self) -> None:
        """Write the rows, and close the file."""
        self._db.many(_INSERT, self._rows)
        self._file.close()
        self._db.run(
            "UPDATE warc_file SET size = ?, sha256 = ? WHERE id = ?",
            self._size, self._hash.hexdigest(), self._file_id,
        )  # fmt: skip

    def _write(self, data: bytes) -> int:
        self._file.write(data)
        self._hash.update(data)
        self._size += len(data)
        return len(data)


def article_page(article: MadeArticle) -> bytes:
    """An article's page, with the headings that the site's pages have."""
    shared = words()
    rating = '<p>{0} <meter value="{1}" max="5">{1} of 5</meter></p>'
    ratings = [
        rating.format(name, value)
        for name, value in (("Credibility", article.credibility), ("Interest", article.interest))
        if value is not None
    ]
    parts = [("Key Takeaway", article.takeaway)]
    parts += [(heading, text) for (_, heading), text in zip(SECTIONS, article.sections, strict=True)]
    topics = "".join(f"<li>{escape(topic)}</li>" for topic in article.topics)
    closing = "".join(
        f"<p>{escape(passage.replace('{journal}', article.journal))}</p>" for passage in shared.closing
    )
    lines = [
        f"<!DOCTYPE html><html lang=en><head><meta charset=utf-8><title>{escape(article.title)}</title>",
        f'<meta name="description" content="{escape(article.description)}"></head><body><main><article>',
        f"<h1>{escape(article.title)}</h1>",
        *ratings,
        *(f"<h2>{heading}</h2><p>{escape(text)}</p>" for heading, text in parts),
        f"<h2>Article Topics:</h2><ul>{topics}</ul>" if topics else "",
        f"<h2>{shared.closing_heading}</h2>{closing}</article></main></body></html>",
    ]
    return "\n".join(lines).encode()


def listing_page(cards: list[tuple[str, MadeArticle]]) -> bytes:
    """A listing of articles (path, article)."""
    items = "".join(
        f"<li><h3>{escape(article.title)}</h3><time>{escape(article.published.raw)}</time>"
        f'<p>{escape(article.teaser)}</p><a href="{escape(path)}">Read More</a></li>'
        for path, article in cards
    )
    return f"<!DOCTYPE html><html lang=en><title>News</title><ul>{items}</ul></html>".encode()


def _record_id(number: int) -> str:
    return f"urn:uuid:{UUID(int=(number << 40) % (1 << 128), version=4)}"
