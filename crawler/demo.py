"""The demonstration: the bundled sample site on loopback, crawled whole. No click, nothing printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Connection, text

from crawler.outcome import CrawlResult
from crawler.run import CrawlOptions, run_crawl
from crawler.samplesite import SampleSite
from storage.archive import ArchiveMissing, open_archive
from storage.overview import overview

SITE = "sample"


@dataclass(frozen=True)
class Demo:
    """What the demonstration came to."""

    crawl: CrawlResult
    rows: tuple[tuple[str, str], ...]
    """What the archive holds, label and value."""
    events: tuple[tuple[str, int], ...]
    """What happened to whole articles since the crawl before (gone, back, moved), and to how many."""
    newest_id: str | None
    """An article to look at; None when there is none."""
    word: str
    """A word to search for."""


def run_demo(
    directory: Path, *, changes: Sequence[str] = (), redesign: str | None = None, progress: str = "screen"
) -> Demo:
    """Serve the sample site on a free port, crawl it into `directory`, and look at what came of it.

    The site keeps the address it had in the archive's first demo, also when its port is taken by now: it is
    then asked elsewhere, but stored as before. `changes` are what the site has been through meanwhile
    (`crawler.samplesite.CHANGES`), `redesign` is the look it has taken on (`crawler.samplesite.REDESIGNS`);
    KeyError for any other. Raises what `run_crawl` and `open_archive` raise.
    """
    known = known_address(directory)
    with _serve(known) as site:
        for change in changes:
            site.apply(change)
        if redesign is not None:
            site.redesign(redesign)
        base = known or site.base_url
        crawl = run_crawl(
            CrawlOptions(
                archive=directory,
                site=SITE,
                start=(f"{base}/", f"{base}/news"),
                origin=site.base_url if site.base_url != base else None,
                allow_private=(urlsplit(site.base_url).netloc,),
                kind="demo",
                refresh="all",  # "nothing new" is to be said of what was looked at, not of what was due
                progress=progress,
            )
        )
    with open_archive(directory, read_only=True) as archive, archive.engine.connect() as connection:
        return Demo(
            crawl=crawl,
            rows=_rows(connection, crawl),
            events=_events(connection),
            newest_id=_article_to_show(connection),
            word=_word(connection),
        )


def known_address(directory: Path) -> str | None:
    """`http://127.0.0.1:PORT` under which the archive knows the sample site; None when it does not yet."""
    try:
        with open_archive(directory, read_only=True) as archive, archive.engine.connect() as connection:
            url = connection.execute(
                text("SELECT url FROM urls WHERE site = :site AND kind = 'robots' ORDER BY first_heard_at"),
                {"site": SITE},
            ).scalar()
    except ArchiveMissing:
        return None
    return None if url is None else "{0.scheme}://{0.netloc}".format(urlsplit(url))


def _serve(known: str | None) -> SampleSite:
    port = urlsplit(known).port if known is not None else None
    try:
        return SampleSite(port=port or 0)
    except OSError:
        return SampleSite()


def _rows(connection: Connection, crawl: CrawlResult) -> tuple[tuple[str, str], ...]:
    def one(sql: str) -> int:
        return int(connection.execute(text(sql)).scalar() or 0)

    held = overview(connection)
    with_topics = one("SELECT count(*) FROM articles WHERE topics IS NOT NULL")
    parts = one("SELECT count(*) FROM article_sections")
    groups = one("SELECT count(DISTINCT topic_group) FROM article_topics")
    robots = one("SELECT count(*) FROM urls WHERE state = 'refused' AND reason LIKE 'robots.txt%'")
    elsewhere = one("SELECT count(*) FROM urls WHERE state = 'refused' AND reason NOT LIKE 'robots.txt%'")
    urls = held.urls
    return (
        ("articles", f"{held.articles} ({with_topics} with topics, {held.articles - with_topics} without)"),
        ("revisions of them", str(held.revisions)),
        ("sections", str(parts)),
        ("topics", f"{held.topics} as printed, {groups} with spellings grouped"),
        ("journals", str(held.journals)),
        ("card sightings", str(one("SELECT count(*) FROM article_cards"))),
        ("boilerplate passages", f"{held.boilerplate}, each stored once"),
        ("captures", str(sum(held.captures.values()))),
        ("addresses known", str(sum(urls.values()))),
        ("moved", str(urls.get("redirected", 0) + urls.get("alias", 0))),
        ("gone", str(urls.get("gone", 0))),
        ("refused by robots.txt", str(robots)),
        ("refused as off-site or unsafe", str(elsewhere)),
        ("failed", str(urls.get("failed", 0))),
        ("seconds", f"{crawl.seconds:.1f}"),
    )


def _events(connection: Connection) -> tuple[tuple[str, int], ...]:
    rows = connection.execute(
        text(
            "SELECT event, count(*) FROM article_events WHERE at >= (SELECT max(started_at) FROM runs) "
            "AND (SELECT count(*) FROM runs) > 1 GROUP BY event ORDER BY event"
        )
    )
    return tuple((event, int(number)) for event, number in rows)


def _article_to_show(connection: Connection) -> str | None:
    """An article with topics and, if there is one, a link to its source: the most there is to see."""
    found = connection.execute(
        text(
            "SELECT id FROM articles WHERE id IS NOT NULL "
            "ORDER BY topics IS NULL, source_doi IS NULL, published_on DESC, id LIMIT 1"
        )
    ).scalar()
    return None if found is None else str(found)


def _word(connection: Connection) -> str:
    """A word that some title holds, long enough to be worth a search."""
    titles = connection.execute(
        text("SELECT title FROM articles WHERE title IS NOT NULL ORDER BY id")
    ).scalars()
    for title in titles:
        for word in title.split():
            if len(word) >= 6 and word.isalpha() and word.isascii() and word.islower():
                return str(word)
    return "research"
