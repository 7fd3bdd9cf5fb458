"""What comes from the site, made harmless for a terminal; and tables that fit its width.

A title can hold escape sequences that repaint the screen, set the clipboard or forge a line of ours
(CWE-150), and directional overrides that show text in another order than it has (CVE-2021-42574). Everything
from the site or from a file name that is printed passes `printable`, everything printed as JSON `json_text`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TextIO

if TYPE_CHECKING:  # rich takes 0.1 s to import; `--help` does without it
    from rich.console import Console
    from rich.text import Text

# C0 and C1 controls, directional marks and overrides, line separators, deprecated format characters, tags,
# lone surrogates (which no output encoding takes). Joiners stay: Persian and emoji are spelled with them.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)
_BREAKS = re.compile("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")
_INVISIBLE = frozenset("\xad\u200b\u2060\ufeff")


def printable(text: str, *, lines: bool = False) -> str:
    """Text that does nothing to a terminal but show itself.

    Escape and other control characters become visible signs (`␛`), directional overrides their code point in
    brackets, invisible spaces vanish, tabs become spaces. Line breaks become spaces, or with `lines` stay
    (every kind as a newline).
    """
    if text.isprintable() and not _UNSAFE.search(text):
        return text
    text = _BREAKS.sub("\n" if lines else " ", text).replace("\t", "    " if lines else " ")
    return _UNSAFE.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if character == "\n":
        return character
    if character in _INVISIBLE:
        return ""
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else f"<U+{code:04X}>"


def json_text(value: Any) -> str:
    """Value as indented JSON: text readable, but whatever a terminal might act on escaped (`\\u202e`)."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    return _UNSAFE.sub(_json_sign, text)


def json_line(value: Any) -> str:
    """Value as JSON on one line, escaped as `json_text` does; what JSON does not know is written as text."""
    return _UNSAFE.sub(_json_sign, json.dumps(value, ensure_ascii=False, default=str))


def _json_sign(match: re.Match[str]) -> str:
    # The only raw control character that json.dumps writes is the newline of its own indentation.
    code = ord(match[0])
    if match[0] == "\n":
        return match[0]
    if code > 0xFFFF:  # RFC 8259 section 7: beyond the BMP as a surrogate pair
        high, low = divmod(code - 0x10000, 0x400)
        return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
    return f"\\u{code:04x}"


def console(file: TextIO | None = None) -> Console:
    """A rich console that never reads markup, emoji names or highlights out of text.

    Colour and width as the environment says (NO_COLOR, TERM, COLUMNS); none of either when piped.
    """
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich's own would exit with 1; `main` knows better

    return Screen(file=file or sys.stdout, markup=False, emoji=False, highlight=False)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `print_table`."""

    title: str
    align: Literal["left", "right"] = "left"
    grow: int = 0
    """Share of the width left over, for columns that may be cut with an ellipsis; 0 never cuts."""
    style: str = ""
    wrap: bool = False
    """Fold long cells onto more lines instead of cutting them."""


def print_table(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, heading: bool = True) -> None:
    """Print rows of site text: fitted to the width of a terminal, whole and without colour when piped."""
    cleaned = [[printable(cell) for cell in row] for row in rows]
    screen = console()
    if not screen.is_terminal:
        for line in _plain(columns, cleaned, heading):
            print(line)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=heading, expand=False)
    for column, width in zip(columns, _widths(columns, cleaned, screen.width), strict=True):
        table.add_column(
            Text(column.title),
            justify=column.align,
            width=width,
            no_wrap=not column.wrap,
            overflow="fold" if column.wrap else "ellipsis",
            style=column.style,
            header_style="bold",
        )
    for row in cleaned:
        table.add_row(*map(Text, row))
    screen.print(table)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], total: int) -> list[int]:
    """The width of each column: its longest cell, or its share of what the fixed columns leave."""
    longest = _longest(columns, rows)
    growing = [number for number, column in enumerate(columns) if column.grow]
    fixed = sum(width for number, width in enumerate(longest) if number not in growing)
    left = max(total - fixed - 2 * len(columns), 10 * len(growing))
    widths = list(longest)
    # Columns that need less than their share give the rest to the others.
    for number in sorted(growing, key=lambda n: longest[n] / columns[n].grow):
        shares = sum(columns[n].grow for n in growing)
        widths[number] = min(longest[number], max(10, left * columns[number].grow // shares))
        left -= widths[number]
        growing = [n for n in growing if n != number]
    return widths


def _longest(columns: Sequence[Column], rows: Sequence[Sequence[str]]) -> list[int]:
    from rich.cells import cell_len

    return [
        max([cell_len(column.title), *(cell_len(row[number]) for row in rows)])
        for number, column in enumerate(columns)
    ]


def _plain(columns: Sequence[Column], rows: Sequence[Sequence[str]], heading: bool) -> Iterable[str]:
    from rich.cells import cell_len

    widths = _longest(columns, rows)
    for row in [[column.title for column in columns], *rows] if heading else rows:
        cells = []
        for column, cell, width in zip(columns, row, widths, strict=True):
            gap = " " * (width - cell_len(cell))
            cells.append(gap + cell if column.align == "right" else cell + gap)
        yield "  ".join(cells).rstrip()


_teller: Callable[[str], None] | None = None


def set_teller(teller: Callable[[str], None] | None) -> None:
    """Have `complain` speak through `teller` (a JSON log); None: by a line of its own again."""
    global _teller
    _teller = teller


def complain(message: str) -> None:
    """One line on stderr, in the program's name."""
    if _teller is not None:
        _teller(message)
    else:
        print(f"msarchive: {printable(message)}", file=sys.stderr)


PROSE_WIDTH = 100
"""Longer lines are hard to read, however wide the terminal."""


class Sheet:
    """Text on a page: headings, paragraphs and labelled values, folded to the terminal, whole when piped.

    Every method takes text as it came from the site and cleans it itself.
    """

    def __init__(self) -> None:
        self._screen = console()
        self._folds = self._screen.is_terminal

    @property
    def on_terminal(self) -> bool:
        """Whether a person looks at it (rather than a pipe or a file)."""
        return self._folds

    def blank(self) -> None:
        """An empty line."""
        self._screen.print()

    def heading(self, text: str) -> None:
        """A heading with an empty line before it."""
        self.blank()
        self.text(text, style="bold")

    def text(self, text: str, *, indent: int = 0, style: str = "", mark: str = "") -> None:
        """A paragraph. `mark` (a bullet, a number) hangs before its first line."""
        self._print(" " * indent + mark, text, style)

    def pair(self, label: str, value: str, *, width: int = 12, indent: int = 0, style: str = "") -> None:
        """A labelled value, the values standing in one column."""
        self._print(" " * indent + label.ljust(width) + " ", value, style)

    def marked(
        self, pieces: Iterable[tuple[str, bool]], *, indent: int = 0, mark: str = "", style: str = ""
    ) -> None:
        """A paragraph of pieces, those with True set off: by style on a terminal, by brackets when piped."""
        lead = " " * indent + printable(mark)
        from rich.text import Text

        if not self._folds:
            print(lead + "".join(f"[{printable(text)}]" if hit else printable(text) for text, hit in pieces))
            return
        parts = [(printable(text), "bold yellow" if hit else style) for text, hit in pieces]
        self._fold(lead, Text.assemble(*parts))

    def styled(self, pieces: Iterable[tuple[str, str]], *, indent: int = 0) -> None:
        """A paragraph of pieces, each (text, style); without styles when piped."""
        from rich.text import Text

        cleaned = [(printable(text), style) for text, style in pieces]
        if self._folds:
            self._fold(" " * indent, Text.assemble(*cleaned))
        else:
            print((" " * indent + "".join(text for text, _ in cleaned)).rstrip())

    def _print(self, lead: str, text: str, style: str) -> None:
        lead, text = printable(lead), printable(text)
        if not self._folds:
            # Not through rich: it would fold a line at 80 columns even where nobody looks at columns.
            print((lead + text).rstrip())
            return
        from rich.text import Text

        self._fold(lead, Text(text, style=style))

    def _fold(self, lead: str, text: Text) -> None:
        from rich.cells import cell_len
        from rich.text import Text

        if " " not in text.plain.strip():
            # An address: broken by us it could no longer be copied or clicked; the terminal folds it anyway.
            self._screen.print(Text.assemble(lead, text), soft_wrap=True)
            return
        hang = cell_len(lead)
        room = max(min(self._screen.width, PROSE_WIDTH) - hang, 20)
        for number, line in enumerate(text.wrap(self._screen, room) or [Text("")]):
            line.rstrip()
            self._screen.print(Text.assemble(lead if number == 0 else " " * hang, line), soft_wrap=True)

    def table(
        self, columns: Sequence[Column], rows: Iterable[Sequence[str]], *, heading: bool = True
    ) -> None:
        """A table, as `print_table`."""
        print_table(columns, rows, heading=heading)
