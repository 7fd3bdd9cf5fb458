"""However its page is built, an article reads to the one record that a person wrote down for it."""

from __future__ import annotations

import pytest

from .records import NEEDS_REASON, Build, boilerplate_templates, builds, differences

BUILDS = builds()
every_build = pytest.mark.parametrize("build", BUILDS, ids=str)


def test_articles_are_built_in_as_many_ways_as_promised() -> None:
    html = [build.article for build in BUILDS if build.meta.get("form") != "text"]
    assert html.count("morning-light") >= 16
    assert html.count("cool-bath") >= 4
    assert html.count("copper-bracelet") >= 4


@every_build
def test_a_page_reads_to_its_articles_record(build: Build) -> None:
    assert differences(build.read(), build) == {}


@every_build
def test_a_missing_value_has_exactly_one_reason_and_a_present_one_has_none(build: Build) -> None:
    reading = build.read()
    named = [absence.field for absence in reading.absences]
    for field in NEEDS_REASON:
        assert named.count(field) == (1 if getattr(reading, field) is None else 0), field


@every_build
def test_a_missing_value_has_the_right_reason(build: Build) -> None:
    given = {absence.field: str(absence.reason) for absence in build.read().absences}
    for field, reasons in build.meta.get("absent", {}).items():
        assert given.get(field) in reasons, field


@every_build
def test_a_value_names_the_evidence_that_won(build: Build) -> None:
    reading = build.read()
    won = {claim.field for claim in reading.evidence if claim.won}
    for field in ("title", "takeaway", "journal", "credibility", "interest"):
        if getattr(reading, field) is not None:
            assert field in won


@every_build
def test_a_journal_read_from_the_boilerplate_names_the_passage_it_stands_in(build: Build) -> None:
    reading = build.read()
    for claim in reading.evidence:
        if claim.field == "journal" and claim.rule == "boilerplate-slot":
            assert claim.block is not None
            assert claim.value in reading.blocks[claim.block].text


@every_build
def test_what_a_block_was_taken_for_points_to_a_block(build: Build) -> None:
    reading = build.read()
    indices = [block.index for block in reading.blocks]
    assert indices == list(range(len(indices)))
    assert {index for index, _ in reading.takes} <= set(indices)
    assert {claim.block for claim in reading.evidence} <= {*indices, None}


@every_build
def test_reading_twice_gives_the_same(build: Build) -> None:
    assert build.read() == build.read()


def test_all_pages_share_the_same_boilerplate_but_for_the_journal() -> None:
    seen = {tuple(passage.template for passage in build.read().boilerplate) for build in BUILDS}
    assert len(seen) == 1
    (templates,) = seen
    assert templates[1:] == tuple(boilerplate_templates()[1:])
    before, after = boilerplate_templates()[0].split("{journal}")
    assert templates[0].startswith(before + "{") and templates[0].endswith("}" + after)
