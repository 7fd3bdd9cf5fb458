"""How long an answer takes on a large archive: words rare and common, phrases, prefixes, filters, counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from sqlalchemy import Connection

from benchmarks.measure import BrokenRun, Figure, absolute
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_archive import shared_archive
from crawler.asking import parse
from storage.archive import open_archive
from storage.search.ask import search
from storage.search.facets import facets
from storage.search.query import Query

MEDIAN_AIM_MS, SLOWEST_AIM_MS = 50.0, 250.0
QUESTIONS = 40
"""Of each kind."""

Questions = Mapping[str, Sequence[str]]


def measure(extent: Extent) -> Measured:
    """Ask a made archive the same questions again and again.

    Raises `BrokenRun` when something is not found that stands in the archive.
    """
    count = extent.size(100_000, 2_000)
    return measured_in(shared_archive(extent, count), extent)


def measured_in(directory: Path, extent: Extent) -> Measured:
    """The same of an archive that is there."""
    with open_archive(directory, read_only=True) as archive, archive.engine.connect() as connection:
        questions = {
            kind: [parse(typed) for typed in typed_ones]
            for kind, typed_ones in questions_about(archive.path).items()
        }
        if not extent.quick:
            _asked(connection, questions)  # the disk's cache, and modules
        answers: list[dict[str, list[float]]] = []
        counts: list[dict[str, list[float]]] = []
        counted = {kind: asked[::4] for kind, asked in questions.items()}
        for number in range(1, extent.runs + 1):
            answers.append(_asked(connection, questions))
            counts.append(_timed(counted, lambda query: facets(connection, query)))
            whole = [taken for kind in answers[-1].values() for taken in kind]
            extent.tell(f"round {number} of {extent.runs}: median {median(whole):.1f} ms")
    described = [
        f"an archive of {_articles(archive.path):,} articles, made (`benchmarks.made_archive`); one process "
        "and connection, as in a web page; start-up has a section of its own",
        f"{QUESTIONS} questions of each kind: ten answers with snippets, and the total; "
        "rare words stand in at most 20 articles, middling ones in every hundredth or so; common are the "
        f"{QUESTIONS} that most articles have",
        "counts: how all that is found divides by topic, journal and year, for every fourth of the questions",
        "each run's figure is the median, or the 99th percentile, of its questions",
    ]
    return Measured(described, [*_figures("answers", answers, True), *_figures("counts", counts, False)])


def questions_about(path: Path) -> Questions:
    """What to ask, chosen from what the archive holds: the same for the same archive."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        database.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab('main', 'article_search', 'row')")
        words = database.execute(
            "SELECT term, doc FROM temp.words WHERE term GLOB '[a-z][a-z]*' ORDER BY doc, term"
        ).fetchall()
        titles = [row[0] for row in database.execute("SELECT title FROM articles ORDER BY key LIMIT 4000")]
        topics = [row[0] for row in database.execute("SELECT DISTINCT normal FROM topic ORDER BY normal")]
        journals = [row[0] for row in database.execute("SELECT DISTINCT normal FROM journal ORDER BY normal")]
        most = max(doc for _, doc in words)
    rare = _spread([word for word, doc in words if doc <= 20])
    # In an archive of a dozen articles nothing is middling.
    middling = _spread([word for word, doc in words if 0.005 * most <= doc <= 0.02 * most]) or rare
    common = [word for word, _ in words[-QUESTIONS:]]
    titled = [
        title.split() for title in _spread([title for title in titles if title and title.count(" ") > 3])
    ]
    return {
        "rare words": rare,
        "middling words": middling,
        "common words": common,
        "common and middling words together": [f"{a} {b}" for a, b in zip(common, middling, strict=False)],
        "phrases": [f'"{words[1]} {words[2]} {words[3]}"' for words in titled],
        "prefixes": [f"{word[:4]}*" for word in middling],
        "words with filters": [
            f"{word} {narrowing}"
            for word, narrowing in zip(
                [*common[::2], *middling[::2]],
                ("credibility:>=4", "after:2024", "date:2025", f'topic:="{topics[0]}"') * 10,
                strict=False,
            )
        ],
        "filters alone": [
            *(f'topic:="{topic}"' for topic in _spread(topics)[::4]),
            *(f'journal:="{journal}"' for journal in _spread(journals)[::4]),
            *(f"date:2025-{month:02}" for month in range(1, 11)),
            *(f"credibility:>={least} interest:<{most}" for least in range(1, 6) for most in (2, 4)),
        ],
    }


def _spread(values: Sequence[str]) -> list[str]:
    """`QUESTIONS` of the values, at equal distances; fewer only when there are not so many."""
    step = max(1, len(values) // QUESTIONS)
    return list(values[::step][:QUESTIONS])


def _asked(connection: Connection, questions: Mapping[str, Sequence[Query]]) -> dict[str, list[float]]:
    def ask(query: Query) -> None:
        found = search(connection, query, limit=10)
        if len(found.hits) != min(found.total, 10):
            raise BrokenRun(f"{query.describe()}: {len(found.hits)} answers of {found.total}")

    # (A rare word may stand in a revision that is no longer the current one, and nowhere else.)
    for kind in ("common words", "phrases", "prefixes"):
        for query in questions[kind][:3]:
            if not search(connection, query, limit=1).total:
                raise BrokenRun(f"{query.describe()} stands in the archive and is not found")
    return _timed(questions, ask)


def _timed(
    questions: Mapping[str, Sequence[Query]], ask: Callable[[Query], object]
) -> dict[str, list[float]]:
    """Milliseconds that each question took."""
    taken: dict[str, list[float]] = {}
    for kind, queries in questions.items():
        taken[kind] = []
        for query in queries:
            begin = perf_counter()
            ask(query)
            taken[kind].append((perf_counter() - begin) * 1000)
    return taken


def _figures(what: str, runs: Sequence[Mapping[str, list[float]]], aimed: bool) -> Iterator[Figure]:
    kinds = {kind: [run[kind] for run in runs] for kind in runs[0]}
    everything = [[taken for kind in run.values() for taken in kind] for run in runs]
    for name, rounds in {"all questions": everything, **kinds}.items():
        yield absolute(
            f"{what}, {name}",
            "median",
            "ms",
            [median(one) for one in rounds],
            MEDIAN_AIM_MS if aimed else None,
        )
        yield absolute(
            f"{what}, {name}",
            "99th percentile",
            "ms",
            [quantiles(one, n=100, method="inclusive")[98] for one in rounds],
            SLOWEST_AIM_MS if aimed else None,
        )


def _articles(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM article").fetchone()[0])
