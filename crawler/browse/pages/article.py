"""One article, as a person would want to read it; where its values come from; and its captures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Row, String, bindparam, text
from starlette.exceptions import HTTPException
from starlette.requests import Request

from crawler.browse.library import Visit
from crawler.browse.page import Page, asked_time
from crawler.browse.pages.naming import article_name
from crawler.browse.paging import paged
from crawler.cli.common import moment
from storage.alarms import quarantined
from storage.article_detail import AbsenceRow, ArticleDetail
from storage.article_detail import article as read_article
from storage.as_of import as_of
from storage.evidence import evidence
from storage.relating.asking import Answer, like

_CAPTURES_SHOWN, _RELATED_SHOWN = 5, 6
_PATIENCE_S = 0.15
"""How long what is like the article is waited for; the page can do without."""
_HEADINGS = {
    "findings": "What they found",
    "audience": "Who should care and why",
    "considerations": "Important considerations",
    "lead": "Before any heading",
}
"""For captures that drop headings."""
_TOLD_IN_PLACE = frozenset(
    {"title", "takeaway", "topics", "journal", "credibility", "interest", "published", "source"}
)
"""Fields whose absence is told where they would stand; the others' stands at the end of the page."""


def article(visit: Visit, request: Request) -> Page:
    """The article's page: now, or with `?as_of=` as the archive knew it then."""
    name, (typed, at) = article_name(visit.connection, request), asked_time(request.query_params)
    with as_of(visit.connection, at):
        detail = read_article(visit.connection, *name)
        if detail is None:
            raise HTTPException(404, f"Article {name[1]!r} had not been seen yet at {moment(at or '')}.")
        known, topics = _known(visit.connection, detail), _topics(visit.connection, *name)
    waiting = quarantined(visit.connection, *name, latest=True) if at is None else []
    return Page(
        "article.html",
        {
            **_values(detail),
            "as_of": typed,
            "known": known,
            "topics": topics,
            "waiting": waiting,
            # By what they say today, so not on a page of another day.
            "like": visit.soon(("like", *name), partial(_like, name=name), _PATIENCE_S)
            if at is None
            else None,
        },
    )


def _like(connection: Connection, name: tuple[str, str]) -> Answer:
    return like(connection, *name, _RELATED_SHOWN)


def _values(detail: ArticleDetail) -> dict[str, Any]:
    absent = {each.field: each for each in detail.absences}
    return {
        "title": detail.fields["title"] or f"(no title) {detail.fields['key']}",
        "name": (detail.fields["site"], detail.fields["key"]),
        "article": detail.fields,
        "detail": detail,
        "why": lambda field: _why(absent[field]) if field in absent else "absent",
        "absent_elsewhere": [(f, _why(each)) for f, each in absent.items() if f not in _TOLD_IN_PLACE],
        "headings": _HEADINGS,
        "paper": _paper(detail.fields),
        "captures_shown": _CAPTURES_SHOWN,
    }


def _why(absence: AbsenceRow) -> str:
    return f"{absence.reason} ({absence.detail})" if absence.detail else absence.reason


def _paper(fields: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """What the page says of the original paper: label, value, and where that leads."""
    doi, pmid, url = fields["source_doi"], fields["source_pmid"], fields["source_url"]
    values = [
        ("Title", fields["source_title"], None),
        ("Authors", "; ".join(fields["source_authors"] or ()) or None, None),
        ("Journal", fields["source_journal"], None),
        ("Published", fields["source_published_raw"], None),
        ("DOI", doi, None if doi is None else f"https://doi.org/{quote(doi, safe='/')}"),
        ("PMID", pmid, None if pmid is None else f"https://pubmed.ncbi.nlm.nih.gov/{quote(pmid, safe='')}/"),
        ("Link", url, url),
    ]
    return [(label, value, link) for label, value, link in values if value is not None]


def _topics(connection: Connection, site: str, key: str) -> Sequence[Row[Any]]:
    return connection.execute(
        text(
            'SELECT topic, topic_group AS "group", uncertain FROM article_topics '
            "WHERE site = :site AND article_key = :key ORDER BY position"
        ),
        {"site": site, "key": key},
    ).all()


def _known(connection: Connection, detail: ArticleDetail) -> frozenset[str]:
    """Which of the articles that its cards point to are in the archive."""
    ids = [card.target_id for card in detail.cards if card.target_id is not None]
    statement = text("SELECT key FROM articles WHERE site = :site AND key IN :ids").bindparams(
        bindparam("ids", expanding=True, type_=String)
    )
    return frozenset(connection.execute(statement, {"site": detail.fields["site"], "ids": ids}).scalars())


def evidence_of(visit: Visit, request: Request) -> Page:
    """For each value of an article the capture it was read from, the place in it, and the rule."""
    name = article_name(visit.connection, request)
    rows = evidence(visit.connection, *name)
    return Page(
        "evidence.html",
        {"title": f"Evidence for {_title(visit.connection, name)}", "name": name, "rows": rows,
         "heading": _title(visit.connection, name)},
    )  # fmt: skip


def captures_of(visit: Visit, request: Request) -> Page:
    """Every capture that shows an article, latest first."""
    site, key = name = article_name(visit.connection, request)
    asked = {"site": site, "key": key}
    where = "FROM captures WHERE site = :site AND article_key = :key"
    total = int(visit.connection.execute(text(f"SELECT count(*) {where}"), asked).scalar_one())
    paging = paged(request.query_params, total, "captures", site, key, size=50)
    rows = visit.connection.execute(
        text(
            "SELECT id, captured_at, origin, status, kind, url, file_name, revision, size, record_type, run "
            f"{where} ORDER BY captured_at DESC, id DESC LIMIT :size OFFSET :offset"
        ),
        {**asked, "size": paging.size, "offset": paging.offset},
    ).all()
    title = _title(visit.connection, name)
    return Page(
        "captures.html",
        {"title": f"Captures of {title}", "name": name, "heading": title, "rows": rows, "paging": paging},
    )


def _title(connection: Connection, name: tuple[str, str]) -> str:
    found = connection.execute(
        text("SELECT title FROM articles WHERE site = :site AND key = :key"),
        {"site": name[0], "key": name[1]},
    ).scalar_one_or_none()
    return str(found) if found is not None else f"(no title) {name[1]}"
