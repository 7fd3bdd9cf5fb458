"""Ways in which a page's bytes may be broken on their way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from spiders.reading.decoding import decode
from tests.reading.records import Build

from .mutated import HTML, Mutated, html_of, tree_of

_INVISIBLE = "\u202e\u202d\u2066\u2069\u200b\u200e\u200f\u00ad\ufeff"
_DEEP = 100_000


def _cut(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    at = random.randrange(len(build.body))
    return Mutated(f"cut at {at}", build.body[:at], build.meta.get("content_type"), lossy=True, cut=True)


def _nuls(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    body = build.body
    if body[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        for _ in range(random.choice((1, 20, 500))):
            at = random.randrange(len(body))
            body = body[:at] + b"\0" + body[at:]
    return Mutated("NULs", body, build.meta.get("content_type"), lossy=True)


def _bad_bytes(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Bytes that are no UTF-8, in place of letters between tags."""
    text = decode(build.body, build.meta.get("content_type")).encode()
    body = bytearray(text)
    places = [match.start(1) for match in re.finditer(rb">[^<>&]{25,}?([a-z])", text)]
    for at in random.sample(places, min(len(places), random.choice((1, 10, 40)))):
        body[at] = random.choice((0x80, 0xC3, 0xFF, 0xE2, 0x9D))
    return Mutated("bytes that are no UTF-8", bytes(body), HTML, lossy=True)


def _invisible(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Marks that turn text round, and others that show nothing, inside words."""
    text = decode(build.body, build.meta.get("content_type"))
    places = [match.start(1) for match in re.finditer(r">[^<>&]*?[A-Za-z]([a-z])[^<>]*<", text)]
    for at in sorted(random.sample(places, min(len(places), random.choice((1, 10)))), reverse=True):
        text = text[:at] + random.choice(_INVISIBLE) + text[at:]
    return Mutated("invisible characters", text.encode(), HTML, lossy=True)


def _other_charset(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Another charset, declared or not, or declared wrongly."""
    text = re.sub(r'(charset="?)[\w-]+', r"\1", decode(build.body, build.meta.get("content_type")))
    charset = random.choice(("utf-8", "utf-16", "cp1252", "koi8-r", "iso-8859-1"))
    told = random.choice((charset, "utf-8", "cp1252", "no-such-charset", None))
    declared = "text/html" if told is None else f"text/html; charset={told}"
    body = text.encode(charset, "replace")
    return Mutated(f"{charset} told as {told}", body, declared, lossy=True)


def _deep(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    return Mutated("nested", nested(html_of(tree_of(build)), random), HTML)


def nested(body: bytes, random: Random) -> bytes:
    """Everything, or the page's end, inside very many elements."""
    tag = random.choice((b"div", b"span", b"b", b"ul", b"section"))
    depth = random.choice((500, 5_000, _DEEP))
    opened, closed = b"<" + tag + b">", b"</" + tag + b">"
    at = body.find(b">", body.find(b"<body")) + 1 if random.random() < 0.5 else body.rfind(b"</body")
    end = body.rfind(b"</body")
    return body[:at] + opened * depth + body[at:end] + closed * random.choice((0, depth)) + body[end:]


def _in_capitals(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    text = decode(build.body, build.meta.get("content_type"))
    text = re.sub(r"</?[a-z][a-z0-9]*(?=[\s>])", lambda match: match[0].upper(), text)
    return Mutated("tags in capitals", text.encode(), HTML)


def _unclosed(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Without the end tags that may be left out."""
    text = decode(build.body, build.meta.get("content_type"))
    return Mutated("without end tags", re.sub(r"</(?:p|li|dd|dt|td|tr|body|html)>", "", text).encode(), HTML)


BYTES = (
    _cut, _nuls, _bad_bytes, _invisible, _other_charset, _deep, _in_capitals, _unclosed, _cut,
)  # fmt: skip
TEXT = (_cut, _nuls)
