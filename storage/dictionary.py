"""The data dictionary, made from the views' and tables' own descriptions so that it can't fall behind them.

`python -m storage.dictionary` writes `docs/data-dictionary.md` in the checkout.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Table

from storage.models import Base
from storage.views import VIEWS
from storage.views.kinds import Holds, Kind

PATH = Path("docs", "data-dictionary.md")
"""Within the checkout."""

_INTRODUCTION = """\
# Data dictionary

What is in `archive/archive.db`. This file is generated from the program's views and tables by
`python -m storage.dictionary`; change their descriptions, not this file.

- **Query the views.** They have plain names, and their columns stay. The tables behind them are described
  too, for the curious, but may change from version to version.
- Text is **as printed** on the page. What is normalised stands beside it (`journal` and `journal_group`).
- **NULL is "absent"**, never an empty text. Why a field is absent is in the table `absence`.
- Times are UTC text (`2026-11-23T06:48:27.123Z`); dates are ISO text, **only as precise as printed**
  (`2026-05-01`, `2026-05` or `2026`): compare them as text.
- Ids are **case-sensitive**: `WHERE id = 'aB3dE6'` finds no `AB3DE6`.
- Lists are JSON: `SELECT value FROM articles, json_each(articles.topics) WHERE id = 'aB3dE6'`.

Open the file read-only (`sqlite3 -readonly archive/archive.db`): a crawl can go on at the same time.

"""


_HELD: dict[Holds, str] = {
    Holds.TEXT: "text",
    Holds.INTEGER: "integer",
    Holds.NUMBER: "number",
    Holds.FLAG: "0 or 1",
    Holds.DATE: "date",
    Holds.DAY: "day",
    Holds.TIME: "UTC time",
    Holds.TEXTS: "JSON list of text",
    Holds.PAIRS: "JSON list of pairs",
    Holds.OBJECT: "JSON object",
}
"""What a view's column holds, in the dictionary's words."""


class Undocumented(Exception):
    """A view, table or column without a description; the message names it."""


def dictionary() -> str:
    """The whole data dictionary as Markdown. Raises `Undocumented`."""
    return _INTRODUCTION + "\n".join([*_contents(), *_views(), *_tables()])


def _contents() -> Iterator[str]:
    yield f"Views: {', '.join(f'[{view.name}](#{view.name})' for view in VIEWS)}."
    yield ""


def _views() -> Iterator[str]:
    yield "## Views"
    yield ""
    yield "`key` marks what identifies a row, `→` what a column refers to, `NULL` that it may be absent."
    yield ""
    for view in VIEWS:
        yield from _heading(view.name, view.doc)
        yield "| column | holds | | meaning |"
        yield "|---|---|---|---|"
        for name, (kind, doc) in view.columns.items():
            meaning = _described(doc, view.name, name)
            yield f"| `{name}` | {_HELD[kind.holds]} | {_view_marks(kind)} | {meaning} |"
        yield ""


def _tables() -> Iterator[str]:
    yield "## Tables"
    yield ""
    yield "`PK` is the primary key, `→` what a column refers to, `NULL` that it may be absent."
    yield ""
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: str(mapper.local_table.description)):
        table = mapper.local_table
        assert isinstance(table, Table)
        yield from _heading(table.name, (mapper.class_.__doc__ or "").strip())
        yield "| column | type | | meaning |"
        yield "|---|---|---|---|"
        for column in table.columns:
            meaning = _described(column.doc or "", table.name, column.name)
            yield f"| `{column.name}` | {column.type!s} | {_marks(column)} | {meaning} |"
        yield ""


def _heading(name: str, doc: str) -> Iterator[str]:
    if not doc:
        raise Undocumented(f"{name} has no description")
    yield f"### {name}"
    yield ""
    yield " ".join(doc.split())
    yield ""


def _described(doc: str, table: str, column: str) -> str:
    if not doc.strip():
        raise Undocumented(f"{table}.{column} has no description")
    return doc.replace("|", "\\|")


def _view_marks(kind: Kind) -> str:
    marks = ["key"] if kind.key else []
    marks += [f"→ {kind.refers_to}"] if kind.refers_to else []
    marks += [kind.unit] if kind.unit else []
    marks += [] if kind.required else ["NULL"]
    return ", ".join(marks)


def _marks(column: Column[object]) -> str:
    marks = ["PK"] if column.primary_key else []
    marks += [
        f"→ {key.target_fullname}" for key in sorted(column.foreign_keys, key=lambda k: k.target_fullname)
    ]
    if column.nullable and not column.primary_key:
        marks.append("NULL")
    return ", ".join(marks)


def main() -> None:
    """Write the file; run from the checkout."""
    folder = Path(__file__).resolve().parent.parent
    target = folder / PATH
    if not target.parent.is_dir():
        sys.exit(f"no {target.parent}: run this from a checkout")
    target.write_text(dictionary(), "utf-8")


if __name__ == "__main__":
    main()
