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
    json_option,
    load_site,
    print_json,
    program_version,
    site_option,
)
from crawler.exits import ExitCode, UserError
from crawler.loopback import is_loopback

if TYPE_CHECKING:
    from spiders.reading.model import Block, Reading
    from spiders.reading.profile import SiteProfile

_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)


@click.command(
    "inspect",
    epilog="\b\nExamples:\n"
    "  msarchive inspect saved-page.html\n"
    "  msarchive inspect --contact me@example.org https://mymsbuddy.com/news/view/some-title-aB3dE6\n"
    "  msarchive inspect --no-blocks --site mysite.toml capture.txt\n"
    "  msarchive inspect --capture 1042",
)
@click.argument("page", metavar="URL|FILE", required=False)
@click.option("--capture", type=int, metavar="N", help="This capture of the archive, instead of URL or FILE.")
@archive_option()
@site_option()
@click.option("--url", metavar="URL", help="The address of a file that does not tell its own.")
@click.option("--blocks/--no-blocks", default=True, show_default=True, help="Show the table of blocks.")
@click.option(
    "--contact",
    metavar="ADDRESS",
    envvar="MSARCHIVE_CONTACT",
    show_envvar=True,
    help="Your mail or web address, told to the site with the request.",
)
@allow_private_option()
@json_option("Print the whole reading as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    page: str | None,
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

    URL is fetched once, if robots.txt allows it. A capture is read with the profile of its site in the
    archive, unless --site names another.
    """
    if (page is None) == (capture is None):
        raise click.UsageError("give one of URL, FILE and --capture N")
    chosen = ctx.get_parameter_source("site") is not click.core.ParameterSource.DEFAULT
    if page is None:
        assert capture is not None
        reading, size, note, profile = _read_capture(capture, directory, site if chosen else None)
        page = f"capture {capture}"
    elif _SCHEME.match(page):
        profile = load_site(site)
        if url is not None:
            raise click.UsageError("--url is for files")
        reading, size, note = _read_url(page, profile, contact, allow_private)
    else:
        profile = load_site(site)
        reading, size, note = _read_file(Path(page), profile, url)
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

    profile = profile_of_capture(directory, capture, site)
    again = Again(directory, profile)
    try:
        page = again.page(capture)
    finally:
        again.close()
    if page is None or page.reading is None:
        why = "its record is damaged" if page is None else page.note or "it is no page"
        raise UserError(f"capture {capture} has nothing to read: {why}")
    return page.reading, len(page.fetched.body), f"fetched from {page.fetched.url}", profile


def _read_url(
    url: str, profile: SiteProfile, contact: str | None, allow_private: tuple[str, ...]
) -> tuple[Reading, int, str | None]:
    from crawler.fetch_once import fetch_once
    from crawler.guard import guard_for
    from spiders.reading import read_page
    from spiders.reading.addresses import canonical

    address = canonical(url)
    if address is None:
        raise UserError(f"not an http or https address: {url}", ExitCode.USAGE)
    if contact is None and not is_loopback(urlsplit(address).hostname or ""):
        raise UserError(
            "give a --contact (mail or web address) for the site to write to, or set MSARCHIVE_CONTACT",
            ExitCode.USAGE,
        )
    agent = f"msarchive/{program_version()}" + (f" (+{contact})" if contact else "")
    if not agent.isprintable() or not agent.isascii():
        raise UserError("--contact must be plain ASCII text", ExitCode.USAGE)
    guard = guard_for(allow_private)
    guard.check_start(address)
    answer = fetch_once(address, agent, guard)
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
