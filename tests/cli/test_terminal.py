"""Site text can do nothing to a terminal."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from crawler import terminal
from crawler.terminal import Column, Sheet, complain, json_text, print_table, printable

HOSTILE = [
    "\x1b]0;owned\x07", "\x1b[2J\x1b[H", "\x9b31m", "\x1b]52;c;ZXZpbA==\x07", "a\rb", "a\nmsarchive: forged",
    "\u202eevil", "\u2066x\u2069", "a\u2028b", "a\x85b", "\x00", "\x7f", "\u200e", "\U000e0041",
    "\ud800", "a\x0bb",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_acts_is_left_of_one_line(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert shown.encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_harmless_and_says_the_same(text: str) -> None:
    shown = json_text({"title": text})
    assert json.loads(shown) == {"title": text}
    assert all(line.isprintable() for line in shown.splitlines())
    assert len(shown.splitlines()) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Iron’s role – a ‘tool’",
        "naïve café",
        "多発性硬化症",
        "👩🏽‍🔬 science",
        "مرض",
        "[bold]not markup[/]",
        ":smile:",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


def test_what_was_made_harmless_can_still_be_seen() -> None:
    assert printable("a\x1b[1mb") == "a␛[1mb"
    assert printable("a\u202eb") == "a<U+202E>b"
    assert printable("soft\u00adhyphen\u200b") == "softhyphen"
    assert printable("a\tb") == "a b"


def test_line_breaks_of_every_kind_stay_where_lines_are_wanted() -> None:
    assert printable("a\r\nb\rc\u2029d\ne\x1bf", lines=True) == "a\nb\nc\nd\ne␛f"


def test_complaints_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    complain("bad file 'a\nb\x1b[31m'")
    assert capsys.readouterr().err == "msarchive: bad file 'a b␛[31m'\n"


def _on_terminal(monkeypatch: pytest.MonkeyPatch, width: int) -> io.StringIO:
    stream = io.StringIO()

    def console() -> Console:
        return Console(
            file=stream, force_terminal=True, width=width, markup=False, emoji=False, highlight=False
        )

    monkeypatch.setattr(terminal, "console", console)
    return stream


ROWS = [("aB3dE6", "[red]A title[/red] " * 12, "Journal"), ("kL9mN2", "多発性硬化症" * 20, "x")]
COLUMNS = [Column("Id"), Column("Title", grow=3), Column("Journal", grow=1)]


def test_piped_tables_are_whole_and_plain(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(COLUMNS, ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert ROWS[0][1].strip() in lines[1]
    assert not any(character in line for line in lines for character in "\t\x1b…")


@pytest.mark.parametrize("width", [40, 80, 120])
def test_tables_fit_the_terminal_one_row_a_line(monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    from rich.cells import cell_len
    from rich.text import Text

    stream = _on_terminal(monkeypatch, width)
    print_table(COLUMNS, ROWS)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 3
    assert all(cell_len(Text.from_ansi(line).plain) <= width for line in lines)
    assert "…" in lines[1]
    assert "[red]" in lines[1]


def test_paragraphs_hang_under_their_label(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = _on_terminal(monkeypatch, 40)
    Sheet().pair("Label", "word " * 20, width=8)
    lines = stream.getvalue().splitlines()
    assert len(lines) > 2
    assert all(line.startswith(" " * 9 + "word") for line in lines[1:])
    assert all(len(line) <= 40 for line in lines)


def test_paragraphs_are_whole_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    Sheet().text("word " * 50, indent=2, mark="- ")
    assert capsys.readouterr().out == "  - " + "word " * 49 + "word\n"


def test_matches_are_marked_by_brackets_when_piped(capsys: pytest.CaptureFixture[str]) -> None:
    Sheet().marked([("some ", False), ("iron", True), ("\x1b[2J", False)], indent=2)
    assert capsys.readouterr().out == "  some [iron]␛[2J\n"
