"""Bytes → text → tree: whether bytes are HTML at all, in which charset, and what document they make."""

from __future__ import annotations

import re

from lxml import etree
from w3lib.encoding import html_to_unicode

from spiders.reading.tree import Element

_PARSER = etree.HTMLParser(encoding="utf-8", huge_tree=True, remove_pis=True)
_FEW_NULS = 5
"""Fewer than one byte in so many: UTF-16 of markup has one in two or three."""
_MARKUP = re.compile(
    rb"<(?:!doctype|html|head|body|div|p|h[1-6]|span|table|main|article|section|title|meta)[\s>/]", re.I
)


def looks_like_html(body: bytes) -> bool:
    """Whether bytes of unknown kind hold HTML rather than plain text."""
    head = body[:4096].replace(b"\0", b"")  # UTF-16 leaves the tags' letters with NULs between
    return _MARKUP.search(head) is not None


def decode(body: bytes, content_type: str | None) -> str:
    """Bytes to text: byte order mark, then header, then `<meta>`, then UTF-8, then Windows-1252.

    Never raises. A one-byte charset is not believed where the bytes are well-formed multi-byte UTF-8, nor
    UTF-8 where they are not: servers and templates declare either wrongly.
    """
    if 0 < body.count(0) < len(body) // _FEW_NULS:
        body = body.replace(b"\0", b"")  # no character of any charset, and it would tear those around it
    is_utf8 = _is_utf8(body)

    def guess(_: bytes) -> str:
        return "cp1252" if is_utf8 is False else "utf-8"

    try:
        encoding, text = html_to_unicode(content_type, body, auto_detect_fun=guess)
    except (LookupError, ValueError):  # `charset=hex` and its like name codecs that give no text
        return body.decode(guess(body), "replace")
    if encoding.startswith(("utf-16", "utf-32")):
        return str(text)
    if is_utf8 and encoding != "utf-8":
        return body.decode("utf-8", "replace")
    if is_utf8 is False and encoding == "utf-8":
        return body.decode("cp1252", "replace")
    return str(text)


def _is_utf8(body: bytes) -> bool | None:
    """Whether bytes above ASCII are UTF-8, give or take a few (a page cut in a letter); None without any."""
    if body.isascii():
        return None
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        text = body.decode("utf-8", "replace")
        broken = text.count("\ufffd")
        sound = len(text) - len(text.encode("ascii", "ignore")) - broken
        return 2 * sound > broken  # other charsets' letters hardly ever make a sound one by chance
    return True


def parse(text: str) -> Element | None:
    """The document's tree; None when there is nothing to parse.

    Depth is not limited: a limit would make the parser drop what lies deeper.
    """
    data = text.replace("\0", "").rstrip("<").removesuffix("</").removesuffix("<!").encode("utf-8", "replace")
    if not data.strip():
        return None
    try:
        return etree.fromstring(data, _PARSER)
    except (etree.ParserError, etree.XMLSyntaxError, AssertionError):
        return None
