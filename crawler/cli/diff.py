"""`msarchive diff`: two revisions of an article side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import find_article
from crawler.exits import UserError
from crawler.terminal import Sheet, complain, printable

if TYPE_CHECKING:
    from storage.comparing import Compared, FieldText, RevisionHead

_STYLES = {"same": "", "removed": "red strike", "added": "green"}


@click.command(
    "diff",
    epilog="\b\nExamples:\n"
    "  msarchive diff aB3dE6               the last two revisions\n"
    "  msarchive diff aB3dE6 1 3\n"
    "  msarchive diff aB3dE6 > changes.patch",
)
@click.argument("wanted", metavar="ID|URL")
@click.argument("numbers", metavar="[REV REV]", nargs=-1, type=click.IntRange(min=1))
@archive_option(database=True)
@click.option("--site", metavar="NAME", help="Which site's, where several share the archive and the id.")
@json_option("Print a JSON object, field by field.")
def command(wanted: str, numbers: tuple[int, ...], directory: Path, site: str | None, as_json: bool) -> None:
    """Show two revisions of an article side by side, by default the last two.

    On a terminal the changed fields word by word; elsewhere the article as text, a paragraph a line, as a
    unified diff. What a revision's captures could not show is left out.
    """
    from storage.comparing import compare, revision_heads

    if len(numbers) not in (0, 2):
        raise click.UsageError("give two revisions, or none for the last two")
    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        name = find_article(connection, wanted, site)
        heads = revision_heads(connection, *name)
        before, after = numbers or _last_two(heads)
        _check(name[1], heads, before, after)
        found = compare(connection, *name, before, after) if numbers or len(heads) > 1 else None
    if found is None:
        _only_one(name, heads[0], as_json)
    elif as_json:
        print_json({"site": name[0], "key": name[1], **_as_json(found)})
    elif not any(field.differs for field in found.fields):
        complain(f"revisions {before} and {after} differ in nothing that both show")
    elif (sheet := Sheet()).on_terminal:
        _by_words(sheet, found)
    else:
        for line in _unified(printable(name[1]), found):
            print(line)


def _last_two(heads: tuple[RevisionHead, ...]) -> tuple[int, int]:
    return heads[-2 if len(heads) > 1 else -1].revision, heads[-1].revision


def _check(key: str, heads: tuple[RevisionHead, ...], *numbers: int) -> None:
    for number in numbers:
        if number > len(heads):
            has = "one revision only" if len(heads) == 1 else f"revisions 1 to {len(heads)}"
            raise UserError(f"article {key!r} has {has}, no {number}")


def _only_one(name: tuple[str, str], head: RevisionHead, as_json: bool) -> None:
    if as_json:
        print_json({"site": name[0], "key": name[1], "before": None, "after": asdict(head), "fields": []})
        return
    complain(f"article {name[1]!r} has one revision only, first seen {moment(head.first_seen_at)}")


def _as_json(found: Compared) -> dict[str, Any]:
    from storage.word_diff import word_diff

    fields = [
        {
            "field": field.field,
            "before": field.before,
            "after": field.after,
            "words": [asdict(p) for p in word_diff("\n".join(field.before), "\n".join(field.after))],
        }
        for field in found.fields
        if field.differs
    ]
    return {"before": asdict(found.before), "after": asdict(found.after), "fields": fields}


def _by_words(sheet: Sheet, found: Compared) -> None:
    from storage.word_diff import word_diff

    for sign, head, style in (("-", found.before, "red"), ("+", found.after, "green")):
        sheet.text(f"{sign} revision {head.revision}, first seen {moment(head.first_seen_at)}", style=style)
    for field in found.fields:
        if not field.differs:
            continue
        sheet.heading(f"{field.heading} ({field.field})" if field.heading else field.field)
        line: list[tuple[str, str]] = []
        for piece in word_diff("\n".join(field.before), "\n".join(field.after)):
            for number, text in enumerate(piece.text.split("\n")):
                if number:
                    sheet.styled(line)
                    line = []
                line.append((text, _STYLES[piece.kind]))
        sheet.styled(line)


def _unified(key: str, found: Compared) -> Iterator[str]:
    from difflib import unified_diff

    before, after = found.before, found.after
    yield from unified_diff(
        list(_document(found, earlier=True)),
        list(_document(found, earlier=False)),
        f"{key} revision {before.revision}",
        f"{key} revision {after.revision}",
        before.first_seen_at,
        after.first_seen_at,
        lineterm="",
    )


def _document(found: Compared, *, earlier: bool) -> Iterator[str]:
    """An article as text, a paragraph a line."""
    for field in found.fields:
        lines = field.before if earlier else field.after
        for line in _headed(field, lines) if lines else ():
            yield printable(" ".join(line.split()))


def _headed(field: FieldText, lines: tuple[str, ...]) -> Iterator[str]:
    if field.field in ("credibility", "interest", "journal"):
        yield f"{field.heading}: {lines[0]}"
        return
    if field.field != "title":
        yield ""
        yield field.heading or f"({field.field.removeprefix('sections.')})"
    yield from lines
