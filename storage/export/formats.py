"""The formats that an archive can be exported in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Format:
    """A format."""

    name: str
    doc: str
    """What it is, in a few words."""
    ending: str
    """Of its files, without the dot."""
    is_folder: bool = False
    """Whether it is a folder with a file for each table."""
    can_stream: bool = True
    """Whether a format of one file can go to standard output."""
    extra: str | None = None
    """The extra of this program that it needs; None: nothing more."""


FORMATS: dict[str, Format] = {
    one.name: one
    for one in (
        Format("jsonl", "JSON lines, an article with all that belongs to it on each", "jsonl"),
        Format("csv", "a folder of CSV files, one for each table", "csv", is_folder=True),
        Format("sqlite", "one SQLite file with the public views as tables", "db", can_stream=False),
        Format("bibtex", "citations of the summaries and of the studies they are about", "bib"),
        Format("ris", "the same for reference managers", "ris"),
        Format("csl-json", "the same for citation processors (Zotero, Pandoc)", "json"),
        Format("jsonld", "the same and more in the words of schema.org", "jsonld"),
        Format("parquet", "a folder of Parquet files, likewise", "parquet", is_folder=True, extra="parquet"),
    )
}
"""In the order in which they are listed."""
