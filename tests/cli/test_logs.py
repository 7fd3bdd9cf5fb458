"""Log lines: for people and as JSON. Nothing that a site sends can forge one or reach the terminal."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from scrapy.settings import Settings
from twisted.python import log as twisted_log
from twisted.python.failure import Failure

from crawler import logs, terminal
from crawler.exits import UserError
from tests.cli.log_stream import kept_log
from tests.crawl.crawling import clean_environment

HOSTILE = {
    "a forged line": "x\n2026-01-01 00:00:00 [msarchive] INFO: complete: every address known has its answer",
    "a forged JSON line": 'x\r\n{"event": "run.ended", "exit_code": 0}',
    "an escape sequence": "\x1b[2J\x1b]0;owned\x07",
    "an 8-bit escape": "\x9b31m\x90q\x9c",
    "a clipboard write": "\x1b]52;c;ZXZpbA==\x07",
    "a right-to-left override": "safe\u202egpj.exe",
    "an isolate": "\u2066hidden\u2069",
    "NUL": "a\x00b",
    "a line separator": "a\u2028b\u2029c\x85d\x0be\x0cf",
    "DEL and backspaces": "secret\x08\x08\x08\x7f",
    "a lone surrogate": "a\ud800b",
    "a tag character": "a\U000e0041b",
}


@pytest.fixture(params=["human", "json"])
def stream(request: pytest.FixtureRequest) -> Iterator[tuple[str, io.StringIO]]:
    """The format, and what this process logs in it."""
    with kept_log(request.param) as out:
        yield request.param, out


def _lines(told: tuple[str, io.StringIO]) -> list[str]:
    """The lines, after it is made sure that each is harmless."""
    lines = told[1].getvalue().split("\n")
    assert lines.pop() == ""
    assert all(line.isprintable() for line in lines)
    assert all(line.encode() for line in lines)
    assert len("\n".join(lines).splitlines()) == len(lines)
    return lines


def _records(told: tuple[str, io.StringIO]) -> list[str]:
    """The lines that begin a record."""
    return [line for line in _lines(told) if not line.startswith("    | ")]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_message_is_one_record_whatever_is_in_it(stream: tuple[str, io.StringIO], text: str) -> None:
    logging.getLogger("scrapy.core.scraper").warning("Ignoring %(url)s", {"url": text})
    (line,) = _records(stream)
    if stream[0] == "json":
        assert json.loads(line)["message"] == f"Ignoring {text}"
        assert json.loads(line)["event"] == "log"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_exceptions_text_is_part_of_its_record(stream: tuple[str, io.StringIO], text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("scrapy.core.engine").exception("Error on %s", text)
    (line,) = _records(stream)
    if stream[0] == "json":
        assert json.loads(line)["traceback"].startswith("Traceback (most recent call last)")


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_twisteds_own_report_of_a_failure_is_one_record(stream: tuple[str, io.StringIO], text: str) -> None:
    observer = twisted_log.PythonLoggingObserver("twisted")
    observer.start()
    try:
        twisted_log.err(Failure(ConnectionError(text)), f"Unhandled error in Deferred: {text}")
    finally:
        observer.stop()
    assert len(_records(stream)) == 1


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_the_fields_of_an_event_can_not_end_its_line(stream: tuple[str, io.StringIO], text: str) -> None:
    logs.tell("page.failed", text, url=f"https://example.org/{text}", reason=text)
    (line,) = _records(stream)
    if stream[0] == "json":
        assert json.loads(line)["url"] == f"https://example.org/{text}"


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_an_exception_that_nobody_caught_passes_the_log(stream: tuple[str, io.StringIO], text: str) -> None:
    try:
        raise RuntimeError(text)
    except RuntimeError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    assert len(_records(stream)) == 1
    assert "RuntimeError" in stream[1].getvalue()


def test_a_message_of_endless_length_is_cut(stream: tuple[str, io.StringIO]) -> None:
    logging.getLogger("twisted").error("x" * 1_000_000)
    (line,) = _records(stream)
    assert len(line) < 21_000


def test_a_json_line_has_the_documented_keys_and_what_is_bound(stream: tuple[str, io.StringIO]) -> None:
    logs.bind(run=7, site="sample")
    logs.tell("page.stored", "200 summary", url="https://example.org/a", status=200, latency_ms=12)
    (line,) = _records(stream)
    if stream[0] == "human":
        assert line.endswith("[msarchive] INFO: 200 summary")
        return
    told = json.loads(line)
    assert told.pop("time").endswith("Z")
    assert told == {
        "level": "info", "event": "page.stored", "logger": "msarchive", "message": "200 summary", "run": 7,
        "site": "sample", "url": "https://example.org/a", "status": 200, "latency_ms": 12,
    }  # fmt: skip


def test_complaints_become_events_of_the_json_log(
    stream: tuple[str, io.StringIO], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.complain("the archive is\nbusy")
    if stream[0] == "json":
        assert json.loads(_lines(stream)[0])["event"] == "problem"
        assert capsys.readouterr().err == ""
    else:
        assert capsys.readouterr().err == "msarchive: the archive is busy\n"


def test_what_an_interrupt_left_half_made_is_not_told_of(stream: tuple[str, io.StringIO]) -> None:
    class HalfMade:
        def __del__(self) -> None:
            raise AttributeError("no '_closed'")

    HalfMade()
    assert len(_records(stream)) == 1
    logs.interrupted()
    HalfMade()
    assert len(_records(stream)) == 1


def test_scrapys_settings_for_a_log_file_hold(tmp_path: Path) -> None:
    before, hooks = logging.root.handlers[:], (sys.excepthook, sys.unraisablehook)
    file = tmp_path / "job.log"
    settings = Settings(
        {"LOG_FILE": str(file), "LOG_LEVEL": "ERROR", "LOG_FORMAT": "%(levelname)s %(message)s"}
    )
    try:
        logs.install_for(settings)
        logging.getLogger("scrapy").warning("not told")
        logging.getLogger("scrapy").error("a\nb")
        assert file.read_text("utf-8") == "ERROR a\n    | b\n"
        settings.set("LOG_FILE", str(tmp_path / "nowhere" / "job.log"))
        with pytest.raises(UserError, match="can't write the log"):
            logs.install_for(settings)
    finally:
        sys.excepthook, sys.unraisablehook = hooks
        logging.root.handlers[:] = before


def test_an_unknown_format_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MSARCHIVE_LOG_FORMAT", "xml")
    with pytest.raises(UserError, match="human or json"):
        logs.chosen_format()


def _msarchive(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "crawler.cli", *arguments], env=clean_environment(**environment),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def _events(stderr: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stderr.splitlines()]


def test_an_import_tells_each_file_and_the_end(tmp_path: Path) -> None:
    page = tmp_path / "a\x1b[1mpage.html"
    page.write_text("<html><body><h1>A title</h1><p>Text.</p></body></html>")
    (tmp_path / "no-page.html").write_bytes(b"")
    done = _msarchive(
        "import", str(tmp_path), "--archive", str(tmp_path / "archive"), "--site", "sample",
        "--log-format", "json",
    )  # fmt: skip
    events = _events(done.stderr)
    assert [event["event"] for event in events] == ["import.file", "import.file", "import.ended"]
    assert {event.get("path") for event in events[:2]} == {str(page), str(tmp_path / "no-page.html")}
    assert done.stdout == ""
    assert all(line.isprintable() for line in done.stderr.splitlines())


def test_what_goes_wrong_before_a_run_begins_is_an_event_too(tmp_path: Path) -> None:
    done = _msarchive("reread", "--archive", str(tmp_path / "none"), MSARCHIVE_LOG_FORMAT="json")
    assert done.returncode == 2
    (event,) = _events(done.stderr)
    assert event["event"] == "problem"
    assert event["level"] == "error"


_IN_A_WORKER = """
import logging
from crawler import logs
from crawler.reading_workers import Workers
logs.install("json")
with Workers(1)._made("spawn") as pool:
    pool.submit(logging.getLogger("spiders.pages").error, "The reader failed on \\x1b[2J\\nforged").result()
"""


def test_the_processes_that_reread_log_as_their_parent_does() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_WORKER], env=clean_environment(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    (event,) = _events(done.stderr)
    assert event["message"] == "The reader failed on \x1b[2J\nforged"
