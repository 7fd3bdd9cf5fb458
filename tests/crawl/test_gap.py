"""Between the beginnings of two requests lies at least the delay that was set, as the server sees it."""

from __future__ import annotations

import contextlib
import json
from itertools import pairwise
from pathlib import Path

from .crawling import ask, finish, start_crawl
from .scripted import DROP, Answer, Script, ScriptedSite, links, redirect, robots
from .test_robots import fetch

DELAY_S = 0.02
PAGES = 1_000
LOCAL = "127.0.0.1 127.0.0.2 127.0.0.3"


def _gaps(*sites: ScriptedSite) -> list[float]:
    """Seconds between the beginnings of all requests that any of the sites saw."""
    return [b - a for a, b in pairwise(sorted(at for site in sites for at, _ in site.seen))]


def _large_site() -> dict[str, Answer | list[Answer]]:
    """Robots.txt behind redirects, two sitemaps, pages, redirects, and requests that have to be repeated."""
    script: dict[str, Answer | list[Answer]] = {
        "/robots.txt": redirect("/rules/1"),
        "/rules/1": redirect("/rules/2"),
        "/rules/2": robots("Disallow: /no", "Sitemap: /more.xml"),
        "/": links("/no/1", "/no/2"),
        "/news": links(),
    }
    paths = [f"/pages/aB{number:04d}" for number in range(PAGES)]
    for number, path in enumerate(paths):
        kinds: dict[int, Answer | list[Answer]] = {
            0: redirect("/news"),
            1: [DROP, links()],
            2: [Answer(500), links()],
            3: Answer(404),
        }
        script[path] = kinds.get(number % 25, links())
    for name, part in (("/sitemap.xml", paths[::2]), ("/more.xml", paths[1::2])):
        told = "".join(f"<url><loc>{path}</loc></url>" for path in part)
        script[name] = Answer(body=f"<urlset>{told}</urlset>".encode(), type="text/xml")
    return script


def test_over_a_thousand_requests_of_every_kind_no_gap_is_below_the_delay(tmp_path: Path) -> None:
    site = ScriptedSite({})
    script = _large_site()
    for name in ("/sitemap.xml", "/more.xml"):
        answer = script[name]
        assert isinstance(answer, Answer)
        body = answer.body.replace(b"<loc>", f"<loc>{site.base_url}".encode())
        script[name] = Answer(body=body, type=answer.type)
    site.script = script
    with site:
        done = finish(start_crawl(tmp_path / "archive", site.base_url, delay=DELAY_S), timeout=240)
    assert done.code == 0, done
    gaps = _gaps(site)
    assert len(gaps) >= PAGES
    assert min(gaps) >= DELAY_S
    ((counts,),) = ask(tmp_path / "archive", "SELECT counts FROM runs")
    assert DELAY_S * 1000 <= json.loads(counts)["smallest_gap_ms"] <= max(gaps) * 1000
    assert not {"/no/1", "/no/2"} & set(site.paths)


def test_several_origins_and_their_robots_share_the_delay() -> None:
    script: Script = {"/robots.txt": redirect("/rules"), "/rules": robots("Disallow: /no"), "/page": links()}
    sites = [ScriptedSite(script, host) for host in ("127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.3")]
    with contextlib.ExitStack() as stack:
        for site in sites:
            stack.enter_context(site)
        got = fetch(
            *(f"{site.base_url}/page" for site in sites), DOWNLOAD_DELAY=0.1, MSARCHIVE_ALLOW_PRIVATE=LOCAL
        )
    assert set(got.values()) == {200}
    assert len(_gaps(*sites)) == 4 * 3 - 1
    assert min(_gaps(*sites)) >= 0.1


def test_without_a_delay_there_is_still_one_request_at_a_time() -> None:
    slow = Answer(body=b"<html><body><p>slow</p></body></html>", wait=0.05)
    sites = [ScriptedSite({"/page": slow, "/other": slow}, host) for host in ("127.0.0.1", "127.0.0.2")]
    with sites[0], sites[1]:
        got = fetch(
            *(site.base_url + path for path in ("/page", "/other") for site in sites),
            MSARCHIVE_ALLOW_PRIVATE=LOCAL,
        )
    assert set(got.values()) == {200}
    pages = sorted(at for site in sites for at, path in site.seen if path != "/robots.txt")
    assert min(b - a for a, b in pairwise(pages)) >= 0.05  # none begins before the one before it has ended
