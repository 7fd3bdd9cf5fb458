"""How long an answer takes on large archives: words rare and common, phrases, prefixes, filters, counts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter

from sqlalchemy import Connection

from benchmarks.measure import BrokenRun, Figure, absolute
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_archive import aimed_at, archives_by_size, told_of
from crawler.asking import parse
from storage.archive import open_archive
from storage.search.ask import search
from storage.search.facets import facets
from storage.search.query import Query

MEDIAN_AIM_MS, SLOWEST_AIM_MS = 50.0, 250.0
QUESTIONS = 40
"""Of each kind."""
RARE = 20
"""Articles in which a rare word stands at most."""

Questions = Mapping[str, Sequence[str]]


def measure(extent: Extent) -> Measured:
    """Ask made archives the same kinds of questions again and again.

    Raises `BrokenRun` when something is not found that stands in an archive.
    """
    return measured_in(archives_by_size(extent), extent)


def measured_in(archives: Mapping[int, Path], extent: Extent) -> Measured:
    """The same of archives that are there, by the number of their articles."""
    with ExitStack() as stack:
        asking = [stack.enter_context(_opened(size, folder)) for size, folder in archives.items()]
        if not extent.quick:
            for one in asking:
                one.ask()  # the disk's cache, and modules
                extent.tell(f"{one.articles:,} articles: everything was asked once")
        for number in range(1, extent.runs + 1):
            for one in asking:
                one.keep()
                whole = [taken for kind in one.answers[-1].values() for taken in kind]
                middle = f"median {median(whole):.1f} ms"
                extent.tell(f"round {number} of {extent.runs}, {one.articles:,} articles: {middle}")
    described = [
        f"{told_of(extent, list(archives))}; one process, and a connection for each, as in a web page; "
        "start-up has a section of its own",
        f"{QUESTIONS} questions of each kind, chosen by what the archive holds: ten answers with snippets, "
        f"and the total; rare words stand in at most {RARE} articles, or where none does in the fewest; "
        f"middling ones in every hundredth or so; common are the {QUESTIONS} that most articles have",
        "counts: how all that is found divides by topic, journal and year, for every fourth of the questions",
        "each run's figure is the median, or the 99th percentile, of its questions",
    ]
    aimed = aimed_at(list(archives))
    return Measured(described, [figure for one in asking for figure in one.figures(aimed)])


class _Asking:
    """An archive, what it is asked, and the milliseconds that it took, by round and kind."""

    def __init__(self, articles: int, connection: Connection, questions: Questions) -> None:
        self.articles = articles
        self.answers: list[dict[str, list[float]]] = []
        self._counts: list[dict[str, list[float]]] = []
        self._connection = connection
        if missing := [kind for kind, some in questions.items() if not some]:
            raise BrokenRun(f"of {articles:,} articles nothing can be asked with {missing[0]}")
        self._questions = {kind: [parse(typed) for typed in some] for kind, some in questions.items()}
        self._counted = {kind: asked[::4] for kind, asked in self._questions.items()}

    def ask(self) -> dict[str, list[float]]:
        return _asked(self._connection, self._questions)

    def keep(self) -> None:
        """Ask everything, and keep how long it took."""
        self.answers.append(self.ask())
        self._counts.append(_timed(self._counted, lambda query: facets(self._connection, query)))

    def figures(self, aimed: int) -> Iterator[Figure]:
        """Those that were kept; with aims in an archive of `aimed` articles."""
        yield from _figures("answers", self.answers, self.articles, self.articles == aimed)
        yield from _figures("counts", self._counts, self.articles, aimed=False)


@contextmanager
def _opened(articles: int, folder: Path) -> Iterator[_Asking]:
    with open_archive(folder, read_only=True) as archive, archive.engine.connect() as connection:
        yield _Asking(articles, connection, questions_about(archive.path))


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
    # Words are drawn from a vocabulary that has its end: in a very large archive none stands in so few.
    rare = _spread([word for word, doc in words if doc <= RARE]) or [word for word, _ in words[:QUESTIONS]]
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


def _figures(
    what: str, runs: Sequence[Mapping[str, list[float]]], articles: int, aimed: bool
) -> Iterator[Figure]:
    kinds = {kind: [run[kind] for run in runs] for kind in runs[0]}
    everything = [[taken for kind in run.values() for taken in kind] for run in runs]
    for name, rounds in {"all questions": everything, **kinds}.items():
        for clock, aim, told in (
            ("median", MEDIAN_AIM_MS, median),
            ("99th percentile", SLOWEST_AIM_MS, _slowest),
        ):
            yield absolute(
                f"{what}, {name}",
                clock,
                "ms",
                [told(one) for one in rounds],
                aim if aimed else None,
                articles=articles,
            )


def _slowest(taken: Sequence[float]) -> float:
    return quantiles(taken, n=100, method="inclusive")[98]
