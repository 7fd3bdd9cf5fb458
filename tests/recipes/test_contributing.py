"""CONTRIBUTING.md's walk-through of adding a site: each command runs, and prints what the page says."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.crawl.crawling import CHECKOUT, clean_environment
from tests.secondsite.serving import second_site

PAGE = (CHECKOUT / "CONTRIBUTING.md").read_text("utf-8")
PLACE = "127.0.0.1:8020"
ANYTHING = "…"
"""What a page leaves out: in a line any words, as a line any lines."""


def commands() -> list[tuple[str, list[str]]]:
    """The page's commands in their order, each with the lines that it prints by the page."""
    listed: list[tuple[str, list[str]]] = []
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            if line.startswith("$ "):
                listed.append((line[2:], []))
            else:
                listed[-1][1].append(line)
    return listed


def matches(says: list[str], printed: str) -> bool:
    """Whether a command printed what the page says, but for what that leaves out."""
    patterns = [
        r"(?:.*\n)*?" if line == ANYTHING else re.escape(line.rstrip()).replace(ANYTHING, ".*") + r"\n"
        for line in says
    ]
    tidy = "".join(f"{line.rstrip()}\n" for line in printed.rstrip("\n").splitlines())
    return re.fullmatch("".join(patterns), tidy) is not None


def test_the_walk_through_of_a_new_site_is_true(tmp_path: Path) -> None:
    listed = commands()
    assert len(listed) >= 6
    program = f"{sys.executable} -m crawler.cli"
    environment = clean_environment(PYTHONPATH=str(CHECKOUT), COLUMNS="200")
    with second_site() as site:
        here = site.base_url.removeprefix("http://")
        for command, says in listed:
            typed = re.sub(r"^msarchive\b", program, command).replace(PLACE, here)
            ran = subprocess.run(
                typed, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert ran.returncode == 0, f"{command}: {ran.stderr}"
            assert matches(says, ran.stdout.replace(here, PLACE)), f"{command} prints\n{ran.stdout}"


@pytest.mark.parametrize(
    ("says", "printed", "true"),
    [
        (["one", "…", "four"], "one\ntwo\nthree\nfour\n", True),
        (["one", "…", "four"], "one\ntwo\n", False),
        (["in … s"], "in 1.8 s\n", True),
        (["one"], "one\ntwo\n", False),
    ],
)
def test_what_a_page_says_wrongly_is_found(says: list[str], printed: str, true: bool) -> None:
    assert matches(says, printed) is true
