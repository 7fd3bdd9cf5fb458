"""RIS, in UTF-8: `ELEC` (a web page) for a summary, `JOUR` for the study it is about.

A line is a tag of two characters, two spaces, a hyphen, a space and the value; a record ends with `ER  - `.
No value can begin a line: all its line breaks are spaces.
"""

from __future__ import annotations

from collections.abc import Iterator

from storage.export.citations import Study, Summary, copy_note, one_line, study_note

_END = "\r\n"
Lines = list[tuple[str, str | None]]


def records(summary: Summary, *, with_study: bool) -> Iterator[bytes]:
    """The record of a summary, and that of its study if it has one that is to be written."""
    study, copy = summary.cited_study, summary.copy
    yield _record(
        "ELEC",
        [
            ("ID", summary.key),
            ("TI", summary.title),
            ("T2", summary.host),
            ("PY", summary.date[:4] if summary.date else None),
            ("DA", _date(summary.date)),
            ("AB", summary.takeaway),
            *(("KW", topic) for topic in summary.topics),
            ("UR", summary.url),
            ("Y2", _date(summary.seen_at[:10])),
            ("AV", None if copy is None else copy.place),
            ("N1", None if study is None else study_note(study)),
            ("N1", None if copy is None else copy_note(copy)),
        ],
    )
    if study is not None and with_study:
        yield _record("JOUR", _study(study))


def _study(study: Study) -> Lines:
    return [
        ("ID", study.key),
        ("TI", study.title),
        *(("AU", name) for name in study.authors),
        ("T2", study.journal),
        ("PY", study.date[:4] if study.date else None),
        ("DA", _date(study.date)),
        ("DO", study.doi),
        ("AN", study.pmid),  # as PubMed writes it
        ("UR", study.url),
    ]


def _record(kind: str, lines: Lines) -> bytes:
    told = [f"{tag}  - {one_line(value)}{_END}" for tag, value in lines if value]
    return f"TY  - {kind}{_END}{''.join(told)}ER  - {_END}{_END}".encode()


def _date(iso: str | None) -> str | None:
    """`2026/05/01/`, with what is not known left empty."""
    if iso is None:
        return None
    year, month, day = (*iso.split("-"), "", "")[:3]
    return f"{year}/{month}/{day}/"
