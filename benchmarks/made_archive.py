"""`python -m benchmarks.made_archive DIR`: an archive of many articles, as two years of crawls would have
left it, but made in a minute. For measuring and trying what reads an archive.

Revisions, names, card lists and the search index are written by the program's own modules, the rest in bulk;
the same arguments give the same rows and the same WARC files, whenever and wherever they are made.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from benchmarks.made_captures import Answer, RunCaptures, article_page, listing_page
from benchmarks.made_records import ORIGIN, article_record, card_record, path_of
from benchmarks.made_texts import MadeArticle, Texts
from crawler import __version__
from spiders.reading.model import READER_VERSION
from spiders.sites import load_profile
from storage.archive import FILE_NAME, open_archive
from storage.cards import FROM_CARD, Cards
from storage.content import content_of, digests
from storage.db import Db
from storage.names import Names
from storage.relating.keeping import Relating
from storage.revisions import Revisions

SITE = "sample"
FIRST_RUN = datetime(2024, 1, 1, 2, tzinfo=UTC)
_BETWEEN = timedelta(days=30)
_GAP = timedelta(seconds=2)
_LISTED = 50
"""Cards on a page of the listing."""
_WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Plan:
    """What the archive is to hold."""

    articles: int
    runs: int = 24
    revisions: float = 0.05
    """Share of the articles that the site changed after they were first seen."""
    gone: float = 0.005
    """Share of them that it took away."""
    seed: int = 0
    related: bool = True
    """Whether what articles are about is kept after each run, as the program does; a third of the time."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """A page that a later run asks again, and finds changed or gone."""

    number: int
    url_id: int
    gone: bool


class _Making:
    """One archive in the making."""

    def __init__(self, db: Db, directory: Path, plan: Plan) -> None:
        self._db = db
        self._directory = directory
        self._plan = plan
        self._texts = Texts(plan.seed, plan.articles)
        self._profile = load_profile(SITE).digest
        self._names = Names(db)
        self._revisions = Revisions(db, self._names)
        self._cards = Cards(db, SITE)
        self._relating = Relating(db) if plan.related else None
        self._again: list[list[_Visit]] = [[] for _ in range(plan.runs)]
        self._captures = 0
        self._urls = 0
        self._newest: list[MadeArticle] = []

    def run(self, index: int) -> int:
        """Write a run, counted from 0; the number of articles new in it."""
        began = FIRST_RUN + index * _BETWEEN
        first = index * self._plan.articles // self._plan.runs
        end = (index + 1) * self._plan.articles // self._plan.runs
        with self._db.transaction():
            run = self._begin(began)
            captures = RunCaptures(self._db, self._directory, run, _utc(began), READER_VERSION, self._profile)
            for listed in range(first, end, _LISTED):
                self._listing(captures, run, began, range(listed, min(end, listed + _LISTED)))
            for visit in self._again[index]:
                self._visit(captures, began, visit)
            captures.finish()
            if self._relating is not None:
                self._relating.update()
            self._end(run, self._at(began), end - first)
        return end - first

    def _begin(self, at: datetime) -> int:
        self._run_captures = 0
        return self._db.insert(
            "INSERT INTO run (site, kind, started_at, program_version, reader_version, profile_digest, "
            "settings, counts) VALUES (?, 'crawl', ?, ?, ?, ?, '{}', '{}')",
            SITE, _utc(at), __version__, READER_VERSION, self._profile,
        )  # fmt: skip

    def _end(self, run: int, at: str, new: int) -> None:
        counts = {"answers": self._run_captures, "new_articles": new, "requests": self._run_captures}
        self._db.run(
            "UPDATE run SET ended_at = ?, outcome = 'complete', exit_code = 0, counts = ?, "
            "reason = 'every address known has its answer' WHERE id = ?",
            at, json.dumps(counts, sort_keys=True), run,
        )  # fmt: skip

    def _listing(self, captures: RunCaptures, run: int, began: datetime, numbers: range) -> None:
        """A page of the listing, and the articles that are first heard of there."""
        articles = [self._texts.article(number) for number in numbers]
        at, url = self._at(began), f"{ORIGIN}/news?from={numbers[0]}"
        cards = tuple(card_record(position, article) for position, article in enumerate(articles, 1))
        list_id = self._cards.save_list(cards, at)
        url_id = self._url(run, url, "listing", 2, None, at, at)
        self._db.run("INSERT INTO url_source VALUES (?, 'seed', NULL, ?)", url_id, at)
        capture_id = self._capture_id()
        page = listing_page([(path_of(article), article) for article in articles])
        captures.add(capture_id, Answer(url, url_id, at, page, "listing", card_list_id=list_id))
        self._cards.sight(list_id, url_id, None, capture_id, at)
        shown = tuple(card_record(place, article) for place, article in enumerate(self._newest, 1))
        newest = self._cards.save_list(shown, at) if shown else None
        for number, article in zip(numbers, articles, strict=True):
            self._article(captures, run, began, number, article, url_id, at, newest)
        self._newest = articles[-6:]

    def _article(
        self, captures: RunCaptures, run: int, began: datetime, number: int, article: MadeArticle,
        listing: int, heard: str, newest: int | None,
    ) -> None:  # fmt: skip
        at, key, url = self._at(began), number + 1, ORIGIN + path_of(article)
        url_id = self._url(run, url, "article", 3, article.id, heard, at)
        self._db.run("INSERT INTO url_source VALUES (?, 'listing', ?, ?)", url_id, listing, heard)
        date = article.published
        self._db.run(
            "INSERT INTO article (id, site, identity, identity_key, key, article_id, url, first_seen_at, "
            "last_seen_at, published_raw, published_iso, published_precision, published_source, teaser) "
            "VALUES (?, ?, 'id', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            key, SITE, article.id, article.id, article.id, url, at, at, date.raw, date.iso, date.precision,
            FROM_CARD, article.teaser,
        )  # fmt: skip
        capture_id = self._shown(captures, key, 1, article, url_id, url, at, newest)
        if newest is not None:
            self._cards.sight(newest, url_id, key, capture_id, at)
        self._visit_later(number, url_id)

    def _visit_later(self, number: int, url_id: int) -> None:
        """Decide what becomes of an article in a run after this one."""
        random = Random(f"later {self._plan.seed} {number}")
        fate, runs = random.random(), self._plan.runs
        later = number * runs // self._plan.articles + 1
        if later < runs and fate < self._plan.revisions + self._plan.gone:
            visit = _Visit(number, url_id, gone=fate >= self._plan.revisions)
            self._again[random.randrange(later, runs)].append(visit)

    def _visit(self, captures: RunCaptures, began: datetime, visit: _Visit) -> None:
        article, at, key = self._texts.article(visit.number), self._at(began), visit.number + 1
        url = ORIGIN + path_of(article)
        changed = (_utc(datetime.fromisoformat(at) + timedelta(days=7)), at, visit.url_id)
        if visit.gone:
            capture_id = self._capture_id()
            captures.add(capture_id, Answer(url, visit.url_id, at, b"<h1>Not here</h1>", "gone"))
            self._db.run(
                "UPDATE url SET state = 'gone', reason = 'HTTP 404', http_status = 404, checks = 1, "
                "changes = 1, revisit_at = ?, last_tried_at = ? WHERE id = ?",
                *changed,
            )
            self._db.run(
                "INSERT INTO article_event VALUES (?, ?, 'gone', ?, 404, NULL, ?)", key, at, capture_id, url
            )
            self._db.run("UPDATE article SET gone_since = ? WHERE id = ?", at, key)
            return
        self._revisions.supersede(key)
        revised = self._texts.revised(article, visit.number)
        self._shown(captures, key, 2, revised, visit.url_id, url, at, None)
        self._db.run("UPDATE article SET last_seen_at = ? WHERE id = ?", at, key)
        self._db.run(
            "UPDATE url SET checks = 1, changes = 1, revisit_at = ?, last_tried_at = ?, last_ok_at = "
            "last_tried_at WHERE id = ?",
            *changed,
        )

    def _shown(
        self, captures: RunCaptures, key: int, number: int, article: MadeArticle, url_id: int, url: str,
        at: str, newest: int | None,
    ) -> int:  # fmt: skip
        """A capture of an article's page, and the revision it shows; the capture's number."""
        capture_id = self._capture_id()
        content = content_of(article_record(article), READER_VERSION)
        revision = self._revisions.insert(key, number, True, content, digests(content), at, capture_id)
        page = article_page(article)
        captures.add(capture_id, Answer(url, url_id, at, page, "summary", key, revision, newest))
        return capture_id

    def _url(
        self, run: int, url: str, kind: str, priority: int, article_id: str | None, heard: str, at: str
    ) -> int:
        self._urls += 1
        always = kind == "listing"
        revisit = None if always else _utc(datetime.fromisoformat(at) + timedelta(seconds=_WEEK_S))
        self._db.run(
            "INSERT INTO url (id, site, url, kind, priority, article_id, state, reason, depth, "
            "first_heard_at, first_heard_run, last_tried_at, last_ok_at, http_status, attempts, due_why, "
            "revisit_at, interval_s, checks, changes) "
            "VALUES (?, ?, ?, ?, ?, ?, 'stored', ?, 1, ?, ?, ?, ?, 200, 0, ?, ?, ?, 0, 0)",
            self._urls, SITE, url, kind, priority, article_id, "listing" if always else "summary", heard,
            run, at, at, "always" if always else "new", revisit, None if always else _WEEK_S,
        )  # fmt: skip
        return self._urls

    def _capture_id(self) -> int:
        self._captures += 1
        self._run_captures += 1
        return self._captures

    def _at(self, began: datetime) -> str:
        """The time of the run's next capture."""
        return _utc(began + (self._run_captures + 1) * _GAP)


def make_archive(directory: Path, plan: Plan) -> Iterator[int]:
    """Make the archive in `directory`, which must hold none; after each run how many articles there are.

    Raises `FileExistsError` when there is one, and what `open_archive` raises.
    """
    if (directory / FILE_NAME).exists():
        raise FileExistsError(f"there is an archive in {directory} already")
    with open_archive(directory, create=True) as archive, _in_bulk(Db(archive.connection)) as db:
        making, articles = _Making(db, directory, plan), 0
        for index in range(plan.runs):
            articles += making.run(index)
            yield articles


@contextmanager
def _in_bulk(db: Db) -> Iterator[Db]:
    """Without checks row by row, and without waiting for the disk: whoever is interrupted begins anew."""
    for setting in ("foreign_keys = OFF", "synchronous = OFF", "cache_size = -262144"):
        db.run(f"PRAGMA {setting}")
    yield db
    db.run("ANALYZE")


def _utc(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def main(arguments: list[str] | None = None) -> int:
    """Make what `arguments` say; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.made_archive", description=__doc__)
    parser.add_argument("directory", metavar="DIR", type=Path, help="where no archive is yet")
    parser.add_argument("--articles", type=int, default=100_000, metavar="N", help="[100000]")
    parser.add_argument("--runs", type=int, default=24, metavar="N", help="crawls, a month apart [24]")
    parser.add_argument("--revisions", type=float, default=0.05, metavar="SHARE", help="changed later [0.05]")
    parser.add_argument("--gone", type=float, default=0.005, metavar="SHARE", help="taken away later [0.005]")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, other texts [0]")
    parser.add_argument("--no-related", action="store_true", help="do without related articles: sooner done")
    chosen = parser.parse_args(arguments)
    plan = Plan(
        chosen.articles, chosen.runs, chosen.revisions, chosen.gone, chosen.seed, not chosen.no_related
    )
    try:
        for articles in make_archive(chosen.directory, plan):
            print(f"\r{articles:,} of {plan.articles:,} articles", end="", file=sys.stderr, flush=True)
    except FileExistsError as error:
        print(error, file=sys.stderr)
        return 1
    print(file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
