"""Every value that a page gives has its evidence, and no evidence is without its value."""

from __future__ import annotations

import pytest

from spiders.reading import read_page
from spiders.reading.model import Evidence, Reading
from spiders.sites import load_profile

from .records import Build, builds

BUILDS = builds()
PROFILE = load_profile("mymsbuddy")
URL = "https://mymsbuddy.com/news/view/light-on-a-bench-qR7sT2"
ARTICLE = """<html><head><title>Light on a Bench</title>{head}</head><body><main><h1>Light on a Bench</h1>
<h2>Key Takeaway</h2><p>Sitting down at noon was enough for most of the people asked.</p>
<h2>What They Found</h2><p>The bench by the canal was taken on nine days of ten.{link}</p>
{details}</main></body></html>"""


def page(head: str = "", link: str = "", details: str = "") -> Reading:
    body = ARTICLE.format(head=head, link=link, details=details).encode()
    return read_page(body, profile=PROFILE, url=URL, content_type="text/html")


def taken(reading: Reading, field: str) -> Evidence:
    (claim,) = (claim for claim in reading.evidence if claim.field == field and claim.won)
    return claim


def fields_with_values(reading: Reading) -> set[str]:
    names = ("title", "takeaway", "credibility", "interest", "reading_minutes", "journal", "published",
             "description")  # fmt: skip
    found = {name for name in names if getattr(reading, name) is not None}
    for name in ("title", "authors", "journal", "published", "doi", "pmid", "url"):
        if reading.source is not None and getattr(reading.source, name):
            found.add(f"source.{name}")
    for number, section in enumerate(reading.sections):
        found.add(f"sections.{section.kind}" if section.kind != "other" else f"sections[{number}]")
    if reading.topics:
        claimed = any(claim.field == "topics" for claim in reading.evidence)
        found |= {"topics"} if claimed else {f"topics[{n}]" for n in range(len(reading.topics))}
    return found


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_values_and_evidence_are_the_same_set(build: Build) -> None:
    reading = build.read()
    won = {claim.field for claim in reading.evidence if claim.won}
    assert won == fields_with_values(reading)
    absent = {absence.field for absence in reading.absences if "unreadable" in absence.reason}
    assert not absent & won - {"source.published"}


@pytest.mark.parametrize("build", BUILDS, ids=str)
def test_all_evidence_says_where(build: Build) -> None:
    assert [claim for claim in build.read().evidence if not claim.where] == []


def test_a_journal_that_the_details_name_has_the_details_line_as_its_evidence() -> None:
    reading = page(details="<h2>More Details</h2><dl><dt>Journal:</dt><dd>Annals of Benches</dd></dl>")
    assert reading.journal == "Annals of Benches"
    named, own = taken(reading, "journal"), taken(reading, "source.journal")
    assert (named.block, named.where) == (own.block, own.where)
    assert named.block is not None


def test_a_link_that_names_the_paper_is_evidence_for_all_it_gives() -> None:
    reading = page(link=' See <a href="https://doi.org/10.5555/BENCH.1">the paper</a>.')
    assert reading.source is not None
    assert (reading.source.doi, reading.source.url) == ("10.5555/bench.1", "https://doi.org/10.5555/BENCH.1")
    assert taken(reading, "source.doi").block == taken(reading, "source.url").block
    assert taken(reading, "source.url").value == "https://doi.org/10.5555/BENCH.1"


def test_what_only_claims_to_be_a_date_is_no_evidence_of_one() -> None:
    reading = page(head='<meta property="article:published_time" content="soon">')
    assert reading.published is None
    assert [claim for claim in reading.evidence if claim.field == "published"] == []
    (absence,) = (one for one in reading.absences if one.field == "published")
    assert absence.detail == "not a date: soon"


def test_a_labelled_doi_that_is_none_is_not_missed_when_a_link_gives_one() -> None:
    details = (
        "<h2>More Details</h2><dl><dt>DOI:</dt><dd>pending</dd><dt>Title:</dt>"
        '<dd><a href="https://doi.org/10.5555/bench.2">Benches and light at noon, a survey</a></dd></dl>'
    )
    reading = page(details=details)
    assert reading.source is not None and reading.source.doi == "10.5555/bench.2"
    assert "source.doi" not in {absence.field for absence in reading.absences}
    without = page(details="<h2>More Details</h2><dl><dt>DOI:</dt><dd>pending</dd></dl>")
    assert [one.detail for one in without.absences if one.field == "source.doi"] == [
        "not of a DOI's form: pending"
    ]
