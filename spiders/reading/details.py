"""The "More Details" part: the original paper. Identifiers are checked for form and never made up."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

from spiders.reading.addresses import canonical
from spiders.reading.dates import read_date
from spiders.reading.ledger import Ledger
from spiders.reading.model import Reason, Source
from spiders.reading.outline import Line
from spiders.reading.profile import SiteProfile
from spiders.reading.topics import inline_elements
from spiders.reading.words import heading_key, squeeze

# DOI: "10." registrant "/" suffix (ISO 26324; Crossref's recommended pattern). Trailing punctuation is prose.
_DOI = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s\"<>]+", re.I)
_PROSE_ENDS = ".,;:!?'\"]}"
_PMID = re.compile(r"[1-9]\d{0,8}")
_PMID_LABELLED = re.compile(r"\b(?:PMID|PubMed\s+ID)\s*[:#]?\s*([1-9]\d{0,8})\b", re.I)
_PUBMED_PATH = re.compile(r"^/(?:pubmed/)?([1-9]\d{0,8})/?$")
_LABEL_END = re.compile(r"\s*:\s*")
_INITIALS = re.compile(r"(?:[^\W\d_]\.?[\s-]?){1,4}")
_GENERIC_LINK = 25


def read_details(lines: Sequence[Line], base: str, profile: SiteProfile, ledger: Ledger) -> Source | None:
    """The original paper from the lines under "More Details"; None when they name nothing of it."""
    values: dict[str, list[Line]] = {}
    loose: list[Line] = []
    label: str | None = None
    for line in lines:
        if not line.is_text:
            continue
        whole = profile.source_labels.get(heading_key(line.text)) if len(line.text) <= 40 else None
        if whole and not (line.href and label):
            label = whole
            if line.href and whole in ("url", "doi", "pmid", "title"):  # a link whose words are a label
                loose.append(line)
                label = None
            continue
        found, value = _labelled(line, profile)
        if found:
            label = found
            values.setdefault(found, []).append(value)
        elif label:
            values.setdefault(label, []).append(line)
        else:
            loose.append(line)
        if label != "authors":  # only a list of authors goes on over several lines
            label = None
    return _source(values, loose, lines, base, profile, ledger)


def _labelled(line: Line, profile: SiteProfile) -> tuple[str | None, Line]:
    """The field and value of `Journal: Neurology`, or of `<b>Journal</b> Neurology`; none without a label."""
    taken = ""
    for number, part in enumerate(line.parts[:-1], start=1):
        taken += part.text
        field = profile.source_labels.get(heading_key(taken)) if len(taken) <= 40 else None
        rest = line.parts[number:]
        text = squeeze("".join(piece.text for piece in rest)).lstrip(": ")
        if field and text and (part.strong or part.unit != rest[0].unit or taken.rstrip().endswith(":")):
            return field, Line(line.block, text, rest, href=line.href)
    match = _LABEL_END.search(line.text[:60])
    if match:
        field = profile.source_labels.get(heading_key(line.text[: match.start()]))
        text = line.text[match.end() :].strip()
        if field and text:
            return field, Line(line.block, text, href=line.href)
    return None, line


def _source(
    values: dict[str, list[Line]],
    loose: Sequence[Line],
    lines: Sequence[Line],
    base: str,
    profile: SiteProfile,
    ledger: Ledger,
) -> Source | None:
    links = [(href, line) for line in lines for href in _hrefs(line)]
    doi = _identifier("doi", values, lines, links, ledger)
    pmid = _identifier("pmid", values, lines, links, ledger)
    url = _address(links, base, ledger)
    title = _first("title", values, ledger) or _loose_title(loose, ledger)
    journal = _first("journal", values, ledger)
    raw_date = _first("published", values, ledger)
    authors = _authors(values, ledger)
    published = read_date(raw_date, profile.date_order, profile.date_languages) if raw_date else None
    if published is not None and published.iso is None:
        ledger.absent("source.published", Reason.UNREADABLE, f"not a date: {published.raw}")
    if not any((title, authors, journal, published, doi, pmid, url)):
        return None
    return Source(title, authors, journal, published, doi, pmid, url)


def _hrefs(line: Line) -> list[str]:
    hrefs = [line.href, *(part.href for part in line.parts)]
    return list(dict.fromkeys(href for href in hrefs if href and not href.startswith("#")))


def _first(field: str, values: dict[str, list[Line]], ledger: Ledger) -> str | None:
    for line in values.get(field, ()):
        ledger.take(line, f"source: {field}")
        ledger.won(f"source.{field}", line.text, "label", line)
        return line.text
    return None


def _loose_title(loose: Sequence[Line], ledger: Ledger) -> str | None:
    """Without a label, the linked or first long line that is no identifier is the paper's title."""
    for line in sorted(loose, key=lambda line: (not _hrefs(line), line.block.index)):
        text = line.text
        if (
            len(text) > _GENERIC_LINK
            and " " in text
            and not _DOI.search(text)
            and not _PMID_LABELLED.search(text)
        ):
            if not _hrefs(line) and text.endswith("."):
                continue  # a sentence about the paper, not its title
            ledger.take(line, "source: title")
            ledger.won("source.title", text, "link-text" if _hrefs(line) else "order", line)
            return text
    return None


def _authors(values: dict[str, list[Line]], ledger: Ledger) -> tuple[str, ...]:
    names: list[str] = []
    for line in values.get("authors", ()):
        ledger.take(line, "source: authors")
        ledger.won("source.authors", line.text, "label", line)
        apart = inline_elements(line.parts)
        names += apart if len(apart) > 1 else split_authors(line.text)
    return tuple(names)


def split_authors(text: str) -> list[str]:
    """Names in a list of authors, as printed.

    Semicolons part names; commas only where no piece would be bare initials (`Doe, J., Roe, K.` stays whole).
    """
    if ";" in text:
        pieces = text.split(";")
    else:
        pieces = re.split(r",\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+", text)
        if any(_INITIALS.fullmatch(piece.strip()) for piece in pieces):
            pieces = [text]
    return [squeeze(piece) for piece in pieces if piece.strip()]


def _identifier(
    kind: str,
    values: dict[str, list[Line]],
    lines: Sequence[Line],
    links: Sequence[tuple[str, Line]],
    ledger: Ledger,
) -> str | None:
    from_text, from_link = (doi_in, doi_in_link) if kind == "doi" else (_pmid_in_value, pmid_in_link)
    labelled = values.get(kind, ())
    for line in labelled:
        found = from_text(line.text)
        ledger.take(line, f"source: {kind}")
        if found:
            ledger.won(f"source.{kind}", found, "label", line)
            return found
    for href, line in links:
        found = from_link(href)
        if found:
            ledger.take(line, f"source: {kind}")
            ledger.won(f"source.{kind}", found, "link", line)
            return found
    for line in lines:
        found = doi_in(line.text) if kind == "doi" else pmid_in(line.text)
        if found:
            ledger.take(line, f"source: {kind}")
            ledger.won(f"source.{kind}", found, "form", line)
            return found
    if labelled:
        detail = f"not of a {kind.upper()}'s form: {labelled[0].text[:100]}"
        ledger.absent(f"source.{kind}", Reason.UNREADABLE, detail)
    return None


def _address(links: Sequence[tuple[str, Line]], base: str, ledger: Ledger) -> str | None:
    addresses = [(canonical(href, base), line) for href, line in links]
    for address, line in addresses:
        if address and urlsplit(address).netloc != urlsplit(base).netloc:
            ledger.take(line, "source: url")
            ledger.won("source.url", address, "link", line)
            return address
    return None


def doi_in(text: str) -> str | None:
    """The DOI printed in a text, bare and in lower case (DOIs are case-insensitive); None without one."""
    match = _DOI.search(text)
    if not match:
        return None
    doi = match[0]
    while doi[-1] in _PROSE_ENDS or (doi[-1] == ")" and doi.count("(") < doi.count(")")):
        doi = doi[:-1]
    # Two of them without a space between: nobody can tell where the first one ends.
    return None if _DOI.search(doi, len("10.")) else doi.lower()


def doi_in_link(href: str) -> str | None:
    """The DOI in a link to doi.org or to a publisher's page that carries one."""
    return doi_in(unquote(href.split("#")[0].split("?")[0]))


def pmid_in(text: str) -> str | None:
    """A PMID that the text names as one; None without."""
    match = _PMID_LABELLED.search(text)
    return match[1] if match else None


def _pmid_in_value(text: str) -> str | None:
    bare = text.strip()
    return bare if _PMID.fullmatch(bare) else pmid_in(text) or pmid_in_link(text)


def pmid_in_link(href: str) -> str | None:
    """The PMID in a link to PubMed."""
    parts = urlsplit(href)
    if parts.netloc.lower() not in ("pubmed.ncbi.nlm.nih.gov", "www.ncbi.nlm.nih.gov", "ncbi.nlm.nih.gov"):
        return None
    match = _PUBMED_PATH.match(parts.path)
    return match[1] if match else None
