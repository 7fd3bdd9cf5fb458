"""One trial: a command that something happens to, what must hold of its archive then, and it once more."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crawler.reading_beside import MOST_UNDER_WAY
from storage.archive import FILE_NAME, open_archive
from storage.group_commit import GROUP_PAGES
from tests.torture.content import PASSED, Content, assert_sound, content, stopped
from tests.torture.plan import Plan
from tests.torture.running import Ended
from tests.torture.scenes import CRAWLS, SCENES, Ground

_LEFT = {FILE_NAME, f"{FILE_NAME}.sha256", "captures", ".lock"}


def finished(archive: Path, expected: Content, *, tidy: bool = True, repeats: bool = False) -> None:
    """Check an archive whose last command came to its end. Raises `AssertionError`.

    `tidy`: nothing may lie about in its folder. `repeats`: what was taken in before may have been taken in
    again, as a revisit.
    """
    left = {path.name for path in archive.iterdir()}
    assert left - {".skipped.lock"} == _LEFT or not tidy, left
    found = content(archive)
    assert found.keys() == expected.keys()
    for part in found:
        if repeats and part == "captures":
            assert _firsts(found[part]) == _firsts(expected[part])
        else:
            assert found[part] == expected[part], part
    if tidy:
        assert_sound(archive)
    else:
        assert_sound(archive, PASSED)


def _firsts(captures: Counter[tuple[Any, ...]]) -> Counter[tuple[Any, ...]]:
    return Counter({row: number for row, number in captures.items() if "revisit" not in row})


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
    """Answers that were on their way, or not yet committed, when a crawl was stopped, and had to be asked for
    again."""

    def __post_init__(self) -> None:
        self.ground.prepare(self.scene, self.archive)
        self._begun = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        self._standing = self.ground.standing(self.scene)

    @property
    def complete(self) -> bool:
        """Whether a command has come to its end."""
        return self._standing.complete

    def strike(self, plan: Plan | None = None, **more: Any) -> Ended:
        """The command, with something happening to it. What stood before still stands, and is not asked for
        again."""
        before, asked_before = self._standing, len(self.ground.site.seen)
        ended = self.ground.go(self.archive, self.scene, plan, **more)
        assert not ended.hung, ended
        assert "Traceback" not in ended.err, ended.err
        asked = [path for path in self.ground.site.asked_since(asked_before) if path != "/robots.txt"]
        self._standing = stopped(self.archive, self._begun)
        assert before.done <= self._standing.done, before.done - self._standing.done
        assert before.pages <= self._standing.pages
        assert not before.done.intersection(asked), ("asked for again", asked, before.done)
        assert len(asked) == len(set(asked)), ("asked for twice", asked)
        lost = set(asked) - self._standing.done
        assert len(lost) < MOST_UNDER_WAY + GROUP_PAGES, lost
        self.asked_in_vain += len(lost)
        self.kills += ended.code < 0
        return ended

    def finish(self) -> None:
        """The command that nothing happens to, or for a crawl that has come to its end any next writer, since
        another crawl would ask again: then the archive is that of an uninterrupted one."""
        if self.complete and self.scene in CRAWLS:
            open_archive(self.archive).close()
        else:
            ended = self.strike()
            assert ended.code == SCENES[self.scene].code, ended
        told = SCENES[self.scene]
        finished(self.archive, self.ground.expected(self.scene), repeats=told.repeats)


def fault(ground: Ground, scene: str, archive: Path, plan: Plan) -> Ended:
    """A command with a fault, and the one after it. Never a false success, never a page marked as done that
    is not stored. Raises `AssertionError`."""
    trial = Trial(ground, scene, archive)
    ended = trial.strike(plan)
    if ended.code == SCENES[scene].code:  # what failed was not needed: then nothing may be missing
        finished(archive, ground.expected(scene), tidy=False, repeats=SCENES[scene].repeats)
    else:
        busy = plan.fault == "SQLITE_BUSY"
        assert ended.code in ((4, 7) if busy else (7,)), ended
        assert ended.err.strip(), ended
    trial.finish()
    return ended
