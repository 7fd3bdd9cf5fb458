"""A reader's way through the archive, in a real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .test_pages import PAGES

DESKTOP, PHONE = {"width": 1200, "height": 800}, {"width": 360, "height": 640}
NewPage = Callable[..., Any]


def test_from_a_search_by_a_facet_to_an_article_and_its_history(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/")
    page.get_by_label("Search the articles").fill("moved")
    page.keyboard.press("Enter")
    assert page.locator("mark").first.inner_text() == "moved"
    page.get_by_label("Narrow the search").get_by_role("link", name="Iron", exact=True).click()
    page.get_by_role("link", name="Iron in motion").click()
    assert page.title() == "Iron in motion · archive · msarchive"
    assert page.get_by_role("heading", level=1).inner_text() == "Iron in motion"
    page.get_by_role("link", name="History").click()
    page.get_by_role("link", name="side by side").click()
    assert page.locator("del").first.inner_text() and "hardly" in page.locator("ins").all_inner_texts()
    page.go_back()
    page.get_by_role("button", name="Compare").click()
    assert page.url.endswith("/difference/sample/aB3dE6?from=1&to=2")


def test_an_archived_page_is_seen_and_its_scripts_do_not_run(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/article/sample/aB3dE6")
    page.get_by_role("link", name="Captures").click()
    page.get_by_role("link", name="1", exact=True).click()
    frame = page.frame_locator("iframe")
    assert frame.get_by_role("heading").inner_text() == "Iron in motion"
    assert frame.locator("p").inner_text() == "Café"
    page.goto("/archived/1")  # and not as a page of its own
    assert page.url.endswith("/capture/1")


def test_an_article_as_of_a_date_is_chosen_on_its_page(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/article/sample/aB3dE6")
    page.get_by_label("What it said by the end of").fill("2026-03-01")
    page.get_by_role("button", name="Show").click()
    assert page.url.endswith("?as_of=2026-03-01")
    page.get_by_role("link", name="As of now").click()
    assert page.url.endswith("/article/sample/aB3dE6")


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(new_page: NewPage, path: str) -> None:
    page = new_page(viewport=PHONE)
    page.goto(path)
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"]


def test_dark_and_light_follow_the_reader(new_page: NewPage) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        page = new_page(color_scheme=scheme)
        page.goto("/article/sample/aB3dE6")
        colours = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
        )
        brightness[scheme] = [sum(map(int, colour[4:-1].split(","))) for colour in colours]
    assert brightness["light"][0] > brightness["light"][1]
    assert brightness["dark"][0] < brightness["dark"][1]


def test_everything_is_read_without_javascript(new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto("/search?q=moved")
    page.get_by_role("link", name="Next").first.click()
    assert "page=2" in page.url
    page.goto("/article/sample/aB3dE6")
    page.get_by_text("1 passage shared with other articles").click()
    assert page.get_by_text("Papers in {journal} range widely.").is_visible()


def test_the_keyboard_reaches_everything_and_shows_where_it_is(new_page: NewPage) -> None:
    page = new_page(viewport=DESKTOP)
    page.goto("/article/sample/aB3dE6")
    page.keyboard.press("Tab")
    skip = page.locator(":focus")
    assert skip.inner_text() == "Skip to the content"
    assert skip.bounding_box()["x"] >= 0  # hidden until it has the focus
    seen = []
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "(() => { const e = document.activeElement, s = getComputedStyle(e);"
            " return [e.tagName, (e.innerText || e.name || '').trim(), s.outlineStyle, e.href || ''] })()"
        )
        if told[0] == "BODY":
            break
        assert told[2] == "solid", told
        seen.append(told[1])
    for reachable in ("Articles", "q", "History", "Iron", "as_of", "What the words mean"):
        assert reachable in seen
    page.goto("/article/sample/aB3dE6")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_an_article_prints_without_what_surrounds_it(new_page: NewPage) -> None:
    page = new_page()
    page.goto("/article/sample/aB3dE6")
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert not page.get_by_role("button", name="Show").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()
