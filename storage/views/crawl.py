"""Views of what was fetched, when and why."""

from __future__ import annotations

from storage.views.view import FLAG, OBJECT, PAIRS, UTC, N, T, View

_CAPTURE_KINDS = (
    "summary", "listing", "other", "unreadable", "robots", "sitemap", "redirect", "gone", "error",
    "unchanged",
)  # fmt: skip
_URL_STATES = ("waiting", "stored", "redirected", "alias", "gone", "failed", "refused")

CAPTURES = View(
    "captures",
    "Every fetch and every imported file.",
    {
        "id": (N.as_key, "Number of the capture."),
        "run": (N.always.to("runs.id"), "Run that made it, as in runs."),
        "site": (T.always, "Name of the site profile."),
        "url": (T, "Address asked for; NULL for a file whose address can't be told."),
        "captured_at": (UTC.always, "When it was fetched or imported (UTC)."),
        "origin": (
            T.always.of("crawl", "import", "rendered"),
            "crawl, import, or rendered: a page as a browser showed what had come from the crawl.",
        ),
        "status": (
            N,
            "HTTP status; NULL for a file; of a rendered page that of the answer it was made from.",
        ),
        "kind": (
            T.always.of(*_CAPTURE_KINDS),
            "summary, listing, other, unreadable, robots, sitemap, redirect, gone, error or unchanged (304).",
        ),
        "reason": (T, "Why it is no summary; NULL for one."),
        "article_id": (T, "The site's id of the article it shows; NULL when none or unknown."),
        "article_key": (T, "The key of that article, as in articles; NULL when it shows none."),
        "revision": (N, "Number of the revision it shows; NULL when it shows none."),
        "media_type": (T, "Media type as the server, or the file's name, said."),
        "size": (
            N.always.counted_in("bytes"),
            "Length of the entity in bytes: the body, chunk framing and content coding undone.",
        ),
        "sha256": (T.always, "SHA-256 (hex) of the entity; of a 304 that of the entity it vouches for."),
        "truncated": (T, "Why the entity is not whole; NULL when it is."),
        "etag": (T, "ETag as sent; NULL without."),
        "last_modified": (T, "Last-Modified as sent; NULL without."),
        "headers": (PAIRS.always, "Response headers, as a JSON list of [name, value] pairs."),
        "ip_address": (T, "Address of the server; NULL when unknown."),
        "file_name": (T, "Name of the imported file; NULL for an answer."),
        "reader_version": (T, "Version of the reader that read it; NULL when none did."),
        "warc_file": (T.always, "WARC file, in the archive's folder captures, that its record is in."),
        "warc_offset": (N.always.counted_in("bytes"), "Where its record begins in that file, in bytes."),
        "warc_length": (N.always.counted_in("bytes"), "Length of the compressed record in bytes."),
        "record_type": (
            T.always.of("response", "revisit", "resource"),
            "response, revisit (its body is in the record of refers_to) or resource (a file, or a rendered "
            "page).",
        ),
        "record_id": (T.always, "Its WARC-Record-ID, without angle brackets."),
        "payload_digest": (
            T.always,
            "Digest of the body as it came, codings included, as in the WARC record.",
        ),
        "refers_to": (N.to("captures.id"), "For a revisit the capture whose record has the body; else NULL."),
        "exact": (
            FLAG,
            "1 when the record is byte for byte what came; 0 when its head was put together later.",
        ),
    },
    """
SELECT c.id, c.run_id, n.site, u.url, c.captured_at,
       CASE WHEN c.origin = 'crawl' AND 'resource' IN (c.record_type, o.record_type) THEN 'rendered'
       ELSE c.origin END,
       c.status, c.kind, c.reason, a.article_id,
       a.key, r.number,
       c.media_type, c.size, c.sha256, c.truncated, c.etag, c.last_modified, c.headers, c.ip_address,
       c.file_name, c.reader_version, f.name, c.warc_offset, c.warc_length, c.record_type, c.record_id,
       c.payload_digest, c.refers_to_id, c.exact
FROM capture c
JOIN run n ON n.id = c.run_id
JOIN warc_file f ON f.id = c.warc_file_id
LEFT JOIN url u ON u.id = c.url_id
LEFT JOIN article a ON a.id = c.article_key
LEFT JOIN revision r ON r.id = c.revision_id
LEFT JOIN capture o ON o.id = c.refers_to_id
""",
)

RUNS = View(
    "runs",
    "Every crawl and import.",
    {
        "id": (N.as_key, "Number of the run."),
        "site": (T.always, "Name of the site profile."),
        "kind": (T.always.of("crawl", "import", "demo", "reread"), "crawl, import, demo or reread."),
        "started_at": (UTC.always, "When it began (UTC)."),
        "ended_at": (
            UTC,
            "When it ended (UTC), of a killed one its last sign of life; NULL while it runs, and for a "
            "killed one until the next begins.",
        ),
        "outcome": (
            T,
            "complete, incomplete, stopped, limit, blocked, changed, skipped, killed or failed; NULL like "
            "ended_at.",
        ),
        "reason": (T, "One line about the outcome; NULL like ended_at."),
        "exit_code": (
            N,
            "Exit status that the program gave; NULL while it runs, when it was killed, and for imports and "
            "rereads.",
        ),
        "pid": (N, "Number of its process; NULL when unknown."),
        "host": (T, "Name of the machine it ran on; NULL when unknown."),
        "program_version": (T.always, "Version of the program that made it."),
        "reader_version": (T.always, "Version of the reader that made it."),
        "profile_digest": (T.always, "SHA-256 (hex) of the site profile it used."),
        "settings": (OBJECT.always, "Settings it ran with, as a JSON object."),
        "counts": (OBJECT.always, "What it came to, as a JSON object."),
    },
    """
SELECT id, site, kind, started_at, ended_at, outcome, reason, exit_code, pid, host, program_version,
       reader_version, profile_digest, settings, counts
FROM run
""",
)

URL_HISTORY = View(
    "url_states",
    "What became of each address in which run: a row where its state or reason changed.",
    {
        "url": (T.as_key.to("urls.url"), "The address, as in urls."),
        "site": (T.as_key, "Name of the site profile."),
        "run": (N.as_key.to("runs.id"), "The run, as in runs."),
        "state": (T.always, "State in which the run left it, as in urls."),
        "reason": (T.always, "Why, in one line."),
    },
    """
SELECT u.url, u.site, h.run_id, h.state, h.reason FROM url_history h JOIN url u ON u.id = h.url_id
""",
)

URLS = View(
    "urls",
    "Every address ever heard of, with its state and who told us.",
    {
        "url": (T.as_key, "The address in canonical form; its case counts."),
        "site": (T.as_key, "Name of the site profile."),
        "kind": (
            T.always.of("robots", "sitemap", "listing", "article", "page"),
            "robots, sitemap, listing, article or page.",
        ),
        "article_id": (T, "The article id in the address; NULL when it has none."),
        "state": (
            T.always.of(*_URL_STATES),
            "waiting, stored, redirected, alias, gone, failed or refused.",
        ),
        "reason": (T.always, "Why it is in this state."),
        "told_by": (T, "Who told us, with commas: seed, robots, sitemap, listing, card, link, redirect, …."),
        "target": (T, "Where it leads, when it is redirected or an alias."),
        "depth": (N.always, "Fewest clicks from a start address."),
        "lastmod": (T, "The sitemap's word on its last change, as written."),
        "first_heard_at": (UTC.always, "When it was first heard of (UTC)."),
        "first_heard_run": (N.to("runs.id"), "Run in which it was first heard of."),
        "last_tried_at": (UTC, "When it was last asked for (UTC); NULL when never."),
        "last_ok_at": (UTC, "When it last gave a usable answer (UTC); NULL when never."),
        "http_status": (N, "Status of the last answer; NULL when there was none."),
        "attempts": (N.always, "Failed tries in the present round."),
        "etag": (T, "ETag of the last stored answer."),
        "last_modified": (T, "Last-Modified of the last stored answer, as written."),
        "due_at": (UTC, "When it is to be asked next (UTC); NULL when it is done for this round."),
        "due_why": (
            T,
            "Why it is, or was last, asked: always, new, retry, lastmod, time, sample or all; NULL: never.",
        ),
        "fetched_lastmod": (T, "The sitemap's word on it when the last answer came."),
        "revisit_at": (UTC, "When its time comes to be asked again (UTC); NULL for what always is."),
        "interval_s": (
            N.counted_in("seconds"),
            "Seconds from one visit to the next, as things stand; NULL like revisit_at.",
        ),
        "checks": (N.always, "Answers after the first that said whether it had changed."),
        "changes": (N.always, "How many of them said that it had."),
    },
    """
SELECT u.url, u.site, u.kind, u.article_id, u.state, u.reason,
       (SELECT group_concat(v.via, ', ') FROM (
           SELECT s.via AS via FROM url_source s WHERE s.url_id = u.id ORDER BY s.via) v),
       t.url, u.depth, u.lastmod, u.first_heard_at, u.first_heard_run, u.last_tried_at, u.last_ok_at,
       u.http_status, u.attempts, u.etag, u.last_modified, u.due_at, u.due_why, u.fetched_lastmod,
       u.revisit_at, u.interval_s, u.checks, u.changes
FROM url u
LEFT JOIN url t ON t.id = u.target_url_id
""",
)
