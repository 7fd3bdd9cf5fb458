"""Views of which articles are like which."""

from __future__ import annotations

from storage.views.view import TEXTS, N, R, T, View

KEPT_RELATED = 10
"""So many related articles the view gives of each."""

_AT_MOST = 2_500
"""A term that more articles have is not counted to its end, and tells nothing."""
_LOOKED_AT = 12_000
"""An article is compared by its rarest terms, as far as so many places in the index: so none takes long."""
_OWN = f"""json_each((
    SELECT '[[' || e.n || ',' || max(10, min(e.n / 10, {_AT_MOST}, max(500, e.n / 50))) || ',[' || coalesce((
        SELECT group_concat('[' || m.is_topic || ',' || json_quote(m.term) || ',' || m.weight || ',' || (
            SELECT count(*) FROM (SELECT 1 FROM article_term d WHERE d.term = m.term
                                  AND d.is_topic = m.is_topic LIMIT {_AT_MOST + 1}) f) || ']', ',')
        FROM article_term m WHERE m.article_key = a.id), '') || ']]]'
    FROM (SELECT count(*) AS n FROM article_profile) e))"""
"""One row: how many articles there are, of how many at most a term may be to tell anything, and the terms of
article `a`, each with how many have it. As JSON it is counted once, not anew for every article like it."""
_N = "CAST(json_extract(own.value, '$[0]') AS BIGINT)"
_TERMS = """
        SELECT CAST(json_extract(w.value, '$[0]') AS BIGINT) AS is_topic,
               json_extract(w.value, '$[1]') AS term,
               CAST(json_extract(w.value, '$[2]') AS BIGINT) AS weight,
               CAST(json_extract(w.value, '$[3]') AS BIGINT) AS have_it
        FROM json_each(own.value, '$[2]') w
        WHERE CAST(json_extract(w.value, '$[3]') AS BIGINT) <=
              CAST(json_extract(own.value, '$[1]') AS BIGINT)"""


def _telling(weight: str, have_it: str, everybody: str) -> str:
    """What a term counts, in whole numbers, so that sums do not depend on their order: falls with the number
    of articles that have it much as its logarithm does, which SQLite need not know."""
    steps = " + ".join(f"100 * {everybody} / ({everybody} + {per} * {have_it})" for per in (20, 200, 2000))
    return f"{weight} * ({steps})"


def related_select(limit: str) -> str:
    """The `limit` articles most like each article `a`, best first; ends in a condition, to which others
    can be added with AND."""
    return f"""
SELECT a.article_id, a.key, a.site, CAST(j.key AS BIGINT) + 1, b.article_id, b.key, b.site, r.title,
       CAST(substr(j.value, instr(j.value, ' ') + 1) AS BIGINT) / 1000.0,
       {_shared(1)},
       {_shared(0)}
FROM article a
CROSS JOIN {_OWN} own
CROSS JOIN json_each((
    WITH told AS MATERIALIZED (
        SELECT is_topic, term, counts FROM (
            SELECT o.is_topic, o.term, {_telling("o.weight", "o.have_it", _N)} AS counts,
                   sum(o.have_it) OVER (ORDER BY o.have_it, o.is_topic, o.term) AS looked_at
            FROM ({_TERMS}) o) k
        WHERE looked_at <= {_LOOKED_AT}),
    alike AS MATERIALIZED (
        SELECT y.article_key, CAST(sum(t.counts) AS BIGINT) AS counts
        FROM told t CROSS JOIN article_term y
        WHERE y.term = t.term AND y.is_topic = t.is_topic AND y.article_key <> a.id
        GROUP BY y.article_key HAVING count(*) > 1)
    SELECT json_group_array(s.id || ' ' || s.score) FROM (
        SELECT o.id AS id, 1000 * l.counts / whole.counts AS score
        FROM (SELECT CAST(sum(counts) AS BIGINT) AS counts FROM told) whole,
             alike l JOIN article o ON o.id = l.article_key
        ORDER BY l.counts DESC, o.site, o.key LIMIT {limit}) s)) j
CROSS JOIN article b
JOIN revision r ON r.article_key = b.id AND r.is_current = 1
WHERE b.id = CAST(substr(j.value, 1, instr(j.value, ' ') - 1) AS BIGINT)
"""


def _shared(is_topic: int) -> str:
    """The terms that `a` and `b` have both, those that the fewest have first, as a JSON list."""
    return f"""(
           SELECT json_group_array(s.term) FROM (
               SELECT m.term FROM ({_TERMS}) m
               CROSS JOIN article_term o
               WHERE o.article_key = b.id AND o.is_topic = m.is_topic AND o.term = m.term
                AND m.is_topic = {is_topic}
               ORDER BY m.have_it, o.term) s)"""


RELATED_ARTICLES = View(
    "related_articles",
    f"The {KEPT_RELATED} articles most like each, by their own text and topics, not by the site's cards. Ask "
    "for one article at a time (WHERE article_key = …): words are weighed anew against the whole archive, "
    "which takes long for many. As of another date: by what they say today.",
    {
        "article_id": (T, "The site's id of the article; NULL when unknown."),
        "article_key": (T.as_key, "The article's key, as in articles."),
        "site": (T.as_key, "Name of its site profile."),
        "rank": (N.as_key, "1 for the one most like it, counting up; ties by site and key."),
        "related_id": (T, "The site's id of the article that is like it; NULL when unknown."),
        "related_key": (T.always, "That article's key."),
        "related_site": (T.always, "Name of that article's site profile."),
        "title": (T, "That article's title as printed; NULL when absent."),
        "score": (
            R.always,
            "Of what tells the article apart, the share that the other has too, from 0 to 1; rare words and "
            "topics count for more, and so do title and takeaway.",
        ),
        "shared_topics": (
            TEXTS.always,
            "Topics that both have (grouping forms), the rarest first, as a JSON list.",
        ),
        "shared_words": (
            TEXTS.always,
            "Telling words that both have, in lower case and the singular, the rarest first, as a JSON list.",
        ),
    },
    related_select(str(KEPT_RELATED)),
)

_PAIR = """
SELECT a.article_id, a.key, a.site, b.article_id, b.key, b.site, r.title,
       round(1.0 * d.shared / d.either, 3)
FROM near_duplicate d
JOIN article a ON a.id = d.{one}
JOIN article b ON b.id = d.{other}
JOIN revision r ON r.article_key = b.id AND r.is_current = 1
"""

NEAR_DUPLICATES = View(
    "near_duplicates",
    "Articles whose texts (takeaway and sections) are nearly the same, under different ids: a row for each "
    "of the two. As of another date: by what they say today.",
    {
        "article_id": (T, "The site's id of one article; NULL when unknown."),
        "article_key": (T.as_key, "That article's key, as in articles."),
        "site": (T.as_key, "Name of its site profile."),
        "duplicate_id": (T, "The site's id of the other; NULL when unknown."),
        "duplicate_key": (T.as_key, "The other article's key."),
        "duplicate_site": (T.as_key, "Name of the other's site profile."),
        "title": (T, "The other's title as printed; NULL when absent."),
        "similarity": (
            R.always,
            "Of all runs of three words that either text has, the share that both have: from 0.7 to 1.",
        ),
    },
    _PAIR.format(one="article_key", other="other_key")
    + "UNION ALL"
    + _PAIR.format(one="other_key", other="article_key"),
)
