"""Ways in which a page may be broken, none of which makes it say something else than its article does.

A heading put over another's text, or a section put in the place of another article's, would be a page that
says otherwise: no reader can tell, and no mutation here does that. Everything is drawn from the `Random` that
is handed in, and from nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

import lxml.html
from lxml import etree

from spiders.reading.decoding import decode
from spiders.reading.words import heading_key
from tests.reading.records import PROFILE, Build, builds

Node = Any  # lxml's stubs know less of its elements than the tests do
_INVISIBLE = "\u202e\u202d\u2066\u2069\u200b\u200e\u200f\u00ad\ufeff"
_DEEP = 100_000
_HTML = "text/html; charset=utf-8"
_TAGS = ("div", "section", "article", "x-box", "span")


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


def mutate(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """One page of `build`'s, broken in one to three ways."""
    if is_text(build):
        return random.choice(_TEXT)(build, others, random)
    kind = random.random()
    if kind < 0.25:
        return random.choice(_BYTES)(build, others, random)
    if kind < 0.40:
        return random.choice(_MIXED)(build, others, random)
    root = tree_of(build)
    done = [random.choice(_TREE) for _ in range(random.randint(1, 3))]
    for change in done:
        change(root, random)
    name = ", ".join(change.__name__.lstrip("_") for change in done)
    body = html_of(root)
    if random.random() < 0.02:
        return Mutated(f"{name}, nested", _nested(body, random), _HTML)
    return Mutated(name, body, _HTML)


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


# -- the tree ----------------------------------------------------------------------------------------------


def _without_an_element(root: Node, random: Random) -> None:
    """Drop something whole: not a heading from over its text, nor words from a sentence."""
    candidates = [node for node in _elements(root) if _stands_alone(node) and not _holds_heading(node)]
    if candidates:
        random.choice(candidates).drop_tree()


def _without_a_part(root: Node, random: Random) -> None:
    """Drop a heading with all that stands under it, where one element holds both."""
    candidates = [node for node in _elements(root) if len(_headings(node)) == 1 and _holds_text(node)]
    if candidates:
        random.choice(candidates).drop_tree()


def _twice(root: Node, random: Random) -> None:
    """Have something twice: shown, or hidden as a copy for phones is."""
    candidates = [node for node in _elements(root) if _stands_alone(node) and not _is_page(node)]
    if not candidates:
        return
    node = random.choice(candidates)
    copy = lxml.html.fromstring(etree.tostring(node, method="html", with_tail=False, encoding="unicode"))
    if random.random() < 0.5:
        copy.set("hidden", "")
    if random.random() < 0.5 or _holds_heading(node):
        _body(root).append(copy)
    else:
        node.addnext(copy)


def _shuffled(root: Node, random: Random) -> None:
    """Put in another order what stands in a row and is of one make."""
    rows = [row for node in _elements(root) for row in _rows(node)]
    if not rows:
        return
    row = random.choice(rows)
    parent, at = row[0].getparent(), row[0].getparent().index(row[0])
    for node in row:
        parent.remove(node)
    random.shuffle(row)
    for offset, node in enumerate(row):
        parent.insert(at + offset, node)


def _renamed_classes(root: Node, random: Random) -> None:
    """Other class names, one for one, as a build of the site may make them; hiding stays hiding."""
    names: dict[str, str] = {}
    share = random.choice((0.2, 1.0))
    for node in _elements(root):
        classes = (node.get("class") or "").split()
        if not classes or _hides(node):
            continue
        for name in classes:
            names.setdefault(name, f"c{random.getrandbits(32):08x}" if random.random() < share else name)
        node.set("class", " ".join(names[name] for name in classes))


def _without_attributes(root: Node, random: Random) -> None:
    """Without ids, roles, data and test attributes."""
    for node in _elements(root):
        for name in list(node.attrib):
            if name in ("itemprop", "data-testid", "role", "lang", "data-id") and random.random() < 0.5:
                del node.attrib[name]


def _other_boxes(root: Node, random: Random) -> None:
    """Other tags for boxes that mean nothing."""
    for node in _elements(root):
        if node.tag in ("div", "section", "article") and not _is_page(node) and random.random() < 0.3:
            node.tag = random.choice(("div", "section", "article", "x-box"))


def _other_level(root: Node, random: Random) -> None:
    """All headings of one level on another."""
    levels = sorted({node.tag for node in _elements(root) if node.tag in ("h2", "h3", "h4")})
    if levels:
        old, new = random.choice(levels), random.choice(("h2", "h3", "h4", "h5", "h6"))
        for node in list(_elements(root)):
            if node.tag == old:
                node.tag = new


def _wrapped(root: Node, random: Random) -> None:
    """More boxes around something."""
    candidates = [node for node in _elements(root) if _stands_alone(node) and not _is_page(node)]
    candidates = [
        node for node in candidates if node.tag in _TAGS or node.tag in ("p", "ul", "h1", "h2", "h3")
    ]
    if not candidates:
        return
    node = random.choice(candidates)
    for _ in range(random.choice((1, 3, 50))):
        box = etree.Element("div")
        node.addprevious(box)
        box.append(node)
        box.tail, node.tail = node.tail, None
        node = box


def _comments_and_scripts(root: Node, random: Random) -> None:
    """Things that show nothing, between anything."""
    for node in random.sample(
        found := [node for node in _elements(root) if _stands_alone(node)], min(5, len(found))
    ):
        if not _is_page(node):
            junk = random.choice(
                (etree.Comment(" Key Takeaway "), etree.Element("script"), etree.Element("style"))
            )
            if isinstance(junk.tag, str):
                junk.text = "var h = 'What They Found'"
            node.addprevious(junk)


def _an_advertisement(root: Node, random: Random) -> None:
    """A box of somebody else's, between the page's own."""
    text = random.choice(
        ("Subscribe to our letter", "Advertisement", "Buy lamps now, half the price", "★★★★★ 5/5")
    )
    candidates = [node for node in _elements(root) if node.tag in ("div", "section") and not _is_page(node)]
    if candidates:
        box = lxml.html.fragment_fromstring(f'<div class="ad"><p>{text}</p></div>')
        random.choice(candidates).addprevious(box)


_TREE: tuple[Callable[[Node, Random], None], ...] = (
    _without_an_element, _without_a_part, _twice, _shuffled, _renamed_classes, _without_attributes,
    _other_boxes, _other_level, _wrapped, _comments_and_scripts, _an_advertisement,
)  # fmt: skip


def _elements(root: Node) -> Iterator[Node]:
    body = root.find("body")
    return (node for node in (root if body is None else body).iterdescendants() if isinstance(node.tag, str))


def _body(root: Node) -> Node:
    body = root.find("body")
    return root if body is None else body


def _is_page(node: Node) -> bool:
    return node.tag in ("html", "head", "body", "main", "template") or any(
        above.tag == "template" for above in node.iterancestors()
    )


def _stands_alone(node: Node) -> bool:
    """Whether it is no part of a sentence, of a drawn rating, or of a label with its value."""
    parent = node.getparent()
    if (
        parent is None
        or _is_page(node)
        or node.tag in ("dt", "dd", "th", "td", "label", "tr", "br", "img", "svg")
    ):
        return False
    if next(node.iterancestors("svg"), None) is not None or parent.tag in (
        "svg",
        "label",
        "button",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "a",
        "span",
        "li",
        "dd",
        "td",
    ):
        return False
    if (parent.text or "").strip() or any((child.tail or "").strip() for child in parent):
        return False
    words = " ".join(parent.itertext()).lower()
    return not (len(words) < 200 and re.search("credibility|interest|read|doi|pmid", words))


def _headings(node: Node) -> list[Node]:
    return [one for one in node.iter() if isinstance(one.tag, str) and _key(one) in _heading_keys()]


@cache
def _heading_keys() -> frozenset[str]:
    """The profile's headings, and those that only one article has: without its heading, what stands under it
    would be the section's before it, and nobody could tell."""
    own = {part["heading"] for build in builds() for part in build.expected["sections"] if part["heading"]}
    return frozenset(PROFILE.parts) | {heading_key(heading) for heading in own}


def _holds_heading(node: Node) -> bool:
    labels = [one for one in node.iter() if isinstance(one.tag, str) and _key(one) in PROFILE.source_labels]
    return bool(_headings(node)) or node.get("id") in _labelled(node) or len(labels) == 1


def _labelled(node: Node) -> set[str]:
    """Ids of elements that others take their heading from, or give it to (tabs)."""
    found: set[str] = set()
    for one in node.getroottree().iter():
        if isinstance(one.tag, str):
            for name in ("aria-labelledby", "aria-controls"):
                found.update((one.get(name) or "").split())
    return found


def _key(node: Node) -> str:
    """An element's words as a heading's, without what is there for screen readers only."""
    spoken = {text for one in node.iter() if _is_spoken(one) for text in one.itertext()}
    text = " ".join("".join(text for text in node.itertext() if text not in spoken).split())
    return heading_key(text) if 0 < len(text) < 60 else ""


def _is_spoken(node: Node) -> bool:
    return isinstance(node.tag, str) and "sr-only" in (node.get("class") or "").split()


def _holds_text(node: Node) -> bool:
    return len(" ".join(node.itertext())) > 80


def _hides(node: Node) -> bool:
    words = (node.get("class") or "").lower()
    return bool(re.search(r"hid|none|cloned|duplicate|sr-only|reader|star|fill|icon|rat|\bad\b", words))


def _rows(parent: Node) -> Iterator[list[Node]]:
    """Runs of neighbours of one make, each with elements of its own or an item of a list."""
    row: list[Node] = []
    for node in [*parent, None]:
        same = (
            node is not None and isinstance(node.tag, str) and node.tag in ("li", "article", "section")
            and (not row or (node.tag, node.get("class")) == (row[0].tag, row[0].get("class")))
        )  # fmt: skip
        if same and not (node.tail or "").strip() and (node.tag != "li" or not _headings(parent)):
            row.append(node)
            continue
        if len(row) > 1:
            yield row
        row = []


# -- the bytes ---------------------------------------------------------------------------------------------


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
    return Mutated("bytes that are no UTF-8", bytes(body), _HTML, lossy=True)


def _invisible(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Marks that turn text round, and others that show nothing, inside words."""
    text = decode(build.body, build.meta.get("content_type"))
    places = [match.start(1) for match in re.finditer(r">[^<>&]*?[A-Za-z]([a-z])[^<>]*<", text)]
    for at in sorted(random.sample(places, min(len(places), random.choice((1, 10)))), reverse=True):
        text = text[:at] + random.choice(_INVISIBLE) + text[at:]
    return Mutated("invisible characters", text.encode(), _HTML, lossy=True)


def _other_charset(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Another charset, declared or not, or declared wrongly."""
    text = re.sub(r'(charset="?)[\w-]+', r"\1", decode(build.body, build.meta.get("content_type")))
    charset = random.choice(("utf-8", "utf-16", "cp1252", "koi8-r", "iso-8859-1"))
    told = random.choice((charset, "utf-8", "cp1252", "no-such-charset", None))
    declared = "text/html" if told is None else f"text/html; charset={told}"
    body = text.encode(charset, "replace")
    return Mutated(f"{charset} told as {told}", body, declared, lossy=True)


def _deep(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    return Mutated("nested", _nested(html_of(tree_of(build)), random), _HTML)


def _nested(body: bytes, random: Random) -> bytes:
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
    return Mutated("tags in capitals", text.encode(), _HTML)


def _unclosed(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Without the end tags that may be left out."""
    text = decode(build.body, build.meta.get("content_type"))
    return Mutated("without end tags", re.sub(r"</(?:p|li|dd|dt|td|tr|body|html)>", "", text).encode(), _HTML)


_BYTES = (
    _cut, _nuls, _bad_bytes, _invisible, _other_charset, _deep, _in_capitals, _unclosed, _cut,
)  # fmt: skip
_TEXT = (_cut, _nuls)


# -- two articles ------------------------------------------------------------------------------------------


def _behind(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Another article's whole page behind this one's, as pages do that go on and on."""
    root, other = tree_of(build), random.choice(others)
    for node in _body(tree_of(other)):
        _body(root).append(node)
    return Mutated(f"{other} behind it", html_of(root), _HTML, other=other)


def _before(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    root, other = tree_of(build), random.choice(others)
    for node in reversed(list(_body(tree_of(other)))):
        _body(root).insert(0, node)
    return Mutated(f"{other} before it", html_of(root), _HTML, other=other)


def _between(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Another article's whole page somewhere in the middle of this one's."""
    root, other = tree_of(build), random.choice(others)
    places = [node for node in _elements(root) if _stands_alone(node) and not _is_page(node)]
    box = etree.Element("div")
    box.extend(list(_body(tree_of(other))))
    random.choice(places or [_body(root)[0]]).addprevious(box)
    return Mutated(f"{other} in it", html_of(root), _HTML, other=other)


def _glued(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """A page's beginning and another's end, as a cache or a broken connection may glue them together."""
    other = random.choice(others)
    mine, theirs = html_of(tree_of(build)), html_of(tree_of(other))
    at, on = random.randrange(len(mine)), random.randrange(len(theirs))
    return Mutated(
        f"{other} from {on} after {at}", mine[:at] + theirs[on:], _HTML, lossy=True, cut=True, other=other
    )


_MIXED = (_behind, _before, _between)
