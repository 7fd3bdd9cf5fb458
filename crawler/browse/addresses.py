"""Addresses of the pages here. Everything in them that the site wrote is percent-encoded, slashes too."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit


def here(*parts: object, **query: object) -> str:
    """The address of a page: its path's parts, and the query's values that are not None or empty."""
    path = "/" + "/".join(quote(str(part), safe="") for part in parts)
    asked = {name: value for name, value in query.items() if value not in (None, "", ())}
    return f"{path}?{urlencode(asked, doseq=True)}" if asked else path


def on_the_web(url: str | None) -> str | None:
    """The address, when a link may lead to it: absolute, http or https, and with a host; None for any other.

    `javascript:` and its like run code, and what holds control characters or spaces may be read as another
    address than it looks.
    """
    if url is None or not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname)
    except ValueError:
        return None
    return url if parts.scheme.lower() in ("http", "https") and named else None
