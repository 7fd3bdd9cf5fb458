"""Visits to the sample site without a network: what a crawl's parts make of its pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from crawler.exits import ExitCode
from crawler.outcome import CrawlResult, conclude
from crawler.samplesite import edition
from crawler.samplesite.pages import Page as SitePage
from crawler.samplesite.pages import build
from pipelines.boilerplate import separate
from pipelines.normalise import page_record
from pipelines.session import CrawlSession, RetryPolicy
from spiders.page import Exchange, Fetched
from spiders.pages import PageMaker
from spiders.reading.addresses import kind_of
from spiders.reading.profile import SiteProfile
from spiders.sites import load_profile
from storage.frontier import Frontier
from storage.writer import Writer
from tests import places

BASE = "http://127.0.0.1:8123"
A_LAYOUT = 6
"""Articles of each layout that are visited: enough for a change to be seen, few enough to be quick."""
LISTINGS = ("/", "/news", "/news?page=2", "/news?page=3", "/news/archive/2026")


def article_paths(a_layout: int = A_LAYOUT) -> list[str]:
    """Some articles of each layout, those that show most first."""
    chosen: list[str] = []
    for layout in ("semantic", "framework", "classic"):
        mine = [article for article in edition().articles if article.layout == layout]
        mine.sort(key=lambda article: (not article.topics, article.source is None, article.id))
        chosen += [article.path for article in mine[:a_layout]]
    return chosen


def site_pages(paths: Iterable[str] | None = None, redesign: str | None = None) -> Mapping[str, SitePage]:
    """Pages of the sample site by path; by default those articles and some listings."""
    pages = build((), BASE, redesign)
    wanted = [*LISTINGS, *article_paths()] if paths is None else paths
    return {path: pages[path] for path in wanted}


def visit(
    archive: Path, pages: Mapping[str, SitePage], *, day: int, site: str = "sample", stopped: bool = False
) -> CrawlResult:
    """A crawl's run over these pages on a day of March 2026; `stopped` ends it like a signal."""
    profile = load_profile(site).at(f"{BASE}/")
    with places.opened(archive, create=True) as opened:
        writer = Writer(opened, profile.name)
        writer.begin_run(
            "crawl", program_version="1", reader_version="1", profile_digest=profile.digest, settings={}
        )
        session = CrawlSession(
            profile,
            writer,
            Frontier(opened, profile.name),
            RetryPolicy(),
            directory=opened.directory,
            database=places.database_of(archive),
        )
        maker = PageMaker(profile)
        for number, (path, page) in enumerate(pages.items()):
            at = f"2026-03-{day:02}T{number // 60:02}:{number % 60:02}:00.000Z"
            _save(writer, maker, profile, path, page, at)
        for (url,) in writer.db.all("SELECT url FROM url WHERE due_at IS NOT NULL"):
            # The rest of the site is none of this test's business: a crawl that leaves work is no good one.
            writer.record_failure(
                url,
                "not visited",
                now=f"2026-03-{day:02}T23:00:00.000Z",
                retry_at=None,
                final_state="refused",
            )
        session.counts["answers"] = len(pages)
        result = conclude(session, "shutdown" if stopped else "finished")
    assert result.exit_code is ExitCode.STOPPED or not stopped
    return result


def _save(writer: Writer, maker: PageMaker, profile: SiteProfile, path: str, page: SitePage, at: str) -> None:
    url, headers = BASE + path, (("Content-Type", page.content_type),)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {page.content_type}\r\nContent-Length: {len(page.body)}\r\n\r\n"
    exchange = Exchange(
        url, f"GET {path} HTTP/1.1\r\n\r\n".encode(), head.encode() + page.body, at, 200, headers, page.body
    )
    fetched = Fetched(url, at, 200, headers, page.body, "crawl", exchange=exchange)
    read = maker.page(fetched, kind_of(url, profile), depth=1)
    writer.save_page(separate(page_record(read, profile)), now=at)
