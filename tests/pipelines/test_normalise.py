"""Every answer becomes one record with one outcome."""

import pytest

from pipelines.boilerplate import separate
from pipelines.normalise import page_record
from spiders.page import Found, Page
from spiders.reading.model import (
    Card,
    Evidence,
    PageKind,
    PartialDate,
    Passage,
    Rating,
    Reading,
    Section,
    Source,
)
from storage.records import JournalRecord

from .pages import ARTICLE, BASE, PROFILE, fetched, page, summary

OTHER_SLUG = f"{BASE}/news/view/a-small-study-of-cold-aB3dE6"


def other(kind: PageKind = PageKind.OTHER, url: str = f"{BASE}/privacy") -> Reading:
    return Reading(kind=kind, reason="no takeaway", form="html", url=url, article_id=None)


@pytest.mark.parametrize(
    ("answer", "state", "capture", "reason"),
    [
        (page(reading=summary()), "stored", "summary", "summary"),
        (page(kind="page", reading=other()), "stored", "other", "no takeaway"),
        (page(kind="listing", reading=other(PageKind.LISTING)), "stored", "listing", "no takeaway"),
        (page(note="not a page: image/png"), "stored", "unreadable", "not a page: image/png"),
        (page(kind="robots"), "stored", "robots", "robots"),
        (page(kind="sitemap", note="empty"), "stored", "sitemap", "empty"),
        (page(fetched=fetched(status=404), gone=True), "gone", "gone", "HTTP 404"),
        (page(fetched=fetched(status=410), gone=True), "gone", "gone", "HTTP 410"),
        (page(fetched=fetched(status=503), failure="HTTP 503"), "failed", "error", "HTTP 503"),
        (page(fetched=fetched(status=301), redirect=OTHER_SLUG), "redirected", "redirect", "HTTP 301"),
    ],
)
def test_an_answer_has_one_outcome(answer: Page, state: str, capture: str, reason: str) -> None:
    record = page_record(answer, PROFILE)
    assert record.outcome is not None
    assert (record.outcome.state, record.outcome.reason) == (state, reason)
    assert record.capture.kind == capture


def test_a_capture_keeps_what_was_fetched() -> None:
    capture = page_record(page(reading=summary()), PROFILE).capture
    assert (capture.url, capture.status, capture.body) == (ARTICLE, 200, b"<p>page")
    assert (capture.media_type, capture.etag, capture.last_modified) == ("text/html", '"abc"', None)
    assert capture.reader_version == summary().reader_version


def test_a_redirect_leads_to_its_target() -> None:
    record = page_record(page(fetched=fetched(status=301), redirect=OTHER_SLUG), PROFILE)
    assert record.outcome is not None
    assert record.outcome.target == OTHER_SLUG
    assert record.article is None


def test_a_page_that_names_another_address_is_an_alias_whose_article_is_the_other() -> None:
    old = f"{BASE}/summaries/a-small-study"
    found = (Found(ARTICLE, "canonical", "article"),)
    record = page_record(page("page", summary(), fetched=fetched(old), found=found), PROFILE)
    assert record.outcome is not None
    assert (record.outcome.state, record.outcome.target) == ("alias", ARTICLE)
    assert record.article is not None
    assert (record.article.article_id, record.article.url) == ("aB3dE6", ARTICLE)
    assert record.capture.url == old


def test_an_article_keeps_its_own_id_when_a_canonical_link_was_not_believed() -> None:
    record = page_record(page(reading=summary(url=f"{BASE}/", article_id=None)), PROFILE)
    assert record.article is not None
    assert (record.article.article_id, record.article.url) == ("aB3dE6", ARTICLE)


def test_a_file_takes_its_address_from_the_page() -> None:
    record = page_record(page(reading=summary(), fetched=fetched(None, None)), PROFILE)
    assert record.capture.url == ARTICLE
    assert record.outcome is not None and record.outcome.state == "stored"


def test_a_file_without_any_address_has_no_outcome_but_an_article() -> None:
    nameless = summary(url=None, article_id=None)
    record = page_record(page(reading=nameless, fetched=fetched(None, None)), PROFILE)
    assert record.outcome is None
    assert record.article is not None and record.article.article_id is None


def test_an_article_record_says_what_the_reading_says() -> None:
    reading = summary(
        credibility=Rating(4, 5, "4/5"),
        journal="Brain & Mind.",
        published=PartialDate("March 2021", "2021-03", "month"),
        source=Source(title="On cold", doi="10.5555/abc"),
        evidence=(
            Evidence("published", "2020", "time", 3, "/html", False),
            Evidence("published", "March 2021", "json-ld", None, "$.datePublished", True),
        ),
        cards=(Card(1, "Next", OTHER_SLUG, PartialDate("5/1/2026", "2026-05-01", "day"), "Cold", None),),
    )
    record = page_record(page(reading=reading), PROFILE)
    article = record.article
    assert article is not None
    assert article.credibility is not None and article.credibility.value == 4
    assert article.journal == JournalRecord("Brain & Mind.", "brain and mind")
    assert article.published_rule == "json-ld"
    assert article.published is not None and article.published.precision == "month"
    assert article.source is not None and article.source.doi == "10.5555/abc"
    assert article.topics is not None and article.topics[0].normal == "multiple sclerosis"
    assert [(card.article_id, card.date and card.date.iso) for card in record.cards] == [
        ("aB3dE6", "2026-05-01")
    ]


def test_found_addresses_carry_article_id_and_refusal() -> None:
    found = (
        Found(OTHER_SLUG, "sitemap", "article", lastmod="2026-01-01"),
        Found("https://elsewhere.example/", "sitemap", "page", refused="off-site"),
    )
    record = page_record(page("sitemap", found=found), PROFILE)
    assert [(f.article_id, f.lastmod, f.refused) for f in record.found] == [
        ("aB3dE6", "2026-01-01", None),
        (None, None, "off-site"),
    ]


def test_boilerplate_leaves_sections_and_is_kept_once() -> None:
    passage = Passage("Please read with care.", "Please read with care.")
    reading = summary(
        boilerplate=(passage, passage),
        sections=(
            Section("findings", "What They Found", ("Much.",)),
            Section("other", "Notes", ("Please read with care.",)),
            Section("other", "Funding", ("A grant.", "Please read with care."), (True, False)),
        ),
        unplaced=("A footer.", "Please read with care."),
    )
    article = separate(page_record(page(reading=reading), PROFILE)).article
    assert article is not None
    assert len(article.boilerplate) == 1
    assert [(s.heading, s.paragraphs, s.list_items) for s in article.sections] == [
        ("What They Found", ("Much.",), ()),
        ("Funding", ("A grant.",), (True,)),
    ]
    assert article.unplaced == ("A footer.",)


def test_a_record_without_boilerplate_passes_as_it_is() -> None:
    record = page_record(page(reading=summary(boilerplate=())), PROFILE)
    assert separate(record) is record
