"""What a person asks for, as values: words to find and filters to pass, joined by and, or, not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TextField = Literal["title", "takeaway"]
FilterField = Literal["topic", "journal", "after", "before", "date", "credibility", "interest", "site", "id"]
Comparison = Literal["has", "=", ">", ">=", "<", "<="]


class SearchError(ValueError):
    """A search that can't be asked; the message is one line for whoever typed it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A word, or words in a row, in an article's own text; case and accents make no difference."""

    text: str
    prefix: bool = False
    """Whether longer words with the same beginning count as the last one."""
    field: TextField | None = None
    """Where it has to stand; None is title, takeaway or sections."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on what is known of an article. An article without that value never meets it."""

    field: FilterField
    comparison: Comparison
    """has: the words of `value` stand in it. after, before and date know no other than `=`."""
    value: str
    """Topics and journals in grouping form, dates as ISO text (2026, 2026-05 or 2026-05-01), ratings as a
    number."""
    prefix: bool = False
    """With has: whether longer words with the same beginning count as the last one."""


@dataclass(frozen=True, slots=True)
class Not:
    """What does not match `part`."""

    part: Node


@dataclass(frozen=True, slots=True)
class All:
    """What matches all of `parts`, two or more."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """What matches any of `parts`, two or more."""

    parts: tuple[Node, ...]


Node = Words | Filter | Not | All | Any


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for. Made by `storage.search.grammar.parse`; `EVERYTHING` has no conditions."""

    root: Node | None

    def describe(self) -> str:
        """In words, what will be searched for."""
        return "all articles" if self.root is None else _said(self.root)

    def words(self) -> tuple[Words, ...]:
        """All words that may stand in what is found: those under no Not."""
        return () if self.root is None else tuple(dict.fromkeys(_positive(self.root)))


EVERYTHING = Query(None)


def _positive(node: Node) -> list[Words]:
    if isinstance(node, Words):
        return [node]
    if isinstance(node, All | Any):
        return [words for part in node.parts for words in _positive(part)]
    return []


def _said(node: Node) -> str:
    if isinstance(node, Words):
        star, where = "…" if node.prefix else "", f" in the {node.field}" if node.field else ""
        return f"“{node.text}{star}”{where}"
    if isinstance(node, Filter):
        return _said_of_filter(node)
    if isinstance(node, Not):
        return f"not {_in_brackets(node.part)}"
    joint = " and " if isinstance(node, All) else " or "
    return joint.join(_in_brackets(part) for part in node.parts)


def _in_brackets(node: Node) -> str:
    return f"({_said(node)})" if isinstance(node, All | Any) else _said(node)


_COMPARED = {">": "more than", ">=": "at least", "<": "less than", "<=": "at most"}


def _said_of_filter(asked: Filter) -> str:
    value = asked.value
    if asked.field in ("topic", "journal"):
        star = "…" if asked.prefix else ""
        return f"{asked.field} {'is' if asked.comparison == '=' else 'with'} “{value}{star}”"
    if asked.field == "after":
        return f"dated {value} or later"
    if asked.field == "before":
        return f"dated before {value}"
    if asked.field == "date":
        return f"dated {value}"
    if asked.comparison in _COMPARED:
        return f"{asked.field} {_COMPARED[asked.comparison]} {value}"
    return f"{asked.field} {value}"
