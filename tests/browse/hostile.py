"""Strings that would do something on a careless page, and an archive with each of them in every field."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from storage.records import (
    AbsenceRecord,
    ArticleRecord,
    CardRecord,
    DateRecord,
    EvidenceRecord,
    ExchangeRecord,
    FoundRecord,
    JournalRecord,
    PageRecord,
    PassageRecord,
    SectionRecord,
    SourceRecord,
    TopicRecord,
    UrlOutcome,
)
from tests.storage.build import House, article, at, page

_FILE = Path(__file__).with_name("hostile_strings.jsonl")
"""One JSON string a line: markup, attributes, addresses, styles, templates, entities, controls. TRAP is where
a call would lead: nobody may come there."""
_WRAPPERS = ("{}", '"{}', "'>{}", "</bdi></p></a>{}")
MANY = 300


def strings(trap: str) -> tuple[str, ...]:
    """The strings, all different; calls in them lead to the address `trap`."""
    vectors = [json.loads(line).replace("TRAP", trap) for line in _FILE.read_text("utf-8").splitlines()]
    made = [wrapper.format(vector) for wrapper in _WRAPPERS for vector in vectors]
    return tuple(dict.fromkeys(made))[:MANY]


def hostile_archive(directory: Path, trap: str) -> Path:
    """An archive with an article for each of the strings, in everything that a site can write into one."""
    house = House(directory)
    for number, text in enumerate(strings(trap)):
        house.writer.save_page(_page(number, text), now=at(number))
        changed = replace(_page(number, text), article=_article(number, text, changed=True))
        later = replace(changed.capture, captured_at=at(2000 + number), body=f"<p>{text}</p>".encode())
        house.writer.save_page(replace(changed, capture=replace(later, exchange=None)), now=at(2000 + number))
        house.save(
            None, url=f"https://site.example/{number}/{text}", kind="other", url_kind="page",
            when=at(4000 + number), outcome=UrlOutcome("failed", f"reason {text}"),
        )  # fmt: skip
    house.writer.end_run("failed", strings(trap)[0], {"requests": 1}, exit_code=1)
    house.archive.close()
    return directory


def _article(number: int, text: str, *, changed: bool = False) -> ArticleRecord:
    again = " again" if changed else ""
    return article(
        f"{number}{text}",
        url=f"{text}/{number}" if number % 2 else text if number % 3 else f"https://site.example/{number}/{text}",
        title=f"{text}{again}",
        takeaway=f"{text} {number}{again}",
        journal=JournalRecord(f"{text} {number}", f"{text} {number}"),
        topics=(TopicRecord(text, text, False), TopicRecord(f"{text} {number}", f"{number} {text}", True)),
        sections=(
            SectionRecord("findings", text, (f"{text} {number}{again}", text)),
            SectionRecord("other", f"{text} 2", (text,)),
            SectionRecord(text, None, (f"x{text}",)),
        ),
        source=SourceRecord(text, (text, text), text, DateRecord(text, None, None), text, text, text),
        published=DateRecord(text, None, None),
        published_rule=text,
        description=text,
        boilerplate=(PassageRecord(f"{text} in {text}", f"{text} in {{{text}}}", ((text, text),), text),),
        unplaced=(text,),
        absences=(AbsenceRecord(text, text, text),),
        evidence=(EvidenceRecord(text, text, text, number, text, True),
                  EvidenceRecord("title", text, text, 1, text, False)),
    )  # fmt: skip


def _page(number: int, text: str) -> PageRecord:
    made = page(
        _article(number, text), cards=_cards(number, text), when=at(number), found=_found(number, text)
    )
    body = f'<!doctype html><title>{text}</title><p title="{text}">{text}</p>'.encode()
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nX-Odd: "
        + text.replace("\n", " ").encode()
        + b"\r\n\r\n"
    )
    capture = replace(
        made.capture,
        body=body,
        headers=(("X-Odd", text), (text, text)),
        reason=text,
        media_type=text if number % 10 == 0 else "text/html",
        etag=text,
        last_modified=text,
        ip_address=text,
        truncated=None,
        exchange=ExchangeRecord(made.capture.url or "", b"GET / HTTP/1.1\r\n\r\n", head + body),
    )
    return replace(made, capture=capture, outcome=UrlOutcome("stored", text))


def _cards(number: int, text: str) -> tuple[CardRecord, ...]:
    return (
        CardRecord(1, text, text, f"{number + 1}{text}", DateRecord(text, None, None), text, text),
        CardRecord(2, text, f"https://site.example/{number}", f"{number}{text}", None, text, text),
    )


def _found(number: int, text: str) -> tuple[FoundRecord, ...]:
    return (FoundRecord(f"{text}?{number}", "page", "link", text, text, None if number % 2 else text),)
