"""One trial: a crawl that something happens to, what must hold of its archive then, and the next crawl."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from storage.archive import FILE_NAME, open_archive
from storage.compare import archive_content
from storage.verify import verify
from tests.crawl.crawling import CHECKOUT, clean_environment
from tests.torture.plan import Plan
from tests.torture.tinysite import TinySite

PATIENCE_S = 60.0
"""A crawl of the tiny site that takes longer hangs."""
IN_FLIGHT = 3
"""How many answers may be on their way at once: one is asked for, one has come, one is being written."""
_PASSED = ("records-unnamed", "torn-end", "lock-stale", "no-checksum", "warc-unnamed", "quarantine")
"""Notes of `verify` that a crawl which was killed may leave."""
_PASSED_AT_THE_END = ("records-unnamed", "quarantine")

Content = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that ended."""

    code: int
    """Its exit code; that of a signal is negative."""
    hung: bool
    out: str
    err: str
    fired: tuple[str, str] | None
    """The event that the plan's signal or fault came at; None when it never came to it."""
    total: int | None
    """How many events there were; None when it was killed."""
    names: tuple[tuple[str, str], ...]

    @property
    def result(self) -> dict[str, Any]:
        """What the crawl said of itself with --json; empty when it could not begin."""
        lines = self.out.strip()
        return json.loads(lines) if lines.startswith("{") else {}


class Nursery:
    """Runs `msarchive` in forked processes. A context manager."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.torture.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=CHECKOUT,
            env=clean_environment(PYTHONPATH=str(CHECKOUT)),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.communicate()

    def run(
        self,
        archive: Path,
        arguments: Sequence[str],
        plan: Plan | None = None,
        *,
        signal: int | None = None,
        after: float = 0.0,
        environment: dict[str, str] | None = None,
    ) -> Ended:
        """Run a command to its end; `signal` is sent `after` so many seconds."""
        out, err, report = (self._scratch / name for name in ("out", "err", "report"))
        order = {
            "arguments": list(arguments), "archive": str(archive), "plan": (plan or Plan()).as_json(),
            "out": str(out), "err": str(err), "report": str(report), "signal": signal, "after": after,
            "patience": PATIENCE_S, "environment": environment or {},
        }  # fmt: skip
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps(order), file=self._process.stdin, flush=True)
        answer = json.loads(self._process.stdout.readline())
        told: dict[str, Any] = {}
        for line in report.read_text().splitlines() if report.exists() else ():
            told.update(json.loads(line))
        fired = told.get("fired")
        return Ended(
            answer["code"], answer["hung"], out.read_text(), err.read_text(),
            None if fired is None else (fired[0], fired[1]), told.get("total"),
            tuple((kind, what) for kind, what in told.get("names", ())),
        )  # fmt: skip


@dataclass
class Ground:
    """The site, the nursery, and what uninterrupted crawls come to. A context manager."""

    scratch: Path
    site: TinySite = field(default_factory=TinySite)
    expected: dict[str, Content] = field(default_factory=dict)
    """Scene -> what its archive holds when nothing happens."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Scene -> how long an uninterrupted crawl takes."""
    events: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """Scene -> kind and name of every event of an uninterrupted crawl, in order."""

    def __enter__(self) -> Self:
        self.scratch.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            opened.enter_context(self.site)
            self.nursery = opened.enter_context(Nursery(self.scratch))
            self._look()
            self._opened = opened.pop_all()
        return self

    def _look(self) -> None:
        """What uninterrupted crawls come to."""
        self._first = self.scratch / "after-first"
        for scene in SCENES:
            self.prepare(scene, self.scratch / scene)
            ended = self.crawl(self.scratch / scene, scene, Plan(names=True))
            assert ended.code == 0, ended
            self.expected[scene] = content(self.scratch / scene)
            self.seconds[scene] = ended.result["seconds"]
            self.events[scene] = ended.names
            if scene == "first":
                shutil.copytree(self.scratch / scene, self._first)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def prepare(self, scene: str, archive: Path) -> None:
        """Put the archive as it is before that scene, and the site."""
        shutil.rmtree(archive, ignore_errors=True)
        if scene == "first":
            self.site.restore()
        else:
            self.site.edit()
            shutil.copytree(self._first, archive)

    def crawl(self, archive: Path, scene: str, plan: Plan | None = None, **more: Any) -> Ended:
        """One crawl of that scene."""
        base = self.site.base_url
        arguments = ["crawl", "--archive", str(archive), "--site", "sample", "--start", f"{base}/"]
        arguments += ["--start", f"{base}/news", "--json", *SCENES[scene]]
        return self.nursery.run(archive, arguments, plan, **more)


SCENES: dict[str, tuple[str, ...]] = {"first": (), "second": ("--refresh", "all")}
"""A crawl into a new archive, and one of the site's second edition into the archive of the first."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What of an archive must not be lost: what was done when the crawl was stopped."""

    done: frozenset[str]
    """Paths that need not be asked again."""
    pages: frozenset[tuple[str, str]]
    """Address and digest of every capture."""
    complete: bool = False
    """Whether the crawl is written down as complete: what stops it after that changes nothing."""


def content(archive: Path) -> Content:
    """Everything that two archives of the same site have in common: records, states, and captures."""
    with open_archive(archive, read_only=True) as opened:
        found: Content = archive_content(opened)
        with opened.engine.connect() as connection:
            found["captures"] = Counter(
                tuple(row)
                for row in connection.exec_driver_sql(
                    "SELECT u.url, c.kind, c.status, c.sha256, c.size, c.record_type, c.payload_digest, "
                    "c.truncated FROM capture c JOIN url u ON u.id = c.url_id WHERE u.kind <> 'robots'"
                )
            )
            found["due"] = connection.exec_driver_sql("SELECT url FROM url WHERE due_at IS NOT NULL").all()
    return found


def stopped(archive: Path, begun: str = "") -> Standing:
    """Check an archive that a crawl left in whatever state, and say what stands in it.

    Raises `AssertionError`: SQLite's checks, foreign keys, every record and digest (`verify`).
    """
    if not (archive / FILE_NAME).exists() or not (archive / FILE_NAME).stat().st_size:
        return Standing(frozenset(), frozenset())
    # A copy is looked at, as a person could do: to look at the place itself must not mend it.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "archive"
        shutil.copytree(archive, copy)
        with closing(sqlite3.connect(copy / FILE_NAME)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert database.execute("PRAGMA foreign_key_check").fetchall() == []
            if not database.execute("SELECT name FROM sqlite_master WHERE name = 'capture'").fetchall():
                return Standing(frozenset(), frozenset())
            pages = frozenset(
                database.execute(
                    "SELECT u.url, c.sha256 FROM capture c JOIN url u ON u.id = c.url_id"
                ).fetchall()
            )
            done = frozenset(
                _path(url)
                for (url,) in database.execute(
                    "SELECT url FROM url WHERE due_at IS NULL AND last_tried_at >= ? AND kind <> 'robots'",
                    (begun,),
                )
            )
            (complete,) = database.execute(
                "SELECT count(*) FROM run WHERE started_at >= ? AND outcome = 'complete'", (begun,)
            ).fetchone()
            unkept = database.execute(
                "SELECT url FROM url WHERE state IN ('stored', 'alias') AND id NOT IN "
                "(SELECT url_id FROM capture WHERE url_id IS NOT NULL)"
            ).fetchall()
            assert unkept == [], "marked as done, and not stored"
        _assert_sound(copy, _PASSED)
    return Standing(done, pages, bool(complete))


def _assert_sound(archive: Path, passed: Sequence[str]) -> None:
    report = verify(archive, workers=1)
    wrong = [finding for finding in report.findings if finding.code not in passed]
    assert not wrong, wrong


def finished(archive: Path, expected: Content, *, tidy: bool = True) -> None:
    """Check an archive whose last crawl said that it is complete. Raises `AssertionError`.

    `tidy`: nothing may lie about in its folder.
    """
    left = {path.name for path in archive.iterdir()}
    assert left - {".skipped.lock"} == _LEFT or not tidy, left
    found = content(archive)
    assert found.keys() == expected.keys()
    for part in found:
        assert found[part] == expected[part], part
    stopped(archive)
    _assert_sound(archive, _PASSED_AT_THE_END if tidy else _PASSED)


_LEFT = {FILE_NAME, f"{FILE_NAME}.sha256", "captures", ".lock"}


def _path(url: str) -> str:
    return urlsplit(url).path


@dataclass
class Trial:
    """One archive in one scene, from its beginning to its end, with whatever happens on the way.

    Every step raises `AssertionError` when something does not hold.
    """

    ground: Ground
    scene: str
    archive: Path
    kills: int = 0
    asked_in_vain: int = 0
    """Answers that were on their way when a crawl was stopped, and had to be asked for again."""

    def __post_init__(self) -> None:
        self.ground.prepare(self.scene, self.archive)
        self._begun = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self._standing = stopped(self.archive, self._begun)

    @property
    def complete(self) -> bool:
        """Whether a crawl has come to its end."""
        return self._standing.complete

    def strike(self, plan: Plan | None = None, **more: Any) -> Ended:
        """A crawl that something happens to. What stood before still stands, and is not asked for again."""
        before, asked_before = self._standing, len(self.ground.site.seen)
        ended = self.ground.crawl(self.archive, self.scene, plan, **more)
        assert not ended.hung, ended
        assert "Traceback" not in ended.err, ended.err
        asked = [path for path in self.ground.site.asked_since(asked_before) if path != "/robots.txt"]
        self._standing = stopped(self.archive, self._begun)
        assert before.done <= self._standing.done, before.done - self._standing.done
        assert before.pages <= self._standing.pages
        assert not before.done.intersection(asked), ("asked for again", asked, before.done)
        assert len(asked) == len(set(asked)), ("asked for twice", asked)
        lost = set(asked) - self._standing.done
        assert len(lost) <= IN_FLIGHT, lost
        self.asked_in_vain += len(lost)
        self.kills += ended.code < 0
        return ended

    def finish(self) -> None:
        """The crawl that nothing happens to, unless it is complete: then the archive is that of an
        uninterrupted one."""
        if self.complete:
            open_archive(self.archive).close()  # as any next writer
        else:
            ended = self.strike()
            assert ended.code == 0, ended
        finished(self.archive, self.ground.expected[self.scene])


def fault(ground: Ground, scene: str, archive: Path, plan: Plan) -> Ended:
    """A crawl with a fault, and the one after it. Never a false success, never a page marked as done that is
    not stored. Raises `AssertionError`."""
    trial = Trial(ground, scene, archive)
    ended = trial.strike(plan)
    if ended.code == 0:  # what failed was not needed: then nothing may be missing
        finished(archive, ground.expected[scene], tidy=False)
    else:
        busy = plan.fault == "SQLITE_BUSY"
        assert ended.code in ((4, 7) if busy else (7,)), ended
        assert ended.err.strip(), ended
    trial.finish()
    return ended
