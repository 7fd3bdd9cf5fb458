"""Packing an archive, or a part of it, into one WACZ file."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from sqlalchemy import Connection

from storage.archive import Archive
from storage.schema.table_schema import table_schema
from storage.wacz import ABOUT, URLS_MEMBER, WACZ_VERSION, index
from storage.wacz.package import Package
from storage.wacz.records import change_lines, lines, record_files, schema, url_lines
from storage.wacz.selection import NothingToPack, PackedCapture, Selection, select, sites
from storage.warc import FOLDER
from storage.warc.records import RecordDamaged, parse_member

_PIECE = 1 << 20
_PAGES = ("summary", "listing", "other")
_PAGE_LIST = {"format": "json-pages-1.0", "id": "pages", "title": "All pages"}
Span = tuple[int, int]


class CaptureMissing(Exception):
    """A WARC file is not what the archive says. The message is one line."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What went into a package."""

    captures: int
    articles: int
    pages: int
    whole: bool
    """Whether it is all that the archive has of the site, so that it can be made again from it."""


@dataclass(frozen=True, slots=True)
class _Placed:
    """A capture and where its record is in the package."""

    capture: PackedCapture
    file: str
    offset: int
    target: str
    """The record's WARC-Target-URI: the address as it was asked."""


def pack(
    archive: Archive,
    path: Path,
    *,
    program_version: str,
    site: str | None = None,
    run: int | None = None,
    since: str | None = None,
    replace: bool = False,
) -> Packed:
    """Write a package of all captures of `site`, of those of one `run`, or of those `since` a time.

    Times are UTC text. `site` may be None where the archive has but one. Whatever a writer does meanwhile,
    the package is of one moment. Raises `NothingToPack`, `CaptureMissing`, `TargetExists`, `OSError`.
    """
    with archive.engine.connect() as connection:
        chosen = select(connection, site or _only_site(connection), run=run, since=since)
        at = max(one.captured_at for one in chosen.captures)
        with Package(path, at, replace=replace) as package:
            placed = _add_captures(package, archive.directory / FOLDER, chosen)
            data, heads = index.blocks(_index_lines(placed))
            package.add(f"indexes/{index.NAME}", [data], size=len(data), stored=True)
            package.add("indexes/index.idx", [heads], size=len(heads))
            pages = [one for one in placed if _is_page(one.capture)]
            package.add("pages/pages.jsonl", _page_lines(pages))
            articles = _add_records(package, connection, chosen)
            package.finish(_described(chosen, pages, at, program_version))
    return Packed(len(chosen.captures), articles, len(pages), chosen.whole)


def _only_site(connection: Connection) -> str:
    found = sites(connection)
    if len(found) > 1:
        raise NothingToPack(f"the archive has several sites: say which with --site ({', '.join(found)})")
    if not found:
        raise NothingToPack("the archive is empty")
    return found[0]


def _add_captures(package: Package, folder: Path, chosen: Selection) -> list[_Placed]:
    """The WARC files as they are, or of a part the records that belong to it; and where each capture is."""
    by_file: dict[str, list[PackedCapture]] = {name: [] for name, _ in chosen.files}
    for one in chosen.captures:
        by_file[one.file].append(one)
    placed: list[_Placed] = []
    for name, size in chosen.files:
        captures = by_file[name]
        try:
            with (folder / name).open("rb") as file:
                _check_length(file, name, size)
                spans = [(0, size)] if chosen.whole else _spans(file, captures)
                packed_name = name if chosen.whole else f"part-of-{name}"
                moved = _moved(spans)
                targets = [_target(file, name, one) for one in captures]
                length = sum(length for _, length in spans)
                package.add(f"archive/{packed_name}", _pieces(file, spans), size=length, stored=True)
        except FileNotFoundError:
            raise CaptureMissing(f"{folder / name} is missing; 'msarchive verify' says more") from None
        for one, target in zip(captures, targets, strict=True):
            offset = one.offset if chosen.whole else moved[one.offset]
            placed.append(_Placed(one, packed_name, offset, target))
    return placed


def _check_length(file: BinaryIO, name: str, size: int) -> None:
    if file.seek(0, 2) < size:
        raise CaptureMissing(f"{name} is shorter than the archive says; 'msarchive verify' says more")


def _spans(file: BinaryIO, captures: Iterable[PackedCapture]) -> list[Span]:
    """The records of some captures with their file's warcinfo, in the file's order."""
    spans = {(0, _member_length(file, 0))}
    for one in captures:
        spans.update(one.spans())
        if one.kind == "unchanged" and one.record_type == "revisit":
            # What the site said stands behind it, as metadata.
            behind = one.offset + one.length
            spans.add((behind, _member_length(file, behind)))
    return sorted(spans)


def _member_length(file: BinaryIO, offset: int) -> int:
    """Length of the gzip member that begins at `offset`."""
    file.seek(offset)
    unpacking, read = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
    while not unpacking.eof and (data := file.read(4096)):
        read += len(data)
        unpacking.decompress(data)
    return read - len(unpacking.unused_data)


def _moved(spans: Iterable[Span]) -> dict[int, int]:
    """Old offset -> offset in a file that holds these spans and nothing else."""
    moved, at = {}, 0
    for offset, length in spans:
        moved[offset] = at
        at += length
    return moved


def _pieces(file: BinaryIO, spans: Iterable[Span]) -> Iterator[bytes]:
    for offset, length in spans:
        file.seek(offset)
        while length > 0 and (data := file.read(min(_PIECE, length))):
            length -= len(data)
            yield data


def _target(file: BinaryIO, name: str, capture: PackedCapture) -> str:
    file.seek(capture.offset)
    try:
        record = parse_member(file.read(capture.length))
    except RecordDamaged as error:
        raise CaptureMissing(
            f"{name}, byte {capture.offset}: {error}; 'msarchive verify' says more"
        ) from None
    return record.headers.get("warc-target-uri", capture.url or "")


def _index_lines(placed: Iterable[_Placed]) -> Iterator[str]:
    for one in placed:
        capture = one.capture
        revisit = capture.record_type == "revisit"
        yield index.line(
            url=one.target,
            at=capture.captured_at,
            mime="warc/revisit" if revisit else capture.media_type or "unk",
            # What a reader then sees: players would take a 304 for an answer without a page.
            status=None if capture.kind == "unchanged" else capture.status,
            digest=capture.payload_digest,
            file=one.file,
            offset=one.offset,
            length=capture.length,
        )


def _is_page(capture: PackedCapture) -> bool:
    return capture.kind in _PAGES and capture.status in (200, None) and capture.url is not None


def _page_lines(pages: Iterable[_Placed]) -> Iterator[bytes]:
    yield (json.dumps(_PAGE_LIST) + "\n").encode()
    for one in pages:
        page = {
            "id": one.capture.record_id.rpartition(":")[2],
            "url": one.target,
            "ts": one.capture.captured_at,
        }
        if one.capture.title:
            page["title"] = one.capture.title
        yield (json.dumps(page, ensure_ascii=False) + "\n").encode()


def _add_records(package: Package, connection: Connection, chosen: Selection) -> int:
    """The records and their schemas; how many articles there are."""
    articles = 0

    def counted(rows: Iterable[bytes]) -> Iterator[bytes]:
        nonlocal articles
        for row in rows:
            articles += 1
            yield row

    for file in record_files():
        rows = lines(connection, file.view, chosen)
        first = next(rows, None)
        if first is None:  # a table without rows is none to the tools that read data packages
            continue
        package.add(
            f"records/{file.name}.jsonl",
            counted(chain([first], rows)) if file.name == "articles" else chain([first], rows),
            described={"type": "table", "schema": table_schema(file.view.columns, file.view.key)},
        )
        package.add(f"records/{file.name}.schema.json", [schema(file.view)], described={"type": "json"})
    if chosen.whole:
        package.add(URLS_MEMBER, url_lines(connection, chosen), described={"type": "file"})
    for member, told in change_lines(connection, chosen).items():
        package.add(member, told, described={"type": "file"})
    return articles


def _described(chosen: Selection, pages: list[_Placed], at: str, program_version: str) -> dict[str, Any]:
    first, last = (limit(one.captured_at for one in chosen.captures)[:10] for limit in (min, max))
    span = first if first == last else f"{first} to {last}"
    described: dict[str, Any] = {
        "title": f"{chosen.site}, {span}",
        "description": f"{len(chosen.captures)} captures of {chosen.site}, {span}, and their records",
        "created": at[:19] + "Z",
        "wacz_version": WACZ_VERSION,
        "software": f"msarchive {program_version}",
        ABOUT: {
            "site": chosen.site,
            "base": _base(chosen),
            "whole": chosen.whole,
            "files": [name if chosen.whole else f"part-of-{name}" for name, _ in chosen.files],
        },
    }
    main = next((one for one in pages if one.capture.kind == "listing"), pages[0] if pages else None)
    if main is not None:
        described |= {"mainPageUrl": main.target, "mainPageDate": main.capture.captured_at}
    return described


def _base(chosen: Selection) -> str | None:
    """Where the site lies; None when no capture has an address."""
    url = next((one.url for one in chosen.captures if one.url is not None), None)
    return None if url is None else "{0.scheme}://{0.netloc}/".format(urlsplit(url))
