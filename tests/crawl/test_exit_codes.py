"""Every exit code of a crawl, provoked from the command line, and what the run's row says of it.

9 (blocked) and 11 (the site has changed) are provoked where blocking and changes are tested.
"""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from crawler.exits import ExitCode
from storage.writer import Writer
from tests.places import Places, change, database_of, opened

from .crawling import CHECKOUT, clean_environment
from .scripted import Answer, Script, ScriptedSite, links, redirect, robots

HEALTHY: Script = {"/robots.txt": robots("Disallow:"), "/": links("/a"), "/news": links(), "/a": links()}
PATCHED = "import sys\nfrom crawler.cli import main\n{}\nmain(sys.argv[1:])"


def start(command: list[str], **options: Any) -> subprocess.Popen[str]:
    environment = clean_environment(MSARCHIVE_ALLOW_PRIVATE="127.0.0.1")
    return subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment, cwd=CHECKOUT, **options,
    )  # fmt: skip


def run(command: list[str], **options: Any) -> tuple[int, str]:
    """Exit code and standard error."""
    process = start(command, **options)
    _, err = process.communicate(timeout=60)
    return process.returncode, err


def crawl(archive: Path, base_url: str, *more: str) -> list[str]:
    """`msarchive crawl`."""
    return ["-m", "crawler.cli", *_arguments(archive, base_url, *more)]


def patched_crawl(patch: str, archive: Path, base_url: str) -> list[str]:
    """`msarchive crawl` of a program that has a bug."""
    return ["-c", PATCHED.format(patch), *_arguments(archive, base_url)]


def scrapy_crawl(archive: Path, base_url: str) -> list[str]:
    """`scrapy crawl summaries`, which can be told not to wait long between tries."""
    given: dict[str, object] = {
        "MSARCHIVE_DIR": archive, "MSARCHIVE_SITE": "sample", "MSARCHIVE_START": f"{base_url}/",
        "MSARCHIVE_RETRIES": 1, "MSARCHIVE_RETRY_WAIT": 0.05,
    }  # fmt: skip
    if (url := database_of(archive)) is not None:
        given["MSARCHIVE_DATABASE"] = url
    return ["-m", "scrapy", "crawl", "summaries", *(w for n, v in given.items() for w in ("-s", f"{n}={v}"))]


def _arguments(archive: Path, base_url: str, *more: str) -> list[str]:
    start_at = ["--start", f"{base_url}/", "--start", f"{base_url}/news"]
    return ["crawl", *_meant(archive), "--site", "sample", *start_at, *more]


def _meant(archive: Path) -> list[str]:
    """The options that say which archive is meant."""
    url = database_of(archive)
    return ["--archive", str(archive), *([] if url is None else ["--database", url])]


def told(archive: Path) -> list[dict[str, Any]]:
    """What `msarchive runs` says, newest first."""
    done = subprocess.run(
        [sys.executable, "-m", "crawler.cli", "runs", "--json", *_meant(archive)],
        stdout=subprocess.PIPE, check=True, cwd=CHECKOUT, env=clean_environment(),
    )  # fmt: skip
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def ended(archive: Path) -> tuple[str, int | None]:
    """Outcome and exit code of the last run."""
    last = told(archive)[0]
    return last["outcome"], last["exit_code"]


@pytest.fixture
def archive(both: Places, tmp_path: Path) -> Path:
    """Where there is no archive yet, in both databases."""
    return tmp_path / "archive"


@pytest.fixture
def site() -> Iterator[Callable[[Script], ScriptedSite]]:
    """Starts a site that answers by a script."""
    sites: list[ScriptedSite] = []

    def serve(script: Script) -> ScriptedSite:
        sites.append(ScriptedSite(script).__enter__())
        return sites[-1]

    yield serve
    for one in sites:
        one.__exit__(None, None, None)


Serve = Callable[[Script], ScriptedSite]


def test_0_when_every_address_has_its_answer_and_404_and_410_are_answers(archive: Path, site: Serve) -> None:
    script = {**HEALTHY, "/": links("/a", "/lost", "/withdrawn"), "/withdrawn": Answer(410, b"gone")}
    assert run(crawl(archive, site(script).base_url))[0] == 0
    assert ended(archive) == ("complete", 0)


@pytest.mark.parametrize(
    ("bug", "says"),
    [
        (
            "import spiders.summaries as s\ns.SummariesSpider.parse = lambda self, response: 1 / 0",
            "ZeroDivision",
        ),
        (
            "from crawler.scheduler import FrontierScheduler as S\nreal, asked = S.next_request, "
            "lambda self: self._session.counts['requests']\n"
            "S.next_request = lambda self: real(self) if asked(self) < 3 else None\n"
            "S.has_pending_requests = lambda self: asked(self) < 3 or bool(self._session.in_flight)",
            "still to be asked",
        ),
    ],
)
def test_1_when_the_program_has_a_bug(bug: str, says: str, archive: Path, site: Serve) -> None:
    code, err = run(patched_crawl(bug, archive, site(HEALTHY).base_url))
    assert code == 1
    assert says in err
    assert ended(archive) == ("failed", 1)


@pytest.mark.sqlite("nothing is asked of any database")
def test_2_when_the_command_line_is_wrong_and_then_nothing_is_made(archive: Path) -> None:
    code, err = run(["-m", "crawler.cli", "crawl", "--archive", str(archive), "--delay", "soon"])
    assert code == 2
    assert err.count("\n") == 1
    assert not archive.exists()


def test_3_when_an_address_failed_and_it_is_listed(archive: Path, site: Serve) -> None:
    base = site({**HEALTHY, "/a": Answer(403, b"not for you")}).base_url
    code, err = run(crawl(archive, base))
    assert code == 3
    assert "1 of 5 addresses failed" in err
    assert ended(archive) == ("incomplete", 3)
    out = subprocess.check_output(
        [sys.executable, "-m", "crawler.cli", "runs", "1", *_meant(archive)],
        text=True, cwd=CHECKOUT, env=clean_environment(),
    )  # fmt: skip
    assert f"{base}/a (HTTP 403)" in out


def test_4_when_another_run_holds_the_archive_and_the_skipped_one_leaves_a_row(
    archive: Path, site: Serve
) -> None:
    base = site(HEALTHY).base_url
    with opened(archive, create=True) as held:
        Writer(held, "sample").begin_run(
            "crawl", program_version="0", reader_version="1", profile_digest="p", settings={}
        )
        with held.engine.begin():  # in the middle of something long: SQLite would call it locked
            code, err = run(crawl(archive, base))
        assert code == 4
        assert "is being written to by process" in err and err.count("\n") == 1
        assert [row["outcome"] for row in told(archive)] == ["skipped", "running"]
    skipped, killed = told(archive)
    assert (skipped["outcome"], skipped["exit_code"], skipped["kind"]) == ("skipped", 4, "crawl")
    assert "is being written to by process" in skipped["reason"]
    assert (killed["outcome"], killed["exit_code"]) == ("killed", None)
    assert run(crawl(archive, base))[0] == 0
    assert [row["outcome"] for row in told(archive)] == ["complete", "skipped", "killed"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_5_when_a_signal_stops_it(number: int, archive: Path, site: Serve) -> None:
    slow = site({**HEALTHY, "/a": Answer(body=b"<p>slow", wait=1.0)})
    process = start(crawl(archive, slow.base_url))
    try:
        _until(lambda: "/a" in slow.paths)
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == 5, err
    assert ended(archive) == ("stopped", 5)


def test_6_when_a_limit_is_reached(archive: Path, site: Serve) -> None:
    base = site(HEALTHY).base_url
    assert run(crawl(archive, base, "--max-pages", "1"))[0] == 6
    assert ended(archive) == ("limit", 6)
    assert run(crawl(archive, base))[0] == 0


def test_7_when_there_is_no_room_for_the_files(archive: Path, site: Serve) -> None:
    words = Random(7).randbytes(1_000_000).hex(" ", 4)  # which compress to no less than half
    big = Answer(body=b"<html><body><p>" + words.encode())
    base = site({**HEALTHY, "/a": big}).base_url

    def small_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

    assert run(crawl(archive, base), preexec_fn=small_files)[0] == 7
    assert run(crawl(archive, base))[0] == 0


def test_7_when_the_archive_can_not_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    code, err = run(crawl(tmp_path / "file" / "archive", "http://127.0.0.1:9"))
    assert code == 7
    assert err.count("\n") == 1


@pytest.mark.parametrize("answer", [robots("Disallow: /"), redirect("http://elsewhere.example/robots.txt")])
def test_8_when_robots_txt_forbids_everything_or_can_not_be_had(
    answer: Answer, archive: Path, site: Serve
) -> None:
    base = site({**HEALTHY, "/robots.txt": answer}).base_url
    assert run(scrapy_crawl(archive, base))[0] == 8
    assert ended(archive) == ("failed", 8)


def test_10_when_there_is_no_connection_at_all(archive: Path, site: Serve) -> None:
    closed = site({})
    closed.__exit__(None, None, None)
    code, err = run(scrapy_crawl(archive, closed.base_url))
    assert code == 10
    assert "no connection to 127.0.0.1" in err
    assert ended(archive) == ("failed", 10)


@pytest.mark.sqlite("about its file; tests/database/test_faults.py has what befalls a server")
def test_12_when_the_archive_is_damaged(archive: Path) -> None:
    archive.mkdir()
    (archive / "archive.db").write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    assert run(crawl(archive, "http://127.0.0.1:9"))[0] == 12


def test_13_when_a_newer_program_made_the_archive(archive: Path) -> None:
    opened(archive, create=True).close()
    change(archive, "UPDATE alembic_version SET version_num = '9999'")
    code, err = run(crawl(archive, "http://127.0.0.1:9"))
    assert code == 13
    assert "newer version" in err


def test_a_run_that_is_killed_is_told_as_killed(archive: Path, site: Serve) -> None:
    slow = site({**HEALTHY, "/a": Answer(body=b"<p>slow", wait=30.0)})
    process = start(crawl(archive, slow.base_url))
    _until(lambda: "/a" in slow.paths)
    process.kill()
    process.communicate()
    (killed,) = told(archive)
    assert (killed["outcome"], killed["exit_code"], killed["pid"]) == ("killed", None, process.pid)


def test_the_numbers_are_stable() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "OK": 0, "ERROR": 1, "USAGE": 2, "INCOMPLETE": 3, "BUSY": 4, "STOPPED": 5, "LIMIT": 6, "STORAGE": 7,
        "ROBOTS": 8, "BLOCKED": 9, "NO_CONNECTION": 10, "CHANGED": 11, "DAMAGED": 12, "NEWER": 13,
    }  # fmt: skip


def _until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)
