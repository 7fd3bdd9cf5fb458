"""What is remembered between pages: little, and nothing that a reading could tell."""

from __future__ import annotations

from random import Random

from spiders.reading import menus, ratings, read_page, start_tags
from spiders.reading.remembered import Remembered
from tests.reading.records import PROFILE, builds


def test_a_value_is_made_once() -> None:
    made: list[str] = []
    known = Remembered[str, int](lambda key: made.append(key) or len(key), most=2, longest=5, size=len)
    assert (known["one"], known["one"], known["three"]) == (3, 3, 5)
    assert made == ["one", "three"]


def test_it_holds_no_more_than_it_may_and_no_long_keys() -> None:
    known = Remembered[str, int](len, most=2, longest=5, size=len)
    for key in ("a", "b", "c", "far too long"):
        assert known[key] == len(key)
        assert len(known) <= 2
    assert "far too long" not in known


def test_a_page_of_tags_without_end_leaves_little_behind() -> None:
    page = "".join(f'<p class="c{number} {"x" * 500}">{number}</p>' for number in range(2_000))
    page += "".join(f'<b id="b{number}">{number}</b>' for number in range(20_000))
    read_page(page.encode(), profile=PROFILE, url=None, content_type="text/html")
    kept = start_tags.known_tags()
    assert 0 < kept <= start_tags.MOST


def test_readings_do_not_depend_on_what_was_read_before() -> None:
    pages = [build for build in builds() if build.meta.get("form") != "text"]
    before = [build.read() for build in pages]
    order = list(range(len(pages)))
    Random(1).shuffle(order)
    ratings.forget()
    start_tags.forget()
    menus.forget()
    after = {index: pages[index].read() for index in order}
    for index, reading in enumerate(before):
        assert after[index] == reading
        assert after[index].blocks == reading.blocks
