"""A page after its mutation, and the forms in which pages are broken: as bytes and as a tree."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import lxml.html
from lxml import etree

from spiders.reading.decoding import decode
from tests.reading.records import Build

Node = Any  # lxml's stubs know less of its elements than the tests do
HTML = "text/html; charset=utf-8"


@dataclass(frozen=True)
class Mutated:
    """A page after its mutation."""

    name: str
    """What was done, for whoever has to understand a failure."""
    body: bytes
    content_type: str | None
    lossy: bool = False
    """Characters may have been lost or replaced: values are compared without what is not plain ASCII."""
    cut: bool = False
    """It may end in the middle of a value."""
    other: Build | None = None
    """The article that was mixed in."""


def is_text(build: Build) -> bool:
    """Whether it is a text capture, not HTML."""
    return build.meta.get("form") == "text" or b"<body" not in build.body.replace(b"\0", b"").lower()


def tree_of(build: Build) -> Node:
    """A page's tree."""
    text = decode(build.body, build.meta.get("content_type"))
    return lxml.html.document_fromstring(re.sub(r"^\s*<\?xml[^>]*>", "", text.replace("\0", "")))


def html_of(root: Node) -> bytes:
    """A tree as a page in UTF-8."""
    return bytes(etree.tostring(root.getroottree(), method="html", encoding="utf-8"))
