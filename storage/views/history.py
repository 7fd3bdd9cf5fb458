"""Views of what changed: every revision, every field that ever changed, and what happened to whole
articles."""

from __future__ import annotations

from storage.views.sections import EMPTY_LINE
from storage.views.view import DATE, FLAG, TEXTS, UTC, N, R, T, View


def _topics(revision: str) -> str:
    """Topics as printed, in order, as a JSON list; NULL when the page shows no list."""
    return f"""CASE {revision}.has_topics WHEN 1 THEN (
           SELECT json_group_array(t.text) FROM (
               SELECT topic.text AS text FROM revision_topic rt JOIN topic ON topic.id = rt.topic_id
               WHERE rt.revision_id = {revision}.id ORDER BY rt.position) t) END"""


def _rating(revision: str, name: str) -> str:
    return f"printf('%g/%g', {revision}.{name}, {revision}.{name}_scale)"


def _source(revision: str) -> str:
    """What the page says of the original paper, as a JSON object; NULL when it says nothing."""
    columns = ("title", "authors", "journal", "published_raw", "doi", "pmid", "url")
    anything = ", ".join(f"{revision}.source_{column}" for column in columns)
    # Put together by hand: SQLite's json_object is another function to PostgreSQL.
    pairs = " || ',' || ".join(
        f"""'"{column.removesuffix("_raw")}":' || {_quoted(revision, column)}""" for column in columns
    )
    return f"CASE WHEN coalesce({anything}) IS NOT NULL THEN '{{' || {pairs} || '}}' END"


def _quoted(revision: str, column: str) -> str:
    value = f"{revision}.source_{column}"
    if column != "authors":
        return f"json_quote({value})"
    listed = f"(SELECT json_group_array(q.value) FROM json_each({value}) q)"
    return f"CASE WHEN {value} IS NULL THEN 'null' ELSE {listed} END"


def _sections(revision: str) -> str:
    """The text of all sections of the kind that `field` names; those of unknown kind with their headings."""
    return f"""(SELECT group_concat(t.text, {EMPTY_LINE}) FROM (
               SELECT s.position AS section, 0 AS place, s.heading AS text FROM section s
               WHERE s.revision_id = {revision}.id AND s.kind = 'other' AND c.field = 'sections.other'
                 AND s.heading IS NOT NULL
               UNION ALL
               SELECT s.position, sp.position, q.text FROM section s
               JOIN section_paragraph sp ON sp.revision_id = s.revision_id
                AND sp.section_position = s.position
               JOIN passage q ON q.id = sp.passage_id
               WHERE s.revision_id = {revision}.id AND s.kind = substr(c.field, 10)
               ORDER BY 1, 2) t)"""


def _value(revision: str) -> str:
    """A field of a revision as people read it."""
    return f"""CASE c.field
       WHEN 'title' THEN {revision}.title WHEN 'takeaway' THEN {revision}.takeaway
       WHEN 'credibility' THEN CASE WHEN {revision}.credibility IS NOT NULL THEN
           {_rating(revision, "credibility")} END
       WHEN 'interest' THEN CASE WHEN {revision}.interest IS NOT NULL THEN {_rating(revision, "interest")} END
       WHEN 'journal' THEN (SELECT j.name FROM journal j WHERE j.id = {revision}.journal_id)
       WHEN 'topics' THEN {_topics(revision)}
       WHEN 'source' THEN {_source(revision)}
       ELSE {_sections(revision)} END"""


def _only_in(revision: str, other: str) -> str:
    """The topics of one revision that the other lacks, as a JSON list."""
    return f"""CASE c.field WHEN 'topics' THEN (
           SELECT json_group_array(x.text) FROM (
               SELECT t.text AS text FROM revision_topic rt JOIN topic t ON t.id = rt.topic_id
               WHERE rt.revision_id = {revision}.id AND rt.topic_id NOT IN (
                   SELECT o.topic_id FROM revision_topic o WHERE o.revision_id = {other}.id)
               ORDER BY rt.position) x) END"""


# A field counts as changed when a revision knows it, and the last one before that knew it says otherwise.
# What a revision does not name is empty, or unknown where its captures could not show everything (key "*").
_FIELD = "replace(d.key, 'section:', 'sections.')"
# Not made of the key: SQLite before 3.45 compares a label with what the document says letter by letter, and
# there all but ASCII is escaped. (One with a quotation mark it does not find; profiles may not have that.)
_PATH = "d.fullkey"


def _partial(revision: str) -> str:
    return f"json_type({revision}.field_digests, '$.\"*\"') IS NOT NULL"


def _known(revision: str) -> str:
    """The digest of field `d.key` as a revision knows it: empty text for an absent one, NULL for unknown."""
    return f"""CASE json_type({revision}.field_digests, {_PATH})
      WHEN 'text' THEN json_extract({revision}.field_digests, {_PATH})
      WHEN 'null' THEN NULL
      ELSE CASE WHEN NOT {_partial(revision)} THEN '' END END"""


_EARLIER = "SELECT o.number FROM revision o WHERE o.article_key = r.article_key AND o.number < r.number AND"
_LATEST = "ORDER BY o.number DESC LIMIT 1"
_LAST_KNOWN = f"""p.article_key = r.article_key AND p.number = (
      {_EARLIER} {_known("o")} IS NOT NULL {_LATEST})"""
# The last one that knew all fields: no earlier one need be looked at.
_LAST_WHOLE = f"coalesce(({_EARLIER} instr(o.field_digests, ':null') = 0 {_LATEST}), 1)"


def _changed(which: str) -> str:
    """SQL for changed fields: internal numbers `revision` and `before` (the last that knew it), and `field`.
    `which` is FROM … that gives `r`, or nothing inside a query that has it."""
    joined = "FROM" if not which else f"{which} CROSS JOIN"
    return f"""
SELECT r.id AS revision, p.id AS before, {_FIELD} AS field
{joined} json_each(r.field_digests) d JOIN revision p ON {_LAST_KNOWN}
WHERE d.key <> '*' AND d.type = 'text' AND {_known("p")} <> d.value
UNION ALL
SELECT r.id, p.id, {_FIELD}
{joined} revision p CROSS JOIN json_each(p.field_digests) d
WHERE p.article_key = r.article_key AND p.number < r.number AND p.number >= {_LAST_WHOLE}
  AND NOT {_partial("r")}
  AND d.key <> '*' AND d.type = 'text' AND d.value <> '' AND json_type(r.field_digests, {_PATH}) IS NULL
  AND {_LAST_KNOWN}"""


_PRINTED = "title takeaway credibility interest topics journal source"
_PLACE = f"coalesce(nullif(instr('{_PRINTED}', field), 0), 99), field"
"""Fields in the order in which a page shows them; sections follow in the order of their names."""

REVISIONS = View(
    "revisions",
    "Every revision of every article: its own content at a time, and which fields had changed.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "revision": (N.as_key, "1 for the earliest, counting up."),
        "first_seen_at": (UTC.always, "When the earliest capture of it was made (UTC)."),
        "last_seen_at": (UTC.always, "When the latest capture of it was made (UTC)."),
        "is_current": (FLAG, "1 for the article's latest content, else 0."),
        "changed_fields": (
            TEXTS,
            "Fields that differ from what was known of them before, as a JSON list (title, takeaway, "
            "credibility, interest, topics, journal, source, sections.findings, …); NULL for revision 1.",
        ),
        "title": (T, "As printed; NULL when absent."),
        "takeaway": (T, "Key takeaway as printed; NULL when absent."),
        "credibility": (R, "Credibility rating; NULL when absent."),
        "credibility_scale": (R, "Best value that credibility can take."),
        "interest": (R, "Interest rating; NULL when absent."),
        "interest_scale": (R, "Best value that interest can take."),
        "reading_minutes": (
            N.counted_in("minutes"),
            "Reading time as printed, in minutes; NULL when absent.",
        ),
        "journal": (T, "Journal as printed; NULL when absent."),
        "journal_group": (T, "Form of the journal's name that groups its spellings."),
        "topics": (
            TEXTS,
            "Topics as printed, in order, as a JSON list; NULL when the page shows no topic list.",
        ),
        "description": (T, "The page's own description, from its structured data."),
        "source_title": (T, "Title of the original paper as printed."),
        "source_authors": (TEXTS, "Authors of the original paper as printed, as a JSON list."),
        "source_journal": (T, "Journal of the original paper as printed."),
        "source_published_on": (DATE, "Date of the original paper as ISO text, only as precise as printed."),
        "source_published_raw": (T, "Date of the original paper as printed."),
        "source_doi": (T, "DOI of the original paper, bare and in lower case."),
        "source_pmid": (T, "PubMed id of the original paper, digits only."),
        "source_url": (T, "Link to the original paper."),
        "reader_version": (T, "Version of the reader that read it; NULL when unknown."),
    },
    f"""
SELECT a.article_id, a.key, a.site, r.number, r.first_seen_at, r.last_seen_at, r.is_current,
       CASE WHEN r.number > 1 THEN (
           SELECT json_group_array(f.field) FROM (
               SELECT c.field AS field FROM ({_changed("")}) c
               ORDER BY {_PLACE}) f) END,
       r.title, r.takeaway, r.credibility, r.credibility_scale, r.interest, r.interest_scale,
       r.reading_minutes, j.name, j.normal, {_topics("r")},
       r.description, r.source_title, r.source_authors, r.source_journal, r.source_published_iso,
       r.source_published_raw, r.source_doi, r.source_pmid, r.source_url, r.reader_version
FROM article a
JOIN revision r ON r.article_key = a.id
LEFT JOIN journal j ON j.id = r.journal_id
""",
)

_CHANGES = f"""
SELECT a.article_id, a.key, a.site, r.number, r.first_seen_at, c.field,
       {_value("p")},
       {_value("r")},
       {_only_in("r", "p")},
       {_only_in("p", "r")}"""

REVISION_CHANGES = View(
    "revision_changes",
    "One row for each field of a revision that differs from what was last known of it before.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "revision": (N.as_key, "Number of the revision that brought the change."),
        "at": (
            UTC.always,
            "When it was first seen (UTC): the change was made between then and the capture before.",
        ),
        "field": (
            T.as_key,
            "title, takeaway, credibility, interest, topics, journal, source or sections.KIND.",
        ),
        "before": (
            T,
            "What it said before; NULL when it was absent. Text as printed; ratings as 4/5; topics as a JSON "
            "list, source as a JSON object.",
        ),
        "after": (T, "What it says since, likewise."),
        "added": (TEXTS, "For topics: those that are new, as a JSON list; else NULL."),
        "removed": (TEXTS, "For topics: those that are there no more, as a JSON list; else NULL."),
    },
    f"""{_CHANGES}
FROM ({_changed("FROM revision r")}) c
JOIN revision r ON r.id = c.revision
JOIN revision p ON p.id = c.before
JOIN article a ON a.id = r.article_key
""",
    f"""{_CHANGES}
FROM article a
JOIN revision r ON r.article_key = a.id
CROSS JOIN LATERAL ({_changed("")}) c
JOIN revision p ON p.id = c.before
""",
)

ARTICLE_EVENTS = View(
    "article_events",
    "What happened to articles as a whole: gone from the site, back again, moved to another address.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "at": (UTC.as_key, "When the capture that shows it was made (UTC)."),
        "event": (
            T.as_key.of("gone", "back", "moved"),
            "gone (its addresses answer 404 or 410), back (shown again after that) or moved (found at "
            "another address).",
        ),
        "status": (N, "HTTP status of that capture; NULL for a file."),
        "from_url": (T, "For moved: its address before; else NULL."),
        "to_url": (T, "For moved: its address since; for gone and back the address asked."),
        "capture": (N.always.to("captures.id"), "The capture that shows it, as in captures."),
    },
    """
SELECT a.article_id, a.key, a.site, e.at, e.event, e.status, e.from_url, e.to_url, e.capture_id
FROM article_event e
JOIN article a ON a.id = e.article_key
""",
)
