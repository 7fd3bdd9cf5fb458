"""Coverage: every address ever heard of, in exactly one state with a reason. Read-only.

The URL table says how things stand, `url_history` how a run left them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, text

_UNBORNE = """
SELECT url, state, reason FROM urls
WHERE told_by IS NULL OR reason = '' OR NOT CASE state
    WHEN 'waiting' THEN due_at IS NOT NULL
    WHEN 'stored' THEN EXISTS (SELECT 1 FROM captures c WHERE c.url = urls.url)
    WHEN 'alias' THEN target IS NOT NULL AND EXISTS (SELECT 1 FROM captures c WHERE c.url = urls.url)
    WHEN 'redirected' THEN target IS NOT NULL AND EXISTS (SELECT 1 FROM captures c WHERE c.url = urls.url)
    WHEN 'gone' THEN EXISTS (SELECT 1 FROM captures c WHERE c.url = urls.url AND c.kind = 'gone')
    WHEN 'failed' THEN last_tried_at IS NOT NULL
    WHEN 'refused' THEN due_at IS NULL
    ELSE FALSE END
"""
_CAPTURES = """
SELECT DISTINCT c.url, 'unknown', 'a capture of an address that was never heard of'
FROM captures c WHERE c.url IS NOT NULL AND c.url NOT IN (SELECT url FROM urls)
"""
_CARDS = """
SELECT DISTINCT c.url, 'unknown', 'a card of an address that was never heard of'
FROM article_cards c WHERE c.url IS NOT NULL AND c.url NOT IN (SELECT url FROM urls)
"""
UNEXPLAINED = "UNION ALL".join((_UNBORNE, _CAPTURES, _CARDS))
"""Addresses whose state nothing bears out, or that somebody told of and the URL table does not have; none, in
a sound archive. Only public views: anyone can run it (docs/operating.md has it)."""

_ANY_CARD_UNHEARD = """
SELECT EXISTS (SELECT 1 FROM card c
               WHERE c.url IS NOT NULL AND NOT EXISTS (SELECT 1 FROM url u WHERE u.url = c.url))
"""

_NOW = """
SELECT u.url, u.site, u.kind, u.state, u.reason, u.told_by, NULL AS asked FROM urls u
WHERE :site IS NULL OR u.site = :site ORDER BY u.url
"""
# An address without a row until then had not been asked for yet.
_AFTER_RUN = """
SELECT u.url, u.site, u.kind, coalesce(h.state, 'waiting') AS state,
       coalesce(h.reason, 'heard of, not asked for yet') AS reason,
       (SELECT group_concat(v.via, ', ') FROM (
           SELECT s.via AS via FROM url_source s WHERE s.url_id = u.id AND s.first_heard_at <= n.until
           ORDER BY s.via) v) AS told_by,
       EXISTS (SELECT 1 FROM capture c WHERE c.url_id = u.id AND c.run_id = n.id) OR h.run_id = n.id AS asked
FROM (SELECT id, site, coalesce(ended_at, '9999') AS until FROM run WHERE id = :run) n
JOIN url u ON u.site = n.site
LEFT JOIN url_history h ON h.url_id = u.id AND h.run_id = (
    SELECT max(l.run_id) FROM url_history l WHERE l.url_id = u.id AND l.run_id <= n.id)
WHERE coalesce(u.first_heard_run <= n.id, u.first_heard_at <= n.until) ORDER BY u.url
"""


@dataclass(frozen=True, slots=True)
class CoveredUrl:
    """One address, and what became of it."""

    url: str
    site: str
    kind: str
    """robots, sitemap, listing, article or page."""
    state: str
    """waiting, stored, redirected, alias, gone, failed or refused."""
    reason: str
    told_by: str
    """Who told of it, with commas: seed, robots, sitemap, listing, card, …."""
    asked: bool | None
    """Whether the run asked for it or changed its state; None when no run is looked at."""


@dataclass(frozen=True, slots=True)
class Unexplained:
    """An address that is not accounted for."""

    url: str
    state: str
    reason: str


def covered(connection: Connection, *, run: int | None = None, site: str | None = None) -> list[CoveredUrl]:
    """Every address of a site (None: of all), as things stand, or as `run` left those of its site.

    A run that was killed left what it had committed; one that is at work, what it has until now.
    """
    sql, values = (_NOW, {"site": site}) if run is None else (_AFTER_RUN, {"run": run})
    return [
        CoveredUrl(
            row.url, row.site, row.kind, row.state, row.reason, row.told_by or "",
            None if row.asked is None else bool(row.asked),
        )
        for row in connection.execute(text(sql), values)
    ]  # fmt: skip


def unexplained(connection: Connection) -> list[Unexplained]:
    """What `UNEXPLAINED` finds, sooner: without what can find nothing.

    The view `captures` has its addresses from the URL table itself. And a card list is stored once, but
    stands in the view `article_cards` once for each page that shows it, fifty times as often.
    """
    unheard = bool(connection.execute(text(_ANY_CARD_UNHEARD)).scalar_one())
    asked = "UNION ALL".join((_UNBORNE, _CARDS)) if unheard else _UNBORNE
    return [Unexplained(row.url, row.state, row.reason) for row in connection.execute(text(asked))]
