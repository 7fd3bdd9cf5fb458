"""The public views: what SQL users read. Plain names, one documented column at a time.

The views hold no data: they are put in place anew whenever a writer opens an archive whose views differ from
these (`sync_views`), so that a view can be bettered without a migration. Column order is that of the data
dictionary.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection


@dataclass(frozen=True)
class View:
    """One public view."""

    name: str
    doc: str
    columns: Mapping[str, tuple[str, str]]
    """Column name -> (SQL type, description), in the order of `select`."""
    select: str

    @property
    def ddl(self) -> str:
        """The statement that creates it."""
        return f"CREATE VIEW {self.name} ({', '.join(self.columns)}) AS\n{self.select.strip()}"


T, N, R = "TEXT", "INTEGER", "REAL"

KEY = "a.key"
"""What an article is called, as a column of `article AS a`: stable, also where the site's id is unknown."""

ARTICLES = View(
    "articles",
    "One row an article: its current content, and what cards say of it.",
    {
        "id": (T, "The site's case-sensitive id; NULL when no capture could tell it."),
        "key": (T, "What this program calls the article: its id, or body:… or url:… where there is none."),
        "site": (T, "Name of the site profile."),
        "url": (T, "Its address as last seen; NULL when unknown."),
        "title": (T, "As printed; NULL when absent."),
        "takeaway": (T, "Key takeaway as printed; NULL when absent."),
        "credibility": (R, "Credibility rating; NULL when absent."),
        "credibility_scale": (R, "Best value that credibility can take."),
        "interest": (R, "Interest rating; NULL when absent."),
        "interest_scale": (R, "Best value that interest can take."),
        "reading_minutes": (N, "Reading time as printed, in minutes; NULL when absent."),
        "journal": (T, "Journal as printed; NULL when absent."),
        "journal_group": (T, "Form of the journal's name that groups its spellings."),
        "topics": (T, "Topics as printed, in order, as a JSON list; NULL when the page shows no topic list."),
        "published_on": (
            T,
            "Its date as ISO text, only as precise as printed (2026-05-01, 2026-05 or 2026).",
        ),
        "published_precision": (T, "day, month or year."),
        "published_raw": (T, "Its date as printed."),
        "published_source": (T, "What dates it: card, or the rule that found the page's own date."),
        "teaser": (T, "Teaser on the cards that point to it, as last seen."),
        "description": (T, "The page's own description, from its structured data."),
        "source_title": (T, "Title of the original paper as printed."),
        "source_authors": (T, "Authors of the original paper as printed, as a JSON list."),
        "source_journal": (T, "Journal of the original paper as printed."),
        "source_published_on": (T, "Date of the original paper as ISO text, only as precise as printed."),
        "source_published_raw": (T, "Date of the original paper as printed."),
        "source_doi": (T, "DOI of the original paper, bare and in lower case."),
        "source_pmid": (T, "PubMed id of the original paper, digits only."),
        "source_url": (T, "Link to the original paper."),
        "first_seen_at": (T, "When the earliest capture of it was made (UTC)."),
        "last_seen_at": (T, "When the latest capture of it was made (UTC)."),
        "gone_since": (T, "Since when it answers 404 or 410 (UTC); NULL while it is there."),
        "revision": (N, "Number of its current revision."),
        "revisions": (N, "How many revisions the archive holds."),
        "captures": (N, "How many captures show it."),
    },
    """
SELECT a.article_id, a.key, a.site, a.url, r.title, r.takeaway, r.credibility, r.credibility_scale,
       r.interest, r.interest_scale, r.reading_minutes, j.name, j.normal,
       CASE r.has_topics WHEN 1 THEN (
           SELECT json_group_array(t.text) FROM (
               SELECT topic.text AS text FROM revision_topic rt JOIN topic ON topic.id = rt.topic_id
               WHERE rt.revision_id = r.id ORDER BY rt.position) t) END,
       a.published_iso, a.published_precision, a.published_raw, a.published_source, a.teaser, r.description,
       r.source_title, r.source_authors, r.source_journal, r.source_published_iso, r.source_published_raw,
       r.source_doi, r.source_pmid, r.source_url, a.first_seen_at, a.last_seen_at, a.gone_since, r.number,
       (SELECT count(*) FROM revision c WHERE c.article_key = a.id),
       (SELECT count(*) FROM capture c WHERE c.article_key = a.id)
FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
LEFT JOIN journal j ON j.id = r.journal_id
""",
)

ARTICLE_SECTIONS = View(
    "article_sections",
    "The sections of each article's current revision, in order, free of boilerplate.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T, "The article's key, as in articles."),
        "site": (T, "Name of the site profile."),
        "position": (N, "Order on the page; numbers may be left out."),
        "kind": (
            T,
            "findings, audience, considerations, …; other for an unknown heading, lead for text before any.",
        ),
        "heading": (T, "As printed; NULL when there is none, or no capture shows it."),
        "text": (T, "Its paragraphs as printed, an empty line between them."),
    },
    """
SELECT a.article_id, a.key, a.site, s.position, s.kind, s.heading, coalesce((
           SELECT group_concat(t.text, char(10) || char(10)) FROM (
               SELECT p.text AS text FROM section_paragraph sp JOIN passage p ON p.id = sp.passage_id
               WHERE sp.revision_id = s.revision_id AND sp.section_position = s.position
               ORDER BY sp.position) t), '')
FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN section s ON s.revision_id = r.id
WHERE s.kind <> 'unplaced'
  AND (EXISTS (SELECT 1 FROM section_paragraph sp
               WHERE sp.revision_id = s.revision_id AND sp.section_position = s.position)
       OR NOT EXISTS (SELECT 1 FROM revision_boilerplate rb
                      JOIN boilerplate_passage b ON b.id = rb.boilerplate_id
                      WHERE rb.revision_id = s.revision_id AND rb.section_position = s.position
                        AND b.heading = s.heading))
""",
)

ARTICLE_TOPICS = View(
    "article_topics",
    "The topics of each article's current revision, one by one.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T, "The article's key, as in articles."),
        "site": (T, "Name of the site profile."),
        "position": (N, "Order on the page, from 1."),
        "topic": (T, "As printed."),
        "topic_group": (T, "Form that groups spellings of one topic."),
        "uncertain": (N, "1 when it may be several topics whose borders no capture shows, else 0."),
    },
    """
SELECT a.article_id, a.key, a.site, rt.position, t.text, t.normal, rt.uncertain
FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN revision_topic rt ON rt.revision_id = r.id
JOIN topic t ON t.id = rt.topic_id
""",
)

ARTICLE_CARDS = View(
    "article_cards",
    "The cards that each article's page showed when it was last seen.",
    {
        "article_id": (T, "The site's id of the article whose page shows the card; NULL when unknown."),
        "article_key": (T, "The key of that article, as in articles."),
        "site": (T, "Name of the site profile."),
        "position": (N, "Order in the list, from 1."),
        "title": (T, "As printed; NULL when the capture shows none."),
        "url": (T, "Address it points to; NULL when the capture shows none."),
        "target_id": (T, "Article id in that address; NULL without."),
        "date": (T, "Its date as ISO text, only as precise as printed."),
        "date_precision": (T, "day, month or year."),
        "date_raw": (T, "Its date as printed."),
        "teaser": (T, "As printed."),
        "image": (T, "Address of its picture."),
        "first_seen_at": (T, "When this list was first seen on that page (UTC)."),
        "last_seen_at": (T, "When this list was last seen on that page (UTC)."),
    },
    """
SELECT a.article_id, a.key, a.site, c.position, c.title, c.url, c.article_id, c.date_iso, c.date_precision,
       c.date_raw,
       c.teaser, c.image, g.first_seen_at, g.last_seen_at
FROM article a
JOIN card_list_sighting g ON g.id = (
    SELECT l.id FROM card_list_sighting l JOIN card_list k ON k.id = l.card_list_id
    WHERE l.article_key = a.id ORDER BY l.last_seen_at DESC, k.digest DESC LIMIT 1)
JOIN card c ON c.card_list_id = g.card_list_id
""",
)

ARTICLE_UNPLACED = View(
    "article_unplaced",
    "Text of each article's current revision that no part of the page claims, paragraph by paragraph.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T, "The article's key, as in articles."),
        "site": (T, "Name of the site profile."),
        "position": (N, "Order on the page."),
        "text": (T, "As printed."),
    },
    """
SELECT a.article_id, a.key, a.site, sp.position, p.text
FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN section s ON s.revision_id = r.id AND s.kind = 'unplaced'
JOIN section_paragraph sp ON sp.revision_id = s.revision_id AND sp.section_position = s.position
JOIN passage p ON p.id = sp.passage_id
""",
)

JOURNALS = View(
    "journals",
    "Journals named by current revisions, as printed.",
    {
        "journal": (T, "As printed."),
        "journal_group": (T, "Form that groups spellings of one journal."),
        "articles": (N, "How many articles name it now."),
        "first_seen_at": (T, "When an article now naming it was first seen (UTC)."),
        "last_seen_at": (T, "When an article naming it was last seen (UTC)."),
    },
    """
SELECT j.name, j.normal, count(*), min(a.first_seen_at), max(a.last_seen_at)
FROM journal j
JOIN revision r ON r.journal_id = j.id AND r.is_current = 1
JOIN article a ON a.id = r.article_key
GROUP BY j.id
""",
)

BOILERPLATE = View(
    "boilerplate",
    "Passages that many articles share but for their slots, each once.",
    {
        "template": (T, "As printed, with each slot's value replaced by its name in braces."),
        "heading": (T, "Heading it stands under; NULL when there is none, or no capture shows it."),
        "source": (T, "profile (found by the profile's anchors) or counted (over the archive)."),
        "articles": (N, "How many articles' current revisions carry it."),
        "first_seen_at": (T, "When it was first seen (UTC)."),
    },
    """
SELECT b.template, b.heading, b.source,
       coalesce(n.articles, 0), b.first_seen_at
FROM boilerplate_passage b
LEFT JOIN (SELECT rb.boilerplate_id, count(DISTINCT r.article_key) AS articles FROM revision_boilerplate rb
           JOIN revision r ON r.id = rb.revision_id AND r.is_current = 1
           GROUP BY rb.boilerplate_id) n ON n.boilerplate_id = b.id
""",
)

CAPTURES = View(
    "captures",
    "Every fetch and every imported file.",
    {
        "id": (N, "Number of the capture."),
        "run": (N, "Run that made it, as in runs."),
        "site": (T, "Name of the site profile."),
        "url": (T, "Address asked for; NULL for a file whose address can't be told."),
        "captured_at": (T, "When it was fetched or imported (UTC)."),
        "origin": (T, "crawl or import."),
        "status": (N, "HTTP status; NULL for a file."),
        "kind": (T, "summary, listing, other, unreadable, robots, sitemap, redirect, gone or error."),
        "reason": (T, "Why it is no summary; NULL for one."),
        "article_id": (T, "The site's id of the article it shows; NULL when none or unknown."),
        "article_key": (T, "The key of that article, as in articles; NULL when it shows none."),
        "revision": (N, "Number of the revision it shows; NULL when it shows none."),
        "media_type": (T, "Media type as the server, or the file's name, said."),
        "size": (N, "Length of the entity in bytes."),
        "sha256": (T, "SHA-256 (hex) of the entity."),
        "truncated": (T, "Why the entity is not whole; NULL when it is."),
        "etag": (T, "ETag as sent; NULL without."),
        "last_modified": (T, "Last-Modified as sent; NULL without."),
        "headers": (T, "Response headers, as a JSON list of [name, value] pairs."),
        "ip_address": (T, "Address of the server; NULL when unknown."),
        "file_name": (T, "Name of the imported file; NULL for an answer."),
        "reader_version": (T, "Version of the reader that read it; NULL when none did."),
    },
    """
SELECT c.id, c.run_id, n.site, u.url, c.captured_at, c.origin, c.status, c.kind, c.reason, a.article_id,
       a.key, r.number,
       c.media_type, b.size, b.sha256, c.truncated, c.etag, c.last_modified, c.headers, c.ip_address,
       c.file_name, c.reader_version
FROM capture c
JOIN run n ON n.id = c.run_id
JOIN body b ON b.id = c.body_id
LEFT JOIN url u ON u.id = c.url_id
LEFT JOIN article a ON a.id = c.article_key
LEFT JOIN revision r ON r.id = c.revision_id
""",
)

RUNS = View(
    "runs",
    "Every crawl and import.",
    {
        "id": (N, "Number of the run."),
        "site": (T, "Name of the site profile."),
        "kind": (T, "crawl, import or demo."),
        "started_at": (T, "When it began (UTC)."),
        "ended_at": (T, "When it ended (UTC); NULL while it runs."),
        "outcome": (T, "complete, incomplete, stopped, limit or failed; NULL while it runs."),
        "reason": (T, "One line about the outcome."),
        "program_version": (T, "Version of the program that made it."),
        "reader_version": (T, "Version of the reader that made it."),
        "profile_digest": (T, "SHA-256 (hex) of the site profile it used."),
        "settings": (T, "Settings it ran with, as a JSON object."),
        "counts": (T, "What it came to, as a JSON object."),
    },
    """
SELECT id, site, kind, started_at, ended_at, outcome, reason, program_version, reader_version, profile_digest,
       settings, counts
FROM run
""",
)

URLS = View(
    "urls",
    "Every address ever heard of, with its state and who told us.",
    {
        "url": (T, "The address in canonical form; its case counts."),
        "site": (T, "Name of the site profile."),
        "kind": (T, "robots, sitemap, listing, article or page."),
        "article_id": (T, "The article id in the address; NULL when it has none."),
        "state": (T, "waiting, stored, redirected, alias, gone, failed or refused."),
        "reason": (T, "Why it is in this state."),
        "told_by": (T, "Who told us, with commas: seed, robots, sitemap, listing, card, link, redirect, …."),
        "target": (T, "Where it leads, when it is redirected or an alias."),
        "depth": (N, "Fewest clicks from a start address."),
        "lastmod": (T, "The sitemap's word on its last change, as written."),
        "first_heard_at": (T, "When it was first heard of (UTC)."),
        "first_heard_run": (N, "Run in which it was first heard of."),
        "last_tried_at": (T, "When it was last asked for (UTC); NULL when never."),
        "last_ok_at": (T, "When it last gave a usable answer (UTC); NULL when never."),
        "http_status": (N, "Status of the last answer; NULL when there was none."),
        "attempts": (N, "Failed tries in the present round."),
        "etag": (T, "ETag of the last stored answer."),
        "last_modified": (T, "Last-Modified of the last stored answer, as written."),
        "due_at": (T, "When it is to be asked next (UTC); NULL when it is done for this round."),
    },
    """
SELECT u.url, u.site, u.kind, u.article_id, u.state, u.reason,
       (SELECT group_concat(v.via, ', ') FROM (
           SELECT s.via AS via FROM url_source s WHERE s.url_id = u.id ORDER BY s.via) v),
       t.url, u.depth, u.lastmod, u.first_heard_at, u.first_heard_run, u.last_tried_at, u.last_ok_at,
       u.http_status, u.attempts, u.etag, u.last_modified, u.due_at
FROM url u
LEFT JOIN url t ON t.id = u.target_url_id
""",
)

SEARCH_DOCUMENTS = View(
    "search_documents",
    "What full-text search looks at: one row a revision, free of boilerplate. The content of article_search.",
    {
        "id": (N, "Internal number of the revision; the rowid in article_search."),
        "title": (T, "Title as printed."),
        "takeaway": (T, "Key takeaway as printed."),
        "sections": (T, "The paragraphs of all sections as printed, a line each."),
    },
    """
SELECT r.id, r.title, r.takeaway, (
           SELECT group_concat(t.text, char(10)) FROM (
               SELECT p.text AS text FROM section s
               JOIN section_paragraph sp ON sp.revision_id = s.revision_id AND sp.section_position =
                 s.position
               JOIN passage p ON p.id = sp.passage_id
               WHERE s.revision_id = r.id AND s.kind <> 'unplaced'
               ORDER BY sp.section_position, sp.position) t)
FROM revision r
""",
)

VIEWS: tuple[View, ...] = (
    ARTICLES,
    ARTICLE_SECTIONS,
    ARTICLE_TOPICS,
    ARTICLE_CARDS,
    ARTICLE_UNPLACED,
    JOURNALS,
    BOILERPLATE,
    CAPTURES,
    RUNS,
    URLS,
    SEARCH_DOCUMENTS,
)
"""In the order of the data dictionary."""


def drop_views(connection: Connection) -> None:
    """Remove all views, so that a migration may change the tables below them."""
    for name in _stored_views(connection):
        connection.exec_driver_sql(f'DROP VIEW "{name}"')


def sync_views(connection: Connection) -> bool:
    """Make the archive's views be `VIEWS`; say whether anything had to be changed."""
    if views_are_current(connection):
        return False
    drop_views(connection)
    for view in VIEWS:
        connection.exec_driver_sql(view.ddl)
    return True


def views_are_current(connection: Connection) -> bool:
    """Whether the archive's views are exactly `VIEWS`."""
    return _stored_views(connection) == {view.name: view.ddl for view in VIEWS}


def _stored_views(connection: Connection) -> dict[str, str]:
    rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE type = 'view'")
    return {row[0]: row[1] for row in rows}
