"""Views of what readings had, of readings that wait in quarantine, and of alarms."""

from __future__ import annotations

from storage.judging import LATEST
from storage.views.view import FLAG, TEXTS, UTC, N, T, View

FIELD_COVERAGE = View(
    "field_coverage",
    "By run, layout and field: on how many of the pages that a crawl read the field was found.",
    {
        "run": (N.as_key.to("runs.id"), "Number of the run, as in runs."),
        "site": (T.as_key, "Name of the site profile."),
        "layout": (
            T.as_key,
            "What tells templates apart: form, kind, elements of title and headings (html summary h1/h2).",
        ),
        "field": (
            T.as_key,
            "title, takeaway, sections.findings, topics, journal, cards, cards.date, links, …",
        ),
        "pages": (N.always, "Pages read by this run in this layout that can show the field at all."),
        "shown": (N.always, "On how many of them it was found."),
        "lacking": (N.always, "On how many of them it was not."),
        "lost": (N.always, "On how many of these it was there at the visit before."),
    },
    """
SELECT c.run_id, n.site, s.layout, j.value, count(*), sum(j.there), sum(1 - j.there),
       sum(CASE WHEN EXISTS (SELECT 1 FROM json_each(f.lost) l WHERE l.value = j.value) THEN 1 ELSE 0 END)
FROM capture_fields f
JOIN reading_shape s ON s.id = f.shape_id
JOIN capture c ON c.id = f.capture_id
JOIN run n ON n.id = c.run_id
JOIN (SELECT o.id, e.value, 1 AS there FROM reading_shape o, json_each(o.shown) e
      UNION ALL SELECT o.id, e.value, 0 FROM reading_shape o, json_each(o.lacking) e) j ON j.id = s.id
GROUP BY c.run_id, n.site, s.layout, j.value
""",
)

QUARANTINE = View(
    "quarantined",
    "Readings that have lost fields and are not believed until they are read again.",
    {
        "capture": (N.as_key.to("captures.id"), "The capture, as in captures."),
        "run": (N.always.to("runs.id"), "Run that made it, as in runs."),
        "site": (T.always, "Name of the site profile."),
        "url": (T, "Address asked for."),
        "captured_at": (UTC.always, "When it was fetched (UTC)."),
        "article_id": (T, "The site's id of the article it concerns; NULL when none or unknown."),
        "article_key": (T, "The key of that article, as in articles; NULL when none."),
        "fields": (TEXTS.always, "The fields it lost, as a JSON list."),
        "held": (
            FLAG,
            "1 when nothing of it was stored but the capture; 0 when it was all there is of its page, and is "
            "stored as read.",
        ),
        "is_latest": (FLAG, "1 when it is the last that its address answered, else 0."),
        "judged": (FLAG, "0 while the run that made it, or the next one, has not ended and decided on it."),
        "since": (UTC.always, "When it was put there (UTC)."),
    },
    f"""
SELECT c.id, c.run_id, n.site, u.url, c.captured_at, a.article_id, a.key, q.fields, q.held,
       CASE WHEN {LATEST} THEN 1 ELSE 0 END, f.judged, q.since
FROM quarantine q
CROSS JOIN capture c
JOIN run n ON n.id = c.run_id
JOIN capture_fields f ON f.capture_id = q.capture_id
LEFT JOIN url u ON u.id = c.url_id
LEFT JOIN article a ON a.id = coalesce(q.article_key, c.article_key)
WHERE c.id = q.capture_id
""",
)

ALARMS = View(
    "alarms",
    "Fields that vanished from more pages than chance takes away: the site has changed.",
    {
        "id": (N.as_key, "Number of the alarm."),
        "site": (T.always, "Name of the site profile."),
        "field": (T.always, "The field that vanished; page when pages are no articles any more."),
        "layout": (T, "The layout that lost it, when it is one of several; NULL for the whole site."),
        "run": (N.always.to("runs.id"), "Run that raised it, as in runs."),
        "raised_at": (UTC.always, "When that was (UTC)."),
        "lost": (N.always, "How many pages lack it."),
        "pages": (N.always, "Of how many that should have it."),
        "since_capture": (N.always.to("captures.id"), "The first capture without it, as in captures."),
        "since_url": (T, "The address of that capture."),
        "since_at": (UTC.always, "When that was made (UTC)."),
        "instead": (T, "What stands there in its place."),
        "cleared_at": (UTC, "When it was cleared (UTC); NULL while it stands."),
        "cleared_why": (T, "Why it was cleared; NULL while it stands."),
    },
    """
SELECT m.id, m.site, m.field, m.layout, m.run_id, m.raised_at, m.lost, m.pages, m.since_capture_id, u.url,
       c.captured_at, m.instead, m.cleared_at, m.cleared_why
FROM alarm m
JOIN capture c ON c.id = m.since_capture_id
LEFT JOIN url u ON u.id = c.url_id
""",
)
