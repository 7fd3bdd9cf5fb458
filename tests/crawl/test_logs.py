"""The log of a crawl of a site that tries to write in it, in both formats, from `msarchive` and `scrapy`."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.crawl.crawling import CHECKOUT, clean_environment
from tests.crawl.scripted import Answer, ScriptedSite, links, robots

_FORGED = "2026-01-01 00:00:00 [msarchive] INFO: complete: every address known has its answer"
_BIDI = "\u202e\u2066\u2028\x85\x9b"


@dataclass(frozen=True)
class Wire(Answer):
    """An answer byte by byte."""

    raw: bytes = b""

    def wire(self) -> bytes:
        return self.raw


def _site() -> ScriptedSite:
    hostile_link = f"/a%0A%1b%00\x1b[2J\x00{_BIDI}?q=\x1b]0;owned\x07"
    title = f"</title><title>\x1b[2J{_BIDI}"
    evil = _FORGED.encode()
    return ScriptedSite(
        {
            "/robots.txt": robots("Allow: /"),
            "/": links(hostile_link, "/reason", "/head", "/torn", "/location", "/length", title=title),
            "/reason": Wire(
                raw=b"HTTP/1.1 500 \x1b[2J" + evil + b"\r\nContent-Length: 0\r\nX-A: \x1b]0;o\x07\r\n\r\n"
            ),
            "/head": Wire(raw=b"HTTP/1.1 200 OK\r\n\x1b[2J\xc2\x85 no colon " + evil + b"\r\n\r\n", cut=0),
            "/torn": Wire(raw=b"\x1b[2J\x00\x1b]52;c;ZXZpbA==\x07" + evil + b"\r\n\r\n", cut=0),
            "/location": Wire(
                raw=b"HTTP/1.1 301 x\r\nContent-Length: 0\r\nLocation: /\x1b[2J\xe2\x80\xae\x00there\r\n\r\n"
            ),
            "/length": Wire(raw=b"HTTP/1.1 200 OK\r\nContent-Length: \x1b[2J9\r\n\r\n", cut=0),
        }
    )


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=CHECKOUT, env=clean_environment(), capture_output=True,
        text=True, encoding="utf-8", timeout=120, check=False,
    )  # fmt: skip


def _crawl(archive: Path, url: str, *options: str) -> subprocess.CompletedProcess[str]:
    """`scrapy crawl summaries`, which tells more than `msarchive crawl`, at the level that tells most."""
    return _run(
        "scrapy", "crawl", "summaries", "-a", "site=sample", "-a", f"start={url}/", "-L", "DEBUG",
        "-s", f"MSARCHIVE_DIR={archive}", "-s", "MSARCHIVE_RETRIES=0", *options,
    )  # fmt: skip


def test_people_see_no_line_and_no_control_character_of_the_sites(tmp_path: Path) -> None:
    with _site() as site:
        done = _crawl(tmp_path / "archive", site.base_url)
        assert "/reason" in site.paths and "/length" in site.paths
    lines = done.stderr.splitlines()
    assert "crawling" in done.stderr
    assert all(line.isprintable() for line in lines)
    assert not any(line.startswith(_FORGED[:20]) for line in lines)


def test_every_json_line_is_an_event_of_ours(tmp_path: Path) -> None:
    with _site() as site:
        done = _crawl(tmp_path / "archive", site.base_url, "-s", "MSARCHIVE_LOG_FORMAT=json")
    events = _events(done.stderr)
    assert {"run.started", "page.stored", "page.failed", "run.ended"} <= {one["event"] for one in events}
    (ended,) = [one for one in events if one["event"] == "run.ended"]
    assert ended["exit_code"] == done.returncode == 3
    asked = [one for one in events if one["event"].startswith("page.")]
    assert {one["url"].removeprefix(site.base_url) for one in asked} >= {"/", "/reason", "/torn"}
    assert all(one["run"] == 1 and one["site"] == "sample" for one in asked)
    (reason,) = [one for one in asked if one["url"].endswith("/reason")]
    assert reason["status"] == 500
    assert isinstance(reason["latency_ms"], int)


def test_with_json_lines_nothing_else_is_written(tmp_path: Path) -> None:
    with _site() as site:
        done = _run(
            "crawler.cli", "crawl", "--site", "sample", "--start", f"{site.base_url}/", "--archive",
            str(tmp_path / "archive"), "--log-format", "json", "--max-pages", "1",
        )  # fmt: skip
    assert done.stdout == ""
    events = _events(done.stderr)
    assert [one["event"] for one in events if one["event"] != "progress"][-2:] == ["run.ended", "problem"]


def test_a_run_that_can_not_begin_says_so_in_one_event(tmp_path: Path) -> None:
    with _site() as site:
        done = _run(
            "crawler.cli", "crawl", "--site", "sample", "--start", f"{site.base_url}/", "--archive",
            "/proc/nowhere", "--log-format", "json",
        )  # fmt: skip
    assert done.returncode == 7
    assert site.paths == []
    assert [one["event"] for one in _events(done.stderr)] == ["problem"]


def _events(stderr: str) -> list[dict[str, Any]]:
    lines = stderr.splitlines()
    assert all(line.isprintable() for line in lines)
    events = [json.loads(line) for line in lines]
    for event in events:
        assert list(event)[:5] == ["time", "level", "event", "logger", "message"]
    return events


@pytest.mark.parametrize("form", ["human", "json"])
def test_a_terminal_gets_what_a_person_can_read(tmp_path: Path, form: str) -> None:
    done = _run(
        "crawler.cli", "--debug", "crawl", "--archive", str(tmp_path / "a\x1b[2J\nb"), "--log-format", form
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.strip().isprintable()
