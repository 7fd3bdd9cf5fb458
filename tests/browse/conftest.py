"""Archives to look at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.records import ExchangeRecord, SourceRecord
from tests.conftest import Database
from tests.storage.build import House, article, at, card, page, sections, topics, url_of

from .chromium import Watch, chromium
from .serving import asking, serving

PAGE = b"""<!DOCTYPE html><html><head><meta charset="utf-8"><title>Iron</title></head>
<body><h1>Iron in motion</h1><p>Caf\xc3\xa9</p><script>document.title = "ran"</script></body></html>"""


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive: thirty articles, one of them changed, gone and back; a page that is none; one run."""
    house = House(tmp_path_factory.mktemp("browsed") / "archive")
    first = page(
        article("aB3dE6", title="Iron in motion"), cards=(card("aB3dE7"), card("zZ9zZ9", position=2))
    )
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + PAGE
    exchange = ExchangeRecord(url_of("aB3dE6"), b"GET / HTTP/1.1\r\n\r\n", answer)
    house.writer.save_page(
        replace(first, capture=replace(first.capture, body=PAGE, exchange=exchange)), now=at(0)
    )
    for number in range(1, 30):
        key = f"aB3d{number:02}"
        house.save(article(key, title=f"Article number {number}", topics=topics("Sleep")), when=at(number))
    house.save(article("aB3dE7", journal=None, topics=None, source=SOURCE), when=at(60))
    changed = article("aB3dE6", title="Iron in motion", sections=sections("Cells hardly moved."))
    house.save(replace(changed, takeaway="Another takeaway."), when=at(120), body=PAGE + b"<!-- 2 -->")
    house.save(
        None, url=url_of("aB3dE8"), kind="other", url_kind="page", when=at(130), body=b"plain <b>text</b>"
    )
    house.writer.end_run("complete", "every address known has its answer", {"requests": 33}, exit_code=0)
    house.archive.close()
    return house.directory


SOURCE = SourceRecord(
    "A paper", ("A. Author", "B. Author"), "Brain", None, "10.5555/x", "123", "https://doi.org/10.5555/x"
)


@pytest.fixture
def own(archive: Path, tmp_path: Path) -> Path:
    """A copy of it, to do something to."""
    copied = tmp_path / "own"
    shutil.copytree(archive, copied)
    return copied


@pytest.fixture(scope="module")
def client(archive: Path, database: Database) -> Iterator[httpx.Client]:
    """Who asks for the pages; all of them with both databases."""
    with asking(archive, database(archive)) as client:
        yield client


# Not for the whole session: while it is open, playwright's event loop runs, and no other test could run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium."""
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
def base(archive: Path) -> Iterator[str]:
    """Where the pages of `archive` are."""
    with serving(archive) as base:
        yield base


@pytest.fixture
def new_page(browser: Any, base: str) -> Iterator[Callable[..., Any]]:
    """Opens pages of Chromium on the archive; in the end none of them may have done what none may do."""
    watch, contexts = Watch(base), []

    def make(**options: Any) -> Any:
        contexts.append(browser.new_context(base_url=base, **options))
        page = contexts[-1].new_page()
        watch.over(page)
        return page

    yield make
    for context in contexts:
        context.close()
    watch.assert_nothing()
