"""The content keeps what the description of the site warns of."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

import pytest

from crawler.samplesite import Article, edition, truth
from crawler.samplesite.model import cut, slug_of

ARTICLES = truth()
ALL_TEXT = "".join(
    article.title + article.takeaway + "".join(p for s in article.sections for p in s.paragraphs)
    for article in ARTICLES
)


def test_there_are_enough_articles_in_three_layouts() -> None:
    assert len(ARTICLES) >= 64
    assert min(Counter(article.layout for article in ARTICLES).values()) >= 15


def test_ids_are_six_letters_or_digits_and_differ() -> None:
    ids = [article.id for article in ARTICLES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[A-Za-z0-9]{6}", one) for one in ids)


def test_two_ids_differ_only_in_case() -> None:
    assert {"aB3xYz", "Ab3xYz", "Sx1jR8", "sX1Jr8"} <= {article.id for article in ARTICLES}


def test_one_title_is_used_twice() -> None:
    assert [title for title, count in Counter(a.title for a in ARTICLES).items() if count > 1] == [
        "New Hope for Walking Better With MS"
    ]


def test_about_three_in_ten_have_no_topics() -> None:
    assert 0.25 <= sum(not article.topics for article in ARTICLES) / len(ARTICLES) <= 0.35


def test_topics_are_sorted_by_code_point_and_spelled_in_several_ways() -> None:
    assert all(list(article.topics) == sorted(article.topics) for article in ARTICLES)
    topics = {topic for article in ARTICLES for topic in article.topics}
    assert {"Multiple sclerosis", "Multiple Sclerosis", "multiple sclerosis (MS)"} <= topics
    for character in "(/,\N{HYPHEN}1":
        assert any(character in topic for topic in topics)


def test_topics_that_a_layout_separates_by_commas_hold_none() -> None:
    assert not [t for a in ARTICLES if a.layout == "classic" for t in a.topics if "," in t]


@pytest.mark.parametrize("trap", [". ", ",", "&", "(", "Like", "Often", "ü", "Ł", "/"])
def test_journal_names_have_traps(trap: str) -> None:
    assert any(trap in article.journal for article in ARTICLES)


@pytest.mark.parametrize("character", "'\N{RIGHT SINGLE QUOTATION MARK}\"\N{LEFT DOUBLE QUOTATION MARK}%")
def test_texts_hold_quotes_of_several_kinds(character: str) -> None:
    assert character in ALL_TEXT


@pytest.mark.parametrize("name", ["HYPHEN", "NON-BREAKING HYPHEN", "EN DASH"])
def test_texts_hold_odd_hyphens(name: str) -> None:
    assert unicodedata.lookup(name) in ALL_TEXT


def test_dates_are_unpadded_and_may_lie_ahead() -> None:
    assert all(re.fullmatch(r"[1-9]\d?/(1|31)/20\d\d", article.date) for article in ARTICLES)
    assert "12/31/2027" in {article.date for article in ARTICLES}


def test_every_text_is_its_own() -> None:
    texts = [article.takeaway for article in ARTICLES] + [article.description for article in ARTICLES]
    texts += [p for article in ARTICLES for section in article.sections for p in section.paragraphs]
    assert [text for text, count in Counter(texts).items() if count > 1] == []


def test_teasers_are_cut_at_a_hundred_characters() -> None:
    assert all(len(article.description) > 100 for article in ARTICLES)
    assert cut("x" * 99 + " y") == "x" * 99


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Low\N{NON-BREAKING HYPHEN}Dose: Is It?", "lowdose-is-it"),
        ("Café & Co", "cafe-co"),
        ("What\N{RIGHT SINGLE QUOTATION MARK}s New", "whats-new"),
        ("A" * 59 + " B", "a" * 59),
        ("Non\N{HYPHEN}drug", "non-drug"),
    ],
)
def test_slugs(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_glued_sentences_are_promised_as_shown() -> None:
    found = {article.id: article.sections[0].paragraphs for article in ARTICLES}
    assert "optic nerve lesion.Signals" in found["q9TiE4"][0]
    assert "after treatment. When" in found["Q7mTOk"][0]
    assert len(found["g9NaY2"]) == 3


def test_unusual_sections() -> None:
    by_id = {article.id: article for article in ARTICLES}
    assert [s.heading for s in by_id["t5EoX1"].sections][:2] == ["What They Found", "How This Study Was Done"]
    assert [p.is_item for p in by_id["H7rOe3"].sections[0].passages] == [False, True, True, True]
    assert len(by_id["w8YfD1"].sections[0].paragraphs) == 2
    assert by_id["r6IyK8"].credibility is None and by_id["r6IyK8"].interest is None


def test_sources_use_the_test_prefix() -> None:
    dois = [article.source.doi for article in ARTICLES if article.source]
    assert len(dois) >= 10
    assert all(doi is None or doi.startswith("10.5555/") for doi in dois)


def test_some_cards_promise_another_title() -> None:
    different = [article for article in ARTICLES if article.card_title != article.title]
    assert [article.id for article in different] == ["Z3fQa7"]
    assert "Making a Relapse Plan With Your Nurse" in [card.title for card in edition().cards()]


def test_the_date_of_some_articles_is_printed_nowhere() -> None:
    assert {article.id for article in ARTICLES if not edition().shows(article)} == {"k0ZpS5", "Lr9Uj6"}


def changed(change: str) -> tuple[dict[str, Article], dict[str, Article]]:
    return {a.id: a for a in truth()}, {a.id: a for a in truth(change)}


def test_editing_changes_one_article() -> None:
    before, after = changed("edit")
    different = [one for one in before if before[one] != after[one]]
    assert different == ["Sx1jR8"]
    assert before["Sx1jR8"].takeaway != after["Sx1jR8"].takeaway
    assert before["Sx1jR8"].credibility != after["Sx1jR8"].credibility
    assert before["Sx1jR8"].sections[0] != after["Sx1jR8"].sections[0]


def test_new_and_remove_and_move() -> None:
    before, after = changed("new,remove,move")
    assert set(after) - set(before) == {"Hn5Qd7"}
    assert set(before) - set(after) == {"T2fJs5"}
    assert after["I2hPv4"].old_paths == (before["I2hPv4"].path,)
    assert edition("new").cards()[0].path == after["Hn5Qd7"].path


def test_what_was_taken_away_may_return() -> None:
    before, after = changed("edit,remove,withdraw")
    assert set(before) - set(after) == {"T2fJs5", "Sx1jR8"}
    assert {lost.status for lost in edition("remove,withdraw").lost if lost not in edition().lost} == {
        404,
        410,
    }
    _, back = changed("edit,remove,withdraw,return")
    _, edited = changed("edit")
    assert set(back) == set(before)
    assert back["Sx1jR8"].takeaway == edited["Sx1jR8"].takeaway
    assert back["Sx1jR8"].updated > edited["Sx1jR8"].updated


def test_changes_can_be_named_in_any_order() -> None:
    assert edition(["new", "edit"]) is edition("edit,new")
    with pytest.raises(ValueError, match="explode"):
        truth("explode")
