"""What every field of an article needs: the page, the ledger, parts, claims, and what is placed already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from spiders.reading.addresses import article_id
from spiders.reading.ledger import Ledger
from spiders.reading.model import Reason
from spiders.reading.outline import Line, Mark, Outline, same_words
from spiders.reading.profile import SiteProfile
from spiders.reading.structured import Claim
from spiders.reading.tree import Element
from spiders.reading.words import comparable, heading_key, squeeze


@dataclass(frozen=True)
class ArticlePage:
    """Everything that is known of a page before its article is read."""

    outline: Outline
    profile: SiteProfile
    form: Literal["html", "text"]
    url: str | None
    base: str
    """The address that relative links start from."""
    claims: Sequence[Claim] = ()
    elements: Sequence[Element] = ()
    """By block index; () for text."""
    root: Element | None = None
    cut_off: bool = False
    """The page ends before its markup does."""
    overrides: dict[str, list[Line]] = field(default_factory=dict)
    """Lines that the profile's selectors give for a part or field."""
    selected: Mapping[str, Sequence[Element]] = field(default_factory=dict)
    """The elements that the profile's selectors name, by part or field."""

    @cached_property
    def own_id(self) -> str | None:
        """The id in the page's own address."""
        return article_id(self.url, self.profile)


class ArticleContext:
    """What the modules that read one article share while they read it."""

    def __init__(self, page: ArticlePage, ledger: Ledger) -> None:
        self.page, self.ledger = page, ledger
        self.outline, self.profile = page.outline, page.profile
        self.placed: set[int] = set()
        """Indexes of blocks that a field has for itself alone."""
        self.stray: list[Line] = []
        """Lines behind a part, outside its container: unplaced unless a field takes them."""

    def has_own_parts(self) -> bool:
        """Whether a heading of the takeaway or a section stands on the page."""
        return any(part == "takeaway" or part.startswith("section:") for part in self.outline.known)

    @cached_property
    def torn(self) -> Line | None:
        """The last line of a page that is cut off: perhaps half of itself."""
        lines = [line for line in self.outline.lines if line.is_text]
        return lines[-1] if self.page.cut_off and lines else None

    def whole(self, lines: Sequence[Line]) -> list[Line]:
        """Lines without the torn one, for fields of which a half would be a wrong value."""
        return [line for line in lines if line is not self.torn]

    def part(self, name: str) -> tuple[Line | None, list[Line]]:
        """A part's heading and lines, by the profile's selector or its words; strays go to the unplaced."""
        if name in self.page.overrides:
            return None, self.page.overrides[name]
        mark = self.outline.known.get(name)
        if mark is None:
            return None, []
        return self.marked(mark)

    def marked(self, mark: Mark) -> tuple[Line, list[Line]]:
        """A part's heading, noted as such, and its lines; strays go to the unplaced."""
        heading = self.outline.heading(mark)
        self.ledger.take(heading, f"heading: {mark.part}")
        inside, stray = self.outline.content(mark)
        self.stray += stray
        return heading, inside

    def missing(self, name: str, detail: str = "", can_show: bool = True) -> None:
        """Note a field as absent; `can_show` says whether a text capture could show it."""
        if self.page.form == "text" and not can_show:
            self.ledger.absent(name, Reason.CAPTURE_CANNOT_SHOW, detail)
        elif self._is_cut_off(name):
            self.ledger.absent(name, Reason.CUT_OFF, detail)
        else:
            self.ledger.absent(name, Reason.NOT_ON_PAGE, detail)

    def _is_cut_off(self, name: str) -> bool:
        """Whether the capture ends before the part could have come."""
        if not self.page.cut_off or name in ("title", "credibility", "interest"):
            return False
        return "cards" not in self.outline.known or name in ("journal", "boilerplate", "cards")

    def claims(self, name: str) -> list[Claim]:
        """What structured data says of a field, by precedence."""
        return [claim for claim in self.page.claims if claim.field == name]

    def claimed_text(self, name: str, form: Callable[[str], str | None] = lambda text: text) -> str | None:
        """A field that only structured data gives: the first claim wins, others that differ are kept.

        `form` gives the value in a claim's text; None when the text has not the field's form, and counts for
        nothing.
        """
        value: str | None = None
        for claim in self.claims(name):
            said = squeeze(str(claim.value)) if isinstance(claim.value, (str, int)) else ""
            text = form(said) if said else None
            if not text:
                continue
            if value is None:
                value = text
                self.ledger.won(name, text, claim.rule, where=claim.where)
            elif not same_words(value, text):
                self.ledger.lost(name, text, claim.rule, where=claim.where)
        return value

    @cached_property
    def visible_texts(self) -> set[str]:
        """The shown texts in comparison form: a hidden text among them is a copy."""
        return {
            comparable(line.text) for line in self.outline.lines if not line.block.hidden and line.is_text
        }

    @cached_property
    def article_area(self) -> list[Line]:
        """Lines that belong to no card."""
        cards = self.outline.known.get("cards")
        skip = {line.block.index for line in self.outline.content(cards)[0]} if cards else set()
        return [line for line in self.outline.lines if line.block.index not in skip]

    def is_label(self, line: Line) -> bool:
        """Whether a line is one of the profile's labels and no text."""
        return heading_key(line.text) in self.profile.labels
