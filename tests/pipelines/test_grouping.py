"""Grouping forms bring spellings together that mean the same, and no others."""

import pytest

from pipelines.grouping import body_digest, normal_journal, normal_topic
from spiders.reading.model import Section


@pytest.mark.parametrize(
    "spelling",
    [
        "Multiple sclerosis",
        "Multiple Sclerosis",
        "multiple sclerosis (MS)",
        "  Multiple  sclerosis. ",
        "Multiple\u00a0sclerosis (MS).",
    ],
)
def test_spellings_of_one_topic_share_a_form(spelling: str) -> None:
    assert normal_topic(spelling) == "multiple sclerosis"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Diet & nutrition", "diet and nutrition"),
        ("T\u2010cells", "t-cells"),
        ("Interleukin-6 (IL-6)", "interleukin-6"),
        ("magnetic resonance imaging (MRI)", "magnetic resonance imaging"),
        ("antibodies to something (ATSs)", "antibodies to something"),
        ("Fatigue (mental)", "fatigue (mental)"),
        ("Vitamin D (D3)", "vitamin d (d3)"),
        ("Relapse (RRMS)", "relapse (rrms)"),
        ("(MS)", "(ms)"),
        ("and so on...", "and so on..."),
        ("", ""),
    ],
)
def test_only_an_acronym_of_the_words_before_it_is_dropped(text: str, form: str) -> None:
    assert normal_topic(text) == form


def test_journal_names_keep_their_inner_full_stops() -> None:
    assert normal_journal("Biochemistry. Biokhimiia") == "biochemistry. biokhimiia"
    assert normal_journal("Multiple Sclerosis & Related Disorders") == normal_journal(
        "Multiple sclerosis and related disorders."
    )


def test_body_digest_ignores_headings_white_space_quotes_and_glued_sentences() -> None:
    printed = [
        Section("findings", "What They Found", ("The \u2018cold\u2019 helped. It lasted.",)),
        Section("audience", "Who Should Care and Why", ("Everyone.",)),
    ]
    captured = [
        Section("findings", None, ("The 'cold' helped.It  lasted.",)),
        Section("audience", None, ("Everyone.",)),
    ]
    assert body_digest("A takeaway.", printed) == body_digest("A  takeaway.", captured)


def test_body_digest_tells_texts_apart_and_ignores_sections_a_capture_may_lack() -> None:
    one = [Section("findings", None, ("One.",))]
    other = [Section("findings", None, ("Two.",))]
    more = [*one, Section("other", "Funding", ("A grant.",))]
    assert body_digest("T.", one) != body_digest("T.", other)
    assert body_digest("T.", one) != body_digest(None, one)
    assert body_digest("T.", one) == body_digest("T.", more)
