"""The view that full-text search looks at."""

from __future__ import annotations

from storage.views.sections import NEW_LINE
from storage.views.view import N, T, View

_TEXTS = f"""r.title, r.takeaway, (
           SELECT group_concat(t.text, {NEW_LINE}) FROM (
               SELECT p.text AS text FROM section s
               JOIN section_paragraph sp ON sp.revision_id = s.revision_id AND sp.section_position =
                 s.position
               JOIN passage p ON p.id = sp.passage_id
               WHERE s.revision_id = r.id AND s.kind <> 'unplaced'
               ORDER BY sp.section_position, sp.position) t)"""

SEARCH_DOCUMENTS = View(
    "search_documents",
    "What full-text search looks at: one row a revision, free of boilerplate. The content of article_search.",
    {
        "id": (
            N.as_key,
            "The rowid in article_search: internal number of the revision, with a minus before it when it is "
            "a superseded one; so id > 0 is what articles say now.",
        ),
        "title": (T, "Title as printed."),
        "takeaway": (T, "Key takeaway as printed."),
        "sections": (T, "The paragraphs of all sections as printed, a line each."),
    },
    f"""
SELECT r.id, {_TEXTS}
FROM revision r WHERE r.is_current = 1
UNION ALL
SELECT -r.id, {_TEXTS}
FROM revision r WHERE r.is_current = 0
""",
)

DOCUMENTS_BY_REVISION = (
    f"SELECT CASE WHEN r.is_current = 1 THEN r.id ELSE -r.id END AS id, {_TEXTS} AS sections FROM revision r"
)
"""The same rows for whoever knows the revision (`r.id`): in the view no index leads to a superseded one."""
