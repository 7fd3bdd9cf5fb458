"""BibTeX, in UTF-8: `@misc` for a summary, `@article` for the study it is about.

`@misc` and not biblatex's `@online`: BibTeX's own styles, and parsers that go by them, know no other type for
a web page. The study is not the summary's `crossref`: that would lend the summary the study's fields;
biblatex's `related` says what belongs together, and a note says it to people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from storage.export.citations import Study, Summary, copy_note, one_line, study_note

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\textbraceleft{}", "}": r"\textbraceright{}", "#": r"\#", "$": r"\$",
    "%": r"\%", "&": r"\&", "_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip
_VERBATIM = re.compile(r"[^\s{}\\%#]+")
_IN_URL = "!$&'()*+,-./:;=?@_~%#[]"
Fields = list[tuple[str, str | None]]


def comment(lines: list[str]) -> bytes:
    """Lines that BibTeX passes over: what stands between entries and holds no `@`."""
    return "".join(f"% {one_line(line).replace('@', '(at)')}\n" for line in lines).encode()


def entries(summary: Summary, *, with_study: bool) -> Iterator[bytes]:
    """The entry of a summary, and that of its study if it has one that is to be written."""
    study = summary.cited_study
    notes = [study_note(study)] if study is not None else []
    notes += [copy_note(summary.copy)] if summary.copy is not None else []
    fields: Fields = [
        ("title", _kept(summary.title)),
        ("howpublished", None if summary.url is None else rf"{{\url{{{_url(summary.url)}}}}}"),
        ("url", None if summary.url is None else f"{{{_url(summary.url)}}}"),
        ("urldate", f"{{{summary.seen_at[:10]}}}"),
        *_date(summary.date),
        ("abstract", _braced(summary.takeaway)),
        ("keywords", _braced(", ".join(summary.topics)) if summary.topics else None),
        ("note", _braced("; ".join(notes)) if notes else None),
    ]
    if study is not None:
        fields.append(("related", f"{{{study.key}}}"))
    yield _entry("misc", summary.key, fields)
    if study is not None and with_study:
        yield _entry("article", study.key, _study(study))


def _study(study: Study) -> Fields:
    authors = " and ".join(_author(name) for name in study.authors)
    return [
        ("title", _kept(study.title)),
        ("author", f"{{{authors}}}" if authors else None),
        ("journal", _braced(study.journal)),
        *_date(study.date),
        # A character that BibTeX can't hold as it is would make another identifier of it.
        ("doi", f"{{{study.doi}}}" if study.doi and _VERBATIM.fullmatch(study.doi) else None),
        ("pmid", f"{{{study.pmid}}}" if study.pmid and study.pmid.isdecimal() else None),
        ("url", None if study.url is None else f"{{{_url(study.url)}}}"),
    ]


def _entry(kind: str, key: str, fields: Fields) -> bytes:
    lines = [f"  {name} = {value},\n" for name, value in fields if value is not None]
    return f"@{kind}{{{key},\n{''.join(lines)}}}\n\n".encode()


def _braced(text: str | None) -> str | None:
    return None if not text else f"{{{_escaped(text)}}}"


def _kept(text: str | None) -> str | None:
    """A title in braces of its own: styles then leave its capitals alone."""
    return None if not text else f"{{{{{_escaped(text)}}}}}"


def _author(name: str) -> str:
    escaped = _escaped(name)
    # " and " parts names, and more than two commas are none of BibTeX's forms.
    return f"{{{escaped}}}" if re.search(r"\band\b", name, re.IGNORECASE) or name.count(",") > 2 else escaped


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in one_line(text))


def _url(url: str) -> str:
    return quote(one_line(url), safe=_IN_URL)


def _date(iso: str | None) -> Fields:
    year, month, day = (*(iso or "").split("-"), "", "")[:3]
    return [
        ("year", f"{{{year}}}" if year else None),
        ("month", _MONTHS[int(month) - 1] if month else None),
        ("day", f"{{{int(day)}}}" if day else None),
    ]
