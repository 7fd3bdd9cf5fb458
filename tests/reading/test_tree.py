"""The flat form of a document says the same as its elements do."""

from __future__ import annotations

import pytest
from lxml import etree

from spiders.reading.decoding import decode, parse
from spiders.reading.start_tags import COMMENT, END, known
from spiders.reading.tree import Document, Flat, unescaped
from tests.reading.records import Build, builds

_XHTML = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">'
    '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>A walk</title></head><body><p/></body></html>'
)
ODD = {
    "nothing in it": "<html></html>",
    "references": "<p title='&quot;1 &lt; 2&quot;\n\t&amp;'>&lt;b&gt; &amp;amp;\r\n &#13; &unknown;</p>",
    "scripts": "<script>if (a<b && c>d) { x = ']]>'; }</script><style>a > b {}</style><xmp><b>bold</b></xmp>",
    "comments": "<p>one<!-- > <b>no</b> & -- -->two<!---->three<!-->four<?php echo '<i>' ?>five</p>",
    "control characters": "<p title='\x01'>\x01 and \x0b and &#2;<br>\x1f</p><!-- \x02 -->",
    "brackets and quotes in names": '<div <b=1 "a" c\'d=2 =e f/g><a<b>text</a<b></div>',
    "an XHTML document type": _XHTML,
    "menus": "<nav class=a> <p>one<!-- > --></nav>two<nav></nav><navigation></navigation>",
    "menus in menus": "<nav>one<nav title='1 > 2'>two<br></nav></nav><nav/>three</nav><nav><p>four",
    "a menu in an icon": "<svg><nav><a href=x>one</a></nav><path></svg><nav>text alone</nav><p>two",
    "a menu with tabs": "<nav><a role=tab>one</a></nav><nav><p>two</nav>",
    "a document type": "<!doctype html><title>A walk</title><p>once<p>twice",
    "attributes twice": "<body class=a id=x><p class=b class=c></p><body class=d lang=en>",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_of_odd_markup(text: str) -> None:
    assert _flat(text) == _from_elements(text)


@pytest.mark.parametrize("build", [one for one in builds() if one.meta.get("form") != "text"], ids=str)
def test_of_every_build(build: Build) -> None:
    text = decode(build.body, build.meta.get("content_type"))
    assert _flat(text) == _from_elements(text)


def test_elements_are_counted_as_xpath_counts_them() -> None:
    document = _document("<p>one<!-- two --><b>three</b></p><ul><li>four</ul>")
    for number, element in enumerate(document.elements, start=1):
        assert document.root.xpath(f"(//*)[{number}]") == [element]


def _document(text: str) -> Document:
    root = parse(text)
    assert root is not None
    return Document.of(root)


def _flat(text: str) -> list[tuple[object, ...]]:
    """What there is, in order: elements' beginnings and ends, comments, texts that are not empty."""
    document = _document(text)
    menus = iter(document.menus)
    found: list[tuple[object, ...]] = []
    for tag, behind in zip(*document.flat, strict=True):
        if known[tag].is_cut:
            inside = Flat.of(f"<{tag.rstrip('/')}>{next(menus)}</{known[tag].tag}>")
            for inner, text_behind in zip(*inside, strict=True):
                found += _told(inner, text_behind)
            found += [("text", behind)] if behind else []
        else:
            found += _told(tag, behind)
    assert not list(menus)
    return found


def _told(tag: str, behind: str) -> list[tuple[object, ...]]:
    said = known[tag]
    found: list[tuple[object, ...]] = []
    if said.kind is END:
        found.append(("end", tag[1:]))
    elif said.kind is COMMENT:
        found.append(("comment", unescaped(tag[3:])))
    else:
        found.append(("start", said.tag, said.attributes))
        if said.is_empty:
            found.append(("end", said.tag))
    return [*found, ("text", behind)] if behind else found


def _from_elements(text: str) -> list[tuple[object, ...]]:
    found: list[tuple[object, ...]] = []
    root = parse(text)
    for event, node in etree.iterwalk(root, events=("start", "end", "comment")):
        behind = node.text if event == "start" else node.tail
        if event == "comment":
            found.append(("comment", node.text))
        else:
            found.append((event, node.tag, dict(node.attrib)) if event == "start" else (event, node.tag))
        if behind and not (event == "end" and node is root):
            found.append(("text", behind))
    return found
