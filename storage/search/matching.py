"""Words as an FTS5 expression (https://sqlite.org/fts5.html#full_text_query_syntax).

In FTS5's own language `COVID-19` is an error and `NEAR(` a function: every word is quoted.
"""

from __future__ import annotations

from collections.abc import Iterable

from storage.search.query import All, Any, Node, Not, TextField, Words


def expression(node: Node, field: TextField | None = None) -> str | None:
    """The expression for a tree of words; None when FTS5 can't ask it alone.

    That is a tree with a filter in it, and one in which "not" stands without something that must occur. With
    `field` every word that must occur has to stand in that one: what it finds is a part of what it finds
    without.
    """
    if isinstance(node, Words):
        return _word(node, field)
    if isinstance(node, Any):
        return _all_of((expression(part, field) for part in node.parts), " OR ")
    if not isinstance(node, All):
        return None
    wanted = [part for part in node.parts if not isinstance(part, Not)]
    unwanted = [part.part for part in node.parts if isinstance(part, Not)]
    found = _all_of((expression(part, field) for part in wanted), " AND ") if wanted else None
    if found is None or not unwanted:
        return found
    without = _all_of((expression(part) for part in unwanted), " OR ")
    return None if without is None else f"({found} NOT {without})"


def any_of(words: Iterable[Words]) -> str | None:
    """The expression for any of `words`; None for none."""
    return " OR ".join(_word(word, None) for word in words) or None


def _all_of(expressions: Iterable[str | None], joint: str) -> str | None:
    found = list(expressions)
    return None if None in found else f"({joint.join(part for part in found if part)})"


def _word(words: Words, field: TextField | None) -> str:
    quoted = '"' + words.text.replace('"', '""') + '"' + (" *" if words.prefix else "")
    if words.field and field and words.field != field:
        # Both at once is impossible; what stands in its own field is all that can be asked of it.
        return f"{{{words.field}}} : {quoted}"
    where = words.field or field
    return f"{{{where}}} : {quoted}" if where else quoted
