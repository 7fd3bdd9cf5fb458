"""The second site on a socket of this machine."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.crawl.scripted import Answer, ScriptedSite, robots

from .pages import PROFILE, TYPE, Befund, articles, pages


def second_site(befunde: Sequence[Befund] | None = None) -> ScriptedSite:
    """The site as a context manager; with other articles than it began with, where some are given."""
    return ScriptedSite(script_of(articles() if befunde is None else befunde))


def script_of(befunde: Sequence[Befund]) -> dict[str, Answer]:
    """What it answers to each path and query."""
    answers = {target: Answer(200, body, TYPE) for target, body in pages(befunde).items()}
    return {"/robots.txt": robots("Disallow: /intern/"), **answers}


def profile_at(folder: Path, base_url: str) -> Path:
    """The site's profile as a file of its own, with the port that it is served at."""
    place = base_url.removeprefix("http://")
    written = folder / "rheuma-kurz.toml"
    written.write_text(PROFILE.read_text("utf-8").replace("127.0.0.1", place), "utf-8")
    return written
