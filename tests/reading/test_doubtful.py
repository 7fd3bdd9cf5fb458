"""Pages on which a value could be taken for another's: the reader gives the right one, or none."""

from __future__ import annotations

from spiders.reading import read_page
from spiders.reading.model import PageKind, Reading, Reason

from .records import PROFILE

URL = "https://mymsbuddy.com/news/view/a-page-aB3dE9"
TEXT = (
    "Sixty people walked for an hour each day, and forty of them slept better than before they did, or said "
    "so when a nurse came by to ask."
)
MORE = (
    "Whoever can walk a little may want to try it, since it costs nothing, and the shoes are there as a "
    "rule; who can't loses nothing either."
)
CAPTURE_ENDS = "By presenting a wide range of MS-focused studies, we hope"


def read(main: str, *, head: str = "", end: str = "</main></body></html>") -> Reading:
    page = f"<html><head>{head}</head><body><main>{main}{end}"
    return read_page(page.encode(), profile=PROFILE, url=URL)


def article(extra: str = "", *, title: str = "<h1>A Walk a Day</h1>", **page: str) -> Reading:
    parts = f"<h2>Key Takeaway</h2><p>It helped.</p><h2>What They Found</h2><p>{TEXT}</p>"
    return read(f"{title}{parts}{extra}", **page)


def sections(reading: Reading) -> dict[str, tuple[str, ...]]:
    return {section.heading or "": section.paragraphs for section in reading.sections}


def card(inner: str, number: int = 1) -> str:
    return f'<div><a href="/news/view/card-{number}-cCcCc{number}">{inner}</a></div>'


def cards(*inner: str) -> str:
    return "<h2>You May Also Like</h2>" + "".join(card(one, at) for at, one in enumerate(inner, 1))


# -- headings ----------------------------------------------------------------------------------------------


def test_a_heading_may_look_like_the_only_known_one_of_its_kind() -> None:
    reading = read(
        f"<h1>A Walk a Day</h1><h2>Key Takeaway</h2><p>It helped.</p><header>For Nurses</header><p>{MORE}</p>"
        f"<header>What They Found</header><p>{TEXT}</p>"
    )
    assert reading.takeaway == "It helped."
    assert sections(reading) == {"For Nurses": (MORE,), "What They Found": (TEXT,)}


def test_an_unknown_heading_may_follow_a_known_one_whose_text_is_missing() -> None:
    reading = read(f"<p>Key Takeaway</p><p>It helped.</p><p>What They Found</p><p>For Nurses</p><p>{MORE}</p>"
                   f"<p>Important Considerations</p><p>{TEXT}</p>")  # fmt: skip
    assert sections(reading) == {"For Nurses": (MORE,), "Important Considerations": (TEXT,)}


def test_unknown_headings_count_also_where_all_of_the_article_stands_in_a_form() -> None:
    body = f"<h3>Key Takeaway</h3><p>It helped.</p><h3>What They Found</h3><p>{TEXT}</p><h3>For Nurses</h3>"
    reading = read(f"<form>{body}<p>{MORE}</p></form>")
    assert sections(reading) == {"What They Found": (TEXT,), "For Nurses": (MORE,)}


def test_the_last_line_of_a_text_that_is_cut_off_may_be_the_beginning_of_a_heading() -> None:
    capture = f"A Walk a Day\nKey Takeaway\nIt helped.\nWhat They Found\n{TEXT}\nWho Should Care and"
    reading = read_page(capture.encode(), profile=PROFILE, url=URL, form="text")
    assert sections(reading) == {"What They Found": (TEXT,)}


def test_a_heading_of_a_text_that_is_cut_off_is_one_also_above_the_torn_line() -> None:
    capture = f"A Walk a Day\nKey Takeaway\nIt helped.\nWhat They Found\n{TEXT}\nFor Nurses\nWhoever can"
    reading = read_page(capture.encode(), profile=PROFILE, url=URL, form="text")
    assert sections(reading)["What They Found"] == (TEXT,)


# -- copies ------------------------------------------------------------------------------------------------


def test_what_stands_twice_in_a_block_is_read_once() -> None:
    twice = "<span>{0}</span><span hidden>{0}</span>"
    reading = article(
        f"<h2>Who Should Care and Why</h2><div>{twice.format(MORE)}</div><h2>More Details</h2>"
        f"<div><span>Journal</span>{twice.format('A Journal of Walking')}</div>"
    )
    assert sections(reading)["Who Should Care and Why"] == (MORE,)
    assert reading.source is not None and reading.source.journal == "A Journal of Walking"


def test_short_words_may_stand_twice_on_purpose() -> None:
    reading = article("<h2>Article Topics:</h2><p><b>Walking</b> <b>Sleep</b></p><p>Very very good</p>")
    assert [topic.text for topic in reading.topics or ()][:2] == ["Walking", "Sleep"]


def test_a_copy_of_a_card_under_the_closing_words_is_no_passage_of_theirs() -> None:
    teaser = "Six hundred steps were counted by a machine, and by the people who walked them"
    reading = article(
        cards(f"<h3>Steps, Counted</h3><p>1/1/2027</p><p>{teaser}</p>")
        + f"<h2>Understanding MS Research</h2><p>{CAPTURE_ENDS}.</p><p>{teaser}</p>"
    )
    assert [passage.text for passage in reading.boilerplate] == [f"{CAPTURE_ENDS}."]


def test_ratings_that_stand_twice_stay_with_their_labels() -> None:
    full, empty = '<i class="fa fa-star"></i>', '<i class="fa fa-star-o"></i>'
    drawn = f"<p>Credibility <b>{full * 3}{empty * 2}</b> Interest <b>{full * 5}</b></p>"
    reading = article(title=f"<h1>A Walk a Day</h1>{drawn}{drawn.replace('<p>', '<p hidden>')}")
    assert reading.credibility is not None and reading.credibility.value == 3
    assert reading.interest is None or reading.interest.value == 5


# -- titles ------------------------------------------------------------------------------------------------


def test_the_sites_name_is_not_the_title_because_it_stands_twice() -> None:
    name = '<p><a href="/">MS Buddy</a></p>'
    assert article(title=f"{name}{name}<h2>A Walk a Day</h2>").title == "A Walk a Day"


def test_the_sites_name_may_stand_before_the_title() -> None:
    head = "<title>MS Buddy - A Walk a Day, and What It Did</title>"
    assert article(title="", head=head).title == "A Walk a Day, and What It Did"


def test_of_two_names_in_a_title_element_neither_is_taken_when_nothing_says_which() -> None:
    assert article(title="", head="<title>Our News - A Walk a Day, and What It Did</title>").title is None


# -- cards -------------------------------------------------------------------------------------------------


def test_a_teaser_is_no_title_where_a_card_has_lost_its_own() -> None:
    whole = [f"<h3>Steps, Counted by Day {day}</h3><p>1/1/2027</p><p>Teaser {day}</p>" for day in (1, 2, 3)]
    reading = article(cards(*whole, "<p>1/1/2027</p><p>A teaser that has lost its title</p>"))
    assert [one.title for one in reading.cards] == [f"Steps, Counted by Day {day}" for day in (1, 2, 3)] + [
        None
    ]


def test_a_title_that_was_damaged_on_its_way_is_no_teaser() -> None:
    reading = article(cards("<h3>Steps, C\ufffdunted</h3><p>Steps, Counted</p><p>1/1/2027</p>"))
    assert [(one.title, one.teaser) for one in reading.cards] == [("Steps, C\ufffdunted", None)]


def test_a_date_that_stands_twice_is_no_teaser() -> None:
    date = "<p>1/1/2027 · 2 min read</p>"
    reading = article(cards(f"<h3>Steps, Counted</h3>{date}{date}"))
    assert [(one.title, one.teaser) for one in reading.cards] == [("Steps, Counted", None)]


def test_dots_are_no_title() -> None:
    reading = article(cards('<img src="a.png" alt="..."><p>1/1/2027</p>', "<h3>Steps</h3><p>1/1/2027</p>"))
    assert [one.title for one in reading.cards] == [None, "Steps"]


# -- pages that are cut off --------------------------------------------------------------------------------


def test_a_page_is_cut_off_also_when_its_closing_words_stand_at_its_beginning() -> None:
    closing = "".join(
        f"<p>{anchor.before} {anchor.slot or ''} {anchor.after}. Each adds a stone to the same wall.</p>"
        for anchor in PROFILE.anchors
    )
    topics = "<h2>Article Topics:</h2><ul><li>Walking</li><li>Sle"
    reading = article(topics, title=f"{closing}<h1>A Walk a Day</h1>", end="")
    assert [topic.text for topic in reading.topics or ()] == ["Walking"]


def test_topics_that_only_keywords_name_are_not_taken_from_a_page_that_is_cut_off() -> None:
    head = (
        '<script type="application/ld+json">{"@type": "Article", "keywords": ["walking", "sleep"]}</script>'
    )
    assert article(head=head).topics is not None
    cut = article("<h2>Who Should Care and Why</h2><p>Whoever", head=head, end="")
    assert cut.topics is None
    assert Reason.CUT_OFF in {absence.reason for absence in cut.absences if absence.field == "topics"}


def test_a_topic_with_a_comma_is_one_also_when_the_next_is_cut_off() -> None:
    buttons = "<button>Copper, and other metals</button><button>Sl"
    reading = article(f"<h2>Article Topics:</h2><p>{buttons}", end="")
    assert [topic.text for topic in reading.topics or ()] == ["Copper, and other metals"]


# -- other -------------------------------------------------------------------------------------------------


def test_a_scale_is_no_value_where_the_value_before_it_is_hard_to_read() -> None:
    hidden = article(title="<h1>A Walk a Day</h1><p>Credibility: 4 o\u200bf 5 stars</p>")
    assert hidden.credibility is not None and (hidden.credibility.value, hidden.credibility.scale) == (4, 5)
    damaged = article(title="<h1>A Walk a Day</h1><p>Credibility: 4 \ufffdf 5 stars</p>")
    assert damaged.credibility is None


def test_another_article_inside_a_link_makes_two() -> None:
    other = f"<h2>Key Takeaway</h2><p>{MORE}</p><h2>What They Found</h2><p>{MORE} {TEXT}</p>"
    first = f"<h2>Key Takeaway</h2><p>{TEXT}</p><h2>What They Found</h2><p>{TEXT} {MORE}</p>"
    reading = read(f'<h1>A Walk a Day</h1>{first}<a href="/news/view/other-dDdDdD">{other}</a>')
    assert reading.kind is PageKind.UNREADABLE
    assert "two articles" in (reading.reason or "")


def test_topics_are_apart_also_where_all_of_the_page_stands_in_inline_elements() -> None:
    reading = article("<h2>Article Topics:</h2><span><span>Walking</span><span>Sleep (naps)</span></span>")
    deep = article(
        "<h2>Article Topics:</h2><span>Walking</span><span>Sleep (naps)</span>",
        title="<span><span><h1>A Walk a Day</h1>",
    )
    for one in (reading, deep):
        assert [topic.text for topic in one.topics or ()] == ["Walking", "Sleep (naps)"]
