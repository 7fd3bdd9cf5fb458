"""Citations, read by what others wrote: each value where it belongs, nothing that the page did not print."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import replace
from importlib.resources import files as files_of
from typing import Any

import bibtexparser
import pytest
import rispy
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pyld import jsonld
from sqlalchemy import Connection

from storage.export import bibtex, csl_json, files, ris
from storage.export.choice import Choice
from storage.export.citations import ArchivedCopy, Study, Summary, entry_key, one_line, summaries
from storage.export.jsonld import node

SCHEMA_ORG = {"@context": {"@vocab": "http://schema.org/", "url": {"@type": "@id"}}}
STUDY = Study(
    key="s-1-study",
    title="Iron & {Myelin}: 50% of 3_D #1 $5 ~x^2 \\relax",
    authors=("A. Und", "WHO and partners"),
    journal="Brain, Behavior & Cells",
    date="2026-03",
    doi="10.1000/a_b(1)",
    pmid="123",
    url="https://doi.org/10.1000/x",
)
SUMMARY = Summary(
    key="s-1",
    id="1",
    site="s",
    title="What “Iron” Does",
    takeaway="It moves.",
    description=None,
    url="https://site.example/news/view/a-1",
    date="2026",
    seen_at="2026-05-02T10:00:00.000Z",
    topics=("Iron", "Łódź"),
    ratings=(),
    minutes=2,
    copy=ArchivedCopy("x.warc.gz", 12, "urn:uuid:1", "2026-05-01T10:00:00.000Z"),
    study=STUDY,
)
HOSTILE = st.text() | st.sampled_from(
    [
        "x\nER  - \nTY  - BOOK",
        "x}\n@book{y,",
        "x\x85TI  - y",
        "\u2028DO  - 1",
        "}}}",
        "{{{",
        "\\",
        '"',
        "a\x00b",
        "=",
    ]
)


def read_bibtex(summary: Summary) -> list[dict[str, Any]]:
    text = b"".join(bibtex.entries(summary, with_study=True)).decode()
    parsed = bibtexparser.loads(text, bibtexparser.bparser.BibTexParser(common_strings=True))
    assert isinstance(parsed.entries, list)
    return parsed.entries


def read_ris(summary: Summary) -> list[dict[str, Any]]:
    return rispy.loads(b"".join(ris.records(summary, with_study=True)).decode())


def test_bibtex_tells_summary_study_and_copy_apart() -> None:
    page, study = read_bibtex(SUMMARY)
    assert (page["ENTRYTYPE"], page["ID"], page["url"], page["urldate"]) == (
        "misc", "s-1", SUMMARY.url, "2026-05-02",
    )  # fmt: skip
    assert page["year"] == "2026"
    assert "month" not in page
    assert not {"doi", "pmid", "author", "journal", "crossref"} & set(page)
    assert "byte 12, record urn:uuid:1" in page["note"]
    assert page["related"] == "s-1-study"
    assert (study["ENTRYTYPE"], study["doi"], study["pmid"]) == ("article", "10.1000/a_b(1)", "123")
    assert (study["year"], study["month"]) == ("2026", "March")
    assert "day" not in study
    assert study["author"] == "A. Und and {WHO and partners}"
    assert "archive" not in json.dumps(study)


def test_bibtex_escapes_what_tex_would_act_on() -> None:
    _, study = read_bibtex(SUMMARY)
    assert study["title"] == (
        r"{Iron \& \textbraceleft{}Myelin\textbraceright{}: 50\% of 3\_D \#1 \$5 "
        r"\textasciitilde{}x\textasciicircum{}2 \textbackslash{}relax}"
    )
    assert study["journal"] == r"Brain, Behavior \& Cells"


def test_ris_tells_them_apart() -> None:
    page, study = read_ris(SUMMARY)
    assert (page["type_of_reference"], page["id"], page["urls"]) == ("ELEC", "s-1", [SUMMARY.url])
    assert (page["date"], page["access_date"]) == ("2026///", "2026/05/02/")
    assert page["keywords"] == ["Iron", "Łódź"]
    assert not {"doi", "authors", "accession_number"} & set(page)
    assert (study["type_of_reference"], study["doi"], study["accession_number"]) == ("JOUR", STUDY.doi, "123")
    assert study["date"] == "2026/03//"
    assert study["authors"] == list(STUDY.authors)


def _official(schema: str) -> set[str]:
    """The names that CSL's own schema has, as citeproc-py brings it along."""
    styles = files_of("citeproc") / "data" / "schema" / "schemas" / "styles"
    text = (styles / f"{schema}.rnc").read_text("utf-8")
    return set(re.findall('"([A-Za-z_-]+)"', text))


def test_csl_json_has_no_type_or_variable_that_csl_does_not_know() -> None:
    properties = csl_json.SCHEMA["items"]["properties"]
    assert set(properties["type"]["enum"]) <= _official("csl-types")
    assert set(properties) - {"id", "type"} <= _official("csl-variables")
    assert not {"no-such-variable", "webpage"} & _official("csl-variables")


def test_csl_json_is_valid_and_a_processor_cites_it() -> None:
    items = list(csl_json.items(SUMMARY, with_study=True))
    Draft202012Validator(csl_json.SCHEMA).validate(items)
    page, study = items
    assert (page["type"], page["issued"], page["accessed"]) == (
        "webpage", {"date-parts": [[2026]]}, {"date-parts": [[2026, 5, 2]]},
    )  # fmt: skip
    assert not {"DOI", "PMID", "author"} & set(page)
    assert not page["note"].startswith("DOI")
    assert (study["type"], study["issued"]) == ("article-journal", {"date-parts": [[2026, 3]]})
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    told = [str(entry) for entry in bibliography.bibliography()]
    assert any("What “Iron” Does" in entry for entry in told)
    assert any("Brain, Behavior & Cells" in entry for entry in told)


def test_jsonld_is_schema_org(connection: Connection) -> None:
    said = {"complete_run": None, "as_of": None, "query": None, "sites": [], "program_version": "0"}
    text = b"".join(files.pieces("jsonld", connection, Choice(), said, lambda done: None))
    document = json.loads(text)
    schema = files.schema("jsonld", Choice())
    assert schema is not None
    Draft202012Validator(schema).validate(document)

    def offline(url: str, _options: object) -> dict[str, Any]:
        assert url == "https://schema.org"
        return {
            "contextUrl": None,
            "documentUrl": url,
            "document": SCHEMA_ORG,
            "contentType": "application/ld+json",
        }

    expanded = jsonld.expand(document, {"documentLoader": offline})
    named = "http://schema.org/"
    articles = [one for one in expanded if one["@type"] == [f"{named}Article"]]
    assert len(articles) == 66
    study = next(one for one in articles if one["@id"].endswith("u5LbN8"))[f"{named}isBasedOn"][0]
    assert study["@type"] == [f"{named}MedicalScholarlyArticle"]
    assert study[f"{named}isPartOf"][0]["@type"] == [f"{named}Periodical"]
    assert all(one[f"{named}archivedAt"][0]["@id"].startswith("urn:uuid:") for one in articles)
    ids = [one["@id"] for one in articles]
    assert len(set(ids)) == len(ids)


def test_what_the_page_did_not_print_is_not_there() -> None:
    bare = replace(SUMMARY, study=None, copy=None, title=None, date=None, topics=(), url=None)
    (page,) = read_bibtex(bare)
    assert set(page) == {"ENTRYTYPE", "ID", "urldate", "abstract"}
    journal_only = replace(SUMMARY, study=Study("k", None, (), "J", None, None, None, None))
    assert len(read_bibtex(journal_only)) == len(read_ris(journal_only)) == 1
    assert node(journal_only)["isBasedOn"]["isPartOf"]["name"] == "J"


def test_each_revision_has_its_own_copy(connection: Connection) -> None:
    chosen = Choice(history=True, selected="SELECT id FROM article WHERE key = 'Sx1jR8'")
    first, second = summaries(connection, chosen)
    assert (first.key, second.key) == ("sample-_sx1j_r8-r1", "sample-_sx1j_r8-r2")
    assert first.copy != second.copy
    assert first.takeaway != second.takeaway
    assert first.seen_at < second.seen_at


def test_keys_differ_without_regard_to_case() -> None:
    keys = [entry_key("s", key) for key in ("Sx1jR8", "sX1Jr8", "sx1jr8", "_sx1jr8", "body:1", "body-1")]
    assert len({key.casefold() for key in keys}) == len(keys)


@given(HOSTILE)
def test_no_text_makes_a_field_of_its_own(text: str) -> None:
    hostile = replace(
        SUMMARY, title=text, takeaway=text, topics=(text,), study=replace(STUDY, title=text, authors=(text,))
    )
    clean = one_line(text)
    assert not any(unicodedata.category(c) in ("Cc", "Zl", "Zp") for c in clean)
    page, study = read_ris(hostile)
    assert page.get("title", "") == study.get("title", "") == clean
    assert page["type_of_reference"] == "ELEC"
    assert study["doi"] == STUDY.doi
    entries = read_bibtex(hostile)
    assert [entry["ID"] for entry in entries] == ["s-1", "s-1-study"]
    assert entries[1]["doi"] == STUDY.doi
    items = json.loads(json.dumps(list(csl_json.items(hostile, with_study=True))))
    Draft202012Validator(csl_json.SCHEMA).validate(items)


@pytest.mark.parametrize("doi", ["10.1000/a}b", "10.1000/a\nb", "10.1/%20"])
def test_a_doi_that_bibtex_cant_hold_is_left_out(doi: str) -> None:
    _, study = read_bibtex(replace(SUMMARY, study=replace(STUDY, doi=doi)))
    assert "doi" not in study
