"""What happened to one article, and two of its revisions side by side."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawler.browse.library import Visit
from crawler.browse.page import Page
from crawler.browse.pages.naming import article_name
from crawler.browse.paging import number
from storage.alarms import quarantined
from storage.comparing import FieldText, RevisionHead, compare, revision_heads
from storage.history import Entry, FieldChange, source_lines
from storage.history import history as read_history
from storage.word_diff import Piece, word_diff


@dataclass(frozen=True, slots=True)
class Told:
    """A field's change, word by word."""

    field: str
    heading: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """An entry of the history with its changes as words."""

    entry: Entry
    changes: tuple[Told, ...]


def history(visit: Visit, request: Request) -> Page:
    """First seen, changed, moved, gone, back: oldest first."""
    name = article_name(visit.connection, request)
    entries = read_history(visit.connection, *name)
    title = next((e.title for e in reversed(entries) if e.title), None) or f"(no title) {name[1]}"
    return Page(
        "history.html",
        {
            "title": f"History of {title}",
            "heading": title,
            "name": name,
            "events": [event_of(entry) for entry in entries],
            "revisions": revision_heads(visit.connection, *name),
            "waiting": quarantined(visit.connection, *name),
        },
    )


def event_of(entry: Entry) -> Event:
    """An entry of the history, its changes word by word."""
    return Event(entry, tuple(_told(change) for change in entry.changes))


def _told(change: FieldChange) -> Told:
    before, after = change.before or "", change.after or ""
    if change.field == "source":
        before, after = "\n".join(source_lines(change.before)), "\n".join(source_lines(change.after))
    if change.added is not None and change.removed is not None:
        pieces = [Piece("removed", f"{each}\n") for each in change.removed]
        pieces += [Piece("added", f"{each}\n") for each in change.added]
        if pieces:
            return Told(change.field, field_name(change.field), tuple(pieces))
    return Told(change.field, field_name(change.field), word_diff(before, after))


def difference(visit: Visit, request: Request) -> Page:
    """Two revisions, by default the last two: the fields that differ word by word, the others folded away."""
    name = article_name(visit.connection, request)
    heads = revision_heads(visit.connection, *name)
    before, after = _asked(request, heads)
    if before == after and len(heads) > 1:
        raise HTTPException(400, "Give two different revisions to compare.")
    found = compare(visit.connection, *name, before, after)
    title = next(
        (f.after[0] for f in found.fields if f.field == "title" and f.after), f"(no title) {name[1]}"
    )
    return Page(
        "difference.html",
        {
            "title": f"Revisions {before} and {after} of {title}",
            "heading": title,
            "name": name,
            "revisions": heads,
            "found": found,
            "changed": [_side_by_side(field) for field in found.fields if field.differs],
            "same": [field for field in found.fields if not field.differs],
        },
    )


def _asked(request: Request, heads: tuple[RevisionHead, ...]) -> tuple[int, int]:
    last = heads[-1].revision
    after = number(request.query_params, "to", last)
    before = number(request.query_params, "from", max(1, after - 1))
    for wanted in (before, after):
        if wanted > last:
            has = "one revision only" if last == 1 else f"revisions 1 to {last}"
            raise HTTPException(404, f"This article has {has}, no {wanted}.")
    return before, after


def _side_by_side(field: FieldText) -> Told:
    words = word_diff("\n".join(field.before), "\n".join(field.after))
    return Told(field.field, field.heading or field_name(field.field), words)


def field_name(field: str) -> str:
    """A field's name for people: `sections.findings` is `Findings`."""
    return field.removeprefix("sections.").replace("_", " ").capitalize()
