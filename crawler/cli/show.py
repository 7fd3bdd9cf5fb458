"""`msarchive show`: one article whole."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from crawler.cli.common import archive_option, json_option, open_to_read, print_json
from crawler.exits import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from storage.article_detail import ArticleDetail


@click.command(
    "show",
    epilog="\b\nExamples:\n"
    "  msarchive show aB3dE6\n"
    "  msarchive show aB3dE6 --evidence\n"
    "  msarchive show https://mymsbuddy.com/news/view/some-title-aB3dE6 --json",
)
@click.argument("wanted", metavar="ID|URL")
@archive_option()
@click.option("--site", metavar="NAME", help="Which site's, where several share the archive and the id.")
@click.option("--evidence", is_flag=True, help="Show for each value where it was read, and by which rule.")
@json_option("Print everything as a JSON object.")
def command(wanted: str, directory: Path, site: str | None, evidence: bool, as_json: bool) -> None:
    """Show one article whole: what it says, what it lacks and why, and where it came from.

    The case of an id counts. An address may be an old one.
    """
    with open_to_read(directory) as archive, archive.engine.connect() as connection:
        detail = _find(connection, wanted, site)
        if evidence:
            _show_evidence(connection, detail, as_json)
            return
    if as_json:
        print_json(_as_json(detail))
        return
    from crawler.cli.show_view import show_article

    show_article(detail)


def _show_evidence(connection: Connection, detail: ArticleDetail, as_json: bool) -> None:
    from storage.evidence import evidence

    fields = detail.fields
    rows = evidence(connection, fields["site"], fields["key"])
    if as_json:
        named = {name: fields[name] for name in ("id", "key", "site", "url", "title", "revision")}
        print_json({"article": named, "evidence": [asdict(row) for row in rows]})
        return
    from crawler.cli.evidence_view import show_evidence

    show_evidence(fields["title"], rows)


def _find(connection: Connection, wanted: str, site: str | None) -> ArticleDetail:
    from storage.article_detail import article
    from storage.queries import find_articles

    name = _canonical(wanted) if "://" in wanted else wanted
    found = [entry for entry in find_articles(connection, name) if site is None or entry[0] == site]
    if not found:
        raise UserError(_unknown(connection, wanted, name))
    if len(found) > 1:
        sites = ", ".join(entry[0] for entry in found)
        raise UserError(f"several sites have an article {wanted!r}: say which with --site ({sites})")
    detail = article(connection, *found[0])
    assert detail is not None  # the same snapshot has just named it
    return detail


def _canonical(url: str) -> str:
    from spiders.reading.addresses import canonical

    return canonical(url) or url


def _unknown(connection: Connection, wanted: str, name: str) -> str:
    from storage.queries import address_state, ids_but_for_case

    others = ids_but_for_case(connection, wanted)
    if others:
        return f"no article {wanted!r}; its case counts: {', '.join(others)}"
    state = address_state(connection, name)
    if state is not None:
        return f"{wanted} is no article in the archive; it is known as: {state[0]} ({state[1]})"
    return f"no article {wanted!r} in the archive ('msarchive list' shows them all)"


def _as_json(detail: ArticleDetail) -> dict[str, Any]:
    value = asdict(detail)
    return {"article": value.pop("fields"), **value}
