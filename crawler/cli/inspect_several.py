"""How well a profile reads several pages: field by field, and which pages it does not read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from crawler.fields_read import fields_read
from crawler.terminal import Column, Sheet
from spiders.reading.model import PageKind, Reading
from spiders.reading.profile import SiteProfile


@dataclass(frozen=True)
class OnePage:
    """One of the pages that were given."""

    name: str
    """As the user called it."""
    reading: Reading | None
    """None when there was nothing to read."""
    why_not: str | None
    """Why it is no article; None when it is one."""

    @property
    def kind(self) -> str:
        """What it was read as."""
        return "not read" if self.reading is None else self.reading.kind.value


def show_pages(pages: Sequence[OnePage], profile: SiteProfile) -> None:
    """Print how well the pages read."""
    readings = [page.reading for page in pages if page.reading is not None]
    articles = sum(reading.kind is PageKind.SUMMARY for reading in readings)
    sheet = Sheet()
    sheet.text(
        f"{len(pages)} pages, {articles} of them read as articles; profile {profile.name}", style="bold"
    )
    if articles:
        sheet.heading("Fields")
        sheet.table(
            [
                Column("Field"),
                Column("Articles", "right"),
                Column("Why not on the others", wrap=True, grow=1),
            ],
            [
                (one.field, f"{one.found} of {articles}", _reasons(one.why_not))
                for one in fields_read(readings, profile)
                if one.field != "unplaced"
            ],
        )
        left = [page for page in pages if page.reading is not None and page.reading.unplaced]
        if left:
            sheet.heading("Text that no part claims")
            for page in left:
                assert page.reading is not None
                sheet.text(f"{page.name}: {len(page.reading.unplaced)} passages", indent=2, mark="- ")
    others = [page for page in pages if page.kind != PageKind.SUMMARY.value]
    if others:
        sheet.heading("Not articles")
        for page in others:
            why = f": {page.why_not}" if page.why_not else ""
            sheet.text(f"{page.name}: {page.kind}{why}", indent=2, mark="- ")


def _reasons(reasons: Sequence[tuple[str, int]]) -> str:
    return "; ".join(f"{count} {why}" for why, count in reasons)


def as_plain(pages: Sequence[OnePage], profile: SiteProfile) -> dict[str, Any]:
    """The same as values for JSON."""
    readings = [page.reading for page in pages if page.reading is not None]
    return {
        "profile": profile.name,
        "articles": sum(reading.kind is PageKind.SUMMARY for reading in readings),
        "fields": [asdict(one) for one in fields_read(readings, profile)],
        "pages": [{"page": page.name, "kind": page.kind, "why_not": page.why_not} for page in pages],
    }
