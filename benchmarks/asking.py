"""What people type to ask archives, small and large: commands, and SQL over the public views."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from click.testing import CliRunner

from benchmarks.measure import BrokenRun, absolute
from benchmarks.measurements import Extent, Measured
from benchmarks.shared_archive import archives_by_size, told_of
from crawler.cli import cli
from storage.archive import FILE_NAME
from storage.views import VIEWS

REQUESTS = 3
"""Of each question in each run; the run's figure is the middle one."""
_UNASKED = frozenset({"related_articles"})
"""A view that works out for each article what is like it: meant to be asked for one."""
_LARGE_ENOUGH = 500
"""Articles from which on every statement has an answer: of a dozen none may be gone, or new."""
_LONG_MS = 1000
"""What takes longer is asked once in each run."""

_SQL = {
    "how many articles, journals, gone": """
        SELECT count(*), count(DISTINCT journal_group), sum(gone_since IS NOT NULL) FROM articles""",
    "every article, all columns": "SELECT * FROM articles",
    "new in the last run": """
        SELECT id, title FROM articles WHERE first_seen_at >= :last_run ORDER BY title LIMIT 3""",
    "a journal's articles, the latest": """
        SELECT id, published_on, title FROM articles WHERE journal_group = :journal
        ORDER BY published_on DESC LIMIT 3""",
    "what has changed in a topic": """
        WITH topic AS (SELECT DISTINCT site, article_key FROM article_topics WHERE topic_group = :topic)
        SELECT 'new', a.id, a.title, NULL FROM articles a
        JOIN topic t ON t.site = a.site AND t.article_key = a.key WHERE a.first_seen_at > :last_run
        UNION ALL
        SELECT c.field, c.article_id, c.before, c.after FROM revision_changes c
        JOIN topic USING (site, article_key) WHERE c.at > :last_run""",
    "ratings by year": """
        SELECT substr(published_on, 1, 4) AS year, count(credibility), round(avg(credibility), 2),
               round(avg(interest), 2)
        FROM articles WHERE published_on IS NOT NULL GROUP BY year ORDER BY year""",
    "articles that share an article's topics": """
        SELECT o.article_key, count(DISTINCT o.topic_group) AS shared, group_concat(DISTINCT o.topic_group)
        FROM article_topics m JOIN article_topics o ON o.site = m.site AND o.topic_group = m.topic_group
        WHERE m.article_key = :key AND o.article_key <> :key
        GROUP BY o.article_key ORDER BY shared DESC, o.article_key LIMIT 3""",
    "an article as of a date": """
        WITH shown AS (SELECT site, article_key, revision, max(captured_at) FROM captures
                       WHERE captured_at <= :last_run AND revision IS NOT NULL GROUP BY site, article_key)
        SELECT r.article_id, r.revision, r.credibility, r.takeaway
        FROM shown JOIN revisions r USING (site, article_key, revision) WHERE r.article_key = :key""",
    "addresses that have no page, by reason": """
        SELECT state, reason, count(*) FROM urls WHERE state <> 'stored'
        GROUP BY state, reason ORDER BY state, reason""",
    "what articles lack, by reason": "SELECT field, reason, count(*) FROM article_absences GROUP BY 1, 2",
    "where a value comes from": """
        SELECT field, value, rule, location FROM article_evidence
        WHERE article_key = :key AND is_current AND claim = 'taken' AND field = 'journal'""",
}
"""As docs/recipes.md asks the demo's archive."""


@dataclass(frozen=True)
class _Facts:
    """What an archive holds, to be asked for: the same for the same archive."""

    site: str
    key: str
    """Of an article with two revisions and several topics."""
    url: str
    topic: str
    """The most frequent one."""
    journal: str
    last_run: str
    """When it began, in UTC."""
    articles: int


def measure(extent: Extent) -> Measured:
    """Each run asks every question of each archive in turns.

    Raises `BrokenRun` when a command fails, or a question has no answer.
    """
    archives = archives_by_size(extent)
    asked = {count: _questions(folder) for count, folder in archives.items()}
    taken: dict[int, dict[str, list[float]]] = {
        count: {name: [] for name in questions} for count, questions in asked.items()
    }
    times = 1 if extent.quick else REQUESTS
    for number in range(1 if extent.quick else 0, extent.runs + 1):
        for count, questions in asked.items():
            for name, ask in questions.items():
                took = _middle(ask, times)
                if number:  # the first round fills the disk's cache
                    taken[count][name].append(took)
            extent.tell(f"run {number} of {extent.runs}, {count:,} articles")
    return Measured(
        [
            told_of(extent, list(archives)),
            "commands: in a process that has its modules (start-up has a section of its own), from opening "
            "the archive to the last line of the answer",
            "SQL: the statements of docs/recipes.md with Python's own sqlite3, to the last row; and every "
            "public view for the rows of one article, and for its first ten rows "
            f"(without {', '.join(sorted(_UNASKED))}, which is meant to be asked for one article)",
            f"each run is the middle one of {times} requests; what takes longer than a second is asked once",
        ],
        [
            absolute(name, "wall time", "ms", values, articles=count)
            for count, questions in taken.items()
            for name, values in questions.items()
        ],
    )


def _questions(folder: Path) -> dict[str, Callable[[], None]]:
    """Name -> what asks it."""
    with closing(_connected(folder)) as database:
        facts = _facts(database)
    asked: dict[str, Callable[[], None]] = {
        name: partial(_command, folder, *words) for name, words in _commands(facts).items()
    }
    for name, statement in _SQL.items():
        asked[f"SQL: {name}"] = partial(_sql, folder, facts, statement)
    asked["SQL: every view, of one article"] = partial(_views, folder, facts, of_one=True)
    asked["SQL: every view, its first rows"] = partial(_views, folder, facts, of_one=False)
    return asked


def _commands(facts: _Facts) -> dict[str, tuple[str, ...]]:
    return {
        "show ID": ("show", facts.key),
        "show URL": ("show", facts.url),
        "show ID --evidence": ("show", facts.key, "--evidence"),
        "show ID --as-of": ("show", facts.key, "--as-of", facts.last_run),
        "history ID": ("history", facts.key),
        "diff ID": ("diff", facts.key),
        "list --limit 20": ("list", "--limit", "20"),
        "list --limit 20 --sort title": ("list", "--limit", "20", "--sort", "title"),
        "list --limit 20 --sort credibility": ("list", "--limit", "20", "--sort", "credibility"),
        "list --limit 20 --topic": ("list", "--limit", "20", "--topic", facts.topic),
        "list --limit 20 --as-of": ("list", "--limit", "20", "--as-of", facts.last_run),
        "topics": ("topics",),
        "journals": ("journals",),
        "changes --since": ("changes", "--since", facts.last_run, "--field", "credibility"),
        "runs": ("runs",),
        "coverage": ("coverage",),
        "status": ("status",),
    }


def _command(folder: Path, *words: str) -> None:
    answer = CliRunner().invoke(cli, [*words, "--archive", str(folder)])
    if answer.exception is not None and not isinstance(answer.exception, SystemExit):
        raise BrokenRun(f"{words[0]} fails: {answer.exception}")
    if answer.exit_code != 0 or not answer.output:
        raise BrokenRun(f"{' '.join(words)} exits {answer.exit_code}")


def _sql(folder: Path, facts: _Facts, statement: str) -> None:
    with closing(_connected(folder)) as database:
        found = sum(1 for _ in database.execute(statement, vars(facts)))
        if not found and facts.articles >= _LARGE_ENOUGH:
            raise BrokenRun(f"no answer to {statement.strip()}")


def _views(folder: Path, facts: _Facts, *, of_one: bool) -> None:
    with closing(_connected(folder)) as database:
        for statement in _of_views(of_one):
            database.execute(statement, vars(facts)).fetchall()


def _of_views(of_one: bool) -> Iterator[str]:
    for view in VIEWS:
        named = next((column for column in ("article_key", "key") if column in view.columns), None)
        if not of_one and view.name not in _UNASKED:
            yield f"SELECT * FROM {view.name} LIMIT 10"
        elif of_one and named is not None:
            yield f"SELECT * FROM {view.name} WHERE site = :site AND {named} = :key"


def _facts(database: sqlite3.Connection) -> _Facts:
    site, key, url = database.execute(
        "SELECT a.site, a.key, a.url FROM revision r JOIN article a ON a.id = r.article_key "
        "JOIN revision_topic t ON t.revision_id = r.id "
        "GROUP BY r.id ORDER BY r.number DESC, count(*) DESC, a.id LIMIT 1"
    ).fetchone()
    topic = "SELECT topic_id FROM revision_topic GROUP BY topic_id ORDER BY count(*) DESC LIMIT 1"
    journal = "SELECT journal_id FROM revision GROUP BY journal_id ORDER BY count(*) DESC LIMIT 1"
    return _Facts(
        site,
        key,
        url,
        database.execute(f"SELECT normal FROM topic WHERE id = ({topic})").fetchone()[0],
        database.execute(f"SELECT normal FROM journal WHERE id = ({journal})").fetchone()[0],
        database.execute("SELECT max(started_at) FROM run").fetchone()[0],
        database.execute("SELECT count(*) FROM article").fetchone()[0],
    )


def _connected(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{folder / FILE_NAME}?mode=ro", uri=True)


def _middle(ask: Callable[[], None], times: int) -> float:
    """Milliseconds that it takes, the middle one of so many times."""
    first = _timed(ask)
    return first if first > _LONG_MS else median([first, *(_timed(ask) for _ in range(times - 1))])


def _timed(ask: Callable[[], None]) -> float:
    began = time.perf_counter()
    ask()
    return (time.perf_counter() - began) * 1000
