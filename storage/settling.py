"""What only the whole archive tells: boilerplate by counting, the borders of glued topics, and then which
articles are like which.

Run when a crawl or an import ends. What comes of it is a function of what the archive holds, not of the order
in which it came: every passage is counted anew, those already set apart as well, and one that no longer
counts goes back to where it stood.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from storage.articles import Articles
from storage.borders import split
from storage.content import UNPLACED, restored, separated
from storage.counting import SECTION_SHARE, About, Occurrence, find_templates
from storage.db import Db
from storage.names import Names
from storage.records import TopicRecord
from storage.relating.keeping import Relating
from storage.revisions import Revisions
from storage.templates import Template, TemplateSet


@dataclass(frozen=True, slots=True)
class Settled:
    """What settling came to."""

    promoted: tuple[str, ...]
    """Templates of passages that turned out to be boilerplate."""
    demoted: tuple[str, ...]
    """Templates of passages that no longer do, in an archive that has grown."""
    split_topics: int
    """How many glued topics could be split."""
    merged_revisions: int
    """How many revisions turned out to be equal to their predecessor."""
    related: int = 0
    """How many articles were new or said something else, and were compared with all others."""
    articles: frozenset[int] = frozenset()
    """Internal numbers of the articles whose revisions were written anew."""


class Settling:
    """The settling of one site's articles, behind a writer's cursor."""

    def __init__(self, db: Db, site: str, names: Names, revisions: Revisions, articles: Articles) -> None:
        self._db = db
        self._site = site
        self._names = names
        self._revisions = revisions
        self._articles = articles
        self._relating = Relating(db)

    def settle(self, now: str) -> Settled:
        """Count, set apart, split, fold, tidy up, relate; doing it twice changes nothing the second time."""
        known = set(
            self._db.column(
                "SELECT DISTINCT b.template FROM boilerplate_passage b "
                "JOIN revision_boilerplate rb ON rb.boilerplate_id = b.id "
                "JOIN revision r ON r.id = rb.revision_id JOIN article a ON a.id = r.article_key "
                "WHERE b.source = 'counted' AND a.site = ?",
                self._site,
            )
        )
        standing = list(self._standing())
        occurrences = [*standing, *self._set_apart()]
        about = self._about({seen.article for seen in occurrences})
        found = find_templates(occurrences, about, self._articles_count())
        templates = TemplateSet(found)
        touched: set[int] = set()
        if known != set(found) or any(templates.match(seen.text) for seen in standing):
            touched = self._apply(found, now)
        splits = self._split_topics(touched)
        merged = sum(self._articles.fold_equal(key) for key in sorted(touched))
        if touched:
            self.tidy()
        related = self._relating.update()
        promoted, demoted = tuple(sorted(set(found) - known)), tuple(sorted(known - set(found)))
        return Settled(promoted, demoted, splits, merged, related, frozenset(touched))

    def _articles_count(self) -> int:
        return int(self._db.value("SELECT count(*) FROM article WHERE site = ?", self._site))

    def _standing(self) -> Iterator[Occurrence]:
        """The passages in articles' text that may be boilerplate.

        In the sections that the profile knows only passages that share their beginning or end with many
        others are looked at: the bulk of an archive never leaves the database.
        """
        many = max(2, int(SECTION_SHARE * self._articles_count() * 0.5))
        alike = [
            f"{end} IN (SELECT {end} FROM section_paragraph sp JOIN passage p ON p.id = sp.passage_id "
            f"GROUP BY 1 HAVING count(*) >= ? UNION SELECT {end.replace('p.text', 'template')} "
            "FROM boilerplate_passage WHERE source = 'counted')"
            for end in ("substr(p.text, 1, 15)", "substr(p.text, max(1, length(p.text) - 14))")
        ]
        rows = self._db.all(
            "SELECT DISTINCT r.article_key, p.text, s.kind, s.heading FROM section s "
            "JOIN section_paragraph sp ON sp.revision_id = s.revision_id "
            "AND sp.section_position = s.position JOIN passage p ON p.id = sp.passage_id "
            "JOIN revision r ON r.id = s.revision_id JOIN article a ON a.id = r.article_key "
            f"WHERE a.site = ? AND (s.kind IN ('other', '{UNPLACED}') OR {alike[0]} OR {alike[1]})",
            self._site, many, many,
        )  # fmt: skip
        for article, text, kind, heading in rows:
            loose = kind in ("other", UNPLACED)
            yield Occurrence(article, text, loose, heading if kind == "other" else None)

    def _set_apart(self) -> Iterator[Occurrence]:
        """The passages that have been counted as boilerplate before, as printed."""
        for article, template, slots, kind, heading in self._db.all(
            "SELECT DISTINCT r.article_key, b.template, rb.slots, s.kind, s.heading "
            "FROM revision_boilerplate rb JOIN boilerplate_passage b ON b.id = rb.boilerplate_id "
            "AND b.source = 'counted' JOIN revision r ON r.id = rb.revision_id "
            "JOIN article a ON a.id = r.article_key LEFT "
            "JOIN section s ON s.revision_id = rb.revision_id AND s.position = rb.section_position "
            "WHERE a.site = ?",
            self._site,
        ):
            text = Template(template).fill(json.loads(slots))
            loose = kind in (None, "other", UNPLACED)
            yield Occurrence(article, text, loose, heading if kind == "other" else None)

    def _about(self, articles: set[int]) -> dict[int, About]:
        """What may stand in the slots of each article's passages, from its current revision."""
        if not articles:
            return {}
        topics: dict[int, set[str]] = {}
        for key, topic in self._db.each(
            "SELECT r.article_key, t.text FROM revision r "
            "JOIN revision_topic rt ON rt.revision_id = r.id JOIN topic t ON t.id = rt.topic_id "
            "WHERE r.is_current = 1"
        ):
            if key in articles:
                topics.setdefault(key, set()).add(topic)
        rows = self._db.each(
            "SELECT a.id, r.title, j.name, a.article_id FROM article a "
            "JOIN revision r ON r.article_key = a.id AND r.is_current = 1 LEFT "
            "JOIN journal j ON j.id = r.journal_id WHERE a.site = ?",
            self._site,
        )
        return {
            key: About(title, journal, article_id, frozenset(topics.get(key, ())))
            for key, title, journal, article_id in rows
            if key in articles
        }

    def _apply(self, found: dict[str, str | None], now: str) -> set[int]:
        """Set the passages of `found` apart and put the others back; the articles that were touched."""
        templates = TemplateSet(found)
        affected = set(
            self._db.column(
                "SELECT DISTINCT rb.revision_id FROM revision_boilerplate rb "
                "JOIN boilerplate_passage b ON b.id = rb.boilerplate_id AND b.source = 'counted' "
                "JOIN revision r ON r.id = rb.revision_id JOIN article a ON a.id = r.article_key "
                "WHERE a.site = ?",
                self._site,
            )
        )
        for passage_id, text in self._db.each("SELECT id, text FROM passage WHERE length(text) >= 30"):
            if templates.match(text):
                affected.update(
                    self._db.column(
                        "SELECT revision_id FROM section_paragraph WHERE passage_id = ?", passage_id
                    )
                )
        for template, heading in sorted(found.items()):
            self._names.boilerplate(template, "counted", heading, now)
        touched = set()
        for revision_id in sorted(affected):
            site, key = self._db.one(
                "SELECT a.site, a.id FROM revision r JOIN article a ON a.id = r.article_key WHERE r.id = ?",
                revision_id,
            ) or ("", 0)
            before = self._revisions.load(revision_id)
            after = separated(restored(before), templates, found)
            if site == self._site and after != before:
                self._revisions.rewrite(revision_id, after, self._capture_of(revision_id))
                touched.add(int(key))
        return touched

    def _capture_of(self, revision_id: int) -> int:
        return int(self._db.value("SELECT min(id) FROM capture WHERE revision_id = ?", revision_id))

    def _split_topics(self, touched: set[int]) -> int:
        """Split glued topics whose every border the topics of other pages prove; adds to `touched`."""
        glued = self._db.all(
            "SELECT DISTINCT t.text, r.id, r.article_key FROM revision_topic rt "
            "JOIN topic t ON t.id = rt.topic_id JOIN revision r ON r.id = rt.revision_id "
            "JOIN article a ON a.id = r.article_key WHERE rt.uncertain = 1 AND a.site = ?",
            self._site,
        )
        if not glued:
            return 0
        known: dict[str, str] = dict(
            self._db.all(
                "SELECT DISTINCT t.text, t.normal FROM topic t "
                "JOIN revision_topic rt ON rt.topic_id = t.id WHERE rt.uncertain = 0"
            )
        )
        proven = {text: pieces for text, _, _ in glued if (pieces := split(text, known)) is not None}
        by_revision = {revision: key for text, revision, key in glued if text in proven}
        for revision_id, key in sorted(by_revision.items()):
            content = self._revisions.load(revision_id)
            topics: dict[str, TopicRecord] = {}
            for topic in content.topics or ():
                pieces = proven.get(topic.text) if topic.uncertain else None
                for one in [TopicRecord(piece, known[piece]) for piece in pieces] if pieces else [topic]:
                    topics.setdefault(one.text, one)
            after = replace(content, topics=tuple(topics.values()))
            self._revisions.rewrite(revision_id, after, self._capture_of(revision_id))
            touched.add(key)
        return len(proven)

    def tidy(self) -> None:
        """Remove passages, topics, journals and counted boilerplate that nothing carries any more."""
        self._db.run(
            "DELETE FROM passage WHERE NOT EXISTS (SELECT 1 FROM section_paragraph sp "
            "WHERE sp.passage_id = passage.id)"
        )
        self._db.run(
            "DELETE FROM topic WHERE NOT EXISTS (SELECT 1 FROM revision_topic rt "
            "WHERE rt.topic_id = topic.id)"
        )
        self._db.run(
            "DELETE FROM journal WHERE id NOT IN "
            "(SELECT journal_id FROM revision WHERE journal_id IS NOT NULL)"
        )
        self._db.run(
            "DELETE FROM boilerplate_passage WHERE source = 'counted' AND NOT EXISTS (SELECT 1 "
            "FROM revision_boilerplate rb WHERE rb.boilerplate_id = boilerplate_passage.id)"
        )
        self._names.forget()
