"""Pages are read in a process beside the crawl: the same readings, in order; no page is lost with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from crawler.reading_workers import cores

from .crawling import CHECKOUT, ask, clean_environment, crawl, states
from .scripted import ScriptedSite
from .test_obstacles import article, site

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or cores() < 2, reason="pages are read beside a crawl on Linux, with two cores"
)
PATHS = [f"/news/view/a-walk-a-day-Hh4Jj{number}" for number in range(1, 7)]
COUNT = """
import crawler.reading_beside as beside, os, signal
crawl = os.getpid()
real = beside._read
def _read(page, profile):
    {instead}
    with open({noted!r}, "a") as note:
        note.write(str(os.getpid() == crawl) + "\\n")
    return real(page, profile)
beside._read = _read
"""
DIES = "if page[1].endswith('Jj3'): os.kill(os.getpid(), signal.SIGKILL)"
ALONE = """
import asyncio, os, signal, zlib
from crawler.reading_beside import ReaderDied, ReadingBeside
from spiders.reading import read_page
from spiders.sites import load_profile

bodies = [f"<h1>Number {number}</h1>".encode() * (1 + 300 * number) for number in range(8)]

async def read(beside, body):
    reading, packed = await beside.read(body, None, "text/html", b"head" + body)
    assert packed is None or zlib.decompressobj(-15).decompress(packed) == b"head" + body
    return reading

async def use(beside, profile):
    await beside.open(profile)
    readings = await asyncio.gather(*(read(beside, body) for body in bodies))
    here = [read_page(body, profile=profile, url=None, content_type="text/html") for body in bodies]
    assert readings == here
    os.kill(beside._process.pid, signal.SIGSTOP)
    waiting = [asyncio.ensure_future(read(beside, body)) for body in bodies[:3]]
    await asyncio.sleep(0)
    os.kill(beside._process.pid, signal.SIGKILL)
    await beside.caught_up()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(told[0], ReaderDied) and told[1:] == readings[1:3], told
    assert await read(beside, bodies[4]) == readings[4]

beside = ReadingBeside.begin()
asyncio.run(use(beside, load_profile("sample")))
beside.close()
beside.close()
print("ended", beside._process.exitcode)
"""


def test_readings_come_in_order_and_a_process_that_dies_costs_the_page_it_was_at() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=CHECKOUT, env=clean_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (ran.stdout, ran.returncode) == ("ended -9\n", 0), ran.stderr


def test_a_crawl_without_delay_reads_beside_and_one_with_delay_as_pages_come(tmp_path: Path) -> None:
    with ScriptedSite(site(*PATHS) | {path: article(path) for path in PATHS}) as server:
        for name, delay in (("beside", 0.0), ("waiting", 0.1)):
            noted = COUNT.format(instead="pass", noted=str(tmp_path / f"{name}.noted"))
            done = crawl(tmp_path / name, server.base_url, before=noted, delay=delay)
            assert done.code == 0, done.stderr
            assert len(ask(tmp_path / name, "SELECT id FROM articles")) == len(PATHS)
    # Not the crawl's own process; and where pages are read as they come, it is not asked.
    assert set((tmp_path / "beside.noted").read_text().split()) == {"False"}
    assert not (tmp_path / "waiting.noted").exists()


def test_a_page_that_kills_its_reader_keeps_its_capture_and_costs_no_other_page(tmp_path: Path) -> None:
    before = COUNT.format(instead=DIES, noted=str(tmp_path / "noted"))
    with ScriptedSite(site(*PATHS) | {path: article(path) for path in PATHS}) as server:
        done = crawl(tmp_path / "archive", server.base_url, before=before)
    assert done.result["counts"]["reader_failures"] == 1
    assert "The reader failed on" in done.stderr
    held = {one for (one,) in ask(tmp_path / "archive", "SELECT id FROM articles")}
    assert held == {path[-6:] for path in PATHS} - {"Hh4Jj3"}
    assert states(tmp_path / "archive")[PATHS[2]][1] == "the reader failed on it (a bug)"


def test_with_other_threads_about_nothing_is_forked() -> None:
    script = (
        "import threading; from crawler.reading_beside import ReadingBeside\n"
        "threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
        "print(ReadingBeside.begin())"
    )
    ran = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True)
    assert ran.stdout == "None\n", ran.stderr
