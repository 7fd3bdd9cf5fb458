"""The code of docs/recipes.md: taken out of the page, run one after the other, as a reader would."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.crawl.crawling import CHECKOUT, clean_environment

PAGE = CHECKOUT / "docs" / "recipes.md"
NOT_RUN = "sh"
"""Setting up an environment takes a package index."""
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_END = "\0"
_PYTHON = """
import sys
shared = {"__name__": "__main__"}
for block in sys.stdin.read().split("\\0"):
    exec(compile(block, "recipe", "exec"), shared)
    print("\\0", end="", flush=True)
"""


@dataclass(frozen=True)
class Block:
    """A piece of code of the page."""

    heading: str
    language: str
    code: str
    printed: str | None
    """What the page says that it prints; None when it says nothing."""

    @property
    def name(self) -> str:
        return f"{self.heading} ({self.language}): {self.code.strip().splitlines()[0][:40]}"


def blocks(page: str) -> list[Block]:
    """The page's code in order, each with the output that stands right behind it."""
    found = list(_FENCE.finditer(page))
    made = []
    for place, fence in enumerate(found):
        if fence[1] == "text":
            continue
        heading = page.rfind("\n## ", 0, fence.start())
        following = found[place + 1] if place + 1 < len(found) else None
        says = (
            following is not None and following[1] == "text" and page[fence.end() : following.start()] == "\n"
        )
        made.append(
            Block(
                page[heading:].strip().splitlines()[0].lstrip("# ") if heading >= 0 else "",
                fence[1],
                fence[2],
                following[2] if says and following is not None else None,
            )
        )
    return made


def printed(folder: Path, listed: list[Block]) -> dict[Block, str]:
    """What each block prints when all of them are run in order, in an empty folder."""
    shown: dict[Block, str] = {}
    for block in listed:
        if block.language == "console":
            for line in block.code.splitlines():
                _run(folder, *line.removeprefix("$ msarchive ").split())
            shown[block] = ""
    for block in listed:
        if block.language == "sql":
            shown[block] = _sql(folder, block.code)
    scripts = [block for block in listed if block.language == "python"]
    shown.update(zip(scripts, _python(folder, [block.code for block in scripts]), strict=True))
    return shown


def _run(folder: Path, *arguments: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments], cwd=folder, capture_output=True, text=True,
        env=clean_environment(PYTHONPATH=str(CHECKOUT)), timeout=250, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, f"{arguments}: {ran.stderr}"


def _python(folder: Path, codes: list[str]) -> list[str]:
    ran = subprocess.run(
        [sys.executable, "-c", _PYTHON], cwd=folder, input=_END.join(codes), capture_output=True, text=True,
        env=clean_environment(MPLBACKEND="agg", COLUMNS="120"), timeout=250, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.split(_END)[:-1]


def _sql(folder: Path, code: str) -> str:
    """As the program sqlite3 prints it when nothing else is asked of it: a row a line, `|` between values."""
    import sqlite3
    from contextlib import closing

    rows = []
    with closing(sqlite3.connect(f"file:{folder}/demo-archive/archive.db?mode=ro", uri=True)) as database:
        for statement in code.split(";\n"):
            rows += database.execute(statement).fetchall()
    return "".join("|".join("" if value is None else str(value) for value in row) + "\n" for row in rows)
