"""What changed, read-only: an article's history, all changes of a time, and two revisions side by side.

What the site did, never what a better reader corrected. Times are UTC text; text is as printed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, text

from storage.queries import json_list

What = Literal["new", "revision", "gone", "back", "moved"]
_RANK: dict[str, int] = {"new": 0, "back": 1, "moved": 2, "revision": 3, "gone": 4}
FIELDS = ("title", "takeaway", "credibility", "interest", "topics", "journal", "source", "sections")
"""Fields that can change; `sections` stands for all of them, `sections.KIND` for one kind."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that changed, as in the view `revision_changes`."""

    field: str
    before: str | None
    """As printed; None when it was absent."""
    after: str | None
    added: tuple[str, ...] | None
    """Topics that are new; None for any other field."""
    removed: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that happened to an article on the site, dated by the capture that shows it."""

    at: str
    what: What
    """`new` (first seen), `revision` (its content changed), `gone`, `back` or `moved`."""
    site: str
    key: str
    id: str | None
    title: str | None
    """As of that revision; for the other events as of now."""
    revision: int | None
    """For `new` and `revision`, else None."""
    changes: tuple[FieldChange, ...]
    """For `revision`, else ()."""
    status: int | None
    """For gone, back and moved the HTTP status; None for a file."""
    from_url: str | None
    """For `moved` the address before; else None."""
    to_url: str | None
    """For `moved` the address since, for gone and back the one asked; else None."""


def history(connection: Connection, site: str, key: str) -> tuple[Entry, ...]:
    """All that happened to one article, oldest first; () when there is none of that key."""
    return _entries(connection, "site = :site AND article_key = :key", {"site": site, "key": key})


def changes(
    connection: Connection, *, since: str, until: str | None = None, site: str | None = None,
    field: str | None = None,
) -> tuple[Entry, ...]:  # fmt: skip
    """All that happened to any article from `since` to `until` (UTC text, both included; None: to this day).

    `field` (one of `FIELDS`, or `sections.KIND`) keeps revisions that changed it, and of these only that.
    """
    where = "{at} >= :since AND {at} <= :until AND (:site IS NULL OR site = :site)"
    asked = {"since": since, "until": until or "9999-12-31T23:59:59.999Z", "site": site, "field": field}
    entries = _entries(connection, where, asked)
    return entries if field is None else tuple(entry for entry in entries if entry.changes)


def _entries(connection: Connection, where: str, asked: dict[str, Any]) -> tuple[Entry, ...]:
    changed: dict[tuple[str, str, int], list[FieldChange]] = {}
    of_field = ""
    if asked.get("field") is not None:
        of_field = " AND (field = :field OR substr(field, 1, length(:field) + 1) = :field || '.')"
    for site, key, revision, name, before, after, added, removed in connection.execute(
        text(
            "SELECT site, article_key, revision, field, before, after, added, removed FROM revision_changes "
            f"WHERE {where.format(at='at')}{of_field}"
        ),
        asked,
    ):
        change = FieldChange(name, before, after, json_list(added), json_list(removed))
        changed.setdefault((site, key, revision), []).append(change)
    entries = [
        Entry(
            at, "new" if number == 1 else "revision", site, key, article_id, title, number,
            tuple(sorted(changed.get((site, key, number), ()), key=_place)), None, None, None,
        )
        for at, site, key, article_id, title, number in connection.execute(
            text(
                "SELECT first_seen_at, site, article_key, article_id, title, revision FROM revisions "
                f"WHERE {where.format(at='first_seen_at')}"
            ),
            asked,
        )
    ]  # fmt: skip
    entries += [
        Entry(at, what, site, key, article_id, title, None, (), status, from_url, to_url)
        for at, what, site, key, article_id, title, status, from_url, to_url in connection.execute(
            text(
                "SELECT at, event, site, article_key, article_id, (SELECT r.title FROM revisions r WHERE "
                "r.site = e.site AND r.article_key = e.article_key AND r.is_current = 1), status, from_url, "
                f"to_url FROM article_events e WHERE {where.format(at='at')}"
            ),
            asked,
        )
    ]
    return tuple(sorted(entries, key=lambda entry: (entry.at, entry.site, entry.key, _RANK[entry.what])))


def _place(change: FieldChange) -> tuple[int, str]:
    return FIELDS.index(change.field.partition(".")[0]), change.field


def source_lines(source: str | None) -> tuple[str, ...]:
    """The JSON object of a `source` change, a labelled line for each value that is there."""
    values = json.loads(source or "{}")
    named = {
        "title": "Title", "authors": "Authors", "journal": "Journal", "published": "Published",
        "doi": "DOI", "pmid": "PMID", "url": "Link",
    }  # fmt: skip
    lines = {name: "; ".join(value) if isinstance(value, list) else value for name, value in values.items()}
    return tuple(f"{label}: {lines[name]}" for name, label in named.items() if lines.get(name))
