"""Ways in which a page may be broken, none of which makes it say something else than its article does.

A heading put over another's text, or a section put in the place of another article's, would be a page that
says otherwise: no reader can tell, and no mutation here does that. Everything is drawn from the `Random` that
is handed in, and from nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from lxml import etree

from tests.reading.records import Build

from .byte_mutations import BYTES, TEXT, nested
from .mutated import HTML, Mutated, html_of, is_text, tree_of
from .tree_mutations import TREE, body_of, elements, is_page, stands_alone


def mutate(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """One page of `build`'s, broken in one to three ways."""
    if is_text(build):
        return random.choice(TEXT)(build, others, random)
    kind = random.random()
    if kind < 0.25:
        return random.choice(BYTES)(build, others, random)
    if kind < 0.40:
        return random.choice(_MIXED)(build, others, random)
    root = tree_of(build)
    done = [random.choice(TREE) for _ in range(random.randint(1, 3))]
    for change in done:
        change(root, random)
    name = ", ".join(change.__name__.lstrip("_") for change in done)
    body = html_of(root)
    if random.random() < 0.02:
        return Mutated(f"{name}, nested", nested(body, random), HTML)
    return Mutated(name, body, HTML)


def _behind(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Another article's whole page behind this one's, as pages do that go on and on."""
    root, other = tree_of(build), random.choice(others)
    for node in body_of(tree_of(other)):
        body_of(root).append(node)
    return Mutated(f"{other} behind it", html_of(root), HTML, other=other)


def _before(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    root, other = tree_of(build), random.choice(others)
    for node in reversed(list(body_of(tree_of(other)))):
        body_of(root).insert(0, node)
    return Mutated(f"{other} before it", html_of(root), HTML, other=other)


def _between(build: Build, others: Sequence[Build], random: Random) -> Mutated:
    """Another article's whole page somewhere in the middle of this one's."""
    root, other = tree_of(build), random.choice(others)
    places = [node for node in elements(root) if stands_alone(node) and not is_page(node)]
    box = etree.Element("div")
    box.extend(list(body_of(tree_of(other))))
    random.choice(places or [body_of(root)[0]]).addprevious(box)
    return Mutated(f"{other} in it", html_of(root), HTML, other=other)


_MIXED = (_behind, _before, _between)
