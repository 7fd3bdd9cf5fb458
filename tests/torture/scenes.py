"""The scenes: commands that write, each on an archive that another scene has left, and what they come to."""

from __future__ import annotations

import gzip
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from storage.archive import FILE_NAME
from tests.crawl.crawling import CHECKOUT
from tests.torture.content import Content, Standing, content, stopped
from tests.torture.plan import Plan
from tests.torture.running import Ended, Nursery
from tests.torture.tinysite import TinySite

OLDEST = CHECKOUT / "tests" / "storage" / "archives" / "0001.sql.gz"
"""An archive of the first schema, as SQL."""
_MENDED = """extends = "sample"
name = "sample"
[parts]
cards = ["Cards that this profile knows nothing of"]
[parts.sections]
findings = ["What They Found", "Our Discoveries"]
"""
"""Knows what the redesigned site calls its findings, and loses the cards: there is something to correct."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A command, and what it begins with."""

    name: str
    arguments: tuple[str, ...]
    """With `{base}`, the site's address, and `{material}`, the folder of `Ground.material`."""
    after: str | None = None
    """The scene whose archive it goes on with; None: there is no archive."""
    edition: Callable[[TinySite], None] = TinySite.restore
    material: Callable[[Ground], None] = lambda ground: None
    """Makes what the command reads."""
    code: int = 0
    """How it ends when nothing happens."""
    repeats: bool = False
    """Whether it takes everything in again, also what it had taken in when it was stopped."""
    older: bool = False
    """Whether the archive it begins with is of the oldest schema."""


_CRAWL = ("crawl", "--site", "sample", "--start", "{base}/", "--start", "{base}/news", "--json")
_IMPORT = ("import", "--site", "sample", "--start", "{base}/", "--json")


def _pages(ground: Ground) -> None:
    """The site's pages as a browser saves them, and one as text, of which nobody knows whence it came."""
    folder = ground.material / "pages"
    folder.mkdir(exist_ok=True)
    ground.site.restore()
    for path, answer in ground.site.pages().items():
        url = f"{ground.site.base_url}{path}"
        note = f"<!-- saved from url=({len(url):04})http{url.removeprefix('http')} -->\n".encode()
        (folder / f"{path.strip('/').replace('/', '-') or 'index'}.html").write_bytes(note + answer.body)
    (folder / "copied.txt").write_text(_TEXT, "utf-8")


_TEXT = """A made study that was copied

Credibility: 3/5

Key Takeaway
Whoever copies text keeps less than the page had.

What They Found
In our made study 12 people took part.

Who Should Care and Why
Whoever copies may care about it.

Important Considerations
Nobody was asked, since nothing of this is true.
"""


def _warc(ground: Ground) -> None:
    """All that the second crawl brought, in one file."""
    files = sorted((ground.archive_after("second") / "captures").iterdir())
    (ground.material / "second.warc.gz").write_bytes(b"".join(file.read_bytes() for file in files))


def _wacz(ground: Ground) -> None:
    target = ground.material / "second.wacz"
    ended = ground.run(ground.archive_after("second"), ["wacz", "-o", str(target), "--force"])
    assert ended.code == 0, ended


def _profile(ground: Ground) -> None:
    (ground.material / "mended.toml").write_text(_MENDED, "utf-8")


_ALL = (
    Scene("first", _CRAWL),
    Scene("second", (*_CRAWL, "--refresh", "all"), after="first", edition=TinySite.edit),
    Scene("redesign", (*_CRAWL, "--refresh", "all"), after="first", edition=TinySite.redesign, code=11),
    Scene(
        "reread", ("reread", "--site", "{material}/mended.toml", "--accept-losses", "--json"),
        after="redesign", edition=TinySite.redesign, material=_profile,
    ),
    Scene("import-pages", (*_IMPORT, "{material}/pages"), material=_pages, repeats=True),
    Scene("import-warc", (*_IMPORT, "{material}/second.warc.gz"), after="first", material=_warc),
    Scene("import-wacz", ("import", "--json", "{material}/second.wacz"), material=_wacz),
    Scene(
        "migration", (*_IMPORT, "{material}/pages/news.html"), older=True, material=_pages,
        repeats=True,
    ),
)  # fmt: skip
SCENES = {scene.name: scene for scene in _ALL}
"""Every scene by its name: a crawl into a new archive; one of the site's second edition into the archive of
the first; one after a redesign, whose end judges what it holds back; rereading all that with a mended
profile; imports; and an archive of the oldest schema that an import opens."""
CRAWLS = ("first", "second", "redesign")
COMMANDS = tuple(name for name in SCENES if name not in CRAWLS)


class Ground:
    """The site, the nursery, and what uninterrupted commands come to. A context manager, for one thread."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch
        self.site = TinySite()
        self.material = scratch / "material"
        self._uninterrupted = cache(self._look)

    def __enter__(self) -> Self:
        self.material.mkdir(parents=True, exist_ok=True)
        with ExitStack() as opened:
            opened.enter_context(self.site)
            self._nursery = opened.enter_context(Nursery(self.scratch))
            self._opened = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def expected(self, scene: str) -> Content:
        """What the archive holds when nothing happens."""
        return self._uninterrupted(scene).content

    def seconds(self, scene: str) -> float:
        """How long the command takes when nothing happens."""
        return self._uninterrupted(scene).seconds

    def events(self, scene: str) -> Sequence[tuple[str, str]]:
        """Kind and name of every event when nothing happens, in order."""
        return self._uninterrupted(scene).events

    def standing(self, scene: str) -> Standing:
        """What stands in the archive that the scene begins with."""
        return self._uninterrupted(scene).before

    def archive_after(self, scene: str) -> Path:
        """Folder of the archive that an uninterrupted command leaves. Not to be written to."""
        self._uninterrupted(scene)
        return self.scratch / scene

    def _look(self, scene: str) -> Uninterrupted:
        """What an uninterrupted command comes to."""
        archive = self.scratch / scene
        SCENES[scene].material(self)
        self._place(scene, archive)
        before = stopped(archive, "9")  # later than anything that is done
        ended = self.go(archive, scene, Plan(names=True))
        assert ended.code == SCENES[scene].code, ended
        return Uninterrupted(content(archive), ended.seconds, ended.names, before)

    def prepare(self, scene: str, archive: Path) -> None:
        """Put the archive as it is before that scene, and the site."""
        self._uninterrupted(scene)
        self._place(scene, archive)

    def _place(self, scene: str, archive: Path) -> None:
        told = SCENES[scene]
        shutil.rmtree(archive, ignore_errors=True)
        if told.older:
            archive.mkdir()
            with closing(sqlite3.connect(archive / FILE_NAME)) as database:
                database.executescript(gzip.decompress(OLDEST.read_bytes()).decode())
        elif told.after is not None:
            shutil.copytree(self.archive_after(told.after), archive)
        told.edition(self.site)  # last: the scene before had one of its own

    def go(self, archive: Path, scene: str, plan: Plan | None = None, **more: Any) -> Ended:
        """The command of that scene."""
        words = {"base": self.site.base_url, "material": str(self.material)}
        return self.run(archive, [one.format(**words) for one in SCENES[scene].arguments], plan, **more)

    def run(self, archive: Path, arguments: Sequence[str], plan: Plan | None = None, **more: Any) -> Ended:
        """Any command on that archive."""
        return self._nursery.run(archive, [*arguments, "--archive", str(archive)], plan, **more)


@dataclass(frozen=True, slots=True)
class Uninterrupted:
    """A command that nothing happened to."""

    content: Content
    seconds: float
    events: tuple[tuple[str, str], ...]
    before: Standing
