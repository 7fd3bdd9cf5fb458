"""What a revision says, in memory: digests by field, what is unknown, comparing, joining, setting boilerplate
apart.

Pure. A field that no capture of a revision could show is *unknown*: it is compared with nothing, and filled
in when a better capture of the same content turns up.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from storage.records import (
    CANNOT_SHOW,
    CUT_OFF,
    AbsenceRecord,
    ArticleRecord,
    EvidenceRecord,
    JournalRecord,
    RatingRecord,
    SourceRecord,
    TopicRecord,
)
from storage.templates import Slots, Template, TemplateSet

UNREADABLE = "found but unreadable"
UNPLACED = "unplaced"
PARTIAL = "*"
"""Key in the field digests of a capture that can't show all: what it lacks it may only not show."""
_UNKNOWN = frozenset({CANNOT_SHOW, CUT_OFF, UNREADABLE})
_SINGLE = ("title", "takeaway", "credibility", "interest", "topics", "journal", "source")
# Soft hyphen, zero-width space, word joiner, byte order mark: where a line may break, which is no content.
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_SECTION_FIELD = re.compile(r"^(?:sections?\W+)?(\w+)\W*$")

_to_json = json.JSONEncoder(ensure_ascii=False).encode
_to_sorted_json = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode

Digests = Mapping[str, str | None]
"""Content field -> digest; "" when the page has none, None when it is unknown."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph or list item in its place."""

    position: int
    text: str
    list_item: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A section, or the unplaced text (kind `unplaced`)."""

    position: int
    kind: str
    heading: str | None
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A boilerplate passage on the page."""

    template: str
    source: str
    """`profile` or `counted`."""
    heading: str | None
    slots: Slots = ()
    section: int | None = None
    """Position of the section it stood in; None when it stood after all of them."""
    paragraph: int | None = None
    list_item: bool = False

    @property
    def text(self) -> str:
        """As printed."""
        return Template(self.template).fill(dict(self.slots))


@dataclass(frozen=True, slots=True)
class Claim:
    """A piece of evidence with the capture it comes from; None for the capture being saved."""

    record: EvidenceRecord
    capture_id: int | None = None
    reader_version: str | None = None


@dataclass(frozen=True, slots=True)
class Lack:
    """An absence with the capture that says so; None for the capture being saved."""

    record: AbsenceRecord
    capture_id: int | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A revision's own content, and the frame around it."""

    title: str | None
    takeaway: str | None
    credibility: RatingRecord | None
    interest: RatingRecord | None
    topics: tuple[TopicRecord, ...] | None
    journal: JournalRecord | None
    source: SourceRecord | None
    parts: tuple[Part, ...]
    reading_minutes: int | None
    description: str | None
    links: tuple[Link, ...]
    lacks: tuple[Lack, ...]
    claims: tuple[Claim, ...]
    body_digest: str
    reader_version: str | None

    @property
    def own_parts(self) -> tuple[Part, ...]:
        """The sections without the unplaced text."""
        return tuple(part for part in self.parts if part.kind != UNPLACED)

    @property
    def unplaced(self) -> Part | None:
        """The text that no part of the page claims."""
        return next((part for part in self.parts if part.kind == UNPLACED), None)

    @property
    def searchable(self) -> str | None:
        """The text of its sections as the search index takes it; None without any."""
        texts = [paragraph.text for part in self.own_parts for paragraph in part.paragraphs]
        return "\n".join(texts) if texts else None


def content_of(record: ArticleRecord, reader_version: str | None) -> Content:
    """What one capture shows of an article."""
    parts = [
        Part(
            number,
            section.kind,
            section.heading,
            tuple(
                Paragraph(place, text, bool(section.list_items) and section.list_items[place - 1])
                for place, text in enumerate(section.paragraphs, 1)
            ),
        )
        for number, section in enumerate(record.sections, 1)
    ]
    if record.unplaced:
        loose = tuple(Paragraph(place, text) for place, text in enumerate(record.unplaced, 1))
        parts.append(Part(len(parts) + 1, UNPLACED, None, loose))
    lacks = list(map(Lack, record.absences))
    return Content(
        title=record.title or None,
        takeaway=record.takeaway or None,
        credibility=_on_scale("credibility", record.credibility, lacks),
        interest=_on_scale("interest", record.interest, lacks),
        topics=record.topics and tuple(topic for topic in record.topics if topic.text),
        journal=record.journal if record.journal and record.journal.name else None,
        source=record.source,
        parts=tuple(parts),
        reading_minutes=record.reading_minutes,
        description=record.description,
        links=tuple(Link(item.template, "profile", item.heading, item.slots) for item in record.boilerplate),
        lacks=tuple(lacks),
        claims=tuple(Claim(claim, None, reader_version) for claim in record.evidence),
        body_digest=record.body_digest,
        reader_version=reader_version,
    )


def _on_scale(field: str, rating: RatingRecord | None, lacks: list[Lack]) -> RatingRecord | None:
    """`rating` when its value lies on its scale; else None, and a lack that says what was found."""
    if rating is None or (rating.scale > 0 and 0 <= rating.value <= rating.scale):
        return rating
    lacks.append(Lack(AbsenceRecord(field, UNREADABLE, f"not on its scale: {rating.raw}")))
    return None


def separated(content: Content, known: TemplateSet, headings: Mapping[str, str | None]) -> Content:
    """`content` with the paragraphs that are counted boilerplate taken out of its parts and linked
    instead."""
    if not known:
        return content
    parts, links = [], []
    for part in content.parts:
        kept = []
        for paragraph in part.paragraphs:
            found = known.match(paragraph.text)
            if found is None:
                kept.append(paragraph)
                continue
            template, slots = found
            links.append(
                Link(
                    template.text,
                    "counted",
                    headings.get(template.text),
                    slots,
                    part.position,
                    paragraph.position,
                    paragraph.list_item,
                )
            )
        parts.append(part if len(kept) == len(part.paragraphs) else replace(part, paragraphs=tuple(kept)))
    return replace(content, parts=tuple(parts), links=(*content.links, *links)) if links else content


def restored(content: Content) -> Content:
    """`content` with every counted passage back where it stood: the inverse of `separated`."""
    back: dict[int, list[Paragraph]] = {}
    kept = []
    for link in content.links:
        if link.source == "counted" and link.section is not None and link.paragraph is not None:
            back.setdefault(link.section, []).append(Paragraph(link.paragraph, link.text, link.list_item))
        elif link.source != "counted":
            kept.append(link)
    if not back:
        return replace(content, links=tuple(kept))
    parts = []
    for part in content.parts:
        # Where a later capture's text took the place, what came back stands beside it.
        joined = sorted((*part.paragraphs, *back.get(part.position, ())), key=lambda p: (p.position, p.text))
        numbered = tuple(replace(paragraph, position=n) for n, paragraph in enumerate(joined, 1))
        parts.append(replace(part, paragraphs=numbered) if back.pop(part.position, None) else part)
    if back:  # its section has gone from the page since
        place = max((part.position for part in parts), default=0) + 1
        lost = [paragraph for position in sorted(back) for paragraph in back[position]]
        parts.append(
            Part(place, UNPLACED, None, tuple(replace(p, position=n) for n, p in enumerate(lost, 1)))
        )
    return replace(content, parts=tuple(parts), links=tuple(kept))


def digests(content: Content) -> dict[str, str | None]:
    """The digest of each content field. White space makes no difference, nor does the order of topics."""
    found: dict[str, str | None] = {
        "title": _digest(content.title),
        "takeaway": _digest(content.takeaway),
        "credibility": _rating(content.credibility),
        "interest": _rating(content.interest),
        "topics": _digest(*sorted({_squeezed(topic.text) for topic in content.topics or ()})),
        "journal": _digest(content.journal.name if content.journal else None),
        "source": _source(content.source),
    }
    by_kind: dict[str, list[str]] = {}
    emptied = {link.section for link in content.links if link.section is not None}
    for part in content.own_parts:
        if not part.paragraphs and part.position in emptied:
            continue
        texts = by_kind.setdefault(part.kind, [])
        if part.kind == "other":
            texts.append(_squeezed(part.heading or "") + "\n")
        # Captures of one page differ in where paragraphs end, never in the text.
        texts.append("".join(_squeezed(paragraph.text) for paragraph in part.paragraphs))
    found.update({f"section:{kind}": _sha("".join(texts)) for kind, texts in by_kind.items()})
    found.update(dict.fromkeys(_unknown(content)))
    return found


def text_digest(text: str | None) -> str:
    """The digest of a field of plain text, as in `digests`; "" for None."""
    return _digest(text)


def same(one: Digests, other: Digests) -> bool:
    """Whether two captures can be of the same content: nothing that both know differs."""
    return all(
        _known(one, key) is None or _known(other, key) is None or _known(one, key) == _known(other, key)
        for key in one.keys() | other.keys()
    )


def teaches(new: Digests, stored: Digests) -> bool:
    """Whether `new` knows a field that is unknown in `stored`."""
    return any(
        _known(stored, key) is None and _known(new, key) is not None
        for key in stored.keys() | new.keys()
        if key != PARTIAL
    ) or (PARTIAL in stored and PARTIAL not in new)


def rank(found: Digests) -> tuple[bool, int]:
    """How much is unknown; the lesser of two is to be trusted where both could speak."""
    return PARTIAL in found, sum(value is None for value in found.values())


def content_digest(found: Digests) -> str:
    """One digest (SHA-256, hex) over all fields."""
    return _sha(dumps(found), 64)


def frame_digest(content: Content) -> str:
    """SHA-256 (hex) over what is kept, but is no content."""
    loose = content.unplaced
    frame = [
        content.reading_minutes,
        content.description,
        [paragraph.text for paragraph in loose.paragraphs] if loose else [],
        sorted([link.template, *map(list, link.slots)] for link in content.links),
        sorted(link.heading or "" for link in content.links),
    ]
    return _sha(_to_json(frame), 64)


def dumps(found: Digests) -> str:
    """The field digests as JSON, keys sorted."""
    return _to_sorted_json(found)


def loads(stored: str) -> dict[str, str | None]:
    """The inverse of `dumps`."""
    return dict(json.loads(stored))


def _unknown(content: Content) -> Iterable[str]:
    """Keys of what this content does not know."""
    reasons = {lack.record.field: lack.record.reason for lack in content.lacks}
    cut = CUT_OFF in reasons.values()
    for name, reason in reasons.items():
        if reason not in _UNKNOWN:
            continue
        if name in _SINGLE or (reason != UNREADABLE and name.startswith("source.")):
            yield name.partition(".")[0]
        elif name.startswith("section") and (found := _SECTION_FIELD.match(name)) and found[1] != "sections":
            yield f"section:{found[1]}"
    if content.topics and any(topic.uncertain for topic in content.topics):
        yield "topics"
    if cut or CANNOT_SHOW in reasons.values():
        yield PARTIAL
    if cut:
        # The cut goes through whatever came last.
        yield f"section:{content.own_parts[-1].kind}" if content.own_parts else "takeaway"


def _known(found: Digests, key: str) -> str | None:
    if key in found:
        return found[key]
    return None if PARTIAL in found else ""


def _squeezed(text: str) -> str:
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    return "".join(text.split())


def _sha(text: str, length: int = 16) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def _digest(*texts: str | None) -> str:
    present = [_squeezed(text) for text in texts if text is not None]
    return _sha("\n".join(present)) if present else ""


def _rating(rating: RatingRecord | None) -> str:
    return "" if rating is None else _sha(f"{rating.value:g}/{rating.scale:g}")


def _source(source: SourceRecord | None) -> str:
    if source is None:
        return ""
    published = source.published.raw if source.published else None
    fields = (source.title, *source.authors, source.journal, published, source.doi, source.pmid, source.url)
    if not any(fields):
        return ""
    return _digest(*("" if field is None else field for field in fields))
