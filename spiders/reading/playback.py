"""Pages as a web archive plays them back: every address in them leads into the archive, and is made the
site's again.

The Wayback Machine and pywb write `https://web.archive.org/web/20260214101112/https://example.org/` (with
`im_`, `cs_` and their like behind the time for pictures and styles).
"""

from __future__ import annotations

import re

from lxml import etree

from spiders.reading.tree import Document

_WRAPPED = re.compile(
    r"^(?:(?:https?:)?//[^/?#]+)?/(?:[\w.-]+/){0,3}\d{14}(?:[a-z]{2}_)?/(https?:)/{1,2}(.+)$", re.S
)
_TIME = re.compile(r"/\d{14}")
"""What all such addresses have: looked for first, since `_WRAPPED` is slow to see that an address is none."""
_ADDRESSES = ("href", "src", "data-src", "data-lazy-src", "content")


def original_address(url: str) -> str:
    """The address that a web archive's address plays back; any other comes back as it is."""
    match = _WRAPPED.match(url.strip()) if _TIME.search(url) else None
    return f"{match[1]}//{match[2]}" if match else url


def undo_playback(document: Document, url: str | None) -> Document:
    """A played back page with its own addresses again; any other page as it is.

    `url` is where it was fetched. A page saved from an archive tells by its canonical link.
    """
    root = document.root
    canonical = None
    if ' rel="canonical"' in document.written and _TIME.search(document.written):
        links = (link for link in root.iter("a", "area", "link") if link.get("rel") == "canonical")
        canonical = next((address for link in links if (address := link.get("href")) is not None), None)
    if not any(address and _TIME.search(address) and _WRAPPED.match(address) for address in (url, canonical)):
        return document
    for element in root.iter(etree.Element):
        for name in _ADDRESSES:
            address = element.get(name)
            if address:
                element.set(name, original_address(address))
        for name in ("srcset", "data-srcset"):
            if name in element.attrib:
                del element.attrib[name]
    return Document.of(root)
