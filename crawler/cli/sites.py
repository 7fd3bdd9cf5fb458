"""`msarchive sites`: profiles of sites; `new` drafts one from a few pages."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from crawler.cli.common import allow_private_option, json_option, print_json, program
from crawler.cli.fetching import contact_option, fetcher_for
from crawler.exits import ExitCode, UserError
from crawler.terminal import Column, Sheet

if TYPE_CHECKING:
    from crawler.drafting.draft import Drafted
    from crawler.drafting.model import Looked

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_MOST_LINES = 5
_NUMBERS = re.compile(r"[\d.:\[\]]+")


@click.group(
    "sites",
    epilog="\b\nExample:\n  msarchive sites new --contact me@example.org https://example.org/research",
)
def command() -> None:
    """Profiles: the files that say how a site's pages are read."""


@command.command(
    "new",
    short_help="Draft a profile for a site from a few of its pages.",
    epilog="\b\nExamples:\n"
    "  msarchive sites new --contact me@example.org https://example.org/research\n"
    "  msarchive sites new --contact me@example.org https://example.org/sitemap.xml -o my.toml --pages 12\n"
    "  msarchive sites new saved-pages/ -o mysite.toml      (pages that a browser saved)",
)
@click.argument("pages", metavar="URL|FILE...", nargs=-1, required=True)
@click.option("-o", "--output", metavar="FILE.toml", type=click.Path(path_type=Path, dir_okay=False),
              help="The profile to write.  [default: the site's name, here]")  # fmt: skip
@click.option(
    "--name",
    metavar="NAME",
    help="What the site is called in the archive.  [default: the file's, or the host's]",
)
@click.option("--pages", "articles", metavar="N", type=click.IntRange(2, 50), default=10, show_default=True,
              help="How many articles to look at.")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@contact_option()
@allow_private_option()
@json_option("Print what was written and how well it reads as JSON.")
def new(
    pages: tuple[str, ...],
    output: Path | None,
    name: str | None,
    articles: int,
    force: bool,
    contact: str | None,
    allow_private: tuple[str, ...],
    as_json: bool,
) -> None:
    """Draft a profile for a site from a few of its pages, for a person to mend.

    URL is a page that lists articles, a sitemap, or an article. From there a few articles are fetched, as
    gently as by a crawl and only where robots.txt lets it. FILEs, or folders of them, are saved pages that
    tell their address. What recurs on the articles is taken for their parts; behind each guess the profile
    says how many pages bear it out, and on top what could not be told. The same pages give the same profile.
    """
    from crawler.drafting.draft import draft_of

    given = name or (output.stem if output is not None else None)
    chosen = given or _named_by_host(urlsplit(pages[0]).hostname if _SCHEME.match(pages[0]) else None)
    _check(chosen, output or Path(f"{chosen}.toml"), force)
    looked = _looked(pages, articles, contact, allow_private)
    chosen = given or _named_by_host(urlsplit(looked.start).hostname)  # which saved pages tell themselves
    drafted = draft_of(looked, chosen)
    target = output or Path(f"{chosen}.toml")
    _write(drafted, target, force)
    if as_json:
        print_json(_as_json(drafted, looked, target))
        return
    _show(drafted, looked, target)


def _named_by_host(host: str | None) -> str:
    """A name for a site: the first telling label of its host; `site` where there is none."""
    if not host or _NUMBERS.fullmatch(host):
        return "site"
    label = host.removeprefix("www.").split(".")[0]
    return re.sub(r"[^a-z0-9-]+", "-", label.lower()).strip("-") or "site"


def _check(name: str, target: Path, force: bool) -> None:
    """Raises `UserError` before anything is asked of the site, where the profile could not be written."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise UserError(
            f"{name!r} can't be a site's name: give a --name of letters, digits, '-', '_'", ExitCode.USAGE
        )
    if target.exists() and not force:
        raise UserError(f"{target} exists already: give another -o, or --force to replace it", ExitCode.USAGE)
    if not target.parent.is_dir():
        raise UserError(f"there is no folder {target.parent}", ExitCode.USAGE)


def _looked(
    pages: tuple[str, ...], articles: int, contact: str | None, allow_private: tuple[str, ...]
) -> Looked:
    from crawler.drafting.asking import look_at_files, look_at_site
    from spiders.reading.addresses import canonical

    if not _SCHEME.match(pages[0]):
        return look_at_files([Path(page) for page in pages])
    address = canonical(pages[0])
    if address is None:
        raise UserError(f"not an http or https address: {pages[0]}", ExitCode.USAGE)
    if len(pages) > 1:
        raise UserError("give one URL to begin with", ExitCode.USAGE)
    return look_at_site(address, articles, fetcher_for(address, contact, allow_private))


def _write(drafted: Drafted, target: Path, force: bool) -> None:
    from crawler.drafting.writing import profile_text
    from storage.whole import TargetExists, WholeFile

    text = profile_text(drafted.draft, _found(drafted))
    try:
        with WholeFile(target, replace=force) as whole:
            whole.file.write(text.encode("utf-8"))
            whole.finish()
    except TargetExists as error:
        raise UserError(str(error), ExitCode.USAGE) from None


def _found(drafted: Drafted) -> list[str]:
    return [f"{one.field}: {one.found} of {drafted.articles} articles" for one in drafted.fields if one.found]


def _show(drafted: Drafted, looked: Looked, target: Path) -> None:
    sheet = Sheet()
    sheet.text(f"{target}: a first profile of {drafted.draft.hosts[0]}, for you to mend", style="bold")
    sheet.text(
        f"drafted from {drafted.articles} articles; {len(looked.addresses)} addresses look like theirs, "
        f"{drafted.draft.article.pages} of them told apart"
    )
    sheet.heading("What it reads as it is")
    sheet.table(
        [Column("Field"), Column("Articles", "right")],
        [
            (one.field, f"{one.found} of {drafted.articles}")
            for one in drafted.fields
            if one.field != "unplaced"
        ],
    )
    if not any(one.found for one in drafted.fields):
        sheet.text(
            "None of the articles is read by it: no headings recur on them; name elements under [selectors]",
            style="yellow",
        )
    if looked.passed_over:
        sheet.heading("Passed over")
        for text in looked.passed_over[:_MOST_LINES]:
            sheet.text(text, indent=2, mark="- ")
        if len(looked.passed_over) > _MOST_LINES:
            sheet.text(f"and {len(looked.passed_over) - _MOST_LINES:,} more", indent=2)
    if drafted.draft.unclear:
        sheet.heading("What could not be told")
        for text in drafted.draft.unclear:
            sheet.text(text, indent=2, mark="- ")
    sheet.heading("Next")
    page, written = looked.articles[0].url, shlex.quote(str(target))
    opened = f" --allow-private {urlsplit(page).netloc}" if _NUMBERS.fullmatch(urlsplit(page).netloc) else ""
    sheet.text(f"{program()} inspect --site {written}{opened} {shlex.quote(page)}", indent=2)
    sheet.text(
        f"{program()} crawl --site {written}{opened} --contact you@example.org --max-pages 20", indent=2
    )


def _as_json(drafted: Drafted, looked: Looked, target: Path) -> dict[str, object]:
    return {
        "path": str(target),
        "name": drafted.draft.name,
        "looked_at": [page.url for page in (*looked.others, *looked.articles)],
        "articles": drafted.articles,
        "fields": {one.field: one.found for one in drafted.fields},
        "passed_over": list(looked.passed_over),
        "unclear": list(drafted.draft.unclear),
    }
