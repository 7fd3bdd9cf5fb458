"""An article as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crawler.cli.common import moment
from crawler.terminal import Sheet
from storage.article_detail import ArticleDetail
from storage.relating.asking import Duplicate

_MOST_CAPTURES = 5
_HEADINGS = {
    "findings": "What they found",
    "audience": "Who should care and why",
    "considerations": "Important considerations",
    "lead": "(before any heading)",
}
"""For captures that drop headings; in parentheses, since the capture does not show them."""


def show_article(detail: ArticleDetail, twins: Sequence[Duplicate] = ()) -> None:
    """Print an article: content first, then its source, then where all of it came from. `twins` are the
    articles that say nearly the same."""
    # What is told beside its label is taken out, so that the list at the end holds only the rest.
    sheet, fields = Sheet(), detail.fields
    absent = {
        absence.field: f"{absence.reason}{f' ({absence.detail})' if absence.detail else ''}"
        for absence in detail.absences
    }
    sheet.text(fields["title"] or f"(no title: {absent.pop('title', 'absent')})", style="bold")
    if fields["gone_since"]:
        sheet.text(f"gone from the site since {moment(fields['gone_since'])}", style="yellow")
    sheet.blank()
    _facts(sheet, detail, absent)
    for twin in twins:
        alike = f"{100 * twin.similarity:.0f}% the same text"
        sheet.pair("Duplicate?", f"{twin.key}  {twin.title or '(no title)'} ({alike})")
    _content(sheet, detail, absent)
    _source(sheet, fields, absent)
    _cards(sheet, detail)
    _provenance(sheet, detail)
    _absences(sheet, absent)


def _facts(sheet: Sheet, detail: ArticleDetail, absent: dict[str, str]) -> None:
    fields = detail.fields

    def fact(label: str, value: str | None, field: str) -> None:
        if value is not None:
            sheet.pair(label, value)
        else:
            sheet.pair(label, f"- {absent.pop(field, 'absent')}", style="dim")

    sheet.pair("Id", fields["id"] or f"{fields['key']} (no capture shows the site's id)")
    fact("Address", fields["url"], "url")
    fact("Date", _date(fields), "published")
    fact("Journal", fields["journal"], "journal")
    for label, name in (("Credibility", "credibility"), ("Interest", "interest")):
        value = fields[name]
        fact(label, None if value is None else f"{value:g} of {fields[f'{name}_scale']:g}", name)
    if fields["reading_minutes"] is not None:
        sheet.pair("Reading time", f"{fields['reading_minutes']} min")
    topics = [topic.topic + (" (?)" if topic.uncertain else "") for topic in detail.topics]
    fact("Topics", " | ".join(topics) if fields["topics"] is not None else None, "topics")
    if any(topic.uncertain for topic in detail.topics):
        sheet.pair("", "(?) may be several topics: the capture lost their borders", style="dim")
    if fields["teaser"]:
        sheet.pair("Teaser", fields["teaser"])


def _date(fields: Mapping[str, Any]) -> str | None:
    raw, iso = fields["published_raw"], fields["published_on"]
    if raw is None:
        return None
    source = {"card": "a card that points to it"}.get(fields["published_source"], fields["published_source"])
    return f"{iso or 'no date'} (printed: {raw}; from {source})"


def _content(sheet: Sheet, detail: ArticleDetail, absent: dict[str, str]) -> None:
    sheet.heading("Key takeaway")
    takeaway = detail.fields["takeaway"]
    sheet.text(takeaway or f"- {absent.pop('takeaway', 'absent')}", style="" if takeaway else "dim")
    for section in detail.sections:
        sheet.heading(section.heading or f"({_HEADINGS.get(section.kind, section.kind)})")
        _paragraphs(sheet, section.text)
    if detail.unplaced:
        sheet.heading("(text that no part of the page claims)")
        for row in detail.unplaced:
            sheet.text(row.text)


def _paragraphs(sheet: Sheet, text: str) -> None:
    for number, paragraph in enumerate(text.split("\n\n")):
        if number:
            sheet.blank()
        sheet.text(paragraph)


def _source(sheet: Sheet, fields: Mapping[str, Any], absent: dict[str, str]) -> None:
    values = [
        ("Title", fields["source_title"]),
        ("Authors", "; ".join(fields["source_authors"] or ()) or None),
        ("Journal", fields["source_journal"]),
        ("Published", fields["source_published_raw"]),
        ("DOI", fields["source_doi"]),
        ("PMID", fields["source_pmid"]),
        ("Link", fields["source_url"]),
    ]
    sheet.heading("The original paper")
    known = [(label, value) for label, value in values if value is not None]
    for label, value in known:
        sheet.pair(label, value)
    if not known:
        sheet.text(f"- {absent.pop('source', 'absent')}", style="dim")


def _cards(sheet: Sheet, detail: ArticleDetail) -> None:
    if not detail.cards:
        return
    sheet.heading(f"Cards on its page ({len(detail.cards)})")
    for card in detail.cards:
        facts = "  ".join(fact for fact in (card.target_id, card.date or card.date_raw) if fact)
        sheet.text(f"{card.title or '(no title)'}  {facts}".rstrip(), mark=f"{card.position:>3}. ")
        if card.teaser:
            sheet.text(card.teaser, indent=5, style="dim")


def _provenance(sheet: Sheet, detail: ArticleDetail) -> None:
    fields = detail.fields
    sheet.heading("Where this came from")
    sheet.pair("Site", fields["site"])
    sheet.pair("Seen", _span(fields["first_seen_at"], fields["last_seen_at"]))
    number = len(detail.revisions)
    sheet.pair("Revision", f"{fields['revision']} of {number}")
    for revision in detail.revisions if number > 1 else ():
        sheet.pair("", f"{revision.number}: {_span(revision.first_seen_at, revision.last_seen_at)}")
    passages = len(detail.boilerplate)
    sheet.pair(
        "Boilerplate", f"{passages} passages shared with other articles, kept once" if passages else "none"
    )
    for row in detail.boilerplate:
        for name, value in row.slots.items():
            sheet.pair("", f"{name} in it: {value}", style="dim")
    for position, capture in enumerate(detail.captures[:_MOST_CAPTURES]):
        place = capture.url or f"file {capture.file_name}"
        sheet.pair(
            "" if position else "Captures",
            f"{capture.id}: {moment(capture.captured_at)}, {capture.origin} {place} ({capture.size:,} bytes)",
        )
    more = len(detail.captures) - _MOST_CAPTURES
    if more > 0:
        sheet.pair("", f"and {more} earlier ones")


def _span(first: str, last: str) -> str:
    return moment(first) if first == last else f"{moment(first)} to {moment(last)}"


def _absences(sheet: Sheet, absent: dict[str, str]) -> None:
    if not absent:
        return
    sheet.heading("Absent as well, and why")
    for field, reason in sorted(absent.items()):
        sheet.pair(field, reason, width=18)
