"""Views of what revisions are made of: sections, topics, and what they lack."""

from __future__ import annotations

from storage.views.sections import own_section, section_text
from storage.views.view import FLAG, N, T, View

REVISION_SECTIONS = View(
    "revision_sections",
    "The sections of every revision, in order, free of boilerplate; and text that no part claims.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "revision": (N.as_key, "Number of the revision."),
        "position": (N.as_key, "Order on the page; numbers may be left out."),
        "kind": (T.always, "As in article_sections; unplaced for text that no part of the page claims."),
        "heading": (T, "As printed; NULL when there is none, or no capture shows it."),
        "text": (T, "Its paragraphs as printed, an empty line between them; empty when it has none."),
    },
    f"""
SELECT a.article_id, a.key, a.site, r.number, s.position, s.kind, s.heading, {section_text("s")}
FROM article a
JOIN revision r ON r.article_key = a.id
JOIN section s ON s.revision_id = r.id
WHERE {own_section("s")}
""",
)

REVISION_TOPICS = View(
    "revision_topics",
    "The topics of every revision, one by one.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "revision": (N.as_key, "Number of the revision."),
        "position": (N.as_key, "Order on the page, from 1."),
        "topic": (T.always, "As printed."),
        "topic_group": (T.always, "Form that groups spellings of one topic."),
        "uncertain": (FLAG, "1 when it may be several topics whose borders no capture shows, else 0."),
    },
    """
SELECT a.article_id, a.key, a.site, r.number, rt.position, t.text, t.normal, rt.uncertain
FROM article a
JOIN revision r ON r.article_key = a.id
JOIN revision_topic rt ON rt.revision_id = r.id
JOIN topic t ON t.id = rt.topic_id
""",
)

REVISION_ABSENCES = View(
    "revision_absences",
    "What each revision does not have, and why.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "revision": (N.as_key, "Number of the revision."),
        "field": (T.as_key, "The field: title, topics, journal, source, published, sections.findings, …"),
        "reason": (T.always, "Why it is absent."),
        "detail": (T, "More about that; empty when there is no more."),
    },
    """
SELECT a.article_id, a.key, a.site, r.number, e.field, e.reason, e.detail
FROM article a
JOIN revision r ON r.article_key = a.id
JOIN absence e ON e.revision_id = r.id
""",
)
