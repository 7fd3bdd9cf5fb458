"""Where an article's values come from, as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from crawler.cli.common import moment
from crawler.terminal import Sheet
from storage.evidence import EvidenceRow

_LONGEST = 300


def show_evidence(title: str | None, rows: Sequence[EvidenceRow]) -> None:
    """Print each value with the rule that took it and its place; what was overruled; what is absent; and the
    captures all of it was read from."""
    sheet = Sheet()
    sheet.text(title or "(no title)", style="bold")
    sheet.blank()
    for row in rows:
        if row.claim == "absent":
            detail = f" ({row.detail})" if row.detail else ""
            sheet.pair(row.field, f"- {row.reason}{detail}", width=24, style="dim")
            sheet.pair("", f"capture {row.capture}, {_reader(row)}", width=24, style="dim")
            continue
        overruled = row.claim == "overruled"
        style = "dim" if overruled else ""
        value = _short(row.value) if row.value is not None else "(its text is the article's own)"
        sheet.pair(
            f"  not {row.field}" if overruled else row.field,
            f"{value}  (overruled)" if overruled else value,
            width=24,
            style=style,
        )
        sheet.pair("", f"by {row.rule} in {_place(row)}; {_reader(row)}", width=24, style="dim")
    _captures(sheet, rows)


def _place(row: EvidenceRow) -> str:
    block = "" if row.block is None else f", block {row.block}"
    return f"capture {row.capture}{block}, {row.location or 'its address'}"


def _reader(row: EvidenceRow) -> str:
    return f"reader {row.reader_version or 'unknown'}"


def _captures(sheet: Sheet, rows: Sequence[EvidenceRow]) -> None:
    sheet.heading("Captures")
    for row in {row.capture: row for row in rows}.values():
        sheet.pair(str(row.capture), f"{moment(row.captured_at)}  {row.url or 'a file'}", width=6)
        place = f"captures/{row.warc_file}, {row.warc_length:,} bytes at offset {row.warc_offset}"
        sheet.pair("", place, width=6, style="dim")


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
