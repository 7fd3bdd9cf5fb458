"""`msarchive show`: one article whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.alarms import tell_waiting
from crawler.cli.common import archive_option, json_option, moment, open_to_read, print_json
from crawler.cli.finding import as_of_option, find_article
from crawler.terminal import Sheet

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.article_detail import ArticleDetail


@click.command(
    "show",
    epilog="\b\nExamples:\n"
    "  msarchive show aB3dE6\n"
    "  msarchive show aB3dE6 --evidence\n"
    "  msarchive show aB3dE6 --as-of 2026-03-31\n"
    "  msarchive show https://mymsbuddy.com/news/view/some-title-aB3dE6 --json",
)
@click.argument("wanted", metavar="ID|URL")
@archive_option(database=True)
@click.option("--site", metavar="NAME", help="Which site's, where several share the archive and the id.")
@click.option("--evidence", is_flag=True, help="Show for each value where it was read, and by which rule.")
@as_of_option()
@json_option("Print everything as a JSON object.")
def command(
    wanted: str, directory: Path, site: str | None, evidence: bool, as_of: str | None, as_json: bool
) -> None:
    """Show one article whole: what it says, what it lacks and why, and where it came from.

    The case of an id counts. An address may be an old one.
    """
    from storage.alarms import quarantined
    from storage.article_detail import article
    from storage.as_of import as_of as then
    from storage.relating.asking import duplicates_of

    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        name = find_article(connection, wanted, site, as_of)
        with then(connection, as_of):
            detail = article(connection, *name)
            assert detail is not None  # the same snapshot has just named it
            if not as_json and as_of is not None:
                Sheet().text(f"as of {moment(as_of)}", style="dim")
            waiting = quarantined(connection, *name, latest=True) if as_of is None else []
            twins = duplicates_of(connection, *name)
            if evidence:
                _show_evidence(connection, detail, as_of, as_json)
                return
    if as_json:
        near = [asdict(twin) for twin in twins]
        held = [asdict(row) for row in waiting]
        print_json({**_at(as_of), **_as_json(detail), "near_duplicates": near, "quarantined": held})
        return
    from crawler.cli.show_view import show_article

    show_article(detail, twins)
    tell_waiting(waiting, directory)


def _at(as_of: str | None) -> dict[str, str]:
    return {} if as_of is None else {"as_of": as_of}


def _show_evidence(connection: Connection, detail: ArticleDetail, as_of: str | None, as_json: bool) -> None:
    from storage.evidence import evidence

    fields = detail.fields
    rows = evidence(connection, fields["site"], fields["key"])
    if as_json:
        named = {name: fields[name] for name in ("id", "key", "site", "url", "title", "revision")}
        print_json({**_at(as_of), "article": named, "evidence": [asdict(row) for row in rows]})
        return
    from crawler.cli.evidence_view import show_evidence

    show_evidence(fields["title"], rows)


def _as_json(detail: ArticleDetail) -> dict[str, Any]:
    value = asdict(detail)
    return {"article": value.pop("fields"), **value}
