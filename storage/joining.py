"""Two captures of the same content made one, so that it makes no difference which came first. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from storage.content import PARTIAL, UNPLACED, Claim, Content, Digests, Lack, Link, Part, digests, rank

_Value = TypeVar("_Value")
_FIELDS = ("title", "takeaway", "credibility", "interest", "topics", "journal", "source")


def joined(stored: Content, other: Content) -> Content:
    """`stored` and `other`, which are of the same content, as one.

    The one with fewer unknown fields speaks, `stored` when they are equal; what only the other knows is
    filled in.
    """
    first, second = stored, other
    if rank(digests(other)) < rank(digests(stored)):
        first, second = other, stored
    knows, also = digests(first), digests(second)
    learned = {name for name in _FIELDS if _learns(name, knows, also)}
    content = replace(
        first,
        **{name: getattr(second, name) for name in _FIELDS if name in learned},
        reading_minutes=_or(first.reading_minutes, second.reading_minutes),
        description=_or(first.description, second.description),
        parts=_parts(first, second, knows, also),
        links=_links(first.links, second.links, places=False),
    )
    return replace(
        content, lacks=_lacks(content, first, second, learned), claims=_claims(first, second, learned)
    )


def refreshed(stored: Content, latest: Content) -> Content:
    """`stored` with the frame of a later capture: its unplaced text and reading time; boilerplate is added
    to."""
    parts = stored.own_parts
    old, new = stored.unplaced, latest.unplaced
    if old is not None or new is not None:
        place = old.position if old is not None else max((part.position for part in parts), default=0) + 1
        paragraphs = new.paragraphs if new is not None else ()
        parts = (*parts, Part(place, UNPLACED, None, paragraphs))
    return replace(
        stored,
        parts=tuple(sorted(parts, key=lambda part: part.position)),
        links=_links(stored.links, latest.links, places=True),
        reading_minutes=_or(latest.reading_minutes, stored.reading_minutes),
        description=_or(latest.description, stored.description),
    )


def with_links_of(stored: Content, other: Content) -> Content:
    """`stored` with the boilerplate that `other` carries besides its own."""
    return replace(stored, links=_links(stored.links, other.links, places=False))


def _learns(name: str, knows: Digests, also: Digests) -> bool:
    return knows.get(name) is None and also.get(name) is not None


def _or(one: _Value | None, other: _Value | None) -> _Value | None:
    return other if one is None else one


def _parts(first: Content, second: Content, knows: Digests, also: Digests) -> tuple[Part, ...]:
    """The first's parts; headings it lacks, and sections it could not show whole, from the second."""
    theirs: Mapping[str, Part] = {part.kind: part for part in second.own_parts if part.kind != "other"}
    parts = []
    for part in first.parts:
        match = theirs.get(part.kind)
        key = f"section:{part.kind}"
        if match is not None and knows.get(key) is None and also.get(key) is not None:
            part = replace(part, paragraphs=match.paragraphs)
        if match is not None and part.heading is None:
            part = replace(part, heading=match.heading)
        parts.append(part)
    if PARTIAL in knows:
        mine = {part.kind for part in first.own_parts}
        parts = _with_missing(parts, [part for part in second.own_parts if part.kind not in mine])
    return tuple(parts)


def _with_missing(parts: list[Part], missing: list[Part]) -> list[Part]:
    """`parts` with sections that only the other capture shows, before the unplaced text."""
    place = max((part.position for part in parts), default=0)
    own = [part for part in parts if part.kind != UNPLACED]
    loose = [part for part in parts if part.kind == UNPLACED]
    return own + [replace(part, position=place + n) for n, part in enumerate(missing, 1)] + loose


def _links(mine: tuple[Link, ...], theirs: tuple[Link, ...], *, places: bool) -> tuple[Link, ...]:
    """The union; `places` says whether theirs stand in the same sections as mine."""
    merged = {(link.template, link.slots): link for link in mine}
    for link in theirs:
        known = merged.get((link.template, link.slots))
        if known is None:
            merged[link.template, link.slots] = link if places else _unplaced_link(link)
        elif known.heading is None and link.heading is not None:
            merged[link.template, link.slots] = replace(known, heading=link.heading)
    return tuple(merged.values())


def _unplaced_link(link: Link) -> Link:
    return replace(link, section=None, paragraph=None)


def _lacks(content: Content, first: Content, second: Content, learned: set[str]) -> tuple[Lack, ...]:
    """The first's absences, without those that the second has answered; the second's word where it knows."""
    answers = {lack.record.field: lack for lack in second.lacks}
    kept = []
    for lack in first.lacks:
        field = lack.record.field
        top = field.partition(".")[0]
        if top in learned:
            if field in answers:
                kept.append(answers[field])
        elif not (field in ("reading_minutes", "description") and getattr(content, field) is not None):
            kept.append(lack)
    return tuple(kept)


def _claims(first: Content, second: Content, learned: set[str]) -> tuple[Claim, ...]:
    mine = tuple(claim for claim in first.claims if claim.record.field.partition(".")[0] not in learned)
    return mine + tuple(claim for claim in second.claims if claim.record.field.partition(".")[0] in learned)
