"""Published faults of other programs' logs and terminals, each tried on ours.

What is injected comes as a site would send it: as (part of) an address, a header, a reason phrase, a title.
"""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from crawler import logs, terminal
from tests.cli.log_stream import kept_log


@pytest.fixture(params=["human", "json"])
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What this process logs in a format."""
    with kept_log(request.param) as out:
        yield out


def _told(log: io.StringIO, text: str) -> list[str]:
    """The lines of the log after a message of Scrapy's, an event of ours and a traceback that quote it."""
    logging.getLogger("scrapy.downloadermiddlewares").error(
        "Gave up %(url)s", {"url": f"https://a.org/{text}"}
    )
    logs.tell("page.failed", text, url=text, reason=text)
    try:
        raise ValueError(text)
    except ValueError:
        logging.getLogger("twisted").exception("Unhandled: %s", text)
    lines = log.getvalue().split("\n")
    assert all(line.isprintable() for line in lines)
    return lines


def test_cve_2009_4487_escape_sequences_in_what_is_logged(log: io.StringIO) -> None:
    """nginx wrote requests to its log as they came; `cat` of the log then ran them in the terminal."""
    assert "\x1b" not in "".join(_told(log, "\x1b]2;owned?\x07\x1b[6n\n"))


def test_cve_2003_0063_a_window_title_that_is_typed_back(log: io.StringIO) -> None:
    """xterm could be made to answer with its title, which a sequence before it had set to a command."""
    assert "[21t" in "".join(_told(log, "\x1b]0;id; rm -rf ~\x07\x1b[21t")), "shown, and not acted upon"


def test_cve_2022_45872_a_status_request_that_is_answered(log: io.StringIO) -> None:
    """iTerm2 answered DECRQSS with what the request held; C1 bytes make the same request in 8 bits."""
    for text in ("\x1bP$q\nid\n\x1b\\", "\x90$q\nid\n\x9c"):
        assert not {"\x1b", "\x90", "\x9c"} & set("".join(_told(log, text)))


def test_cve_2022_46663_links_that_a_pager_lets_through(log: io.StringIO) -> None:
    """less -R passed OSC 8 on without its end."""
    _told(log, "\x1b]8;;http://evil.example\x1b[31mclick\x1b]8;;\x07")


def test_cve_2021_42574_text_that_is_shown_in_another_order(log: io.StringIO) -> None:
    """Directional overrides (Trojan Source) make a reader see other words than there are."""
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") & set(
        "".join(_told(log, "exit code \u202e0 :edoc\u2066 \u2069\u2066"))
    )


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_cve_2025_25184_line_ends_that_forge_an_entry(log: io.StringIO, end: str) -> None:
    """Rack's CommonLogger wrote what a request held with its line ends, and so whole entries of others."""
    lines = _told(
        log, f"x{end}2026-01-01 00:00:00 [msarchive] INFO: complete{end}" + '{"event": "run.ended"}'
    )
    assert not any(line.startswith(("2026-01-01", '{"event": "run.ended"')) for line in lines)
    assert len([line for line in lines if line and not line.startswith("    | ")]) == 3


@pytest.mark.parametrize("text", ["\x1b[2J", "a\nmsarchive: forged", "\x9b2J", "\u202e"])
def test_cve_2009_4487_again_for_what_is_printed_without_a_log(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.complain(text)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.isprintable()
