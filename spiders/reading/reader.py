"""One page, one reading: `read_page` puts the parts together.

Order of precedence where sources disagree (the record's evidence says which won, and keeps the others):

1. the profile's explicit selectors;
2. what the page shows: words under headings, drawn ratings, the boilerplate's slot;
3. JSON-LD, then OpenGraph and other `<meta>`, then a framework's embedded state, then `<title>`.

Only the page's own address goes the other way: `rel=canonical`, then `og:url`, then where a browser saved it
from, then where it was fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from spiders.reading.addresses import article_id, canonical, on_site, page_address
from spiders.reading.article import read_article
from spiders.reading.article_context import ArticlePage
from spiders.reading.by_order import readable_by_order
from spiders.reading.cards import CardReader
from spiders.reading.decoding import decode, looks_like_html, parse
from spiders.reading.html import walk
from spiders.reading.ledger import Ledger
from spiders.reading.limits import excess
from spiders.reading.links import links_of
from spiders.reading.mixture import two_articles
from spiders.reading.model import IMAGE, Block, Obstacle, PageKind, Reading
from spiders.reading.outline import Line, Outline, outline_of
from spiders.reading.passages import passage_names, passage_of
from spiders.reading.playback import original_address, undo_playback
from spiders.reading.profile import SiteProfile
from spiders.reading.recognise import Sighting, instead_of_article, instead_of_page
from spiders.reading.structured import Claim, head_claims, script_claims
from spiders.reading.text import text_blocks
from spiders.reading.tree import Document, Element
from spiders.reading.walked import Walked

Form = Literal["html", "text"]

_HTML_TYPES = re.compile(r"^\s*(?:text/html|application/xhtml\+xml)\b", re.I)
_OTHER_TYPES = re.compile(
    r"^\s*(?:(?:image|audio|video|font)/|application/(?!octet-stream|xhtml\+xml|xml))", re.I
)
_BINARY = re.compile(
    rb"^(?:\x89PNG|GIF8|\xff\xd8\xff|%PDF-|PK\x03\x04|\x1f\x8b|RIFF|\x7fELF|BM|\x00\x00\x01\x00)"
)
_FEWEST_CARDS = 2
_LONGEST_REASON = 300
_FEWEST_LISTED = 3


def read_page(
    body: bytes,
    *,
    profile: SiteProfile,
    url: str | None,
    content_type: str | None = None,
    form: Form | None = None,
) -> Reading:
    """Read a page.

    `body` is the entity after content decoding; `url` where it was fetched, None when unknown; `content_type`
    the HTTP header. `form` forces HTML or text; None tells by content type and content.

    Never raises for what a page holds: what can't be read is an `UNREADABLE` reading with its reason. The
    same arguments give an equal reading on any machine.
    """
    address = page_address(original_address(url), None, profile) if url is not None else None
    form = form or _form_of(body, content_type)
    if form is None:
        kind = (content_type or "unknown type").split(";")[0].strip()
        return _unreadable(f"neither HTML nor text ({kind})", "html", address, profile)
    too_much = excess(body, form)
    if too_much is not None:
        return _unreadable(too_much, form, address, profile)
    try:
        return _read(body, content_type, form, address, profile, url)
    except (
        Exception
    ) as error:  # a fault of ours must not lose the page: it stays, as unreadable, for a better reader
        reason = f"the reader failed on it: {type(error).__name__}: {error}"
        return _unreadable(reason[:_LONGEST_REASON], form, address, profile)


def _read(
    body: bytes,
    content_type: str | None,
    form: Form,
    address: str | None,
    profile: SiteProfile,
    url: str | None,
) -> Reading:
    text = decode(body, content_type)
    if not text.strip("\0 \t\r\n\ufeff"):
        return _unreadable("the page is empty", form, address, profile)
    if form == "text":
        return _read_text(text, profile, address)
    root = parse(text)
    if root is None:
        return _unreadable("there is no HTML in it", "html", address, profile)
    document = undo_playback(Document.of(root), url)
    return _HtmlPage.of(document, text, profile, address).read()


def _form_of(body: bytes, content_type: str | None) -> Form | None:
    if _BINARY.match(body) or _OTHER_TYPES.match(content_type or ""):
        return None
    if _HTML_TYPES.match(content_type or "") or looks_like_html(body):
        return "html"
    if b"\0" in body[:4096] and not body.startswith((b"\xff\xfe", b"\xfe\xff")):
        return None
    return "text"


def _unreadable(
    reason: str, form: Form, url: str | None, profile: SiteProfile, blocks: Iterable[Block] = (),
    obstacle: Obstacle | None = None,
) -> Reading:  # fmt: skip
    name = article_id(url, profile)
    return Reading(PageKind.UNREADABLE, reason, form, url, name, obstacle=obstacle, blocks=tuple(blocks))


def _read_text(text: str, profile: SiteProfile, url: str | None) -> Reading:
    blocks = text_blocks(text, profile)
    outline = outline_of(blocks, profile)
    ledger = Ledger()
    page = ArticlePage(
        outline, profile, "text", url, url or profile.base_url,
        cut_off=_ends_too_soon(outline, profile),
    )  # fmt: skip
    if not _is_summary(outline) and not readable_by_order(outline, profile):
        reason = "no known heading in it, and its order does not tell the parts"
        return _unreadable(reason, "text", url, profile, blocks)
    mixed = two_articles(outline.lines, profile)
    if mixed is not None:
        return _unreadable(mixed, "text", url, profile, blocks)
    return _summary(read_article(page, ledger), ledger, "text", url, profile, blocks)


def _ends_too_soon(outline: Outline, profile: SiteProfile) -> bool:
    """Whether a text capture stops too soon: in mid-sentence, or before the words all pages close with."""
    lines = [line for line in outline.lines if line.text]
    if not lines or (len(lines[-1].text) > 60 and lines[-1].text[-1] not in ".!?…”\"')’"):
        return True
    if "boilerplate" in outline.known or not profile.anchors:
        return False
    return not any(passage_of(line, None, profile) for line in lines)


def _is_cut_off(text: str, outline: Outline, profile: SiteProfile) -> bool:
    """Whether a page's HTML stops before its end.

    The end tags of `html` and `body` may be left out (HTML Living Standard, 13.1.2.4): a page without them is
    whole when all its closing boilerplate is there, and closes it: no part of the article begins behind.
    """
    ending = text[-4096:].lower()
    if "</html" in ending or "</body" in ending:
        return False
    wanted = {anchor.passage for anchor in profile.anchors}
    found: set[str] = set()
    behind = max((mark.at for mark in outline.known.values() if mark.part != "boilerplate"), default=0)
    for line in outline.lines[behind:]:
        if len(line.text) > 60:
            found |= passage_names(line, profile)
    return not wanted or not wanted <= found


def _is_summary(outline: Outline) -> bool:
    """Two of an article's own parts, or its takeaway, make a summary; cards or a footer alone do not."""
    own = [part for part in outline.known if _is_own_part(part)]
    return len(own) >= 2 or "takeaway" in own


def _is_own_part(part: str) -> bool:
    return part == "takeaway" or part.startswith("section:")


def _summary(
    fields: dict[str, Any], ledger: Ledger, form: Form, url: str | None, profile: SiteProfile,
    blocks: Sequence[Block], **more: Any,
) -> Reading:  # fmt: skip
    return Reading(
        PageKind.SUMMARY, None, form, url, article_id(url, profile), **fields, **more,
        absences=tuple(ledger.absences), evidence=tuple(ledger.evidence),
        takes=tuple(sorted(ledger.takes.items())), blocks=tuple(blocks),
    )  # fmt: skip


@dataclass(frozen=True)
class _HtmlPage:
    document: Document
    profile: SiteProfile
    asked: str | None
    """Where it was fetched; None when unknown."""
    url: str | None
    """The page's own address."""
    base: str
    head: Sequence[Claim]
    found: Walked
    outline: Outline
    cut_off: bool

    @property
    def blocks(self) -> Sequence[Block]:
        """What it shows."""
        return self.found.blocks

    @cached_property
    def elements(self) -> Sequence[Element]:
        """By block index the element that it stands in."""
        elements = self.document.elements
        return [elements[ordinal - 1] for ordinal in self.found.ordinals]

    @classmethod
    def of(cls, document: Document, text: str, profile: SiteProfile, fetched: str | None) -> _HtmlPage:
        found = walk(document, profile.parts)
        head = head_claims(document, found)
        url = _own_address(head, fetched, profile)
        titles = [str(claim.value) for claim in head if claim.field == "title"]
        outline = outline_of(found.blocks, profile, titles)
        return cls(
            document, profile, fetched, url, _base(found, fetched or url or profile.base_url), head,
            found, outline, cut_off=_is_cut_off(text, outline, profile),
        )  # fmt: skip

    def read(self) -> Reading:
        selected = self._selected()
        overrides = self._overrides(selected)
        if _is_summary(self.outline) or any(map(_is_own_part, overrides)):
            instead = self._instead_of_article()
            if instead is not None:
                return _unreadable(
                    instead.reason, "html", self.url, self.profile, self.blocks, instead.obstacle
                )
            mixed = two_articles(self.outline.lines, self.profile) if not overrides else None
            if mixed is not None:
                return _unreadable(mixed, "html", self._own_or_asked(), self.profile, self.blocks)
            return self._summary(selected, overrides)
        return self._something_else()

    def _instead_of_article(self) -> Sighting | None:
        known, lines = self.outline.known, self.outline.lines
        parts = sum(map(_is_own_part, known))
        start = lines[self.outline.start].block.index if self.outline.start < len(lines) else 0
        return instead_of_article(self.blocks, start, parts, self._titles(), self.profile)

    def _titles(self) -> list[str]:
        return [str(claim.value) for claim in self.head if claim.field == "title"]

    def _summary(self, selected: dict[str, list[Element]], overrides: dict[str, list[Line]]) -> Reading:
        ledger = Ledger()
        name = article_id(self.url, self.profile)
        titles = self._titles()
        shown = [line.text for line in self.outline.lines[: self.outline.start] if line.block.level == 1]
        scripts = script_claims(self.found, self.profile, next(iter(shown or titles), None), name)
        linked_data = [claim for claim in scripts if claim.rule == "json-ld"]
        state = [claim for claim in scripts if claim.rule != "json-ld"]
        title_element = [claim for claim in self.head if claim.rule == "title-element"]
        meta = [claim for claim in self.head if claim.rule != "title-element"]
        page = ArticlePage(
            self.outline, self.profile, "html", self.url, self.base,
            [*linked_data, *meta, *state, *title_element], self.elements, self.document.root, self.cut_off,
            overrides, selected,
        )  # fmt: skip
        fields = read_article(page, ledger)
        return _summary(fields, ledger, "html", self.url, self.profile, self.blocks, links=self._links())

    def _links(self) -> tuple[Any, ...]:
        return links_of(self.found.noted, self.document, self.base, self.profile)

    def _selected(self) -> dict[str, list[Element]]:
        """The elements that the profile's selectors name, where they name any."""
        found = {part: self.document.root.cssselect(css) for part, css in self.profile.selectors.items()}
        return {part: elements for part, elements in found.items() if elements}

    def _overrides(self, selected: dict[str, list[Element]]) -> dict[str, list[Line]]:
        """The lines inside the selected elements."""
        found: dict[str, list[Line]] = {}
        for part, elements in selected.items():
            chosen = set(elements)
            lines = [
                line
                for line in self.outline.lines
                if (element := self.elements[line.block.index]) in chosen
                or not chosen.isdisjoint(element.iterancestors())
            ]
            if lines:
                found[part] = lines
        return found

    def _something_else(self) -> Reading:
        """A listing, another page, what stands in a page's place, or one that should have been a summary."""
        lines = [line for line in self.outline.lines if not line.block.chrome]
        shown = any(line.text for line in lines if line.block.role is not IMAGE)
        links = self._links()
        ledger = Ledger()
        cards = CardReader(self.profile, self.base, ledger.take).read(lines)
        is_article = article_id(self.asked or self.url, self.profile) is not None
        is_listing = len(cards) >= _FEWEST_CARDS and not is_article
        instead = None if is_listing else self._instead_of_page(is_article, len(cards))
        if not shown and (is_article or not links or instead is not None):
            return self._blank(instead)
        if is_article:
            reason = self._headings_seen() if instead is None else instead.reason
            return _unreadable(reason, "html", self._own_or_asked(), self.profile, self.blocks,
                               None if instead is None else instead.obstacle)  # fmt: skip
        kind = PageKind.LISTING if is_listing else PageKind.OTHER
        why = None if is_listing else "none of the profile's headings stand on it"
        return Reading(
            kind, why if instead is None else instead.reason, "html", self.url, None, cards=cards,
            links=links, takes=tuple(sorted(ledger.takes.items())),
            obstacle=None if instead is None else instead.obstacle, blocks=tuple(self.blocks),
        )  # fmt: skip

    def _blank(self, instead: Sighting | None) -> Reading:
        """A page that shows no text at all."""
        address = self._own_or_asked()
        if instead is not None:
            return _unreadable(instead.reason, "html", address, self.profile, self.blocks, instead.obstacle)
        return _unreadable("the page is empty", "html", address, self.profile, self.blocks)

    def _instead_of_page(self, is_article: bool, cards: int) -> Sighting | None:
        instead = instead_of_page(self.document.root, self.blocks, self._titles(), self.profile)
        if instead is not None or not is_article:
            return instead
        if article_id(self.url, self.profile) is None:
            return Sighting(Obstacle.SOFT_404, "the page names another as its address, which is no article's")
        if cards >= _FEWEST_LISTED:
            return Sighting(Obstacle.SOFT_404, f"a list of {cards} articles stands in its place")
        return None

    def _own_or_asked(self) -> str | None:
        """The page's address as far as it is an article's, else where it was fetched."""
        return self.url if article_id(self.url, self.profile) is not None else self.asked or self.url

    def _headings_seen(self) -> str:
        headings = [block.text for block in self.blocks if block.level is not None and not block.chrome]
        seen = " | ".join(headings[:8])
        return f"none of the profile's headings stand on it; headings seen: {seen or 'none'}"


def _own_address(claims: Sequence[Claim], fetched: str | None, profile: SiteProfile) -> str | None:
    """The page's canonical address: what it says of itself if on the site, else where it was fetched."""
    for rule in ("canonical", "opengraph", "saved-from"):
        for claim in claims:
            if claim.field == "url" and claim.rule == rule:
                address = page_address(str(claim.value), fetched, profile)
                if address and on_site(address, profile):
                    return address
    return fetched


def _base(found: Walked, url: str) -> str:
    addresses = (one.said.attributes.get("href") for one in found.noted if one.said.tag == "base")
    address = next((address for address in addresses if address is not None), None)
    return url if address is None else canonical(address, url) or url
