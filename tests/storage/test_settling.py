"""What counting over the whole archive finds: new boilerplate, and the borders of glued topics."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from storage import compare
from storage.fulltext import full_text
from storage.records import ArticleRecord, JournalRecord, SectionRecord
from tests.storage.build import House, article, as_text, at, sections, topics

FOOTER = "This page was put together by volunteers, who are happy to hear of anything that is wrong in it."
LATER = "We are a small group of volunteers, now working from Utrecht and Ghent. Do write to us about it!"
NAMES = [
    "Ash",
    "Birch and Hazel",
    "Cedar",
    "Journal of Willow Studies",
    "Elm, Oak & Yew",
    "Fir. Spruce",
    "Gum",
    "Holly",
]


def own(n: int) -> str:
    """Words that no other article has."""
    draw = Random(n)
    return " ".join(
        "".join(draw.choices("abcdefghijklmnop", k=draw.randint(3, 9))) for _ in range(30)
    ).capitalize()


def numbered(
    n: int, *more: SectionRecord, unplaced: tuple[str, ...] = (), **changes: object
) -> ArticleRecord:
    return article(f"art{n:03}", sections=sections(own(n), *more), unplaced=unplaced, **changes)


def fill(house: House, records: list[ArticleRecord], start: int = 0) -> None:
    for n, record in enumerate(records):
        house.save(record, when=at(start + n))


def templates(house: House) -> list[str]:
    return [
        row[0] for row in house.rows("SELECT template FROM boilerplate WHERE source = 'counted' ORDER BY 1")
    ]


def test_a_footer_that_the_profile_does_not_know_is_found(house: House) -> None:
    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(6)])
    settled = house.writer.settle(at(99))
    assert settled.promoted == (FOOTER,)
    assert house.row("SELECT template, source, articles FROM boilerplate WHERE source = 'counted'") == (
        FOOTER,
        "counted",
        6,
    )
    assert house.rows("SELECT * FROM article_unplaced") == []
    matches = "article_search MATCH ?" if house.database is None else "words @@ CAST(? AS TSQUERY)"
    assert house.rows(f"SELECT rowid FROM article_search WHERE {matches}", "volunteers") == []
    assert house.writer.settle(at(100)).promoted == ()


def test_four_articles_are_too_few(house: House) -> None:
    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(4)] + [numbered(n) for n in range(4, 9)])
    assert house.writer.settle(at(99)).promoted == ()
    assert house.value("SELECT count(*) FROM article_unplaced") == 4


def test_an_unknown_section_that_is_the_same_everywhere_disappears_with_its_heading(house: House) -> None:
    about = SectionRecord("other", "Who we are", (FOOTER,))
    fill(house, [numbered(n, about, SectionRecord("other", "A box", (own(77 + n),))) for n in range(5)])
    house.writer.settle(at(99))
    assert house.rows("SELECT heading, articles FROM boilerplate WHERE source = 'counted'") == [
        ("Who we are", 5)
    ]
    headings = house.rows("SELECT heading FROM article_sections WHERE article_id = 'art001' ORDER BY 1 DESC")
    assert headings == [("Who Should Care and Why",), ("What They Found",), ("A box",)]


def test_the_whole_text_can_be_put_together_again(house: House) -> None:
    about = SectionRecord("other", "Who we are", ("A first line of its own.", FOOTER, "A last line."))
    fill(house, [numbered(n, about, unplaced=(f"Read in {name} by many people who care about trees.",))
                 for n, name in enumerate(NAMES)])  # fmt: skip
    ids = [row[0] for row in house.rows("SELECT id FROM revision ORDER BY id")]
    with house.archive.engine.connect() as connection:
        before = [sorted(full_text(connection, revision).splitlines()) for revision in ids]
    assert len(house.writer.settle(at(99)).promoted) == 2
    with house.archive.engine.connect() as connection:
        assert [sorted(full_text(connection, revision).splitlines()) for revision in ids] == before


def test_a_slot_is_found_and_its_value_kept_with_the_revision(house: House) -> None:
    records = [
        numbered(
            n,
            journal=JournalRecord(name, name.casefold()),
            unplaced=(f"What you read here first appeared in {name} and was put into plain words by us.",),
        )
        for n, name in enumerate(NAMES)
    ]
    fill(house, records)
    assert house.writer.settle(at(99)).promoted == (
        "What you read here first appeared in {journal} and was put into plain words by us.",
    )
    slots = house.rows(
        "SELECT slots FROM revision_boilerplate rb JOIN boilerplate_passage b ON b.id = rb.boilerplate_id "
        "WHERE b.source = 'counted' ORDER BY rb.revision_id"
    )
    assert [row[0] for row in slots][:2] == ['{"journal": "Ash"}', '{"journal": "Birch and Hazel"}']


def test_title_and_date_may_stand_in_slots_together(house: House) -> None:
    records = []
    for n in range(8):
        title = own(200 + n)[: 30 + 9 * n].strip()
        line = f"{title} was summed up for this site on {n + 1}/{n + 3}/2026."
        records.append(numbered(n, title=title, unplaced=(line,)))
    fill(house, records)
    assert house.writer.settle(at(99)).promoted == ("{title} was summed up for this site on {date}.",)


def test_articles_own_words_are_no_boilerplate(house: House) -> None:
    starts = "This was done in mice, so it may not hold for people. "
    fill(
        house,
        [numbered(n, SectionRecord("considerations", None, (starts + own(300 + n),))) for n in range(12)],
    )
    assert house.writer.settle(at(99)).promoted == ()


def test_inside_known_sections_nearly_half_of_the_articles_must_say_it(house: House) -> None:
    said = SectionRecord("considerations", None, ("Talk to your doctor before you change anything at all.",))
    fill(house, [numbered(n, said) for n in range(8)] + [numbered(n) for n in range(8, 30)])
    assert house.writer.settle(at(99)).promoted == ()
    fill(house, [numbered(n, said) for n in range(30, 40)], start=50)
    assert house.writer.settle(at(100)).promoted == (said.paragraphs[0],)


def test_a_page_that_comes_later_is_separated_when_it_is_saved(house: House) -> None:
    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(6)])
    house.writer.settle(at(50))
    house.save(numbered(7, unplaced=(FOOTER,)), when=at(60))
    assert house.value("SELECT articles FROM boilerplate WHERE source = 'counted'") == 7
    assert house.rows("SELECT * FROM article_unplaced") == []


def test_a_new_footer_in_a_section_makes_no_revision_once_it_is_known(house: House) -> None:
    def edition(n: int, footer: str) -> ArticleRecord:
        return numbered(n, SectionRecord("other", "Who we are", (footer,)))

    fill(house, [edition(n, FOOTER) for n in range(6)])
    house.writer.settle(at(50))
    fill(house, [edition(n, LATER) for n in range(6)], start=60)
    assert house.value("SELECT count(*) FROM revision") == 12
    settled = house.writer.settle(at(99))
    assert (settled.promoted, settled.merged_revisions) == ((LATER,), 6)
    assert house.value("SELECT count(*) FROM revision") == 6
    assert house.rows("SELECT DISTINCT revision, captures FROM articles") == [(1, 2)]
    assert house.rows("SELECT articles FROM boilerplate WHERE source = 'counted'") == [(6,), (6,)]
    before = compare.archive_digest(house.archive)
    fill(house, [edition(n, LATER) for n in range(6)], start=120)
    house.writer.settle(at(150))
    assert compare.archive_digest(house.archive) == before


def test_what_comes_of_it_does_not_depend_on_order_or_on_settling_in_between(
    new_house: Callable[[], House],
) -> None:
    records = [numbered(n, SectionRecord("other", "Who we are", (FOOTER,)),
                        unplaced=(f"Read in {NAMES[n % 8]} by many people who care about trees.",))
               for n in range(10)] + [numbered(n) for n in range(10, 20)]  # fmt: skip
    found = []
    for seed in range(4):
        house = new_house()
        order = list(enumerate(records))
        Random(seed).shuffle(order)
        for count, (n, record) in enumerate(order):
            house.save(record, when=at(n))
            if seed % 2 and count % 6 == 5:
                house.writer.settle(at(n))
        house.writer.settle(at(99))
        found.append(compare.archive_content(house.archive))
    assert all(content == found[0] for content in found)


def test_a_passage_that_no_longer_counts_goes_back_to_where_it_stood(house: House) -> None:
    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(5)])
    assert house.writer.settle(at(50)).promoted == (FOOTER,)
    fill(house, [numbered(n) for n in range(5, 105)], start=60)
    assert house.writer.settle(at(200)).demoted == (FOOTER,)
    assert house.value("SELECT count(*) FROM article_unplaced") == 5
    assert templates(house) == []


def test_text_captures_and_html_share_the_passages(house: House) -> None:
    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(5)])
    house.writer.settle(at(50))
    assert not house.save(as_text(numbered(0, unplaced=(FOOTER,))), when=at(60)).new_revision
    assert house.value("SELECT count(*) FROM revision") == 5


def test_glued_topics_are_split_when_other_pages_prove_every_border(house: House) -> None:
    house.save(
        article("aaaaaa", topics=topics("Immune response") + topics("Oxidative stressiron", uncertain=True))
    )
    assert house.writer.settle(at(1)).split_topics == 0
    house.save(article("bbbbbb", topics=topics("Oxidative stress", "iron")), when=at(2))
    assert house.writer.settle(at(3)).split_topics == 1
    assert house.value("SELECT topics FROM articles WHERE id = 'aaaaaa'") == (
        '["Immune response","Oxidative stress","iron"]'
    )
    assert house.value("SELECT sum(uncertain) FROM article_topics") == 0
    assert house.value("SELECT count(*) FROM topic WHERE text = 'Oxidative stressiron'") == 0


@pytest.mark.parametrize("known", [("Oxidative stress",), ("Oxidative stress", "iron", "Oxidative",
" stress"),
                                   ("Oxidative stress", "ironclad")])  # fmt: skip
def test_topics_stay_whole_while_a_border_is_in_doubt(house: House, known: tuple[str, ...]) -> None:
    house.save(article("aaaaaa", topics=topics("Oxidative stressiron", uncertain=True)))
    house.save(article("bbbbbb", topics=topics(*known)), when=at(2))
    assert house.writer.settle(at(3)).split_topics == 0
    assert house.value("SELECT uncertain FROM article_topics WHERE article_id = 'aaaaaa'") == 1


def test_an_edited_article_keeps_both_revisions(house: House) -> None:
    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(6)])
    house.save(replace(numbered(0, unplaced=(FOOTER,)), title="Edited"), when=at(30))
    assert house.writer.settle(at(99)).merged_revisions == 0
    assert house.value("SELECT revisions FROM articles WHERE id = 'art000'") == 2


def test_another_sites_articles_are_not_counted(house: House) -> None:
    from storage.writer import Writer

    fill(house, [numbered(n, unplaced=(FOOTER,)) for n in range(4)])
    house.writer.end_run("complete", "done", {})
    other = Writer(house.archive, "elsewhere")
    other.begin_run("crawl", program_version="0", reader_version="1", profile_digest="p", settings={})
    house.writer = other
    record = numbered(90, unplaced=(FOOTER,))
    house.save(replace(record, url="https://elsewhere.example/x"))
    assert other.settle(at(99)).promoted == ()
