"""`msarchive inspect`: how one page is read, and why."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from crawler.cli.common import (
    allow_private_option,
    archive_option,
    chosen_database,
    json_option,
    load_site,
    print_json,
    site_option,
)
from crawler.cli.fetching import contact_option, fetcher_for
from crawler.exits import ExitCode, UserError

if TYPE_CHECKING:
    from crawler.fetcher import Fetcher
    from spiders.reading.model import Block, Reading
    from spiders.reading.profile import SiteProfile

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@click.command(
    "inspect",
    epilog="\b\nExamples:\n"
    "  msarchive inspect saved-page.html\n"
    "  msarchive inspect --contact me@example.org https://mymsbuddy.com/news/view/some-title-aB3dE6\n"
    "  msarchive inspect --no-blocks --site mysite.toml capture.txt\n"
    "  msarchive inspect --site mysite.toml saved-pages/        (several pages: how well they read)\n"
    "  msarchive inspect --capture 1042",
)
@click.argument("pages", metavar="[URL|FILE]...", nargs=-1)
@click.option("--capture", type=int, metavar="N", help="This capture of the archive, instead of URL or FILE.")
@archive_option(database=True)
@site_option()
@click.option("--url", metavar="URL", help="The address of a file that does not tell its own.")
@click.option("--blocks/--no-blocks", default=True, show_default=True, help="Show the table of blocks.")
@contact_option()
@allow_private_option()
@json_option("Print the whole reading as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    pages: tuple[str, ...],
    capture: int | None,
    directory: Path,
    site: str,
    url: str | None,
    blocks: bool,
    contact: str | None,
    allow_private: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show how a page is read: its blocks, what each was taken for, every field with its value or the reason
    it has none, and the evidence for and against. Stores nothing, and needs an archive only for --capture.

    Of several pages, or a folder of saved ones, it shows how well the profile reads them: on how many each
    field is found, why not on the others, and which pages are no articles.

    URL is fetched once, if robots.txt allows it. A capture is read with the profile of its site in the
    archive, unless --site names another.
    """
    if bool(pages) == (capture is not None):
        raise click.UsageError("give URL, FILE or --capture N")
    if len(pages) > 1 or (pages and not _SCHEME.match(pages[0]) and Path(pages[0]).is_dir()):
        if url is not None:
            raise click.UsageError("--url is for a single file")
        _show_several(pages, site, contact, allow_private, as_json)
        return
    chosen = ctx.get_parameter_source("site") is not click.core.ParameterSource.DEFAULT
    if capture is not None:
        reading, size, note, profile = _read_capture(capture, directory, site if chosen else None)
        page = f"capture {capture}"
    else:
        page, profile = pages[0], load_site(site)
        if url is not None and _SCHEME.match(page):
            raise click.UsageError("--url is for files")
        reading, size, note = _read_one(page, profile, url, contact, allow_private)
    from crawler.diagnosis import missing_parts

    missing = missing_parts(reading, profile)
    if as_json:
        print_json(_as_json(reading, missing, profile, size, note))
        return
    from crawler.cli.inspect_view import show_reading

    show_reading(reading, missing, profile, page, size, note, blocks=blocks)


def _read_capture(
    capture: int, directory: Path, site: str | None
) -> tuple[Reading, int, str | None, SiteProfile]:
    from crawler.reading_again import Again
    from crawler.reread_sites import profile_of_capture

    database = chosen_database()
    profile = profile_of_capture(directory, capture, site, database)
    again = Again(directory, profile, database)
    try:
        page = again.page(capture)
    finally:
        again.close()
    if page is None or page.reading is None:
        why = "its record is damaged" if page is None else page.note or "it is no page"
        raise UserError(f"capture {capture} has nothing to read: {why}")
    return page.reading, len(page.fetched.body), f"fetched from {page.fetched.url}", profile


def _show_several(
    given: tuple[str, ...], site: str, contact: str | None, allow_private: tuple[str, ...], as_json: bool
) -> None:
    """Read several pages and show how well it went; what is no page counts as one that gives nothing."""
    from crawler.cli.inspect_several import OnePage, as_plain, show_pages
    from crawler.page_files import page_files

    profile = load_site(site)
    pages: list[str] = []
    for page in given:
        pages += [page] if _SCHEME.match(page) else map(str, page_files([Path(page)])[0])
    fetchers: dict[str, Fetcher] = {}
    read = []
    for page in pages:
        try:
            reading = _read_one(page, profile, None, contact, allow_private, fetchers)[0]
        except UserError as error:
            if error.code not in (ExitCode.ERROR, ExitCode.ROBOTS):
                raise
            read.append(OnePage(page, None, str(error)))
        else:
            read.append(OnePage(page, reading, reading.reason))
    if all(one.reading is None for one in read):
        why = f": {read[0].why_not}" if read else ""
        raise UserError(f"no page could be read in {', '.join(given)}{why}")
    if as_json:
        print_json(as_plain(read, profile))
    else:
        show_pages(read, profile)


def _read_one(
    page: str, profile: SiteProfile, url: str | None, contact: str | None, allow_private: tuple[str, ...],
    fetchers: dict[str, Fetcher] | None = None,
) -> tuple[Reading, int, str | None]:  # fmt: skip
    if _SCHEME.match(page):
        return _read_url(page, profile, contact, allow_private, {} if fetchers is None else fetchers)
    return _read_file(Path(page), profile, url)


def _read_url(
    url: str, profile: SiteProfile, contact: str | None, allow_private: tuple[str, ...],
    fetchers: dict[str, Fetcher],
) -> tuple[Reading, int, str | None]:  # fmt: skip
    """Fetch a page and read it; `fetchers`, by host, know the robots.txt of the pages before."""
    from spiders.reading import read_page
    from spiders.reading.addresses import canonical

    address = canonical(url)
    if address is None:
        raise UserError(f"not an http or https address: {url}", ExitCode.USAGE)
    host = urlsplit(address).netloc
    if host not in fetchers:
        fetchers[host] = fetcher_for(address, contact, allow_private)
    answer = fetchers[host].fetch(address)
    profile, note = _at(address, profile)
    reading = read_page(
        answer.body, profile=profile, url=canonical(answer.url), content_type=answer.content_type
    )
    return reading, len(answer.body), note


def _read_file(path: Path, profile: SiteProfile, url: str | None) -> tuple[Reading, int, str | None]:
    from crawler.page_files import NotAPage, page_bytes, saved_from
    from spiders.reading import read_page
    from spiders.reading.addresses import canonical

    try:
        body, form = page_bytes(path)
    except NotAPage as error:
        raise UserError(str(error)) from None
    address = saved_from(body) if url is None else canonical(url)
    if url is not None and address is None:
        raise UserError(f"--url is not an http or https address: {url}", ExitCode.USAGE)
    profile, note = _at(address, profile)
    return read_page(body, profile=profile, url=address, form=form), len(body), note


def _at(address: str | None, profile: SiteProfile) -> tuple[SiteProfile, str | None]:
    """The profile moved to where the page lies, if that is not one of its hosts; and a note that says so."""
    from spiders.reading.addresses import on_site

    if address is None or on_site(address, profile):
        return profile, None
    parts = urlsplit(address)
    note = f"{parts.netloc} is none of the profile's hosts: read as if it were"
    return profile.at(f"{parts.scheme}://{parts.netloc}/"), note


def _as_json(
    reading: Reading, missing: tuple[Any, ...], profile: SiteProfile, size: int, note: str | None
) -> dict[str, Any]:
    return {
        "profile": profile.name,
        "bytes": size,
        "note": note,
        "reading": asdict(reading) | {"blocks": [_block(block) for block in reading.blocks]},
        "missing_parts": [asdict(part) for part in missing],
    }


def _block(block: Block) -> dict[str, Any]:
    return block._asdict() | {"parts": [part._asdict() for part in block.parts]}
