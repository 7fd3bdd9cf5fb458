"""Who asks: a site's operator must be able to reach whoever crawls it."""

from __future__ import annotations

from urllib.parse import urlsplit

from crawler.exits import ExitCode, UserError
from crawler.loopback import is_loopback
from spiders.reading.profile import SiteProfile


def is_local(profile: SiteProfile) -> bool:
    """Whether all of the site's hosts are this machine."""
    return all(is_loopback(urlsplit(f"//{host}").hostname or "") for host in profile.hosts)


def check_contact(contact: str | None, profile: SiteProfile) -> None:
    """Raises `UserError` for an unusable contact, or none where the site is not on this machine."""
    if not contact and not is_local(profile):
        raise UserError(
            f"a crawl of {profile.canonical_host} needs --contact (or MSARCHIVE_CONTACT): an e-mail address "
            "or web page under which the site's operator can reach you",
            ExitCode.USAGE,
        )
    if contact and not contact.isprintable():
        raise UserError("the contact must be one line of printable text", ExitCode.USAGE)
