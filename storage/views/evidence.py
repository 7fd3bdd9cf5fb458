"""Views of where values come from, and of what a better reader has read otherwise."""

from __future__ import annotations

from storage.views.view import FLAG, UTC, N, T, View

_CAPTURE = "c.id, c.captured_at, u.url, f.name, c.warc_offset, c.warc_length"
_JOINS = """JOIN article a ON a.id = r.article_key
JOIN capture c ON c.id = e.capture_id
JOIN warc_file f ON f.id = c.warc_file_id
LEFT JOIN url u ON u.id = c.url_id"""
# Of several captures that show the card list which dates an article, the latest.
_CARD = """FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN card d ON (d.card_list_id, d.position) = (
       SELECT k.card_list_id, k.position FROM card k JOIN card_list l ON l.id = k.card_list_id
       WHERE k.article_id = a.key AND l.site = a.site AND k.{column} = {wanted}
       ORDER BY l.last_seen_at DESC, l.digest DESC, k.position LIMIT 1)
JOIN capture c ON c.id = (SELECT s.id FROM capture s WHERE s.card_list_id = d.card_list_id
                          AND s.record_type <> 'revisit' ORDER BY s.captured_at DESC, s.id DESC LIMIT 1)
JOIN warc_file f ON f.id = c.warc_file_id
LEFT JOIN url u ON u.id = c.url_id"""


def _of_card(field: str, column: str, wanted: str, where: str) -> str:
    joined = _CARD.format(column=column, wanted=wanted)
    return f"""
SELECT a.article_id, a.key, a.site, r.number, r.is_current, '{field}', 'taken', {wanted}, 'card', NULL,
       'card ' || d.position, NULL, NULL, c.reader_version, {_CAPTURE}
{joined}
WHERE {where}"""


EVIDENCE = View(
    "article_evidence",
    "Where each value of each revision was read, by which rule and reader; and what says that one is absent.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.always.to("articles.key"), "The article's key, as in articles."),
        "site": (T.always.to("articles.site"), "Name of the site profile."),
        "revision": (N.always, "Number of the revision whose value it is."),
        "is_current": (FLAG, "1 for the article's current revision, else 0."),
        "field": (T.always, "The field: title, sections.findings, topics[0], source.doi, …"),
        "claim": (
            T.always.of("taken", "overruled", "absent"),
            "taken (it is the value), overruled (a source of higher precedence says otherwise) or absent.",
        ),
        "value": (T, "The value as found; NULL when absent, or when it stands in the revision itself."),
        "rule": (
            T,
            "The rule that took it (heading, json-ld, …; card: a card pointing to it); NULL if absent.",
        ),
        "block": (N, "Number of the block on the page; NULL when it was not in the page's text."),
        "location": (T, "Element path, line or JSON path in the page, or card and number; NULL if absent."),
        "reason": (T, "Why it is absent; NULL when it is not."),
        "detail": (T, "More about that; NULL when it is not absent."),
        "reader_version": (T, "Version of the reader that read it; NULL when unknown."),
        "capture": (N.always.to("captures.id"), "The capture it was read from, as in captures."),
        "captured_at": (UTC.always, "When that was fetched or imported (UTC)."),
        "url": (T, "Address of that capture; NULL for a file whose address can't be told."),
        "warc_file": (T.always, "WARC file, in the archive's folder captures, that its record is in."),
        "warc_offset": (N.always.counted_in("bytes"), "Where the record begins in that file, in bytes."),
        "warc_length": (N.always.counted_in("bytes"), "Length of the compressed record in bytes."),
    },
    f"""
SELECT a.article_id, a.key, a.site, r.number, r.is_current, e.field,
       CASE e.won WHEN 1 THEN 'taken' ELSE 'overruled' END,
       coalesce(e.value, CASE e.field WHEN 'title' THEN r.title WHEN 'takeaway' THEN r.takeaway
                WHEN 'description' THEN r.description WHEN 'source.title' THEN r.source_title
                WHEN 'source.authors' THEN r.source_authors WHEN 'source.journal' THEN r.source_journal
                WHEN 'source.url' THEN r.source_url END),
       e.rule, e.block, e.location, NULL, NULL, e.reader_version, {_CAPTURE}
FROM evidence e JOIN revision r ON r.id = e.revision_id
{_JOINS}
UNION ALL
SELECT a.article_id, a.key, a.site, r.number, r.is_current, e.field, 'absent', NULL, NULL, NULL, NULL,
       e.reason, e.detail, r.reader_version, {_CAPTURE}
FROM absence e JOIN revision r ON r.id = e.revision_id
{_JOINS}
UNION ALL{_of_card("published", "date_raw", "a.published_raw", "a.published_source = 'card'")}
UNION ALL{_of_card("teaser", "teaser", "a.teaser", "a.teaser IS NOT NULL")}
""",
)

CORRECTIONS = View(
    "corrections",
    "Values that a better reader read otherwise from captures the archive had. No changes of the site's.",
    {
        "id": (N.as_key, "Number of the correction."),
        "run": (N.always.to("runs.id"), "The run that read again, as in runs."),
        "at": (UTC.always, "When that run began (UTC)."),
        "site": (T.always, "Name of the site profile."),
        "capture": (N.always.to("captures.id"), "The capture that was read again, as in captures."),
        "captured_at": (UTC.always, "When that was fetched or imported (UTC)."),
        "article_id": (T, "The site's id of the article it shows; NULL when none or unknown."),
        "article_key": (T, "The key of that article, as in articles; NULL when it shows none."),
        "field": (T.always, "The field."),
        "before": (T, "What was read before, as text or JSON; NULL when nothing was."),
        "after": (T, "What is read now, as text or JSON; NULL when nothing is."),
        "reader_before": (T, "Version of the reader before; NULL when none had read it."),
        "reader_after": (T.always, "Version of the reader that corrected it."),
    },
    """
SELECT x.id, x.run_id, n.started_at, n.site, c.id, c.captured_at, a.article_id, a.key, x.field, x.before,
       x.after, x.reader_before, x.reader_after
FROM correction x
JOIN run n ON n.id = x.run_id
JOIN capture c ON c.id = x.capture_id
LEFT JOIN article a ON a.id = c.article_key
""",
)
