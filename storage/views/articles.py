"""Views of what articles say now."""

from __future__ import annotations

from storage.views.sections import own_section, section_text
from storage.views.view import DATE, FLAG, TEXTS, UTC, N, R, T, View

ARTICLES = View(
    "articles",
    "One row an article: its current content, and what cards say of it.",
    {
        "id": (T, "The site's case-sensitive id; NULL when no capture could tell it."),
        "key": (
            T.as_key,
            "What this program calls the article: its id, or body:… or url:… where there is none.",
        ),
        "site": (T.as_key, "Name of the site profile."),
        "url": (T, "Its address as last seen; NULL when unknown."),
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
        "published_on": (
            DATE,
            "Its date as ISO text, only as precise as printed (2026-05-01, 2026-05 or 2026).",
        ),
        "published_precision": (T.of("day", "month", "year"), "day, month or year."),
        "published_raw": (T, "Its date as printed."),
        "published_source": (T, "What dates it: card, or the rule that found the page's own date."),
        "teaser": (T, "Teaser on the cards that point to it, as last seen."),
        "description": (T, "The page's own description, from its structured data."),
        "source_title": (T, "Title of the original paper as printed."),
        "source_authors": (TEXTS, "Authors of the original paper as printed, as a JSON list."),
        "source_journal": (T, "Journal of the original paper as printed."),
        "source_published_on": (DATE, "Date of the original paper as ISO text, only as precise as printed."),
        "source_published_raw": (T, "Date of the original paper as printed."),
        "source_doi": (T, "DOI of the original paper, bare and in lower case."),
        "source_pmid": (T, "PubMed id of the original paper, digits only."),
        "source_url": (T, "Link to the original paper."),
        "first_seen_at": (UTC.always, "When the earliest capture of it was made (UTC)."),
        "last_seen_at": (UTC.always, "When the latest capture of it was made (UTC)."),
        "gone_since": (UTC, "Since when it answers 404 or 410 (UTC); NULL while it is there."),
        "revision": (N.always, "Number of its current revision."),
        "revisions": (N.always, "How many revisions the archive holds."),
        "captures": (N.always, "How many captures show it."),
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
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "position": (N.as_key, "Order on the page; numbers may be left out."),
        "kind": (
            T.always,
            "findings, audience, considerations, …; other for an unknown heading, lead for text before any.",
        ),
        "heading": (T, "As printed; NULL when there is none, or no capture shows it."),
        "text": (T, "Its paragraphs as printed, an empty line between them; empty when it has none."),
    },
    f"""
SELECT a.article_id, a.key, a.site, s.position, s.kind, s.heading, {section_text("s")}
FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN section s ON s.revision_id = r.id
WHERE s.kind <> 'unplaced' AND {own_section("s")}
""",
)

ARTICLE_TOPICS = View(
    "article_topics",
    "The topics of each article's current revision, one by one.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "position": (N.as_key, "Order on the page, from 1."),
        "topic": (T.always, "As printed."),
        "topic_group": (T.always, "Form that groups spellings of one topic."),
        "uncertain": (FLAG, "1 when it may be several topics whose borders no capture shows, else 0."),
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
        "article_key": (T.as_key.to("articles.key"), "The key of that article, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "position": (N.as_key, "Order in the list, from 1."),
        "title": (T, "As printed; NULL when the capture shows none."),
        "url": (T, "Address it points to; NULL when the capture shows none."),
        "target_id": (T, "Article id in that address; NULL without."),
        "date": (DATE, "Its date as ISO text, only as precise as printed."),
        "date_precision": (T.of("day", "month", "year"), "day, month or year."),
        "date_raw": (T, "Its date as printed."),
        "teaser": (T, "As printed."),
        "image": (T, "Address of its picture."),
        "first_seen_at": (UTC.always, "When this list was first seen on that page (UTC)."),
        "last_seen_at": (UTC.always, "When this list was last seen on that page (UTC)."),
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
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "position": (N.as_key, "Order on the page."),
        "text": (T.always, "As printed."),
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

ARTICLE_ABSENCES = View(
    "article_absences",
    "What each article's current revision does not have, and why.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key.to("articles.key"), "The article's key, as in articles."),
        "site": (T.as_key.to("articles.site"), "Name of the site profile."),
        "field": (T.as_key, "The field: title, topics, journal, source, published, sections.findings, …"),
        "reason": (T.always, "Why it is absent."),
        "detail": (T, "More about that; empty when there is no more."),
    },
    """
SELECT a.article_id, a.key, a.site, e.field, e.reason, e.detail
FROM article a
JOIN revision r ON r.article_key = a.id AND r.is_current = 1
JOIN absence e ON e.revision_id = r.id
""",
)

TOPICS = View(
    "topics",
    "Topics of current revisions, as printed.",
    {
        "topic": (T.as_key, "As printed."),
        "topic_group": (T.always, "Form that groups spellings of one topic."),
        "articles": (N.always, "How many articles have it now."),
        "first_seen_at": (UTC.always, "When an article now having it was first seen (UTC)."),
        "last_seen_at": (UTC.always, "When an article having it was last seen (UTC)."),
    },
    """
SELECT t.text, t.normal, count(DISTINCT a.id), min(a.first_seen_at), max(a.last_seen_at)
FROM topic t CROSS JOIN revision_topic rt CROSS JOIN revision r CROSS JOIN article a
WHERE rt.topic_id = t.id AND r.id = rt.revision_id AND r.is_current = 1 AND a.id = r.article_key
GROUP BY t.id
""",
)

JOURNALS = View(
    "journals",
    "Journals named by current revisions, as printed.",
    {
        "journal": (T.as_key, "As printed."),
        "journal_group": (T.always, "Form that groups spellings of one journal."),
        "articles": (N.always, "How many articles name it now."),
        "first_seen_at": (UTC.always, "When an article now naming it was first seen (UTC)."),
        "last_seen_at": (UTC.always, "When an article naming it was last seen (UTC)."),
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
        "template": (T.as_key, "As printed, with each slot's value replaced by its name in braces."),
        "heading": (T, "Heading it stands under; NULL when there is none, or no capture shows it."),
        "source": (
            T.always.of("profile", "counted"),
            "profile (found by the profile's anchors) or counted (over the archive).",
        ),
        "articles": (N.always, "How many articles' current revisions carry it."),
        "first_seen_at": (UTC.always, "When it was first seen (UTC)."),
        "last_seen_at": (
            UTC,
            "When an article whose current revision carries it was last seen (UTC); NULL when none does.",
        ),
    },
    """
SELECT b.template, b.heading, b.source,
       coalesce(n.articles, 0), b.first_seen_at, n.last_seen_at
FROM boilerplate_passage b
LEFT JOIN (SELECT rb.boilerplate_id, count(DISTINCT a.id) AS articles, max(a.last_seen_at) AS last_seen_at
           FROM revision_boilerplate rb
           JOIN revision r ON r.id = rb.revision_id AND r.is_current = 1
           JOIN article a ON a.id = r.article_key
           GROUP BY rb.boilerplate_id) n ON n.boilerplate_id = b.id
""",
)
