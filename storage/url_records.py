"""The URL table as records, for taking an archive elsewhere: what captures alone can't tell.

Which addresses were heard of and from whom, which were refused or failed, and when each is due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, text

from storage.db import Db

_PLAIN = (
    "url", "kind", "priority", "article_id", "state", "reason", "depth", "lastmod", "first_heard_at",
    "last_tried_at", "last_ok_at", "http_status", "attempts", "etag", "last_modified", "due_at", "due_why",
    "fetched_lastmod", "revisit_at", "interval_s", "checks", "changes",
)  # fmt: skip
_DUMP = f"""
SELECT u.id, {", ".join(f"u.{name}" for name in _PLAIN)}, t.url AS target
FROM url u LEFT JOIN url t ON t.id = u.target_url_id WHERE u.site = :site ORDER BY u.id
"""
_SOURCES = """
SELECT s.url_id, s.via, f.url, s.first_heard_at
FROM url_source s JOIN url u ON u.id = s.url_id LEFT JOIN url f ON f.id = s.from_url_id
WHERE u.site = :site ORDER BY s.url_id, s.via
"""
_INSERT = f"INSERT INTO url (site, {', '.join(_PLAIN)}) VALUES (?{', ?' * len(_PLAIN)})"
_SET = ", ".join(f"{name} = excluded.{name}" for name in _PLAIN[1:])
_NOT_ASKED: Mapping[str, Any] = {
    "state": "waiting", "reason": "the import of its captures has not come to its end", "last_tried_at": None,
    "last_ok_at": None, "http_status": None, "attempts": 0, "etag": None, "last_modified": None,
    "due_why": "new", "fetched_lastmod": None, "revisit_at": None, "interval_s": None, "checks": 0,
    "changes": 0,
}  # fmt: skip


def url_records(connection: Connection, site: str) -> Iterator[dict[str, Any]]:
    """Every address of a site, in the order in which they were heard of."""
    told = groupby(connection.execute(text(_SOURCES), {"site": site}), key=lambda row: row[0])
    of, sources = next(told, (None, None))
    for row in connection.execute(text(_DUMP), {"site": site}).mappings():
        record = dict(row)
        record["sources"] = []
        if record.pop("id") == of and sources is not None:
            record["sources"] = [{"via": via, "from": url, "at": at} for _, via, url, at in sources]
            of, sources = next(told, (None, None))
        yield record


def foretell_urls(db: Db, site: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Put the addresses that the table does not have into it, as heard of and not asked yet, in one
    transaction: what is killed before their captures are there leaves them to be asked.

    Raises `KeyError` or `sqlite3.Error` for records that are none.
    """
    rows = [{**row, **_NOT_ASKED, "due_at": row["first_heard_at"]} for row in records]
    with db.transaction():
        known = {url for (url,) in db.all("SELECT url FROM url WHERE site = ?", site)}
        rows = [row for row in rows if row["url"] not in known]
        db.many(_INSERT, [(site, *(row[name] for name in _PLAIN)) for row in rows])
        _tell_sources(db, site, rows)


def restore_urls(db: Db, site: str, records: Iterable[Mapping[str, Any]]) -> None:
    """Make the URL table what the records say, in one transaction; addresses that they do not name stay. One
    that was stored, but of which no capture is here, is to be asked again.

    Raises `KeyError` or `sqlite3.Error` for records that are none.
    """
    rows = list(records)
    with db.transaction():
        db.many(
            f"{_INSERT} ON CONFLICT (url) DO UPDATE SET {_SET}, target_url_id = NULL "
            "WHERE url.site = excluded.site",
            [(site, *(_untargeted(row)[name] for name in _PLAIN)) for row in rows],
        )
        ids: dict[str, int] = dict(db.all("SELECT url, id FROM url WHERE site = ?", site))
        db.many(
            "UPDATE url SET target_url_id = ?, state = ? WHERE id = ?",
            [
                (ids[row["target"]], row["state"], ids[row["url"]])
                for row in rows
                if row["target"] is not None
            ],
        )
        _tell_sources(db, site, rows)
        values = {**_NOT_ASKED, "reason": "its capture could not be imported"}
        db.run(
            f"UPDATE url SET {', '.join(f'{name} = ?' for name in values)}, target_url_id = NULL, "
            "due_at = first_heard_at WHERE site = ? AND state IN ('stored', 'alias') "
            "AND id NOT IN (SELECT url_id FROM capture WHERE url_id IS NOT NULL)",
            *values.values(), site,
        )  # fmt: skip


def _tell_sources(db: Db, site: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write whence the addresses of these rows are known."""
    ids: dict[str, int] = dict(db.all("SELECT url, id FROM url WHERE site = ?", site))
    db.many("DELETE FROM url_source WHERE url_id = ?", [(ids[row["url"]],) for row in rows])
    db.many(
        "INSERT INTO url_source (url_id, via, from_url_id, first_heard_at) VALUES (?, ?, ?, ?)",
        [
            (ids[row["url"]], source["via"], ids.get(source["from"]), source["at"])
            for row in rows
            for source in row["sources"]
        ],
    )


def _untargeted(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """The row in a state that it may have while its target is not known yet."""
    return row if row["target"] is None else {**row, "state": "waiting"}
