"""Ways in which a page's tree may be broken, none of which makes it say something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from random import Random

import lxml.html
from lxml import etree

from spiders.reading.words import heading_key
from tests.reading.records import PROFILE, builds

from .mutated import Node

_TAGS = ("div", "section", "article", "x-box", "span")


def _without_an_element(root: Node, random: Random) -> None:
    """Drop something whole: not a heading from over its text, nor words from a sentence."""
    candidates = [node for node in elements(root) if stands_alone(node) and not _holds_heading(node)]
    if candidates:
        random.choice(candidates).drop_tree()


def _without_a_part(root: Node, random: Random) -> None:
    """Drop a heading with all that stands under it, where one element holds both."""
    candidates = [node for node in elements(root) if len(_headings(node)) == 1 and _holds_text(node)]
    if candidates:
        random.choice(candidates).drop_tree()


def _twice(root: Node, random: Random) -> None:
    """Have something twice: shown, or hidden as a copy for phones is."""
    candidates = [node for node in elements(root) if stands_alone(node) and not is_page(node)]
    if not candidates:
        return
    node = random.choice(candidates)
    copy = lxml.html.fromstring(etree.tostring(node, method="html", with_tail=False, encoding="unicode"))
    if random.random() < 0.5:
        copy.set("hidden", "")
    if random.random() < 0.5 or _holds_heading(node):
        body_of(root).append(copy)
    else:
        node.addnext(copy)


def _shuffled(root: Node, random: Random) -> None:
    """Put in another order what stands in a row and is of one make."""
    rows = [row for node in elements(root) for row in _rows(node)]
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
    for node in elements(root):
        classes = (node.get("class") or "").split()
        if not classes or _hides(node):
            continue
        for name in classes:
            names.setdefault(name, f"c{random.getrandbits(32):08x}" if random.random() < share else name)
        node.set("class", " ".join(names[name] for name in classes))


def _without_attributes(root: Node, random: Random) -> None:
    """Without ids, roles, data and test attributes."""
    for node in elements(root):
        for name in list(node.attrib):
            if name in ("itemprop", "data-testid", "role", "lang", "data-id") and random.random() < 0.5:
                del node.attrib[name]


def _other_boxes(root: Node, random: Random) -> None:
    """Other tags for boxes that mean nothing."""
    for node in elements(root):
        if node.tag in ("div", "section", "article") and not is_page(node) and random.random() < 0.3:
            node.tag = random.choice(("div", "section", "article", "x-box"))


def _other_level(root: Node, random: Random) -> None:
    """All headings of one level on another."""
    levels = sorted({node.tag for node in elements(root) if node.tag in ("h2", "h3", "h4")})
    if levels:
        old, new = random.choice(levels), random.choice(("h2", "h3", "h4", "h5", "h6"))
        for node in list(elements(root)):
            if node.tag == old:
                node.tag = new


def _wrapped(root: Node, random: Random) -> None:
    """More boxes around something."""
    candidates = [node for node in elements(root) if stands_alone(node) and not is_page(node)]
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
        found := [node for node in elements(root) if stands_alone(node)], min(5, len(found))
    ):
        if not is_page(node):
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
    candidates = [node for node in elements(root) if node.tag in ("div", "section") and not is_page(node)]
    if candidates:
        box = lxml.html.fragment_fromstring(f'<div class="ad"><p>{text}</p></div>')
        random.choice(candidates).addprevious(box)


TREE: tuple[Callable[[Node, Random], None], ...] = (
    _without_an_element, _without_a_part, _twice, _shuffled, _renamed_classes, _without_attributes,
    _other_boxes, _other_level, _wrapped, _comments_and_scripts, _an_advertisement,
)  # fmt: skip


def elements(root: Node) -> Iterator[Node]:
    body = root.find("body")
    return (node for node in (root if body is None else body).iterdescendants() if isinstance(node.tag, str))


def body_of(root: Node) -> Node:
    body = root.find("body")
    return root if body is None else body


def is_page(node: Node) -> bool:
    return node.tag in ("html", "head", "body", "main", "template") or any(
        above.tag == "template" for above in node.iterancestors()
    )


def stands_alone(node: Node) -> bool:
    """Whether it is no part of a sentence, of a drawn rating, or of a label with its value."""
    parent = node.getparent()
    if (
        parent is None
        or is_page(node)
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
