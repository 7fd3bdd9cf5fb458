"""The view that full-text search looks at."""

from __future__ import annotations

from storage.views.view import N, T, View

SEARCH_DOCUMENTS = View(
    "search_documents",
    "What full-text search looks at: one row a revision, free of boilerplate. The content of article_search.",
    {
        "id": (N.as_key, "Internal number of the revision; the rowid in article_search."),
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
