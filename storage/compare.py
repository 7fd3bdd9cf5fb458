"""Whether two archives hold the same: digests of their content by natural keys.

Left out is what two crawls of one site never share: internal numbers, times, runs, captures.
"""

from __future__ import annotations

import hashlib
import json

from storage.archive import Archive

_KEY = "a.key"
_REVISION = "revision r ON r.article_key = a.id"

# Each: what it covers -> rows in an order of their own.
_CONTENT = {
    "articles": f"""
SELECT a.site, {_KEY}, a.url, a.gone_since IS NOT NULL, a.published_raw, a.published_iso,
       a.published_precision,
       a.published_source, a.teaser FROM article a ORDER BY 1, 2""",
    "revisions": f"""
SELECT {_KEY}, r.number, r.is_current, r.content_digest, r.body_digest, r.title, r.takeaway, r.credibility,
       r.credibility_scale, r.credibility_raw, r.interest, r.interest_scale, r.interest_raw,
         r.reading_minutes,
       j.name, j.normal, r.has_topics, r.source_title, r.source_authors, r.source_journal,
         r.source_published_raw,
       r.source_published_iso, r.source_published_precision, r.source_doi, r.source_pmid, r.source_url,
       r.description
FROM article a JOIN {_REVISION} LEFT JOIN journal j ON j.id = r.journal_id ORDER BY 1, 2""",
    "sections": f"""
SELECT {_KEY}, r.number, s.position, s.kind, s.heading, sp.position, sp.list_item, p.text
FROM article a JOIN {_REVISION} JOIN section s ON s.revision_id = r.id
LEFT JOIN section_paragraph sp ON sp.revision_id = r.id AND sp.section_position = s.position
LEFT JOIN passage p ON p.id = sp.passage_id ORDER BY 1, 2, 3, 6""",
    "topics": f"""
SELECT {_KEY}, r.number, rt.position, t.text, t.normal, rt.uncertain
FROM article a JOIN {_REVISION} JOIN revision_topic rt ON rt.revision_id = r.id JOIN topic t ON t.id =
       rt.topic_id
ORDER BY 1, 2, 3""",
    "absences": f"""
SELECT {_KEY}, r.number, b.field, b.reason, b.detail
FROM article a JOIN {_REVISION} JOIN absence b ON b.revision_id = r.id ORDER BY 1, 2, 3""",
    "boilerplate": f"""
SELECT {_KEY}, r.number, b.template, b.source, b.heading, rb.slots, rb.section_position, rb.paragraph_position
FROM article a JOIN {_REVISION} JOIN revision_boilerplate rb ON rb.revision_id = r.id
JOIN boilerplate_passage b ON b.id = rb.boilerplate_id ORDER BY 1, 2, 3, 6, 7, 8""",
    "cards": f"""
SELECT DISTINCT coalesce(u.url, ''), coalesce({_KEY}, ''), l.digest, c.position, c.title, c.url, c.article_id,
       c.date_raw, c.date_iso, c.date_precision, c.teaser, c.image
FROM card_list_sighting g JOIN card_list l ON l.id = g.card_list_id JOIN card c ON c.card_list_id = l.id
LEFT JOIN url u ON u.id = g.url_id LEFT JOIN article a ON a.id = g.article_key ORDER BY 1, 2, 3, 4""",
    "profiles": f"""
SELECT {_KEY}, t.is_topic, t.term, t.weight FROM article a JOIN article_term t ON t.article_key = a.id
ORDER BY 1, 2, 3""",
    "near_duplicates": """
SELECT site, article_key, duplicate_site, duplicate_key, similarity FROM near_duplicates
ORDER BY 1, 2, 3, 4""",
    "urls": """
SELECT u.site, u.url, u.kind, u.article_id, u.state, t.url, u.lastmod, u.depth, s.via
FROM url u LEFT JOIN url t ON t.id = u.target_url_id LEFT JOIN url_source s ON s.url_id = u.id
ORDER BY 1, 2, 9""",
    "quarantine": """
SELECT n.site, u.url, a.key, q.fields, q.doubts, q.held, f.lost, f.judged
FROM quarantine q JOIN capture c ON c.id = q.capture_id JOIN run n ON n.id = c.run_id
JOIN capture_fields f ON f.capture_id = c.id LEFT JOIN url u ON u.id = c.url_id
LEFT JOIN article a ON a.id = q.article_key ORDER BY 1, 2, c.captured_at""",
    "alarms": """
SELECT m.site, m.field, m.layout, m.lost, m.pages, u.url, m.instead, m.cleared_why
FROM alarm m JOIN capture c ON c.id = m.since_capture_id LEFT JOIN url u ON u.id = c.url_id
ORDER BY 1, 2, 3, m.raised_at""",
}


def archive_content(archive: Archive) -> dict[str, list[tuple[object, ...]]]:
    """What `archive_digest` digests, row by row: to see where two archives differ."""
    with archive.engine.connect() as connection:
        return {
            part: [tuple(row) for row in connection.exec_driver_sql(sql)] for part, sql in _CONTENT.items()
        }


def archive_digest(archive: Archive) -> dict[str, str]:
    """SHA-256 (hex) over each part of an archive's content: articles, revisions, sections, topics, absences,
    boilerplate, cards, what articles are about and which are alike, the state of its URLs, what waits in
    quarantine, and alarms. Equal for two archives that hold the same."""
    return {
        part: hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
        for part, rows in archive_content(archive).items()
    }
