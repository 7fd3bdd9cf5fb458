"""What articles are about, and which say nearly the same, is kept when a run ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from storage import compare
from storage.records import ArticleRecord
from storage.relating import keeping
from storage.relating.asking import duplicate_groups, duplicates_of, related_to
from storage.relating.likeness import bands, in_common, shingles
from storage.relating.words import key_words, singular
from tests.storage.build import SITE, House, article, as_text, at, card, sections, topics

WORDS = ("walking", "balance", "sleep", "memory", "light", "scans", "nerves", "vitamins", "exercise", "heat")


def prose(seed: int, words: int = 60) -> str:
    """A text that shares no run of three words with that of another seed, to speak of."""
    draw = Random(seed)
    made = ["".join(draw.choices("bcdfghklmnprst", k=2)) + draw.choice(WORDS) for _ in range(words)]
    return " ".join(made).capitalize() + "."


def said(article_id: str, text: str, **changes: object) -> ArticleRecord:
    return article(article_id, takeaway=None, sections=sections(text), **changes)


def keep(house: House, *records: ArticleRecord, start: int = 0) -> int:
    """Save pages and end the run; how many articles were worked on."""
    for n, record in enumerate(records):
        house.save(record, when=at(start + n))
    return house.writer.settle(at(start + 500)).related


def duplicates(house: House) -> list[tuple[str, str]]:
    return house.rows(
        "SELECT article_key, duplicate_key FROM near_duplicates WHERE article_key < duplicate_key "
        "ORDER BY 1, 2"
    )


# What an article is about


def test_an_article_is_about_the_words_of_its_title_and_takeaway_and_those_that_it_repeats() -> None:
    found = key_words(
        "Why Fatigue Comes in Waves",
        "Diaries show fatigue’s pattern.",
        "Patients kept a diary. The diary told of naps. Rain fell. In 2024 and 2024 the diary was a phone.",
    )
    assert found == {
        "fatigue": 3, "come": 3, "wave": 3, "diary": 2, "show": 2, "pattern": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("printed", "kept"),
    [
        ("lesions", "lesion"),
        ("therapies", "therapy"),
        ("nurses", "nurse"),
        ("mass", "mass"),
        ("virus", "virus"),
        ("sclerosis", "sclerosis"),
        ("patient's", "patient"),
        ("gas", "gas"),
    ],
)
def test_plurals_are_brought_to_the_singular_and_nothing_else_is(printed: str, kept: str) -> None:
    assert singular(printed) == kept


def test_case_and_accents_make_no_difference() -> None:
    assert key_words("CAFÉ", None, None) == key_words("café", None, None) == {"cafe": 3}


def test_the_articles_with_most_of_what_tells_one_apart_come_first_with_what_they_share(house: House) -> None:
    keep(
        house,
        article(
            "one", title="Heat and Tired Legs", topics=topics("Heat", "Walking"), takeaway="Cooling vests."
        ),
        article("near", title="Cooling for Tired Legs", topics=topics("Heat"), takeaway="Vests at noon."),
        article("far", title="Tired Eyes", topics=topics("Vision"), takeaway="Cooling compresses."),
        article("other", title="Reading Scans", topics=topics("Imaging"), takeaway="Faster pictures."),
    )
    with house.archive.engine.connect() as connection:
        first, second = related_to(connection, SITE, "one", 10)
        assert (first.key, first.shared_topics) == ("near", ("heat",))
        assert set(first.shared_words) == {"leg", "vest", "cooling", "tired"}
        assert first.shared_words[-2:] == ("cooling", "tired"), "those that three articles have come last"
        assert (second.key, second.shared_topics, second.shared_words) == ("far", (), ("cooling", "tired"))
        assert 1 > first.score > second.score > 0
        assert related_to(connection, SITE, "one", 1) == [first]
    assert house.rows(
        "SELECT related_key, rank FROM related_articles WHERE article_key = 'one' ORDER BY rank"
    ) == [
        ("near", 1),
        ("far", 2),
    ]


def test_cards_and_boilerplate_make_no_articles_alike(house: House) -> None:
    footer = "Vitamins and balance are what we write about. We write about vitamins and balance every day."
    for n in range(6):
        record = said(f"art{n}", prose(n), title=prose(n + 50, 3), topics=None, unplaced=(footer,))
        house.save(record, when=at(n), cards=tuple(card(f"art{p}", position=p) for p in range(1, 5)))
    assert house.writer.settle(at(99)).promoted == (footer,)
    assert house.rows("SELECT * FROM related_articles") == []


# Near-duplicates


def test_texts_that_are_the_same_but_for_a_sentence_are_near_duplicates_whatever_their_titles(
    house: House,
) -> None:
    text = prose(1)
    keep(house, said("one", text), said("copy", f"{text} {prose(2, 6)}", title="Else"), said("own", prose(3)))
    assert duplicates(house) == [("copy", "one")]
    with house.archive.engine.connect() as connection:
        (found,) = duplicates_of(connection, SITE, "one")
        assert (found.key, found.title) == ("copy", "Else")
        assert 0.8 < found.similarity < 1
        (group,) = duplicate_groups(connection)
        assert [member.key for member in group.articles] == ["copy", "one"]
        assert group.least == group.most == found.similarity


def test_half_a_text_in_common_is_not_enough(house: House) -> None:
    shared = prose(1, 30)
    keep(house, said("one", f"{shared} {prose(2, 30)}"), said("two", f"{shared} {prose(3, 30)}"))
    assert duplicates(house) == []


def test_a_few_words_are_too_short_to_be_a_duplicate(house: House) -> None:
    keep(house, said("one", "Nothing to see."), said("two", "Nothing to see."))
    assert duplicates(house) == []


@pytest.mark.parametrize("words", [24, 60, 300])
def test_what_is_alike_enough_shares_a_band(words: int) -> None:
    missed = 0
    for seed in range(100):
        text = prose(seed, words)
        one, other = shingles(None, text), shingles(None, f"{text} {prose(seed + 1000, words // 8)}")
        shared, either = in_common(one, other)
        assert shared >= 0.8 * either
        missed += not set(bands(one)) & set(bands(other))
    assert missed == 0


# Kept up to date


def test_only_new_and_changed_articles_are_worked_on(house: House) -> None:
    records = [said(f"art{n}", prose(n)) for n in range(5)]
    assert keep(house, *records) == 5
    assert keep(house, *records, start=10) == 0
    assert keep(house, said("art6", prose(6)), said("art0", prose(7)), start=20) == 2
    assert keep(house, start=30) == 0


def test_an_article_that_changes_is_about_something_else_and_no_duplicate_any_more(house: House) -> None:
    keep(house, said("one", prose(1), title="Heat"), said("two", prose(1), title="Heat"))
    assert duplicates(house) == [("one", "two")]
    keep(house, said("two", prose(2), title="Cold"), start=10)
    assert duplicates(house) == []
    assert house.rows("SELECT term FROM article_term JOIN article ON id = article_key WHERE key = 'two' "
                      "AND is_topic = 0 AND weight = 3") == [("cold",)]  # fmt: skip


def test_another_method_makes_all_of_it_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(house, *(said(f"art{n}", prose(n)) for n in range(3)))
    monkeypatch.setattr(keeping, "METHOD", keeping.METHOD + 1)
    assert keep(house, start=10) == 3


def test_an_article_that_is_joined_to_another_leaves_nothing_behind(house: House) -> None:
    record = said("one", prose(1))
    keep(house, as_text(record, nameless=True), said("two", prose(1) + " " + prose(2, 5)))
    assert len(duplicates(house)) == 1
    keep(house, record, start=10)
    assert duplicates(house) == [("one", "two")]
    assert house.row("SELECT count(*) FROM article_profile") == (2,)


def test_what_more_articles_share_than_a_site_has_duplicates_is_a_template(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LARGEST", 3)
    text = prose(1, 30)
    same = [said(f"art{n}", text, title=prose(n, 3)) for n in range(5)]
    keep(house, *same[:3])
    assert len(duplicates(house)) == 3
    keep(house, *same[3:], start=10)
    assert duplicates(house) == []
    keep(house, said("art4", prose(2)), said("art0", prose(3)), start=20)
    assert duplicates(house) == [("art1", "art2"), ("art1", "art3"), ("art2", "art3")]


def test_what_comes_of_it_does_not_depend_on_the_order_or_on_runs_in_between(
    new_house: Callable[[], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LARGEST", 3)
    pages = [
        (n, said(f"art{n:02}", f"{prose(100 + n % 5)} {prose(n, 1 + n)}", topics=topics(WORDS[n % 9])))
        for n in range(16)
    ]
    pages += [(50 + n, replace(said(f"art{n:02}", prose(n)), title="New")) for n in (2, 5, 11)]
    found = []
    for seed in range(4):
        house = new_house()
        order = list(pages)
        Random(seed).shuffle(order)
        for count, (n, record) in enumerate(order):
            house.save(record, when=at(n))
            if seed % 2 and count % 4 == 3:
                house.writer.settle(at(n))
        house.writer.settle(at(99))
        found.append(compare.archive_content(house.archive))
    assert found[0]["near_duplicates"], "there is something to compare"
    assert all(content == found[0] for content in found)
