"""Paths into JSON lead to the same values in both databases, and the views find every field by them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from storage.records import SectionRecord
from tests.storage.build import House, article, at, sections

DOCUMENT = """
{"a": {"b": [1, [2.5, "three"], null]}, "a.b": "dotted", "a-b": "hyphened", "ä's [0] $ *": "odd",
 "back\\\\slash": "\\\\", "of": {"key": "x", "type": "y"}, "": "nameless", "null": null,
 "list": [{"a": "within"}]}
"""
LEADS_TO = {
    "$.a.b[0]": ("integer", "1"),
    "$.a.b[1][0]": ("real", "2.5"),
    '$."a"."b"[1][1]': ("text", "three"),
    "$.a.b[2]": ("null", None),
    "$.a.b[#-1]": ("null", None),
    "$.a.b[#-2][1]": ("text", "three"),
    "$.a.b[3]": (None, None),
    "$.a[0]": (None, None),
    '$."a.b"': ("text", "dotted"),
    "$.a-b": ("text", "hyphened"),
    '$."ä\'s [0] $ *"': ("text", "odd"),
    '$."back\\\\slash"': ("text", "\\"),
    '$.""': ("text", "nameless"),
    "$.of.type": ("text", "y"),
    "$.null": ("null", None),
    "$.null.more": (None, None),
    "$.nothing": (None, None),
    "$.nothing[0].at": (None, None),
    "$.list.a": (None, None),  # PostgreSQL's own paths look into lists
    "$.list[0].a": ("text", "within"),
}
KEYS = ("a.b", "a-b", "it's", "Übersicht", "two words", "a[0]", "$", "*", "100 %", ":key", "a\\b", "a\tb")


def asked(house: House, sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with house.archive.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql), {"document": DOCUMENT, **values})]


def as_text(value: object) -> str | None:
    return None if value is None else str(value)


def test_a_path_leads_to_the_same_value(house: House) -> None:
    both = "SELECT json_type(:document, :path), json_extract(:document, :path)"
    found = {path: asked(house, both, path=path)[0] for path in LEADS_TO}
    assert {path: (kind, as_text(value)) for path, (kind, value) in found.items()} == LEADS_TO


def test_the_members_at_a_path_are_the_same(house: House) -> None:
    def members(path: str) -> list[tuple[str, str | None, str]]:
        found = asked(house, "SELECT key, value, type FROM json_each(:document, :path)", path=path)
        return [(str(key), as_text(value), kind) for key, value, kind in found]

    assert members('$."of"') == [("key", "x", "text"), ("type", "y", "text")]
    assert members("$.a.b[1]") == [("0", "2.5", "real"), ("1", "three", "text")]
    assert members("$.nothing") == []


def test_each_member_has_the_path_that_leads_to_it(house: House) -> None:
    led = "SELECT key, type, json_type(:document, fullkey)"
    found = asked(house, f"{led} FROM json_each(:document)")
    for path in ("$.a.b", "$.of", '$."a"'):
        found += asked(house, f"{led} FROM json_each(:document, :path)", path=path)
    assert len(found) == 9 + 3 + 2 + 1
    assert [one for one in found if one[1] != one[2]] == []


def test_what_is_no_path_is_told(house: House) -> None:
    for path in ("a", "$a", "$.", '$."a', '$."a"b', "$[", "$.a.b[x]"):
        with pytest.raises(Exception, match="JSON path error near"):
            asked(house, "SELECT json_type(:document, :path)", path=path)


def test_changes_of_a_section_are_told_whatever_its_key(house: House) -> None:
    def shown(*paragraphs: str) -> tuple[SectionRecord, ...]:
        return (*sections("It stayed."), *(SectionRecord(key, "A heading", paragraphs) for key in KEYS))

    says = (sections("It stayed."), shown("One."), shown("One.", "Two."), sections("It stayed."))
    for day, said in enumerate(says):
        house.save(article(sections=said), when=at(day))
    told = house.rows("SELECT revision, field, before, after FROM revision_changes")
    texts = (None, "One.", "One.\n\nTwo.", None)
    assert sorted(told, key=lambda row: row[:2]) == [
        (number, f"sections.{key}", texts[number - 2], texts[number - 1])
        for number in (2, 3, 4)
        for key in sorted(KEYS)
    ]
    changed = house.rows("SELECT changed_fields FROM revisions WHERE revision > 1")
    assert [sorted(json.loads(fields)) for (fields,) in changed] == [
        sorted(f"sections.{key}" for key in KEYS)
    ] * 3


def test_a_key_that_no_profile_may_have_does_not_keep_other_changes_from_being_told(house: House) -> None:
    # An archive may have it from before profiles were held to that, or from an export.
    for day, said in enumerate(("It stayed.", "It moved."), 1):
        strange = SectionRecord('findings"x', "A heading", ("The same.",))
        house.save(article(sections=sections(said, strange)), when=at(day))
    told = house.rows("SELECT before, after FROM revision_changes WHERE field = 'sections.findings'")
    assert told == [("It stayed.", "It moved.")]
