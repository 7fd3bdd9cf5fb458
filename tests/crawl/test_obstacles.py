"""What stands in an article's place never becomes its new version: the article stays, and is asked again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crawler.rereading import RereadOptions, reread

from .crawling import ask, crawl, states
from .scripted import Answer, ScriptedSite, links, redirect, robots

ARTICLE = """<!DOCTYPE html><html><head><title>A Walk a Day</title></head><body><main><h1>A Walk a Day</h1>
<h2>Key Takeaway</h2><p>Half an hour on foot did most of them some good.</p>
<h2>What They Found</h2><p>Forty of sixty people slept better in the second month than in the first.</p>
<h2>Who Should Care and Why</h2><p>Whoever can walk a little and would like to walk more.</p>
<h2>Important Considerations</h2><p>Sixty people are few, and all of them liked to walk.</p>
</main></body></html>"""
CURRENT = "SELECT id, title, takeaway, first_seen_at FROM articles ORDER BY 1"
INSTEAD = {
    "soft 404": Answer(body=b"<html><body><h1>Page not found</h1></body></html>", headers=(("ETag", '"x"'),)),
    "login wall": redirect("/login?next=/news", 302),
    "bot challenge": Answer(403, b"<title>Just a moment...</title><div class=cf-turnstile></div>"),
    "consent wall": Answer(body=b"<html><body><h1>Before you continue</h1><p>Choose.</p></body></html>"),
    "maintenance page": Answer(body=b"<html><body><h1>Down for maintenance</h1></body></html>"),
    "needs a browser": Answer(body=b"<html><body><div id=root></div><script>a()</script></body></html>"),
}  # fmt: skip
COUNTS = {
    "soft 404": "soft_404", "login wall": "login", "bot challenge": "challenge", "consent wall": "consent",
    "maintenance page": "maintenance", "needs a browser": "shell",
}  # fmt: skip


PATHS = {name: f"/news/view/a-walk-a-day-Hh4Jj{number}" for number, name in enumerate(INSTEAD, 1)}
TRIES = {"maintenance page": 3}
"""Maintenance passes: it is worth another try at once."""


@dataclass(frozen=True)
class Told:
    """Three crawls of a site whose articles are there, then are not, then are again."""

    codes: tuple[int, ...]
    second: dict[str, Any]
    between: Mapping[str, tuple[str, str]]
    archive: Path
    articles: list[list[tuple[Any, ...]]]
    last_heads: Mapping[str, list[bytes]]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    archive = tmp_path_factory.mktemp("obstacles")
    paths = {
        path: [article(path), *[INSTEAD[name]] * TRIES.get(name, 1), article(path)]
        for name, path in PATHS.items()
    }
    articles, codes = [], []
    with ScriptedSite(site(*PATHS.values()) | paths) as server:
        codes.append(crawl(archive, server.base_url).code)
        articles.append(ask(archive, CURRENT))
        second = crawl(archive, server.base_url, refresh="all")
        articles.append(ask(archive, CURRENT))
        between = states(archive)
        codes += [second.code, crawl(archive, server.base_url).code]
        articles.append(ask(archive, CURRENT))
        last = {path: server.heads[path][-1] for path in PATHS.values()}
    return Told(tuple(codes), second.result, between, archive, articles, last)


def article(path: str) -> Answer:
    return Answer(body=ARTICLE.replace("Forty", path[-6:]).encode(), headers=(("ETag", '"one"'),))


def site(*paths: str) -> dict[str, Any]:
    return {
        "/robots.txt": robots(),
        "/": links(*paths),
        "/news": links(),
        "/sitemap.xml": Answer(body=b"<urlset></urlset>", type="text/xml"),
    }


def test_the_articles_stay_as_they_were(told: Told) -> None:
    assert told.articles[0] == told.articles[1]
    assert [row[:2] for row in told.articles[2]] == [row[:2] for row in told.articles[0]]
    assert len(told.articles[0]) == len(PATHS)
    assert ask(told.archive, "SELECT event FROM article_events") == []
    assert ask(told.archive, "SELECT max(revision) FROM revisions") == [(1,)]


def test_the_run_says_what_was_in_the_way(told: Told) -> None:
    assert told.codes == (0, 3, 0)
    for name in INSTEAD:
        assert f"1 {name}" in told.second["reason"]
        assert told.second["counts"][COUNTS[name]] == TRIES.get(name, 1)


@pytest.mark.parametrize("name", INSTEAD)
def test_the_address_says_why_and_is_asked_again_whole(name: str, told: Told) -> None:
    state, reason = told.between[PATHS[name]]
    assert state == "failed" and f"{name}: " in reason
    assert states(told.archive)[PATHS[name]] == ("stored", "summary")
    assert not [line for line in told.last_heads[PATHS[name]] if line.lower().startswith(b"if-none-match")]


@pytest.mark.parametrize("name", INSTEAD)
def test_what_came_is_kept(name: str, told: Told) -> None:
    captured = ask(
        told.archive, "SELECT status FROM captures WHERE url LIKE '%' || :path ORDER BY id", path=PATHS[name]
    )
    assert captured == [(200,), *[(INSTEAD[name].status,)] * TRIES.get(name, 1), (200,)]


def test_a_page_that_nobody_expected_to_be_anything_may_be_a_login(tmp_path: Path) -> None:
    script = site("/members") | {
        "/members": Answer(
            body=b"<html><body><h1>Log in</h1><form><input type=password></form></body></html>"
        ),
    }
    with ScriptedSite(script) as server:
        done = crawl(tmp_path, server.base_url)
    assert done.code == 0
    assert states(tmp_path)["/members"] == ("stored", "login wall: its heading is “Log in”")


def test_a_reader_that_knows_better_puts_it_right_both_ways(tmp_path: Path) -> None:
    """With a profile in place of a better reader."""
    profile = tmp_path / "sample.toml"
    heading = '[obstacles]\nsoft_404 = ["liked to walk"]\n[parts]\ntakeaway = ["No Such"]\n[parts.sections]\n'
    odd = heading + 'findings = ["None"]\naudience = ["Neither"]\nconsiderations = ["Nor"]\n'
    for_now = 'extends = "sample"\nname = "sample"\n'
    archive = tmp_path / "archive"
    path = PATHS["soft 404"]
    with ScriptedSite(site(path) | {path: article(path)}) as server:
        profile.write_text(for_now + odd, "utf-8")
        assert crawl(archive, server.base_url, site=str(profile)).code == 3
        assert states(archive)[path][0] == "failed"
        assert ask(archive, "SELECT * FROM articles") == []
        profile.write_text(
            for_now + f'[addresses]\nhosts = ["{server.base_url[7:]}"]\nstart = ["{server.base_url}/"]\n'
            'sitemaps = []\n', "utf-8",
        )  # fmt: skip
        reread(RereadOptions(archive=archive, site=str(profile)), program_version="test")
    assert states(archive)[path] == ("stored", "summary")
    assert ask(archive, "SELECT id, title FROM articles") == [(path[-6:], "A Walk a Day")]
