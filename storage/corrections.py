"""What a re-read altered: compared capture by capture, written as corrections, summed up by field.

Two connections see the archive: one inside the reread's transaction, one from before it. Boilerplate that was
found by counting is put back first: where it is kept says something of the archive, not of the reader.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from storage.content import UNPLACED, Content, restored
from storage.db import Db, Row, to_json
from storage.names import Names
from storage.records import RatingRecord
from storage.revisions import Revisions

_MOST_EXAMPLES = 3
_PAIRS = 10_000
"""Pairs of revisions whose differences are remembered."""
_LOOSE = ("sections.other", "sections.lead", f"sections.{UNPLACED}")

_CAPTURE = """
SELECT c.id, c.kind, c.reader_version, c.revision_id, c.card_list_id, a.key, r.field_digests, r.title,
       r.takeaway, r.credibility_raw, r.interest_raw, r.reading_minutes, r.source_title, r.source_authors,
       r.source_published_raw, r.source_url, r.description,
       (SELECT group_concat(p.place, ' ') FROM (SELECT s.section_position || ':' || s.passage_id AS place
        FROM section_paragraph s WHERE s.revision_id = c.revision_id
        ORDER BY s.section_position, s.position) p)
FROM capture c LEFT JOIN article a ON a.id = c.article_key LEFT JOIN revision r ON r.id = c.revision_id
WHERE c.id = ?
"""
_ARTICLES = (
    "SELECT key, published_raw, teaser, url, (SELECT count(*) FROM revision r WHERE r.article_key = a.id), "
    "id FROM article a WHERE site = ? ORDER BY key"
)
_READ = "(reader_version IS NOT NULL OR profile_digest IS NOT NULL)"
_CHOSEN = f"SELECT count(*) FROM capture WHERE id IN (SELECT capture_id FROM temp.chosen) AND {_READ}"
_SHOWN = "SELECT count(DISTINCT article_key) FROM capture WHERE id IN (SELECT capture_id FROM temp.chosen)"
_COMPARED = (
    f"SELECT id FROM capture WHERE id IN (SELECT capture_id FROM temp.compared) AND {_READ} "
    "ORDER BY captured_at, id"
)


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of one capture, as it was read before and as it is read now."""

    capture_id: int
    article: str | None
    """Key of the article it shows now, or else showed before; None when none."""
    field: str
    before: str | None
    after: str | None
    reader_before: str | None
    lost: bool
    """Whether it was there and is nowhere now."""


@dataclass(slots=True)
class FieldReport:
    """What became of one field, over all captures."""

    name: str
    corrected: int = 0
    gained: int = 0
    lost: int = 0
    examples: list[Correction] = field(default_factory=list)
    """Up to three; losses go before."""

    def add(self, correction: Correction) -> None:
        """Count one more."""
        if correction.lost:
            self.lost += 1
        elif correction.before is None:
            self.gained += 1
        else:
            self.corrected += 1
        if len(self.examples) < _MOST_EXAMPLES:
            self.examples.append(correction)
        elif correction.lost and not self.examples[-1].lost:
            self.examples = sorted([*self.examples[:-1], correction], key=lambda one: not one.lost)


@dataclass(slots=True)
class RereadReport:
    """What reading a site's captures again came to."""

    captures: int = 0
    """Captures that were read."""
    articles: int = 0
    """Articles that they show."""
    corrections: int = 0
    fields: dict[str, FieldReport] = field(default_factory=dict)
    articles_gained: list[str] = field(default_factory=list)
    """Keys of articles that no capture was known to show before."""
    articles_lost: list[str] = field(default_factory=list)
    """Keys of articles that no capture shows any more."""
    merged: list[tuple[str, int, int]] = field(default_factory=list)
    """Articles (key, revisions before, after) that have fewer revisions now."""
    split: list[tuple[str, int, int]] = field(default_factory=list)
    """Articles that have more."""
    new_urls: int = 0

    @property
    def losses(self) -> dict[str, int]:
        """How many values of each field were there and are nowhere now; only fields that have any."""
        return {name: one.lost for name, one in self.fields.items() if one.lost}

    @property
    def lost(self) -> int:
        """How many values were there and are nowhere now."""
        return sum(one.lost for one in self.fields.values())


class Comparing:
    """Compares a site before and after. `now` is inside the reread's transaction, `then` is not."""

    def __init__(self, now: Db, then: Db, site: str) -> None:
        self._now, self._then, self._site = now, then, site
        self._load_now, self._load_then = Revisions(now, Names(now)), Revisions(then, Names(then))
        self._pairs: dict[tuple[int | None, int | None], list[tuple[str, str | None, str | None, bool]]] = {}
        self._lists: dict[tuple[bool, int], str] = {}

    def write(self, run: int, reader_version: str) -> RereadReport:
        """Write the corrections of everything that was made anew; the report over them."""
        report = RereadReport(captures=int(self._now.value(_CHOSEN)), articles=int(self._now.value(_SHOWN)))
        for capture_id in self._now.column(_COMPARED):
            for correction in self._of_capture(capture_id):
                self._add(report, correction, run, reader_version)
        for correction in self._of_articles(report):
            self._add(report, correction, run, reader_version)
        return report

    def _add(self, report: RereadReport, one: Correction, run: int, reader_version: str) -> None:
        report.corrections += 1
        report.fields.setdefault(one.field, FieldReport(one.field)).add(one)
        self._now.run(
            "INSERT INTO correction (run_id, capture_id, field, before, after, reader_before, reader_after) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            run, one.capture_id, one.field, one.before, one.after, one.reader_before, reader_version,
        )  # fmt: skip

    def _of_capture(self, capture_id: int) -> Iterator[Correction]:
        then, now = self._then.one(_CAPTURE, capture_id), self._now.one(_CAPTURE, capture_id)
        assert then is not None and now is not None, "captures are never removed"
        article, reader = now[5] or then[5], then[2]

        def one(name: str, before: str | None, after: str | None, lost: bool) -> Correction:
            return Correction(capture_id, article, name, before, after, reader, lost)

        if then[1] != now[1]:
            yield one("kind", then[1], now[1], False)
        if then[5] is not None and now[5] is not None and then[5] != now[5]:
            yield one("article", then[5], now[5], False)
        if then[6:] != now[6:]:
            for name, before, after, lost in self._of_revisions(then[3], now[3]):
                yield one(name, before, after, lost)
        if then[4] != now[4]:
            before, after = self._cards(self._then, then[4]), self._cards(self._now, now[4])
            if before != after:
                yield one("cards", before, after, after is None)

    def _of_revisions(
        self, then: int | None, now: int | None
    ) -> list[tuple[str, str | None, str | None, bool]]:
        known = self._pairs.get((then, now))
        if known is None:
            if len(self._pairs) >= _PAIRS:
                self._pairs.clear()
            before = None if then is None else restored(self._load_then.load(then))
            after = None if now is None else restored(self._load_now.load(now))
            known = self._pairs[then, now] = list(differences(before, after))
        return known

    def _cards(self, db: Db, list_id: int | None) -> str | None:
        """A card list as JSON; None without one."""
        if list_id is None:
            return None
        rows = db.all(
            "SELECT title, url, date_raw, teaser FROM card WHERE card_list_id = ? ORDER BY position", list_id
        )
        return to_json(rows)

    def _of_articles(self, report: RereadReport) -> Iterator[Correction]:
        """What is the article's, not one capture's: its date and teaser; and how many revisions it has.

        Over all articles of the site: what a listing tells of an article is in no capture of that article.
        """
        then, now = ({row[0]: row for row in db.all(_ARTICLES, self._site)} for db in (self._then, self._now))
        report.articles_lost += [key for key in then if key not in now]
        for key, is_now in now.items():
            was = then.get(key)
            if was is None:
                report.articles_gained.append(key)
            elif was != is_now:
                if was[4] != is_now[4]:
                    (report.merged if was[4] > is_now[4] else report.split).append((key, was[4], is_now[4]))
                yield from self._of_article(key, was, is_now)

    def _of_article(self, key: str, then: Row, now: Row) -> Iterator[Correction]:
        for place, name in enumerate(("published", "teaser", "url"), 1):
            if then[place] != now[place]:
                capture_id, reader = self._then.one(
                    "SELECT id, reader_version FROM capture WHERE article_key = ? AND kind <> 'unchanged' "
                    "ORDER BY captured_at DESC, id DESC LIMIT 1",
                    then[5],
                ) or (0, None)
                yield Correction(
                    capture_id, key, name, then[place], now[place], reader, lost=now[place] is None
                )


def differences(
    before: Content | None, after: Content | None
) -> Iterator[tuple[str, str | None, str | None, bool]]:
    """Field, value before, value after, and whether it is lost, of each field that differs. Pure.

    A known section that is no longer one is lost, though its text may stand elsewhere; text without a part of
    its own is lost only when it stands nowhere.
    """
    old, new = _fields(before), _fields(after)
    everything = _all_text(after, new)
    for name in [*old, *(name for name in new if name not in old)]:
        was, is_now = old.get(name), new.get(name)
        if was == is_now:
            continue
        lost = is_now is None
        if lost and was is not None and name.startswith(_LOOSE):
            lost = not all("".join(part.split()) in everything for part in was.split("\n\n"))
        yield name, was, is_now, lost


def _all_text(content: Content | None, fields: Mapping[str, str]) -> str:
    """All text of a revision, without white space: its fields, its topics as they stand, its boilerplate."""
    texts = list(fields.values())
    if content is not None:
        texts += ["".join(topic.text for topic in content.topics or ())]
        texts += [link.text for link in content.links]
    return "\n".join("".join(text.split()) for text in texts)


def _fields(content: Content | None) -> Mapping[str, str]:
    """What a revision says, by field named as in evidence; nothing absent among it."""
    if content is None:
        return {}
    source = content.source
    plain: dict[str, str | None] = {
        "title": content.title,
        "takeaway": content.takeaway,
        "credibility": _rating(content.credibility),
        "interest": _rating(content.interest),
        "reading_minutes": None if content.reading_minutes is None else str(content.reading_minutes),
        "topics": None if content.topics is None else to_json([topic.text for topic in content.topics]),
        "journal": content.journal.name if content.journal else None,
        "description": content.description,
    }
    if source is not None:
        plain |= {
            "source.title": source.title,
            "source.authors": to_json(source.authors) if source.authors else None,
            "source.journal": source.journal,
            "source.published": source.published.raw if source.published else None,
            "source.doi": source.doi,
            "source.pmid": source.pmid,
            "source.url": source.url,
        }
    for part in content.parts:
        name = f"sections.{part.kind}"
        if part.kind == "other":
            name += f" {json.dumps(part.heading or '', ensure_ascii=False)}"
        text = "\n\n".join(paragraph.text for paragraph in part.paragraphs)
        if text:
            plain[name] = text if plain.get(name) is None else f"{plain[name]}\n\n{text}"
    return {name: value for name, value in plain.items() if value is not None}


def _rating(rating: RatingRecord | None) -> str | None:
    return None if rating is None else f"{rating.value:g}/{rating.scale:g}"
