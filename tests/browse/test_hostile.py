"""Three hundred hostile strings, each in every field that a site can fill: nothing runs or is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from lxml import html

from crawler.browse.addresses import here
from crawler.browse.security import HEADERS
from tests.crawl.crawling import ask
from tests.hostile.places import Trap

from .chromium import Watch
from .hostile import MANY, hostile_archive, strings
from .serving import asking, serving

_OURS = frozenset({
    "a", "article", "aside", "bdi", "body", "br", "button", "circle", "dd", "del", "details", "div",
    "dl", "dt", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "head", "header", "html",
    "iframe", "input", "ins", "label", "li", "link", "main", "mark", "meta", "nav", "ol", "option", "p",
    "path", "rect", "section", "select", "span", "strong", "summary", "svg", "table", "tbody", "td",
    "th", "thead", "time", "title", "tr", "ul",
})  # fmt: skip
"""Elements that our own templates have."""
_ADDRESS = re.compile(r"(?:/(?!/)|https?://|#).*", re.DOTALL)
_LISTS = (
    "/", "/articles", "/articles?page=7", "/articles?sort=title", "/topics", "/topics?page=3", "/journals",
    "/journals?page=3", "/changes", "/changes?page=9", "/changes?what=changed", "/search",
    "/search?q=alert&page=2", "/coverage", "/coverage/failed", "/coverage/stored?page=3", "/runs",
    "/run/1", "/alarms",
)  # fmt: skip
_KINDS = ("article", "history", "evidence", "captures", "difference")


@contextmanager
def _trapped() -> Iterator[Trap]:
    with Trap("127.0.0.1") as trap:
        yield trap


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    with _trapped() as trap:
        yield trap


@pytest.fixture(scope="module")
def hostile(trap: Trap, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_archive(tmp_path_factory.mktemp("hostile") / "archive", f"http://127.0.0.1:{trap.port}")


@pytest.fixture(scope="module")
def keys(hostile: Path) -> list[str]:
    return [key for (key,) in ask(hostile, "SELECT key FROM articles ORDER BY first_seen_at")]


def test_there_are_so_many_of_them_all_different() -> None:
    assert len(set(strings("http://127.0.0.1:1"))) == MANY == 300


def test_text_stays_text_on_every_page(hostile: Path, keys: list[str]) -> None:
    """No element, no attribute, no address, no header that is not ours."""
    with asking(hostile) as client:
        for number, key in enumerate(keys):
            kind = _KINDS[1:][number % 4]
            for path in (
                here("article", "sample", key),
                here(kind, "sample", key),
                f"/capture/{3 * number + 1}",
            ):
                _assert_ours(client.get(path), path)
        for path in (
            *_LISTS,
            *(here("search", q=text[:300]) for text in strings("http://127.0.0.1:1")[::10]),
        ):
            _assert_ours(client.get(path), path)


def _assert_ours(answer: httpx.Response, path: str) -> None:
    assert answer.status_code in (200, 400), (path, answer.text)
    assert set(answer.headers) <= {name.lower() for name in HEADERS} | {
        "date", "content-type", "content-length", "etag", "cache-control",
    }, path  # fmt: skip
    for element in html.fromstring(answer.content).iter():
        if not isinstance(element.tag, str):
            continue
        assert element.tag in _OURS, (path, element.tag)
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name != "style", (path, element.tag, name)
            if name in ("href", "src", "action"):
                assert _ADDRESS.fullmatch(value), (path, value)


def test_the_way_to_an_article_holds_no_header_of_the_sites(hostile: Path, keys: list[str]) -> None:
    with asking(hostile) as client:
        for key in keys[::7]:
            answer = client.get("/go", params={"to": key.strip()})
            assert "set-cookie" not in answer.headers
            assert answer.headers.get("location", "/").isprintable()


@pytest.mark.timeout(900)
def test_nothing_runs_and_nothing_is_asked_for_in_a_browser(
    browser: Any, hostile: Path, keys: list[str], trap: Trap
) -> None:
    with serving(hostile) as base:
        context, watch = browser.new_context(base_url=base), Watch(base)
        page = context.new_page()
        watch.over(page)
        for number, key in enumerate(keys):
            page.goto(here("article", "sample", key))
            if number % 10 == 0:
                for kind in _KINDS[1:]:
                    page.goto(here(kind, "sample", key))
            if number % 3 == 0:
                page.goto(f"/capture/{3 * number + 1}", wait_until="load")
        for path in _LISTS:
            page.goto(path)
        context.close()
    watch.assert_nothing()
    assert trap.connections == 0


def test_an_archived_page_gets_no_connection_whatever_it_holds(
    browser: Any, hostile: Path, trap: Trap
) -> None:
    """Also not by what no policy governs, nor when one of its links is clicked."""
    with serving(hostile) as base:
        context, watch = browser.new_context(base_url=base), Watch(base)
        page = context.new_page()
        watch.over(page)
        for number, text in enumerate(strings("http://127.0.0.1:1")[:76]):
            if re.search(r"<link|<iframe|<meta|<a |<form|<base", text) and number % 10:
                page.goto(f"/capture/{3 * number + 1}")
                links = page.frame_locator("iframe").locator("a")
                if links.count():
                    links.first.click()
        context.close()
    watch.assert_nothing()
    assert trap.connections == 0


def test_the_watch_itself_sees_what_a_careless_page_does(browser: Any, base: str) -> None:
    with _trapped() as trap:
        context, watch = browser.new_context(), Watch(base)
        page = context.new_page()
        watch.over(page)
        page.set_content(
            f"<script>alert(1)</script><script>nothing()</script><img src=http://127.0.0.1:{trap.port}/i.png>"
        )
        context.close()
        assert watch.dialogs == ["1"] and watch.errors and watch.outside
        assert trap.connections > 0
