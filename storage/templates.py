"""Boilerplate templates: text with named slots, matching and filling them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

Slots = tuple[tuple[str, str], ...]

SLOT = re.compile(r"\{([a-z][a-z0-9_]*)\}")
MAX_SLOT_WORDS = 12
"""A longer run is no slot but text of its own. A title may be longer where it is the article's own."""
MAX_TITLE_WORDS = 40


@dataclass(frozen=True)
class Template:
    """A passage's text in which each slot's value is replaced by its name in braces."""

    text: str

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Its slots' names, in order."""
        return tuple(SLOT.findall(self.text))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        pieces = SLOT.split(self.text)
        made = [re.escape(piece) if n % 2 == 0 else "(.+?)" for n, piece in enumerate(pieces)]
        return re.compile("".join(made), re.DOTALL)

    @cached_property
    def _ends(self) -> tuple[str, str]:
        pieces = SLOT.split(self.text)
        return pieces[0], pieces[-1]

    def match(self, text: str) -> Slots | None:
        """The slots' values with which this template gives exactly `text`; None when it can't."""
        if not self.names:
            return () if text == self.text else None
        begin, end = self._ends
        if not (text.startswith(begin) and text.endswith(end)):
            return None
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        slots = tuple(zip(self.names, found.groups(), strict=True))
        return slots if all(len(value.split()) <= limit(name) for name, value in slots) else None

    def fill(self, slots: Mapping[str, str]) -> str:
        """The text with `slots` filled in; a slot without a value stays as it is."""
        return SLOT.sub(lambda found: slots.get(found[1], found[0]), self.text)


def limit(name: str) -> int:
    """How many words a slot of this name may hold."""
    return MAX_TITLE_WORDS if name.startswith("title") else MAX_SLOT_WORDS


class TemplateSet:
    """Known templates, asked for every paragraph of every page: literal ones by a look-up, the others in
    turn."""

    def __init__(self, texts: Iterable[str]) -> None:
        templates = [Template(text) for text in sorted(set(texts))]
        self._literal = {template.text: template for template in templates if not template.names}
        self._slotted = [template for template in templates if template.names]

    def __bool__(self) -> bool:
        return bool(self._literal or self._slotted)

    def match(self, text: str) -> tuple[Template, Slots] | None:
        """The first template that gives `text`, with its slots' values; None when there is none."""
        literal = self._literal.get(text)
        if literal is not None:
            return literal, ()
        for template in self._slotted:
            slots = template.match(text)
            if slots is not None:
                return template, slots
        return None
