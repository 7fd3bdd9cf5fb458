"""A site that asks for less is asked for less, then left alone; the next crawl goes on, and not too soon."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from crawler.reading_beside import MOST_UNDER_WAY

from .crawling import ask, crawl, kill, start_crawl, states
from .scripted import Answer, Script, ScriptedSite, links, redirect, robots

PAGES = [f"/pages/aB{number:04d}" for number in range(40)]

UNDER_WAY = MOST_UNDER_WAY - 1
"""Requests that may be under way, without a delay, beside the one whose answer is judged."""


def after(seconds: int | str, status: int = 429) -> Answer:
    return Answer(status, b"slow down", headers=(("Retry-After", str(seconds)),))


class Site(ScriptedSite):
    """Forty pages; `answer` says what becomes of the n-th request for one of them (0 first), None: a page."""

    def __init__(self, answer: Callable[[int, str], Answer | None], more: Script | None = None) -> None:
        self.answer = answer
        self.asked: list[str] = []
        script: dict[str, Any] = {
            "/robots.txt": robots("Disallow: /no"),
            "/": links(*PAGES),
            "/news": links(),
            **dict.fromkeys(PAGES, self._page),
            **(more or {}),
        }
        super().__init__(script)

    def _page(self, path: str) -> Answer:
        self.asked.append(path)
        return self.answer(len(self.asked) - 1, path) or links(title=path)


def _due(archive: Path) -> list[str]:
    return [at for (at,) in ask(archive, "SELECT due_at FROM urls WHERE due_at IS NOT NULL")]


def _counts(archive: Path) -> dict[str, int]:
    rows = ask(archive, "SELECT counts FROM runs ORDER BY id DESC LIMIT 1")
    loaded: dict[str, int] = json.loads(rows[0][0])
    return loaded


@pytest.mark.parametrize("status", [429, 503, 403])
def test_a_site_that_refuses_after_having_worked_is_exit_code_9_and_the_next_crawl_goes_on(
    status: int, tmp_path: Path
) -> None:
    with Site(lambda number, path: Answer(status) if number >= 10 else None) as site:
        done = crawl(tmp_path / "archive", site.base_url)
        assert (done.code, done.result["outcome"]) == (9, "blocked"), done
        assert f"HTTP {status}" in done.result["reason"]
        assert len(site.asked) <= 10 + (10 if status == 403 else 3) + UNDER_WAY
        assert _due(tmp_path / "archive")
        before = len(site.asked)
        site.answer = lambda number, path: None
        again = crawl(tmp_path / "archive", site.base_url)
    assert again.code == 0, again
    assert sorted(set(site.asked)) == PAGES
    good = set(site.asked[:10])
    assert not good & set(site.asked[before:])
    assert {states(tmp_path / "archive")[path][0] for path in PAGES} == {"stored"}


def test_a_site_that_refuses_everything_from_the_beginning_is_exit_code_9(tmp_path: Path) -> None:
    script: Script = {"/robots.txt": robots(), "/": Answer(403), "/news": Answer(403)}
    with ScriptedSite(script) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 9, done
    assert "HTTP 403" in done.result["reason"]


def test_bot_challenges_everywhere_are_exit_code_9(tmp_path: Path) -> None:
    challenge = Answer(
        403,
        b"<html><head><title>Just a moment...</title></head><body></body></html>",
        headers=(("cf-mitigated", "challenge"),),
    )
    with Site(lambda number, path: challenge if number >= 5 else None) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 9, done
    assert len(site.asked) <= 5 + 3 + UNDER_WAY


def test_one_page_that_is_always_refused_does_not_end_the_crawl(tmp_path: Path) -> None:
    with Site(lambda number, path: Answer(429) if path == PAGES[3] else None) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 3, done
    assert {path for path, (state, _) in states(tmp_path / "archive").items() if state == "failed"} == {
        PAGES[3]
    }
    assert sorted(set(site.asked)) == PAGES
    assert _counts(tmp_path / "archive")["pushbacks"] == 3


def test_one_page_that_asks_to_be_left_alone_for_hours_keeps_no_other_from_being_fetched(
    tmp_path: Path,
) -> None:
    archive = tmp_path / "archive"
    with Site(lambda number, path: after(7200, 503) if path == PAGES[3] else None) as site:
        assert crawl(archive, site.base_url).code == 9
        assert len(site.asked) == 4
        _let_hours_pass(archive)
        assert crawl(archive, site.base_url).code == 9
        assert sorted(set(site.asked)) == PAGES
        assert site.asked[-1] == PAGES[3]
        _let_hours_pass(archive)
        assert crawl(archive, site.base_url).code == 9
        _let_hours_pass(archive)
        fourth = len(site.asked)
        crawl(archive, site.base_url, refresh="all")  # its tries are used up: a round of its own begins
        assert len(site.asked) == fourth + len(PAGES)


def test_retry_after_is_waited_for_and_the_site_is_asked_more_slowly_from_then_on(tmp_path: Path) -> None:
    with Site(lambda number, path: after(1) if number == 5 else None) as site:
        done = crawl(tmp_path / "archive", site.base_url, delay=0.05)
    assert done.code == 0, done
    told = next(at for at, path in site.seen if path == PAGES[5])
    later = [at for at, _ in site.seen if at > told]
    assert later[0] - told >= 1.0
    slow = [b - a for a, b in pairwise(later)]
    assert min(slow[:10]) >= 0.1  # twice the delay
    assert min(slow[25:]) < min(slow[:10])  # and back, after twenty good answers
    assert site.asked.index(PAGES[5], 6) == len(PAGES)  # the others come first


@pytest.mark.parametrize("page", ["a page", "robots.txt"])
def test_a_crawl_begun_before_the_time_that_the_site_named_asks_nothing(page: str, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    script: dict[str, Answer | list[Answer]] = {"/robots.txt": robots(), "/": links("/a"), "/news": links()}
    script["/robots.txt" if page == "robots.txt" else "/a"] = after(3600)
    with ScriptedSite(script) as site:
        first = crawl(archive, site.base_url)
        assert first.code == (8 if page == "robots.txt" else 9), first
        asked = len(site.seen)
        second = crawl(archive, site.base_url)
        assert (second.code, len(site.seen)) == (9, asked), second
        assert "until" in second.result["reason"]
        script.update({"/robots.txt": robots(), "/a": links()})
        _let_hours_pass(archive)
        assert crawl(archive, site.base_url).code == 0
    assert states(archive)["/a"][0] == "stored"


def test_a_crawl_that_was_killed_while_it_waited_leaves_the_next_one_waiting(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    script: Script = {
        "/robots.txt": robots(), "/": links("/a"), "/news": links(), "/a": [after(4), links()],
    }  # fmt: skip
    with ScriptedSite(script) as site:
        process = start_crawl(archive, site.base_url)
        while "/a" not in site.paths or not _stored(archive, "/a"):
            time.sleep(0.02)
        kill(process)
        done = crawl(archive, site.base_url)
    assert done.code == 0, done
    told = next(at for at, path in site.seen if path == "/a")
    assert min(at for at, _ in site.seen if at > told) - told >= 3.9  # the archive counts milliseconds


@pytest.mark.parametrize("value", ["soon", "-1", "", "Fri, 99 Foo"])
def test_a_retry_after_that_is_nonsense_is_as_none(value: str, tmp_path: Path) -> None:
    with Site(lambda number, path: after(value, 503) if number == 2 else None) as site:
        done = crawl(tmp_path / "archive", site.base_url)
    assert done.code == 0, done
    assert sorted(set(site.asked)) == PAGES


def test_a_stop_while_the_site_wants_silence_is_quick(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with ScriptedSite({"/robots.txt": robots(), "/": after(300), "/news": links()}) as site:
        process = start_crawl(archive, site.base_url)
        while "/" not in site.paths or not _stored(archive, "/"):
            time.sleep(0.02)
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert process.returncode == 5, (out, err)
    assert "/news" not in site.paths


def test_a_stop_before_the_hops_of_robots_are_asked_is_a_stop(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    with ScriptedSite({"/robots.txt": redirect("/rules"), "/rules": robots(), "/": links()}) as site:
        process = start_crawl(archive, site.base_url, delay=60)
        while "/robots.txt" not in site.paths:
            time.sleep(0.02)
        time.sleep(0.3)
        process.terminate()
        out, err = process.communicate(timeout=10)
    assert process.returncode == 5, (out, err)
    assert site.paths == ["/robots.txt"]


def _stored(archive: Path, path: str) -> bool:
    try:
        return bool(
            ask(
                archive, "SELECT 1 FROM urls WHERE url LIKE :path AND due_at > last_tried_at", path=f"%{path}"
            )
        )
    except Exception:
        return False


def _let_hours_pass(archive: Path) -> None:
    """What the archive keeps as a time to come becomes a time that has passed."""
    with sqlite3.connect(archive / "archive.db") as connection:
        connection.execute("UPDATE url SET due_at = '2026-01-01T00:00:00.000Z' WHERE due_at IS NOT NULL")
    connection.close()


_JUMPING = """
import time
from crawler.robots import RobotsMiddleware
asked = []
def clock():
    return time.time() + 90_000 * any("/pages/" in url for url in asked)
RobotsMiddleware.from_crawler = classmethod(lambda cls, crawler: cls(crawler, clock))
real = RobotsMiddleware.process_request
def counting(self, request):
    asked.append(request.url)
    return real(self, request)
RobotsMiddleware.process_request = counting
"""


def test_a_day_later_robots_is_asked_for_again_and_what_it_says_then_holds(tmp_path: Path) -> None:
    rules = [robots("Disallow: /no"), redirect("/rules")]
    with Site(
        lambda number, path: None, {"/robots.txt": rules, "/rules": robots("Disallow: /pages")}
    ) as site:
        done = crawl(tmp_path / "archive", site.base_url, before=_JUMPING)
    assert site.paths.count("/robots.txt") >= 2, done
    assert site.asked == []
    assert states(tmp_path / "archive")[PAGES[0]] == ("refused", "robots.txt")


def test_when_robots_can_not_be_had_again_a_day_later_the_crawl_stops_and_the_rest_stays_due(
    tmp_path: Path,
) -> None:
    rules: list[Answer] = [robots("Disallow: /no"), Answer(500)]
    with Site(lambda number, path: None, {"/robots.txt": rules}) as site:
        done = crawl(tmp_path / "archive", site.base_url, before=_JUMPING)
        assert done.code == 8, done
        assert site.paths.count("/robots.txt") == 1 + 3
        assert site.asked == []
        assert len(_due(tmp_path / "archive")) >= len(PAGES)
        rules[1] = robots()
        assert crawl(tmp_path / "archive", site.base_url).code == 0
    assert sorted(site.asked) == PAGES
